"""What stands around items in the tables: above them, as far as their alignment may depend on it, and below them."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import WorkItem
from services.mapper import store
from services.mapper.alignment import Neighbourhood, Node, Token, key_of, node_of
from services.mapper.selectors import tracker_of
from services.mapper.store import Dirty, Linked, Stored
from services.mapper.strategies import Active


def current(strategy: Active, found: Linked) -> Node:
    """Return the item with its direct claim under this strategy, whichever version it was stored under."""
    if found.stale_body is None:
        return found.stored.node
    item = WorkItem.model_validate_json(found.stale_body)
    return node_of(item, strategy.plan.claim(item))


async def load_above(
    conn: AsyncConnection, strategy: Active, own: Iterable[Node], seeds: Iterable[str]
) -> Neighbourhood:
    """Return `own`, which stand for what is stored of them, and all that the alignment of the seeds may depend on.

    Level by level, and not beyond an item that has a direct claim. A key is asked for only where nobody is known by the
    ref beside it: it does not count otherwise.
    """
    around = Neighbourhood()
    for node in own:
        around.add(node)
    reached: set[str] = set()
    level = _unclaimed(around, seeds)
    while level:
        reached.update(level)
        nodes = [around.nodes[ref] for ref in sorted(level)]
        refs, keys = _split(_asked_first(nodes))
        telling = _as_twins(nodes)
        await _add(conn, strategy, around, refs=refs - around.nodes.keys(), keys=keys, telling=telling)
        if in_vain := {token for node in nodes for token in around.unmet(node)}:
            _, keys = _split(in_vain)
            await _add(conn, strategy, around, keys=keys)
        above = (ref for node in nodes for _, ref in around.above(node))
        level = _unclaimed(around, above) - reached
    return around


def _unclaimed(around: Neighbourhood, refs: Iterable[str]) -> set[str]:
    return {ref for ref in refs if around.nodes[ref].direct.objective is None}


def in_vain(nodes: Iterable[Node], around: Neighbourhood) -> list[tuple[Token, str]]:
    """Return whom those of these that may inherit point to in vain, with their own refs."""
    return [(token, node.ref) for node in nodes if node.direct.objective is None for token in around.unmet(node)]


def _asked_first(nodes: Iterable[Node]) -> Iterator[Token]:
    """Yield the links of the items: of what is told by ref and by key, the ref."""
    for node in nodes:
        yield from (told for ref, key in node.above() if (told := ref or key) is not None)
        yield from node.twins


async def _add(
    conn: AsyncConnection, strategy: Active, around: Neighbourhood, *, refs: Collection[str] = (),
    keys: Collection[str] = (), telling: Collection[str] = (),
) -> None:  # fmt: skip
    """Take in the items of these refs and keys, and those that tell of a twin which one of the tokens means."""
    for one in await store.linked(conn, strategy.stale, refs=refs, keys=keys, telling=telling):
        if one.stored.node.ref not in around.nodes:
            around.add(current(strategy, one))


def _split(tokens: Iterable[str]) -> tuple[set[str], set[str]]:
    """Return the refs and the keys among tokens."""
    refs, keys = set(), set()
    for token in tokens:
        key = key_of(token)
        if key is None:
            refs.add(token)
        else:
            keys.add(key)
    return refs, keys


def _as_twins(nodes: Iterable[Node]) -> list[str]:
    return [token for node in nodes for token in (node.ref, f"{tracker_of(node.ref)} {node.key}")]


async def load_dirty(conn: AsyncConnection, strategy: Active, dirty: Dirty) -> dict[str, tuple[Node, Stored]]:
    """Return the items whose alignment may depend on what is dirty.

    Those are the changed ones that may inherit, those whose links went in vain until now, and all below; level by
    level, as what has a direct claim depends on nobody, so nothing is followed through it.
    """
    found: dict[str, tuple[Node, Stored]] = {}
    level: list[Node] = []
    if met := await store.take_met(conn, dirty):
        level += _fresh(strategy, await store.linked(conn, strategy.stale, refs=met), found)
    for one, is_target in await store.around_dirty(conn, strategy.stale, dirty) if dirty.has_changed else ():
        if one.stored.node.ref not in found:
            node = current(strategy, one)
            found[node.ref] = node, one.stored
            if node.twins or not is_target:
                level.append(node)
    if dirty.released:
        refs, keys = _split(dirty.released)
        level += _fresh(strategy, await store.linked(conn, strategy.stale, refs=refs, keys=keys), found)
    while level:
        level = await _next_level(conn, strategy, level, found)
    return found


async def _next_level(
    conn: AsyncConnection, strategy: Active, level: Sequence[Node], found: dict[str, tuple[Node, Stored]]
) -> list[Node]:
    """Add who may inherit directly from this level, and return those that were not known yet."""
    tokens = {token for node in level for token in node.tokens()}
    refs, keys = _split(token for node in level for token in node.twins)
    hanging = await store.below(conn, strategy.stale, tokens)
    told = await store.linked(conn, strategy.stale, refs=refs, keys=keys)
    return _fresh(strategy, (*hanging, *told), found)


def _fresh(strategy: Active, candidates: Iterable[Linked], found: dict[str, tuple[Node, Stored]]) -> list[Node]:
    """Add those that are not found yet, and return them."""
    fresh = []
    for one in candidates:
        if one.stored.node.ref not in found:
            node = current(strategy, one)
            found[node.ref] = node, one.stored
            fresh.append(node)
    return fresh
