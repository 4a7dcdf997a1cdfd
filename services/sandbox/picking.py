"""Picks items of a site at random, often one of the newer ones, as people mostly work on those."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

NEWER: Final = 0.7
NEWEST: Final = 300
TRIES: Final = 40


class Pool:
    """The ids of a site's items, so that one is drawn without looking at all of them."""

    def __init__(self, items: Callable[[], Mapping[str, Any]], random: Random) -> None:
        self._items = items
        self._random = random
        self._ids: list[str] = []

    def refresh(self) -> None:
        """Take note of what others added or removed, if it shows in the number."""
        items = self._items()
        if len(items) != len(self._ids):
            self._ids = list(items)

    def pick(self, suits: Callable[[str], bool] = lambda _id: True) -> str | None:
        """Return one that is still there and suits, if one is found soon."""
        self.refresh()
        items = self._items()
        for _ in range(TRIES if self._ids else 0):
            first = max(0, len(self._ids) - NEWEST) if self._random.random() < NEWER else 0
            id_ = self._ids[self._random.randrange(first, len(self._ids))]
            if id_ in items and suits(id_):
                return id_
        return None
