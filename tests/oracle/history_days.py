"""Working days, counted one by one."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays

Json = dict[str, Any]
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Workdays:
    """The days that one calendar of a strategy works; without one, Monday to Friday in UTC."""

    def __init__(self, told: Json | None) -> None:
        told = told or {}
        self.zone = ZoneInfo(told.get("time_zone", "UTC"))
        self._weekend = {_NAMES.index(day) for day in told.get("weekend", ("sat", "sun"))}
        self._off = set(map(date.fromisoformat, told.get("days_off", ())))
        if "country" in told:
            self._off |= set(holidays.country_holidays(told["country"], years=range(2024, 2029)))

    def date_of(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(0), self.zone).astimezone(UTC)

    def between(self, since: datetime, until: datetime) -> int:
        """Count the working days after the day of the one, up to and with the day of the other."""
        return self.days(self.date_of(since), self.date_of(until))

    def days(self, since: date, until: date) -> int:
        """Count the working days after the one, up to and with the other."""
        passed = (since + timedelta(days=number) for number in range(1, (until - since).days + 1))
        return sum(day.weekday() not in self._weekend and day not in self._off for day in passed)
