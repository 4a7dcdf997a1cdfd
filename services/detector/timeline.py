"""What happened to an item, as far as it was told or seen: pure.

Promise: where an item's tracker told any of it, seeing adds nothing that has to be excused; where it told nothing, what
we saw counts, and `seen_from` says from when on we did.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from schemas.work_items import ChangeAspect
from services.detector.facts import DueMove


@dataclass(frozen=True, slots=True)
class PastChange:
    """One change of one aspect, in the words of `WorkItem`; `is_seen`: we saw it, its tracker did not tell."""

    aspect: ChangeAspect
    was: str | None
    becomes: str | None
    at: datetime
    is_seen: bool = False


Past = Sequence[PastChange]
"""Changes, oldest first."""


def of_aspect(past: Past, aspect: ChangeAspect) -> list[PastChange]:
    """Return the changes of this aspect, oldest first."""
    return [change for change in past if change.aspect is aspect]


def due_moves(past: Past) -> tuple[DueMove, ...]:
    """Return the moves of a due from one day to another; one that was taken away in between is one move."""
    return tuple(_moves(of_aspect(past, ChangeAspect.DUE)))


def _moves(changes: Iterable[PastChange]) -> Iterator[DueMove]:
    known: str | None = None
    for change in changes:
        was = change.was or known
        if was is not None and change.becomes is not None and change.becomes != was:
            yield DueMove(change.at, date.fromisoformat(was), date.fromisoformat(change.becomes))
        known = change.becomes or was


def seen_from(*pasts: Past) -> datetime | None:
    """Return the first moment from which things were seen of items of which nothing was told; none: all was told."""
    untold = [past for past in pasts if past and all(change.is_seen for change in past)]
    return min((change.at for past in untold for change in past), default=None)
