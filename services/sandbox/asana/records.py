"""What the stand-in holds: records that point at each other, times as Asana writes them, and lists that keep order."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

FEW: Final = 1000
"""Of more changed tasks than these a page is cut by going through the list itself."""

Record = dict[str, Any]
"""A resource with its fields; other resources in it are the records themselves. Names with `_` are never shown."""


def instant(moment: datetime) -> str:
    """Write a moment as Asana does; such texts sort as their moments do."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def moment_of(text: str) -> datetime:
    """Read a moment that Asana or a client wrote; a day alone is its midnight. Raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def later_than(text: str, now: datetime) -> str:
    """Return now, or a millisecond after `text` where that is not in the past."""
    written = instant(now)
    return written if written > text else instant(moment_of(text) + timedelta(milliseconds=1))


class Shelf:
    """Tasks in the order in which they came, found from any position on, and those changed since a time at once.

    A position stays valid while others come and go, so that a reader of pages neither misses nor repeats what stays.
    """

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._places: list[tuple[int, str]] = []
        self._place_of: dict[str, int] = {}
        self._recent: dict[str, Record] = {}
        self._newest = ""
        self._in_order = True
        self._next = 0

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, gid: str) -> bool:
        return gid in self._records

    def __iter__(self) -> Iterator[Record]:
        return (self._records[gid] for _, gid in self._places)

    def add(self, record: Record) -> None:
        """Put a record at the end, unless it is here."""
        gid = record["gid"]
        if gid not in self._records:
            self._records[gid] = record
            self._places.append((self._next, gid))
            self._place_of[gid] = self._next
            self._next += 1
        self.touch(record)

    def remove(self, gid: str) -> None:
        """Take a record away, if it is here."""
        if self._records.pop(gid, None) is not None:
            del self._places[bisect_left(self._places, (self._place_of.pop(gid), ""))]
            self._recent.pop(gid, None)

    def touch(self, record: Record) -> None:
        """Note that a record has a new time of modification."""
        gid, modified = record["gid"], record.get("modified_at") or ""
        if gid in self._records:
            self._recent.pop(gid, None)
            self._recent[gid] = record
            self._in_order = self._in_order and modified >= self._newest
            self._newest = max(self._newest, modified)

    def page(
        self, position: int, count: int, keep: Callable[[Record], bool] | None, since: str | None = None
    ) -> tuple[list[Record], int | None]:
        """Return so many records from a position on, and the position of the next one if there is one."""
        found: list[Record] = []
        oldest = since or ""
        for place, gid in self._from(position) if since is None else self._changed(position, since):
            record = self._records[gid]
            if (record.get("modified_at") or "") >= oldest and (keep is None or keep(record)):
                if len(found) == count:
                    return found, place
                found.append(record)
        return found, None

    def _from(self, position: int) -> Iterator[tuple[int, str]]:
        start = bisect_left(self._places, (position, ""))
        return (self._places[index] for index in range(start, len(self._places)))

    def _changed(self, position: int, since: str) -> Iterable[tuple[int, str]]:
        """Give the places of what changed since: straight from the newest ones where these are few."""
        if not self._in_order:
            self._recent = dict(sorted(self._recent.items(), key=lambda pair: pair[1].get("modified_at") or ""))
            self._in_order = True
        places: list[tuple[int, str]] = []
        for gid in reversed(self._recent):
            if (self._recent[gid].get("modified_at") or "") < since:
                break
            if len(places) == FEW:
                return self._from(position)
            if self._place_of[gid] >= position:
                places.append((self._place_of[gid], gid))
        return sorted(places)
