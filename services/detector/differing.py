"""What two twins say differently, and since when: pure.

Promise: a difference began at the last change, of either side, before which the two said the same, or when the later
one of them was created; what each said before is what its changes say.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import zip_longest
from typing import Final

from schemas.work_items import ChangeAspect
from services.detector.facts import Difference, ItemFacts
from services.detector.timeline import Past, of_aspect

COMPARED: Final = (ChangeAspect.STATUS, ChangeAspect.DUE, ChangeAspect.ASSIGNEE)
"""What twins should agree on."""


def value_of(item: ItemFacts, aspect: ChangeAspect) -> str | None:
    """Return what the item says of this aspect now, in the words of its changes."""
    if aspect is ChangeAspect.STATUS:
        return item.status_category.value
    if aspect is ChangeAspect.DUE:
        return item.due.isoformat() if item.due else None
    return item.assignee


def is_same(aspect: ChangeAspect, one: str | None, other: str | None) -> bool:
    """Tell whether both mean the same; people are called the same however their names are capitalised."""
    if aspect is ChangeAspect.ASSIGNEE:
        return _folded(one) == _folded(other)
    return one == other


def is_differing(one: ItemFacts, other: ItemFacts) -> bool:
    """Tell whether two twins say anything differently now."""
    return any(not is_same(aspect, value_of(one, aspect), value_of(other, aspect)) for aspect in COMPARED)


def differences(ours: ItemFacts, theirs: ItemFacts, our_past: Past = (), their_past: Past = ()) -> Iterator[Difference]:
    """Yield what the two say differently now; the pasts hold their changes of these aspects, oldest first."""
    both_from = max(ours.created, theirs.created)
    for aspect in COMPARED:
        values = (value_of(ours, aspect), value_of(theirs, aspect))
        if not is_same(aspect, *values):
            pasts = (of_aspect(our_past, aspect), of_aspect(their_past, aspect))
            yield Difference(aspect, *values, _since(aspect, values, pasts, both_from))


def _since(
    aspect: ChangeAspect, values: tuple[str | None, str | None], pasts: tuple[Past, Past], both_from: datetime
) -> datetime:
    """Walk back from the present values to the last moment before which both were the same."""
    said = list(values)
    told = [(change.at, side, place) for side, past in enumerate(pasts) for place, change in enumerate(past)]
    walk = [one for one in sorted(told, reverse=True) if one[0] > both_from]
    for (at, side, place), before in zip_longest(walk, walk[1:]):
        said[side] = pasts[side][place].was
        is_whole = before is None or before[0] != at  # what happened at once is undone at once
        if is_whole and is_same(aspect, *said):
            return at
    return both_from


def _folded(name: str | None) -> str | None:
    return name.strip().casefold() if name else None
