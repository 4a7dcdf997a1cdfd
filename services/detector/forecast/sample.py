"""The working days that a forecast draws from: how many leaves were delivered on each of the last ones."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from services.runtime.calendar import Calendar

SAMPLED_DAYS: Final = 60
ACTIVE_DAYS: Final = 5
"""Working days with a delivery, below which there is no forecast. Unit: working days."""

_DAY: Final = timedelta(days=1)


def sample(began: datetime | None, delivered: Iterable[datetime], calendar: Calendar, now: datetime) -> tuple[int, ...]:
    """Return the deliveries of each of the last 60 complete working days before today, oldest first.

    Days before `began`, when the first leaf existed, are left out. What was delivered on a day off counts
    for the next working day.
    """
    days = _days(began, calendar, now)
    if not days:
        return ()
    before = days[0] - _DAY
    while not calendar.is_working(before):
        before -= _DAY
    counts = [0] * len(days)
    for moment in delivered:
        day = calendar.date_of(moment)
        place = bisect_left(days, day)
        if day > before and place < len(days):
            counts[place] += 1
    return tuple(counts)


def reaches_back_to(calendar: Calendar, now: datetime) -> datetime:
    """Return a moment before which nothing that was delivered can be in the sample."""
    return calendar.earliest_within(now, SAMPLED_DAYS + 1)


def _days(began: datetime | None, calendar: Calendar, now: datetime) -> list[date]:
    if began is None:
        return []
    first, day = calendar.date_of(began), calendar.date_of(now) - _DAY
    days: list[date] = []
    while day >= first and len(days) < SAMPLED_DAYS:
        if calendar.is_working(day):
            days.append(day)
        day -= _DAY
    return days[::-1]
