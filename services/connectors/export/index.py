"""Which ids an export holds, and whose key is whose: some shapes tell an epic or a parent by another id than its own.

Numbers only, 24 bytes an entry, so that an export of millions needs no more than tens of megabytes.
"""

import hashlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Final

from schemas.work_items import ChangeAspect, WorkItem, WorkItemChange

_NO_NUMBER: Final = -1
_MOST_DIGITS: Final = 18
_FAR: Final = frozenset({ChangeAspect.PARENT, ChangeAspect.LINK})


def fingerprint(name: str) -> int:
    """Return 64 bits that stand for a name."""
    digest = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


class ExportIndex:
    """The Jira issues of an export, to be asked by id and by key once `close` was called."""

    def __init__(self) -> None:
        self._ids = array("q")
        self._keys = array("q")
        self._numbers = array("q")

    def add(self, id_: str, key: str) -> None:
        """Take note of an issue. One whose id is no number can be found by its id only."""
        self._ids.append(fingerprint(id_))
        self._keys.append(fingerprint(key))
        self._numbers.append(int(id_) if id_.isascii() and id_.isdigit() and len(id_) <= _MOST_DIGITS else _NO_NUMBER)

    def close(self) -> None:
        """Put all in order; nothing may be added afterwards."""
        order = sorted(range(len(self._keys)), key=self._keys.__getitem__)
        self._ids = array("q", sorted(self._ids))
        self._keys, self._numbers = _picked(self._keys, order), _picked(self._numbers, order)

    def placed(self, item: WorkItem) -> WorkItem:
        """Return an item whose parent and epic are the export's own, where it holds their keys but not their ids."""
        found = {
            "parent": self._meant(item.ref, item.parent, item.parent_key),
            "epic": self._meant(item.ref, item.epic, item.epic_key),
        }
        changed = {name: ref for name, ref in found.items() if ref != getattr(item, name)}
        return item.model_copy(update=changed) if changed else item

    def placed_change(self, change: WorkItemChange) -> WorkItemChange:
        """Return a change whose parents and far ends are the export's own, where it tells their keys."""
        if change.aspect not in _FAR:
            return change
        was, becomes = (
            self._meant(change.ref, told, key if isinstance(key, str) else None)
            for told, key in ((change.was, change.before), (change.becomes, change.after))
        )
        if (was, becomes) == (change.was, change.becomes):
            return change
        return change.model_copy(update={"was": was, "becomes": becomes})

    def _meant(self, own: str, told: str | None, key: str | None) -> str | None:
        if key is None or (told is not None and self._holds(told.rpartition(":")[2])):
            return told
        number = self._number_of(key)
        return told if number is None else f"{own.rpartition(':')[0]}:{number}"

    def _holds(self, id_: str) -> bool:
        wanted = fingerprint(id_)
        at = bisect_left(self._ids, wanted)
        return at < len(self._ids) and self._ids[at] == wanted

    def _number_of(self, key: str) -> int | None:
        """Return the id of the issue that has this key: the last one, should there be several."""
        wanted = fingerprint(key)
        at = bisect_right(self._keys, wanted) - 1
        if at < 0 or self._keys[at] != wanted or self._numbers[at] == _NO_NUMBER:
            return None
        return self._numbers[at]


def _picked(values: "array[int]", order: Iterable[int]) -> "array[int]":
    return array("q", (values[at] for at in order))
