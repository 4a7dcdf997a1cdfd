"""What has to be delivered, and what of it waits for what."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

Dependency = tuple[str, str]
"""A blocker and its dependent."""


@dataclass(frozen=True, slots=True)
class Work:
    """So many pieces of work; those that wait or are waited for in the order in which they are taken when ready.

    `blockers` holds for each piece of `order` where its blockers stand in `order`, `through` the length of the longest
    chain that goes through it, and `longest` is the longest of all; 1 if nothing waits. `stuck` are those that wait in
    a circle, and those that wait for them: if there are any, the order is empty.
    """

    count: int
    order: tuple[str, ...] = ()
    blockers: tuple[tuple[int, ...], ...] = ()
    through: tuple[int, ...] = ()
    longest: int = 1
    stuck: frozenset[str] = frozenset()

    @property
    def free(self) -> int:
        """How many pieces neither wait nor are waited for."""
        return self.count - len(self.order)


def needed(leaves: Collection[str], dependencies: Iterable[Dependency]) -> tuple[Dependency, ...]:
    """Return the dependencies in which a leaf waits, or a blocker of it, and so on: sorted, each once."""
    blockers = defaultdict[str, set[str]](set)
    for blocker, dependent in dependencies:
        if blocker != dependent:
            blockers[dependent].add(blocker)
    reached = {ref for ref in blockers if ref in leaves}
    new = list(reached)
    while new:
        found = [ref for ref in blockers.get(new.pop(), ()) if ref not in reached]
        reached.update(found)
        new += found
    return tuple(sorted((blocker, ref) for ref in reached for blocker in blockers.get(ref, ())))


def work_of(leaves: Collection[str], dependencies: Iterable[Dependency]) -> Work:
    """Return what these leaves need to be delivered, their blockers from outside included."""
    edges = needed(leaves, dependencies)
    blockers, dependents = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for blocker, dependent in edges:
        blockers[dependent].append(blocker)
        dependents[blocker].append(dependent)
    linked = blockers.keys() | dependents.keys()
    count = len(leaves) + sum(ref not in leaves for ref in linked)
    try:
        forwards = tuple(TopologicalSorter(blockers).static_order())
    except CycleError:
        return Work(count, stuck=_stuck(linked, blockers, dependents))
    before, behind = _chains(forwards, blockers), _chains(forwards[::-1], dependents)
    order = tuple(sorted(linked, key=lambda ref: (-behind[ref], ref)))
    place = {ref: number for number, ref in enumerate(order)}
    return Work(
        count=count,
        order=order,
        blockers=tuple(tuple(place[blocker] for blocker in blockers.get(ref, ())) for ref in order),
        through=tuple(before[ref] + behind[ref] - 1 for ref in order),
        longest=max(behind.values(), default=1),
    )


def _chains(order: Iterable[str], earlier: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Return for each the length of the longest chain that ends with it."""
    length: dict[str, int] = {}
    for ref in order:
        length[ref] = 1 + max((length[one] for one in earlier.get(ref, ())), default=0)
    return length


def _stuck(
    refs: Iterable[str], blockers: Mapping[str, Collection[str]], dependents: Mapping[str, Collection[str]]
) -> frozenset[str]:
    """Return those that no order of work ever makes ready."""
    waits = {ref: len(blockers.get(ref, ())) for ref in refs}
    ready = [ref for ref, number in waits.items() if not number]
    while ready:
        for ref in dependents.get(ready.pop(), ()):
            waits[ref] -= 1
            if not waits[ref]:
                ready.append(ref)
    return frozenset(ref for ref, number in waits.items() if number)
