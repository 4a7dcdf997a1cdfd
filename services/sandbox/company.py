"""A made-up company: a strategy, and a quarter of work in Jira and Asana, the same for the same seed and day.

Its maker, Brightmoor, sells booking and invoicing software to car workshops. Six teams serve seven objectives; most of
what they do goes well, and each kind of trouble that Leeway knows of comes up at least once. What was done in earlier
quarters fills the trackers up to the number of items that is wanted.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import count, takewhile
from random import Random
from typing import Any, Final

from schemas.strategy import Strategy
from schemas.work_items import Tracker
from services.sandbox import quarter
from services.sandbox.archive import archived
from services.sandbox.asana_shape import asana_task
from services.sandbox.desk import Desk
from services.sandbox.epics import keep_epics, regroup
from services.sandbox.goals import ByHand, Goal, StatusUpdate, by_hand_of, goals_of, status_updates_of
from services.sandbox.jira_shape import jira_issue
from services.sandbox.routine import BEGUN_BEFORE, OBJECTIVES, backlog_of, put_before, work_through
from services.sandbox.scenes import Stage
from services.sandbox.strategy import ASANA_SITE, JIRA_SITE, Revision, parsed, revisions
from services.sandbox.work import Work

WEEKS: Final = 12
ITEMS: Final = 800


@dataclass(frozen=True, slots=True)
class RawItem:
    """An item as its tracker gives it. `site` is the connection's name."""

    tracker: Tracker
    site: str
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, and the item as it stood right afterwards."""

    at: datetime
    item: RawItem


@dataclass(frozen=True)
class Company:
    """The company and its quarter. Nothing in it is later than `today`.

    `revisions` are the forms of the strategy that its people wrote by today, oldest first. `works` are the quarter's;
    `before` is the number of items that were done in earlier quarters. `by_hand` is what people measured and told us.
    """

    seed: int
    revisions: tuple[Revision, ...]
    starts_on: date
    today: datetime
    works: tuple[Work, ...]
    before: int
    goals: tuple[Goal, ...]
    status_updates: tuple[StatusUpdate, ...]
    by_hand: tuple[ByHand, ...]

    @property
    def strategy_yaml(self) -> str:
        """The strategy file as it reads today."""
        return self.revisions[-1].text

    def strategy_on(self, day: date) -> Strategy:
        """Return the strategy that held on a day of the quarter."""
        return parsed(next(one.text for one in reversed(self.revisions) if one.day <= day))

    @property
    def size(self) -> int:
        """How many items there are today."""
        return self.before + len(self.works)

    @cached_property
    def strategy(self) -> Strategy:
        """The strategy file as it reads today, read."""
        return parsed(self.strategy_yaml)

    def items_at(self, moment: datetime) -> list[RawItem]:
        """Return all items that existed at a moment, as they stood then."""
        return list(self.each_at(moment))

    def each_at(self, moment: datetime) -> Iterator[RawItem]:
        """Give the same one by one, so that not all have to be held."""
        for work in self._all():
            if work.created <= moment:
                yield raw_at(work, moment)

    def _all(self) -> Iterable[Work]:
        for number in range(1, self.before + 1):
            yield archived(self.seed, number, self.before, self.starts_on)
        yield from self.works

    def events(self, after: datetime | None = None) -> Iterator[Happening]:
        """Tell what happened, oldest first, after a moment if one is given. A change tells both ends of a link."""
        for at, work in self._moments:
            if after is None or at > after:
                yield Happening(at, raw_at(work, at))

    def changed_between(self, after: datetime, until: datetime) -> list[RawItem]:
        """Return each item that changed after one moment and up to another, once, as it stands at the latter."""
        changed = dict.fromkeys(work for at, work in self._moments if after < at <= until)
        return [raw_at(work, until) for work in changed]

    def days(self) -> tuple[datetime, ...]:
        """Return the evening of each day of the quarter, and at last `today`: the steps of a replay day by day."""
        first = datetime.combine(self.starts_on, self.today.timetz()).replace(
            hour=18, minute=0, second=0, microsecond=0
        )
        evenings = (first + timedelta(days=day) for day in count())
        return (*takewhile(lambda evening: evening < self.today, evenings), self.today)

    @cached_property
    def _moments(self) -> list[tuple[datetime, Work]]:
        moments = {(work.created, work.number) for work in self.works}
        moments |= {(change.at, work.number) for work in self.works for change in work.changes}
        by_number = {work.number: work for work in self.works}
        return [(at, by_number[number]) for at, number in sorted(moments)]


def raw_at(work: Work, moment: datetime) -> RawItem:
    """Return an item as its tracker gives it at a moment."""
    if work.is_in_jira():
        return RawItem(Tracker.JIRA, JIRA_SITE, jira_issue(work, moment))
    return RawItem(Tracker.ASANA, ASANA_SITE, asana_task(work, moment))


def build_company(seed: int, today: datetime, items: int = ITEMS) -> Company:
    """Make the company with the quarter of about twelve weeks that ends at `today` (aware, in UTC).

    It has so many items, or as many as its quarter needs if that is more.
    """
    back = today.date() - timedelta(weeks=WEEKS)
    starts_on = back - timedelta(days=back.weekday())
    desk = Desk(starts_on, Random(seed))  # noqa: S311 -- a made-up company, no secret
    days = range(sum(1 for _ in takewhile(lambda day: desk.day(day) < today.date(), count())))
    for team in OBJECTIVES:
        backlog = backlog_of(desk, team)
        put_before(desk, team, backlog)
        work_through(desk, team, backlog, range(BEGUN_BEFORE, days.stop), quarter.QUIET.get(team, frozenset()))
        keep_epics(desk, team, backlog, days)
        regroup(desk, team, backlog, days)
    quarter.play(Stage(desk, days))
    before = max(0, items - len(desk.works))
    desk.settle(before)
    goals, updates = goals_of(starts_on, today, desk.random), status_updates_of(starts_on, today, desk.random)
    written = tuple(one for one in revisions(starts_on) if one.day <= today.date())
    by_hand = by_hand_of(starts_on, today)
    return Company(seed, written, starts_on, today, tuple(desk.works), before, goals, updates, by_hand)
