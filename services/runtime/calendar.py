"""Working days: counts them, and names the instant at which a count is reached, in a team's own zone and holidays.

Promise: `working_days(a, b)` counts the calendar's working days d with `date(a) < d <= date(b)`, never below 0, and
`reaches`, `earliest_within` and `near_from` are its exact inverses, so that who sleeps until they say misses nothing.
Public holidays are known for the years 1980 to 2060 (package `holidays`); outside them only the weekend is off.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, tzinfo
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import holidays

from schemas.strategy import WorkingCalendar

DAYS_IN_WEEK: Final = 7
HOLIDAY_YEARS: Final = range(1980, 2061)
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Calendar:
    """Which days are worked, and where a day begins.

    `weekend` holds weekday numbers (Monday is 0) and must leave a day to work; `days_off` are further days off.
    """

    __slots__ = ("_days_off", "_in_week", "_working", "_zone")

    def __init__(self, zone: tzinfo = UTC, weekend: Iterable[int] = (5, 6), days_off: Iterable[date] = ()) -> None:
        off = frozenset(weekend)
        self._zone = zone
        self._working = tuple(weekday not in off for weekday in range(DAYS_IN_WEEK))
        if not any(self._working):
            raise ValueError("a calendar needs at least one working day a week; take a day out of `weekend`")
        self._in_week = tuple(sum(self._working[:rest]) for rest in range(DAYS_IN_WEEK + 1))
        self._days_off = sorted({day.toordinal() for day in days_off if self._working[day.weekday()]})

    @classmethod
    def of(cls, calendar: WorkingCalendar) -> Self:
        """Return the calendar that a strategy describes; a `ValueError` says what is wrong and what to write."""
        zone = _zone_named(calendar.time_zone)
        off = (*calendar.days_off, *_public_holidays(calendar.country, calendar.subdivision))
        return cls(zone, (_WEEKDAYS.index(day) for day in calendar.weekend), off)

    @property
    def zone(self) -> tzinfo:
        """The zone in which the days of this calendar begin."""
        return self._zone

    def date_of(self, instant: datetime) -> date:
        """Return the day that this instant falls on here."""
        if instant.tzinfo is self._zone:
            return instant.date()
        return instant.astimezone(self._zone).date()

    def start_of(self, day: date) -> datetime:
        """Return the first instant of this day here, in UTC; where clocks skip midnight, the instant they skip it."""
        return datetime.combine(day, time.min, self._zone).astimezone(UTC)

    def is_working(self, day: date) -> bool:
        """Tell whether this day is worked."""
        return self._upto(day.toordinal()) > self._upto(day.toordinal() - 1)

    def working_days(self, since: datetime, until: datetime) -> int:
        """Return the number of working days after the day of `since`, up to and with the day of `until`."""
        return max(0, self._upto(self._ordinal(until)) - self._upto(self._ordinal(since)))

    def days_to(self, now: datetime, day: date) -> int:
        """Return the number of working days after today, up to and with `day`; 0 when it is today or past."""
        return max(0, self._upto(day.toordinal()) - self._upto(self._ordinal(now)))

    def reaches(self, since: datetime, count: int) -> datetime:
        """Return the first instant t with `working_days(since, t) >= count`; for a count of 0, `since` itself."""
        if count <= 0:
            return since
        return self._start(self._first_reaching(self._upto(self._ordinal(since)) + count))

    def earliest_within(self, now: datetime, count: int) -> datetime:
        """Return the earliest instant a with `working_days(a, now) <= count`."""
        return self._start(self._first_reaching(self._upto(self._ordinal(now)) - count))

    def near_from(self, day: date, count: int) -> datetime:
        """Return the first instant t with `days_to(t, day) <= count`."""
        return self._start(self._first_reaching(self._upto(day.toordinal()) - count))

    def _ordinal(self, instant: datetime) -> int:
        return self.date_of(instant).toordinal()

    def _start(self, ordinal: int) -> datetime:
        return self.start_of(date.fromordinal(min(max(ordinal, _FIRST_DAY), _LAST_DAY)))

    def _upto(self, ordinal: int) -> int:
        """Count the working days up to and with this day; day 1 of `date.toordinal()` was a Monday."""
        weeks, rest = divmod(ordinal, DAYS_IN_WEEK)
        return weeks * self._in_week[-1] + self._in_week[rest] - bisect_right(self._days_off, ordinal)

    def _first_reaching(self, target: int) -> int:
        """Return the first day with a count of at least `target`; a day adds at most one, so no step overshoots."""
        full_weeks = (target - 1) // self._in_week[-1]
        ordinal = min(max(full_weeks * DAYS_IN_WEEK + 1, _FIRST_DAY), _LAST_DAY)
        while ordinal < _LAST_DAY and (short := target - self._upto(ordinal)) > 0:
            ordinal += short
        return ordinal


_FIRST_DAY: Final = date.min.toordinal() + 2
"""Two days into the calendar: so that a zone's offset does not lead out of it."""
_LAST_DAY: Final = date.max.toordinal() - 2


def _zone_named(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        close = get_close_matches(name, sorted(available_timezones()), n=1)
        hint = f"did you mean {close[0]!r}?" if close else "write it as in 'Europe/Berlin'"
        raise ValueError(f"unknown time zone {name!r}; {hint}") from error


@lru_cache(maxsize=256)
def _public_holidays(country: str | None, subdivision: str | None) -> tuple[date, ...]:
    if country is None:
        if subdivision is not None:
            raise ValueError(f"subdivision {subdivision!r} needs its `country` beside it")
        return ()
    supported = holidays.list_supported_countries()
    if country not in supported:
        raise ValueError(f"unknown country {country!r}; write its two letters as in 'DE' (ISO 3166-1)")
    if subdivision is not None and subdivision not in supported[country]:
        known = ", ".join(supported[country]) or "it has none"
        raise ValueError(f"unknown subdivision {subdivision!r} of {country}; known: {known}")
    return tuple(holidays.country_holidays(country, subdiv=subdivision, years=HOLIDAY_YEARS))


DEFAULT: Final = Calendar()
"""Monday to Friday, UTC."""
