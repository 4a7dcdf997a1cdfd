"""Whose working days went into which items: pure.

Promise: a person's working day is one item-day, shared equally among the items in progress that were theirs at any
moment of it; who had none that day adds nothing. Days are those of the person's team; who is a member of no team has
the days of the item's team. Only whole days before today count, so that nothing changes before the next day begins.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import fsum
from typing import Final, Self

from schemas.base import Identifier
from schemas.work_items import ChangeAspect, StatusCategory
from services.detector.timeline import Past, of_aspect
from services.runtime.calendar import Calendar

WINDOW_DAYS: Final = 28
_DAY: Final = timedelta(days=1)
_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Worked:
    """An item as far as capacity asks for it; `shares` are the category and the bet that it counts for, as refs."""

    ref: str
    team: Identifier
    shares: tuple[str, ...]
    status_category: StatusCategory
    assignee: str | None
    created: datetime
    started: datetime | None = None
    done: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which an item was in progress and somebody's; `ends` is the first moment in which it was not."""

    item: Worked
    person: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class ItemDays:
    """Item-days by the ref of a category or a bet, and everybody's, with those that went into neither."""

    by_share: Mapping[str, float]
    total: float


def person_of(name: str) -> str:
    """Return how a person is told from others, however the name is capitalised."""
    return name.strip().casefold()


def stretches(item: Worked, past: Past, now: datetime) -> Iterator[Stretch]:
    """Yield when the item was in progress and whose, by what was told; else by its start; else by what was seen."""
    owners = _steps(of_aspect(past, ChangeAspect.ASSIGNEE), item.created, item.assignee)
    for status, began, ended in _spans(_statuses(item, of_aspect(past, ChangeAspect.STATUS)), now):
        if status != StatusCategory.IN_PROGRESS.value:
            continue
        for owner, owned, left in _spans(owners, now):
            begins, ends = max(began, owned), min(ended, left)
            if owner and begins < ends:
                yield Stretch(item, person_of(owner), begins, ends)


_Step = tuple[datetime, str | None]
"""From when on something had which value."""


def _statuses(item: Worked, past: Past) -> list[_Step]:
    present = item.status_category
    if any(not change.is_seen for change in past) or (past and item.started is None):
        return _steps(past, item.created, present.value)
    if item.started is None or (present is not StatusCategory.IN_PROGRESS and item.done is None):
        return []  # since when, or until when, nobody told or saw
    begun = (item.started, StatusCategory.IN_PROGRESS.value)
    return [begun] if item.done is None else [begun, (item.done, StatusCategory.DONE.value)]


def _steps(past: Past, created: datetime, present: str | None) -> list[_Step]:
    """Return the values in turn; the last is the present one, whatever was told."""
    if not past:
        return [(created, present)]
    return [(created, past[0].was), *((change.at, change.becomes) for change in past[:-1]), (past[-1].at, present)]


def _spans(steps: Sequence[_Step], now: datetime) -> Iterator[tuple[str | None, datetime, datetime]]:
    for (begins, value), (ends, _) in pairwise([*steps, (now, None)]):
        yield value, begins, ends


@dataclass(slots=True)
class _Days:
    """The whole days before today that a calendar has in the window, and which of them are worked."""

    calendar: Calendar
    first: date
    today: date
    working: frozenset[date]

    @classmethod
    def of(cls, calendar: Calendar, now: datetime) -> Self:
        today = calendar.date_of(now)
        days = [today - number * _DAY for number in range(1, WINDOW_DAYS + 1)]
        return cls(calendar, days[-1], today, frozenset(day for day in days if calendar.is_working(day)))

    def touched_by(self, stretch: Stretch) -> Iterator[date]:
        """Yield the working days of which the stretch holds a moment."""
        day = max(self.first, self.calendar.date_of(stretch.begins))
        last = min(self.today - _DAY, self.calendar.date_of(stretch.ends - _MOMENT))
        while day <= last:
            if day in self.working:
                yield day
            day += _DAY


def item_days(worked: Iterable[Stretch], calendar_of: Callable[[str, str], Calendar], now: datetime) -> ItemDays:
    """Return the item-days of the 28 whole days before today; `calendar_of(person, team of the item)` names theirs."""
    known: dict[Calendar, _Days] = {}
    had: defaultdict[tuple[str, date], dict[str, Worked]] = defaultdict(dict)
    for stretch in worked:
        calendar = calendar_of(stretch.person, stretch.item.team)
        days = known.get(calendar) or known.setdefault(calendar, _Days.of(calendar, now))
        for day in days.touched_by(stretch):
            had[stretch.person, day][stretch.item.ref] = stretch.item
    parts: Counter[tuple[str, int]] = Counter()
    for items in had.values():
        parts.update((share, len(items)) for item in items.values() for share in item.shares)
    return ItemDays(_sums(parts), float(len(had)))


def _sums(parts: Mapping[tuple[str, int], int]) -> dict[str, float]:
    """Add up so many n-th parts of a day by share: exactly, so that the order of items shows nowhere."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for (share, among), count in parts.items():
        found[share].append(count / among)
    return {share: fsum(days) for share, days in found.items()}
