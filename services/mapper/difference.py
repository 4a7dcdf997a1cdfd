"""Which items a new strategy can move at all: those that meet what differs between it and the one before.

Promise: an item that meets nothing of a difference has by both strategies the same direct claim, team and category.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from schemas.strategy import Strategy
from services.mapper.selectors import Condition, Entry, entries

Conditions = tuple[Condition, ...]
Entries = tuple[Entry[str], ...]
One = TypeVar("One", bound=Hashable)
Numbered = tuple[One, int]
"""One of a file's parts, and how many like it stand before it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs: selectors, each as its conditions; objectives, which items may name themselves; places in the file.

    What is new or gone differs, and what has changed its order among those that stay. `places` says that the claims
    which stay have other places in the file: items with ties tell these.
    """

    selectors: frozenset[Conditions] = frozenset()
    objectives: frozenset[str] = frozenset()
    places: bool = False


def difference(old: Strategy, new: Strategy) -> Difference:
    """Return what an item must meet so that the two may differ about it."""
    work = _work(old), _work(new)
    pairs = (work, (_owned(old), _owned(new)), (_spent(old), _spent(new)))
    selectors = {found for before, after in pairs for found in _differing(before, after)}
    objectives = _out_of_order([one.id for one in old.objectives], [one.id for one in new.objectives])
    return Difference(frozenset(filter(None, selectors)), frozenset(objectives), _have_other_places(*work))


def _work(strategy: Strategy) -> Entries:
    return entries((one.id, selector) for one in strategy.objectives for selector in one.work)


def _owned(strategy: Strategy) -> Entries:
    return entries((one.id, selector) for one in strategy.teams for selector in one.owns)


def _spent(strategy: Strategy) -> Entries:
    return entries((one.id, selector) for one in strategy.capacity for selector in one.work)


def _differing(before: Entries, after: Entries) -> Iterator[Conditions]:
    """Yield the conditions of what differs; order counts only among selectors that name as many fields."""
    for fields in {entry.fields for entry in (*before, *after)}:
        old, new = ([_told(entry) for entry in side if entry.fields == fields] for side in (before, after))
        yield from (conditions for _, _, conditions in _out_of_order(old, new))


def _told(entry: Entry[str]) -> tuple[str, str, Conditions]:
    """Return all that a selector says wherever it stands."""
    return entry.owner, entry.text, entry.conditions


def _have_other_places(before: Entries, after: Entries) -> bool:
    old, new = (dict(zip(_numbered(map(_told, side)), range(len(side)), strict=True)) for side in (before, after))
    return any(new.get(one, place) != place for one, place in old.items())


def _out_of_order(old: Sequence[One], new: Sequence[One]) -> set[One]:
    """Return what is on one side only, and as few of the others as possible so that all the rest is in one order."""
    places = {one: place for place, one in enumerate(_numbered(old))}
    stayed = [one for one in _numbered(new) if one in places]
    kept = {stayed[index] for index in _longest_rise([places[one] for one in stayed])}
    return {one for one, _ in places.keys() - kept} | {one for one, _ in set(_numbered(new)) - kept}


def _numbered(parts: Iterable[One]) -> list[Numbered[One]]:
    seen = Counter[One]()
    numbered = []
    for one in parts:
        numbered.append((one, seen[one]))
        seen[one] += 1
    return numbered


def _longest_rise(numbers: Sequence[int]) -> list[int]:
    """Return the indexes of a longest subsequence that rises; the numbers are all different."""
    ends: list[int] = []
    """The lowest number that ends a rise of each length, and the index at which it stands."""
    at: list[int] = []
    before: list[int | None] = []
    for index, number in enumerate(numbers):
        length = bisect_left(ends, number)
        before.append(at[length - 1] if length else None)
        ends[length : length + 1] = [number]
        at[length : length + 1] = [index]
    found: list[int] = []
    index_ = at[-1] if at else None
    while index_ is not None:
        found.append(index_)
        index_ = before[index_]
    return found
