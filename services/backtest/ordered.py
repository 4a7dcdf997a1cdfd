"""Instants in order, each with whose it is."""

from bisect import bisect_left, insort
from datetime import datetime


class Ordered:
    """A few thousand instants at most: adding and taking cost a search, and moving memory."""

    __slots__ = ("_all",)

    def __init__(self) -> None:
        self._all: list[tuple[datetime, str]] = []

    def __len__(self) -> int:
        return len(self._all)

    def add(self, at: datetime, ref: str) -> None:
        """Put an instant in its place."""
        insort(self._all, (at, ref))

    def take(self, at: datetime, ref: str) -> None:
        """Take out an instant that was put in."""
        place = bisect_left(self._all, (at, ref))
        if self._all[place] != (at, ref):
            raise KeyError(ref)
        del self._all[place]

    @property
    def first(self) -> datetime | None:
        """The earliest."""
        return self._all[0][0] if self._all else None

    @property
    def last(self) -> datetime | None:
        """The latest."""
        return self._all[-1][0] if self._all else None

    def since(self, at: datetime) -> list[tuple[datetime, str]]:
        """Return those at or after `at`, earliest first."""
        return self._all[bisect_left(self._all, (at, "")) :]

    def count_since(self, at: datetime) -> int:
        """Return how many there are at or after `at`."""
        return len(self._all) - bisect_left(self._all, (at, ""))

    def first_since(self, at: datetime) -> datetime | None:
        """Return the earliest at or after `at`."""
        place = bisect_left(self._all, (at, ""))
        return self._all[place][0] if place < len(self._all) else None
