"""The same forecast by plain words: one trial after the other, one day after the other, one leaf after the other."""

from collections.abc import Collection, Sequence

Edge = tuple[str, str]


def simulate(drawn: Sequence[int], leaves: Collection[str], dependencies: Collection[Edge]) -> int:
    """Return the day, from 1, on which the last of these leaves is delivered; one beyond the drawn days for never."""
    return max(days(drawn, leaves, dependencies).values(), default=1)


def days(drawn: Sequence[int], leaves: Collection[str], dependencies: Collection[Edge]) -> dict[str, int]:
    """Return the day on which each of these and of their blockers is delivered; never, if some wait in a circle."""
    edges = {edge for edge in dependencies if edge[0] != edge[1]}
    todo = with_blockers(leaves, edges)
    waiting = {edge for edge in edges if edge[0] in todo and edge[1] in todo}
    found = dict.fromkeys(todo, len(drawn) + 1)
    if is_circular(waiting):
        return found
    order = sorted(todo, key=lambda ref: (-chain_behind(ref, waiting), ref))
    done: set[str] = set()
    for day, count in enumerate(drawn, 1):
        ready = [ref for ref in order if ref not in done and all(a in done for a, b in waiting if b == ref)]
        done.update(ready[:count])
        found |= dict.fromkeys(ready[:count], day)
    return found


def with_blockers(leaves: Collection[str], edges: Collection[Edge]) -> set[str]:
    """Return the leaves with all that they wait for, however far."""
    todo = set(leaves)
    while more := {blocker for blocker, dependent in edges if dependent in todo} - todo:
        todo |= more
    return todo


def is_circular(edges: set[Edge]) -> bool:
    """Tell whether somebody waits for himself; whoever waits for nobody is taken away until nobody is."""
    while edges:
        dependents = {dependent for _, dependent in edges}
        rest = {edge for edge in edges if edge[0] in dependents}
        if rest == edges:
            return True
        edges = rest
    return False


def chain_behind(ref: str, edges: Collection[Edge]) -> int:
    """Return how many pieces the longest chain has that begins with this one."""
    return 1 + max((chain_behind(dependent, edges) for blocker, dependent in edges if blocker == ref), default=0)
