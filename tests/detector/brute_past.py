"""What happened to items, laid out the plain way: by asking of any moment what was so then, never by reading rows."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from schemas.work_items import ChangeAspect, StatusCategory, WorkItemChange
from services.detector.context import Context
from services.detector.facts import DueMove, ItemFacts

RANK = {category.value: number for number, category in enumerate(StatusCategory)}
MOMENT = timedelta(microseconds=1)


def is_seen(change: WorkItemChange) -> bool:
    return change.change_id.startswith("seen:")


def is_planned(change: WorkItemChange) -> bool:
    return change.change_id.startswith("aligned:strategy:")


@dataclass(frozen=True)
class PlainPast:
    """All changes of one item, in any order."""

    changes: Sequence[WorkItemChange]

    def of(self, *aspects: ChangeAspect) -> list[WorkItemChange]:
        return sorted((one for one in self.changes if one.aspect in aspects), key=lambda one: (one.at, one.change_id))

    def at(self, aspect: ChangeAspect, moment: datetime, present: str | None) -> str | None:
        """Return what was so at this moment: what the next change replaced, or what is so now."""
        later = [one for one in self.of(aspect) if one.at > moment]
        return later[0].was if later else present

    def was_done_by(self, moment: datetime) -> bool:
        """Tell whether it was done right before this moment, and is told not to have stayed so."""
        return self.at(ChangeAspect.STATUS, moment - MOMENT, None) == StatusCategory.DONE.value

    def seen_from(self, *aspects: ChangeAspect) -> datetime | None:
        changes = self.of(*aspects)
        return None if any(not is_seen(one) for one in changes) else min((one.at for one in changes), default=None)

    def due_moves(self) -> tuple[DueMove, ...]:
        days: list[tuple[datetime, str]] = []
        for one in self.of(ChangeAspect.DUE):
            days += [(one.at, day) for day in (one.was, one.becomes) if day]
        return tuple(
            DueMove(at, date.fromisoformat(was), date.fromisoformat(becomes))
            for (_, was), (at, becomes) in itertools.pairwise(days)
            if was != becomes
        )


def differs_since(
    aspect: ChangeAspect, ours: tuple[PlainPast, str | None, datetime], theirs: tuple[PlainPast, str | None, datetime]
) -> datetime:
    """Return the first moment of all at which both existed, from which on the two never said the same."""
    both_from = max(ours[2], theirs[2])
    moments = {both_from, *(one.at for past, _, _ in (ours, theirs) for one in past.of(aspect) if one.at > both_from)}
    begun = both_from
    before_was_same = True
    for moment in sorted(moments):
        mine, other = (past.at(aspect, moment, present) for past, present, _ in (ours, theirs))
        same = (mine or "").casefold() == (other or "").casefold()
        if before_was_same and not same:
            begun = moment
        before_was_same = same
    return begun


def shared_days(
    items: Iterable[tuple[ItemFacts, PlainPast, tuple[str, ...]]], context: Context, now: datetime
) -> tuple[dict[str, float], float]:
    """Return item-days by category and bet, and in all, by looking at every item on every day."""
    had: dict[tuple[str, date], dict[str, tuple[str, ...]]] = {}
    for item, past, shares in items:
        moments = {item.created, *(one.at for one in past.changes)}
        moments |= {at for at in (item.started, item.done) if at is not None}
        for name in {item.assignee, *(one.was for one in past.of(ChangeAspect.ASSIGNEE)),
                     *(one.becomes for one in past.of(ChangeAspect.ASSIGNEE))} - {None}:  # fmt: skip
            assert name is not None
            calendar = context.calendar_of(name.casefold(), item.team)
            for ago in range(1, 29):
                day = calendar.date_of(now) - timedelta(days=ago)
                start, end = calendar.start_of(day), calendar.start_of(day + timedelta(days=1))
                looks = {start, *(at for at in moments if start <= at < end)}
                worked = any(_works(item, past, name, at) for at in looks)
                if worked and calendar.is_working(day):
                    had.setdefault((name.casefold(), day), {})[item.ref] = shares
    by_share: dict[str, float] = {}
    for found in had.values():
        for shares in found.values():
            for share in shares:
                by_share[share] = by_share.get(share, 0.0) + 1 / len(found)
    return by_share, float(len(had))


def _works(item: ItemFacts, past: PlainPast, name: str, at: datetime) -> bool:
    if at < item.created:
        return False
    owner = past.at(ChangeAspect.ASSIGNEE, at, item.assignee)
    return (owner or "").casefold() == name.casefold() and _is_begun(item, past, at)


def _is_begun(item: ItemFacts, past: PlainPast, at: datetime) -> bool:
    """Tell whether the item was in progress: by what was told, else by its start, else by what was seen."""
    statuses = past.of(ChangeAspect.STATUS)
    if any(not is_seen(one) for one in statuses) or (statuses and item.started is None):
        was = past.at(ChangeAspect.STATUS, at, item.status_category.value)
        return was == StatusCategory.IN_PROGRESS.value
    if item.started is None or at < item.started:
        return False
    if item.status_category is StatusCategory.IN_PROGRESS:
        return item.done is None or at < item.done
    return item.done is not None and at < item.done
