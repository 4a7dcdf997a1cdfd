"""The alignment of one item, found by walking up from it: a pure function of the items around it.

The walk asks the item, then its parent, then its epic, then its twins, each with all that stands above it, and takes
the first direct claim that it meets. Every item is asked once, so a circle of links ends the walk.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from schemas.aligned_items import Alignment, AlignmentRule
from schemas.work_items import Twin, WorkItem
from services.mapper.selectors import tracker_of

Token = str
"""Where a link points to: a ref; or `<tracker>:<site> <key>`; or `<tracker> <key>` of a twin. No ref holds a space."""


def key_tokens(ref: str, key: str) -> tuple[Token, Token]:
    """Return the tokens by which other items may mean this one without knowing its ref: as a child, and as a twin."""
    return f"{ref.rpartition(':')[0]} {key}", f"{tracker_of(ref)} {key}"


def tokens_of(ref: str, key: str) -> tuple[Token, ...]:
    """Return every token by which other items may mean this one."""
    return ref, *key_tokens(ref, key)


def key_of(token: Token) -> str | None:
    """Return the key that a token names, or none where it is a ref."""
    return token.partition(" ")[2] or None


@dataclass(frozen=True, slots=True)
class Node:
    """What the alignment of an item and of those below it depends on.

    Parent and epic are told by ref, by key, or by both; the key counts where nothing is known by the ref, since some
    shapes give an epic another id than its own.
    """

    ref: str
    key: str
    parent: Token | None
    parent_key: Token | None
    epic: Token | None
    epic_key: Token | None
    twins: tuple[Token, ...]
    direct: Alignment

    def tokens(self) -> tuple[Token, ...]:
        """Return every token by which other items may mean this one."""
        return tokens_of(self.ref, self.key)

    def above(self) -> tuple[tuple[Token | None, Token | None], tuple[Token | None, Token | None]]:
        """Return ref and key of the parent, and of the epic."""
        return (self.parent, self.parent_key), (self.epic, self.epic_key)


def node_of(item: WorkItem, direct: Alignment) -> Node:
    """Return what alignment needs to know of an item."""
    twins = sorted({token for twin in item.twins if (token := _twin_token(twin)) is not None})
    return Node(
        ref=item.ref,
        key=item.key,
        parent=item.parent,
        parent_key=_key_token(item.ref, item.parent_key),
        epic=item.epic,
        epic_key=_key_token(item.ref, item.epic_key),
        twins=tuple(twins),
        direct=direct,
    )


def _key_token(own: str, key: str | None) -> Token | None:
    return key_tokens(own, key)[0] if key else None


def _twin_token(twin: Twin) -> Token | None:
    return twin.ref or (f"{twin.tracker} {twin.key}" if twin.key else None)


@dataclass(slots=True)
class Neighbourhood:
    """Items by every token that may mean them. A twin counts from both sides, whichever of the two tells of it."""

    nodes: dict[str, Node] = field(default_factory=dict)
    _by_key: dict[str, list[str]] = field(default_factory=dict)
    _told_by: dict[Token, list[str]] = field(default_factory=dict)

    def add(self, node: Node) -> None:
        """Take an item in; it must not be in already."""
        self.nodes[node.ref] = node
        self._by_key.setdefault(node.key, []).append(node.ref)
        for token in node.twins:
            self._told_by.setdefault(token, []).append(node.ref)

    def above(self, node: Node) -> list[tuple[AlignmentRule, str]]:
        """Return whom the item inherits from, nearest first, with the rule that says so."""
        found = [(AlignmentRule.PARENT, ref) for ref in self._named(node.parent, node.parent_key)]
        found += [(AlignmentRule.EPIC, ref) for ref in self._named(node.epic, node.epic_key)]
        if node.twins or self._told_by:
            found += [(AlignmentRule.TWIN, ref) for ref in self._twins(node)]
        return found

    def unmet(self, node: Node) -> Iterator[Token]:
        """Yield where the item's links go in vain, as far as its alignment depends on them: nobody of that name is in.

        Once somebody of a ref is in, the key beside it does not count.
        """
        for ref, key in node.above():
            if not self._meant(ref):
                yield from (token for token in (ref, key) if token is not None and not self._meant(token))
        yield from (token for token in node.twins if not self._meant(token))

    def _named(self, ref: Token | None, key: Token | None) -> Iterable[str]:
        return self._meant(ref) or self._meant(key)

    def _meant(self, token: Token | None) -> Iterable[str]:
        if token is None:
            return ()
        key = key_of(token)
        if key is None:
            return (token,) if token in self.nodes else ()
        return sorted(ref for ref in self._by_key.get(key, ()) if token in key_tokens(ref, key))

    def _twins(self, node: Node) -> Iterable[str]:
        meant = (self._meant(token) for token in node.twins)
        telling = (self._told_by.get(token, ()) for token in node.tokens())
        return sorted({ref for refs in (*meant, *telling) for ref in refs})


def align(ref: str, around: Neighbourhood) -> Alignment:
    """Return the alignment of an item of the neighbourhood, its own claim or the first that it inherits."""
    own = around.nodes[ref]
    if own.direct.objective is not None:
        return own.direct
    visited = {ref}
    for rule, above in around.above(own):
        found = _first_claim(above, around, visited)
        if found is not None:
            return _inherited(found.objective, rule, found.selector, above, own.direct.unknown_objectives)
    return own.direct


@lru_cache(maxsize=4096)
def _inherited(
    objective: str | None, rule: AlignmentRule, selector: str | None, via: str, unknown: tuple[str, ...]
) -> Alignment:
    """Return the alignment that all have in common who inherit from one item: there are many of them at once."""
    return Alignment(objective=objective, rule=rule, selector=selector, via=via, unknown_objectives=unknown)


def _first_claim(start: str, around: Neighbourhood, visited: set[str]) -> Alignment | None:
    """Walk up depth first, without recursion since a chain may be long, and return the first direct claim met."""
    waiting = [start]
    while waiting:
        ref = waiting.pop()
        if ref in visited:
            continue
        visited.add(ref)
        node = around.nodes[ref]
        if node.direct.objective is not None:
            return node.direct
        waiting.extend(above for _, above in reversed(around.above(node)))
    return None
