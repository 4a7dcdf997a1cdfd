"""Where work waits in a ring: the components of a graph in which everybody can reach everybody else. Pure."""

from collections.abc import Mapping, Sequence


def strongly_connected(following: Mapping[str, Sequence[str]]) -> list[frozenset[str]]:
    """Return the strongly connected components of more than one member (Tarjan 1972, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    components: list[frozenset[str]] = []
    for root in following:
        if root in index:
            continue
        path = [(root, iter(following.get(root, ())))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while path:
            node, rest = path[-1]
            child = next(rest, None)
            if child is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == index[node]:
                    components.append(_popped(stack, on_stack, node))
            elif child not in index:
                index[child] = low[child] = len(index)
                stack.append(child)
                on_stack.add(child)
                path.append((child, iter(following.get(child, ()))))
            elif child in on_stack:
                low[node] = min(low[node], index[child])
    return [component for component in components if len(component) > 1]


def _popped(stack: list[str], on_stack: set[str], root: str) -> frozenset[str]:
    members = set(stack[stack.index(root) :])
    del stack[len(stack) - len(members) :]
    on_stack -= members
    return frozenset(members)
