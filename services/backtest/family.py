"""Who inherits an objective from whom, kept up to date while items come, change and go."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from services.mapper.alignment import Neighbourhood, Node, Token
from services.mapper.selectors import tracker_of


@dataclass(slots=True)
class Family(Neighbourhood):
    """All items at one moment by every token that may mean them, and who points to each token."""

    _pointing: defaultdict[Token, set[str]] = field(default_factory=lambda: defaultdict(set))

    def replace(self, ref: str, node: Node | None) -> set[str]:
        """Put a node in the place of the one before, if any; return whose alignment that may change."""
        before = self.nodes.get(ref)
        if node == before:
            return set()
        found = set(self._below(before)) if before else set()
        if before:
            self._drop(before)
        if node:
            self.add(node)
            for token in _pointed_to(node):
                self._pointing[token].add(ref)
            found |= {ref, *self._below(node)}
        return found & self.nodes.keys()

    def twins_of(self, ref: str) -> tuple[str, ...]:
        """Return the known items of the other tracker that tell this one to be their twin, or that it tells of."""
        node = self.nodes[ref]
        if not node.twins and not self._told_by:
            return ()
        return tuple(other for other in self._twins(node) if tracker_of(other) != tracker_of(ref))

    def _drop(self, node: Node) -> None:
        del self.nodes[node.ref]
        _take(self._by_key, node.key, node.ref)
        for token in node.twins:
            _take(self._told_by, token, node.ref)
        for token in _pointed_to(node):
            self._pointing[token].discard(node.ref)

    def _below(self, start: Node) -> Iterator[str]:
        """Give all that ask this node, or one below it that has no claim of its own, for an objective."""
        seen = {start.ref}
        waiting = [start]
        while waiting:
            node = waiting.pop()
            for ref in self._asking(node):
                if ref not in seen and ref in self.nodes:
                    seen.add(ref)
                    yield ref
                    if self.nodes[ref].direct.objective is None:
                        waiting.append(self.nodes[ref])

    def _asking(self, node: Node) -> Iterable[str]:
        for token in node.tokens():
            yield from self._pointing.get(token, ())
        for token in node.twins:
            yield from self._meant(token)


def _take(index: dict[str, list[str]], name: str, ref: str) -> None:
    kept = [other for other in index[name] if other != ref]
    if kept:
        index[name] = kept
    else:
        del index[name]


def _pointed_to(node: Node) -> Iterator[Token]:
    """Give where the item's own links go."""
    above = (token for pair in node.above() for token in pair)
    return (token for token in (*above, *node.twins) if token is not None)
