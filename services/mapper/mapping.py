"""What becomes of incoming items: which are new to us, how each is aligned, and what must be looked at again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.aligned_items import Alignment
from services.mapper import store
from services.mapper.alignment import Node, Token, align, key_tokens, node_of
from services.mapper.around import in_vain, load_above
from services.mapper.incoming import Incoming
from services.mapper.outgoing import Aligned, read_alignment, written
from services.mapper.store import ItemRow, LeftWord, Stored
from services.mapper.strategies import Active
from services.mapper.team import TeamChoice


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that is newer than what is stored of it, with all that it and the strategy say by themselves."""

    incoming: Incoming
    node: Node
    team: TeamChoice
    category: str | None
    stored: Stored | None

    def unchanged(self, strategy: Active) -> bool:
        """Say whether nothing that alignment depends on differs from what is stored."""
        stored = self.stored
        return stored is not None and strategy.has_seen(stored.strategy_version) and stored.node == self.node

    def is_new_alone(self) -> bool:
        """Say whether nobody can depend on it yet but by links that went in vain: it is new and tells of no twin."""
        return self.stored is None and not self.node.twins

    def targets(self) -> Iterator[str]:
        """Yield the tokens of what must be looked at again: by the item's present key, and by its older one."""
        yield from self.node.tokens()
        if self.stored is not None and self.stored.node.key != self.node.key:
            yield from key_tokens(self.node.ref, self.stored.node.key)

    def released(self) -> Iterable[str]:
        """Return the twins that the item no longer tells of."""
        return () if self.stored is None else set(self.stored.node.twins) - set(self.node.twins)


@dataclass(frozen=True, slots=True)
class MappedItems:
    """Rows to insert and to update, what must be looked at again, by flow, and whose links went in vain."""

    new: list[ItemRow]
    changed: list[ItemRow]
    dirty: Mapping[str | None, LeftWord]
    unmet: Sequence[tuple[Token, str]]

    def aligned(self) -> Iterator[Aligned]:
        """Yield all of them as they go out."""
        yield from (row.aligned for row in (*self.new, *self.changed))


async def map_items(conn: AsyncConnection, strategy: Active, incoming: Mapping[str, Incoming]) -> MappedItems:
    """Lock what is stored of these items, keep what is newer, and align it with what is around it now."""
    candidates = await _candidates(conn, strategy, incoming)
    touched = [one for one in candidates if not one.unchanged(strategy)]
    around = await load_above(conn, strategy, (one.node for one in candidates), (one.node.ref for one in touched))
    fresh = {one.node.ref: align(one.node.ref, around) for one in touched}
    revisions = await store.draw_revisions(conn, len(candidates)) if candidates else []
    mapped = MappedItems([], [], _dirty(touched), in_vain((one.node for one in touched), around))
    for one, revision in zip(candidates, revisions, strict=True):
        alignment = fresh.get(one.node.ref)
        if alignment is None and one.stored:
            row = _row(one, revision, one.stored.alignment, read_alignment(one.stored.alignment), strategy.version)
        else:
            found = alignment or one.node.direct
            row = _row(one, revision, written(found), found, strategy.version)
        (mapped.changed if one.stored else mapped.new).append(row)
    return mapped


async def _candidates(conn: AsyncConnection, strategy: Active, incoming: Mapping[str, Incoming]) -> Sequence[Candidate]:
    known = await store.lock_stored(conn, incoming) if incoming else {}
    plan, found = strategy.plan, []
    for ref in sorted(incoming):
        one = incoming[ref]
        stored, source_revision = known.get(ref, (None, -1))
        if one.revision > source_revision:
            node = node_of(one.item, plan.claim(one.item))
            found.append(Candidate(one, node, plan.team(one.item), plan.category(one.item), stored))
    return found


def _dirty(touched: Iterable[Candidate]) -> dict[str | None, LeftWord]:
    dirty: dict[str | None, LeftWord] = {}
    for one in touched:
        left = dirty.setdefault(one.incoming.flow, LeftWord())
        (left.arrived if one.is_new_alone() else left.changed).update(one.targets())
        left.released.update(one.released())
    return dirty


def _row(one: Candidate, revision: int, text: str, alignment: Alignment, version: int) -> ItemRow:
    """Return the item as it is to be written; `text` is the JSON of its alignment."""
    incoming = one.incoming
    aligned = Aligned(
        one.node.ref, revision, incoming.revision, text, one.team.team, one.team.selector, one.category,
        version, incoming.flow, incoming.body,
    )  # fmt: skip
    return ItemRow(one.node, aligned, alignment.objective)
