"""The days of a backtest: consecutive, each judged at one moment of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from services.runtime.errors import Misconfigured

_DAY = timedelta(days=1)
# Calendars know their holidays for these years; clocks ask for days a while before and after each day judged.
_EARLIEST, _LATEST = date(1980, 1, 1), date(2060, 12, 31)


@dataclass(frozen=True)
class Days:
    """The days from `first` to `last`, both included, each judged at `at` (UTC)."""

    first: date
    last: date
    at: time = time(12)

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise Misconfigured(f"--to {self.last} is before --from {self.first}; give the earlier day as --from.")
        for option, day in (("--from", self.first), ("--to", self.last)):
            if not _EARLIEST <= day <= _LATEST:
                raise Misconfigured(f"{option} {day} is too far away; give a day from {_EARLIEST} to {_LATEST}.")

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[datetime]:
        return map(self.moment, range(len(self)))

    def moment(self, day: int) -> datetime:
        """Return the moment at which the day of this number, from 0, is judged."""
        return self._begin + day * _DAY

    def day(self, day: int) -> date:
        """Return the day of this number."""
        return self.first + day * _DAY

    def reaching(self, instant: datetime) -> int:
        """Return the number of the first day that knows of this instant; `len` or more: none of them does."""
        return max(0, -((self._begin - instant) // _DAY))

    @cached_property
    def _begin(self) -> datetime:
        return datetime.combine(self.first, self.at, UTC)
