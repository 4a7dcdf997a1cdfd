"""What moves an objective's end most: each dependency and each unowned leaf taken out of the same trials, in turn.

Only what can matter is tried, and that is exact: without it, those trials alone are followed again that dependencies
delay; of unowned leaves in the same place one is tried for all; while there is a circle, only what breaks the last one
matters. Should that leave more than `MOST_TAKEN` to follow, those are tried through which the longest chains go, and
the rest is not.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.detector.facts import Mover
from services.detector.forecast.reading import BASE, Reading
from services.detector.forecast.trials import Days, Trials
from services.detector.forecast.work import Dependency, Work, needed, work_of

MOST_MOVERS: Final = 10
"""So many are told, those that move the most. Unit: dependencies and leaves."""
MOST_TAKEN: Final = 20_000_000
"""How much is followed for one objective, about half a second. Unit: pieces of work times trials."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Something to take out: a dependency, or leaves of which each by itself has this effect. `work` is what stays."""

    subjects: tuple[tuple[str, ...], ...]
    work: Work
    through: int


@dataclass(frozen=True, slots=True)
class Asked:
    """An objective's open leaves, those of them without an assignee, and what waits for what."""

    leaves: frozenset[str]
    unowned: frozenset[str]
    dependencies: Collection[Dependency]


def movers_of(trials: Trials, asked: Asked, work: Work, ends: Days, reading: Reading) -> tuple[Mover, ...]:
    """Return what brings the end nearer when it is out of the way, the most first; `ends` are those of `work`."""
    probability, day = reading.probability(ends), reading.day(ends, BASE)
    found = []
    for removal, without in _tried(trials, removals(asked, work), work):
        then, earlier = reading.probability(without), day - reading.day(without, BASE)
        if then > probability or earlier > 0:
            found += [Mover(subjects, then, earlier) for subjects in removal.subjects]
    return tuple(sorted(found, key=lambda one: (-one.probability, -one.days_earlier, one.subjects))[:MOST_MOVERS])


def removals(asked: Asked, work: Work) -> list[Removal]:
    """Return everything to take out, in the order in which it is tried."""
    through = dict(zip(work.order, work.through, strict=bool(work.order)))
    found = [*_dependencies(asked, through), *_unowned(asked, through)]
    return sorted(found, key=lambda removal: (-removal.through, removal.subjects))


def _dependencies(asked: Asked, through: dict[str, int]) -> Iterator[Removal]:
    edges = needed(asked.leaves, asked.dependencies)
    for edge in edges:
        rest = work_of(asked.leaves, (other for other in edges if other != edge))
        yield Removal((edge,), rest, min(through.get(ref, 0) for ref in edge))


def _unowned(asked: Asked, through: dict[str, int]) -> Iterator[Removal]:
    edges = needed(asked.leaves, asked.dependencies)
    blockers: defaultdict[str, list[str]] = defaultdict(list)
    for blocker, dependent in edges:
        blockers[dependent].append(blocker)
    awaited = {blocker for blocker, _ in edges}
    alike: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for leaf in sorted(asked.unowned & asked.leaves):
        alike[("awaited", leaf) if leaf in awaited else ("waits for", *blockers.get(leaf, ()))].append(leaf)
    for refs in alike.values():
        rest = work_of(asked.leaves - {refs[0]}, (edge for edge in edges if refs[0] not in edge))
        yield Removal(tuple((ref,) for ref in refs), rest, through.get(refs[0], 1))


def _tried(trials: Trials, todo: list[Removal], work: Work) -> Iterator[tuple[Removal, Days]]:
    """Yield each with the ends of the trials without it.

    What stays can keep the days that it had, so an end lies between what is drawn for it and the last of those days:
    only trials in which the two differ are followed.
    """
    linked: Days | None = None
    left = MOST_TAKEN
    for removal in todo:
        rest = removal.work
        if rest.stuck:
            continue
        enough = trials.enough(rest.count)
        if trials.is_never_idle(rest):
            yield removal, enough
            continue
        linked = trials.last_linked(work) if linked is None else linked
        among = linked > enough
        left -= len(rest.order) * int(np.count_nonzero(among))
        if left >= 0:
            yield removal, _followed(trials, rest, linked, among)


def _followed(trials: Trials, rest: Work, linked: Days, among: NDArray[np.bool_]) -> Days:
    ends = trials.enough(rest.count).copy()
    if among.any():
        ends[among] = np.maximum(ends[among], np.minimum(linked[among], trials.last_linked(rest, among)))
    return ends
