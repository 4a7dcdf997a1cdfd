"""Whose days went into which items, for the shares that the strategy means; counted when it is asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from schemas.work_items import ItemType, StatusCategory
from services.backtest.objectives import Member
from services.backtest.ordered import Ordered
from services.detector.capacity import WINDOW_DAYS, Worked, item_days, stretches
from services.detector.context import BET_PREFIX, CATEGORY_PREFIX, Context
from services.detector.facts import CapacityFacts
from services.runtime.calendar import DEFAULT

_DAY: Final = timedelta(days=1)
_SLACK: Final = 2 * _DAY
"""A day begins up to 14 hours earlier, and ends up to 12 hours later, than in UTC."""
_NO_WORK: Final = (ItemType.EPIC, ItemType.INITIATIVE)


class Capacity:
    """The items in progress, and those that moved of late."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._members: dict[str, Member] = {}
        self._begun: set[str] = set()
        self._moved = Ordered()

    def move(self, before: Member | None, after: Member | None) -> None:
        """Know an item as it is now."""
        if before is not None and before.facts.type not in _NO_WORK:
            self._begun.discard(before.facts.ref)
            del self._members[before.facts.ref]
            if before.moves:
                self._moved.take(before.moves[-1].at, before.facts.ref)
        if after is not None and after.facts.type not in _NO_WORK:
            self._members[after.facts.ref] = after
            if after.facts.is_open and after.facts.status_category is StatusCategory.IN_PROGRESS:
                self._begun.add(after.facts.ref)
            if after.moves:
                self._moved.add(after.moves[-1].at, after.facts.ref)

    def facts(self, now: datetime) -> Iterator[CapacityFacts]:
        """Give the facts of every category and bet for which a share is meant."""
        context = self._context
        since = DEFAULT.start_of(DEFAULT.date_of(now) - WINDOW_DAYS * _DAY)
        moved = {ref for _, ref in self._moved.since(since - _SLACK) if self._members[ref].facts.visible}
        known = (self._members[ref] for ref in sorted(self._begun | moved))
        worked = (one for member in known for one in stretches(self._worked(member), member.told, now))
        days = item_days(worked, context.calendar_of, now)
        calendars = {DEFAULT, *(team.calendar for team in context.teams.values())}
        lapses = min(calendar.start_of(calendar.date_of(now) + _DAY) for calendar in calendars)
        for share in context.shares:
            yield CapacityFacts(share.ref, days.by_share.get(share.ref, 0.0), days.total, since, lapses)

    def _worked(self, member: Member) -> Worked:
        item, objective = member.facts, self._context.objective(member.facts.objective)
        category = (CATEGORY_PREFIX + member.category,) if member.category else ()
        bet = (BET_PREFIX + objective.bet,) if objective and objective.bet else ()
        return Worked(
            ref=item.ref,
            team=item.team,
            shares=(*category, *bet),
            status_category=item.status_category,
            assignee=item.assignee,
            created=item.created,
            started=item.started,
            done=item.done,
        )
