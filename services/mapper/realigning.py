"""Aligning items again that are there already: what differs is published with a new revision, then written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.aligned_items import Alignment
from schemas.work_items import WorkItem
from services.mapper import store
from services.mapper.alignment import Node, align, node_of
from services.mapper.around import load_above
from services.mapper.claims import CompiledStrategy
from services.mapper.outgoing import Aligned, outgoing, written
from services.mapper.store import ItemRow, StoredWhole
from services.mapper.team import TeamChoice
from services.runtime.bus import Bus
from services.runtime.faultpoints import faultpoint

PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A locked item with what it and the active strategy say by themselves."""

    whole: StoredWhole
    node: Node
    team: TeamChoice

    def differs(self, alignment: Alignment) -> bool:
        """Say whether what was published of it is not so any more."""
        return self.whole.alignment != written(alignment) or self.whole.team != self.team

    def row(self, strategy: CompiledStrategy, alignment: Alignment, revision: int, flow: str | None) -> ItemRow:
        """Return the item as it is to be written."""
        whole = self.whole
        aligned = Aligned(
            self.node.ref, revision, whole.source_revision, written(alignment), self.team.team, self.team.selector,
            strategy.version, flow or whole.flow, whole.body,
        )  # fmt: skip
        return ItemRow(self.node, aligned, alignment.objective)


def rebuild(strategy: CompiledStrategy, whole: StoredWhole) -> Rebuilt:
    """Return the item under this strategy, whichever version it was stored under."""
    if whole.strategy_version == strategy.version:
        return Rebuilt(whole, whole.node, whole.team)
    item = WorkItem.model_validate_json(whole.body)
    return Rebuilt(whole, node_of(item, strategy.claim(item)), strategy.team(item))


async def realign(
    conn: AsyncConnection, bus: Bus, strategy: CompiledStrategy, locked: Sequence[StoredWhole], flow: str | None = None
) -> list[str]:
    """Align locked items with what is around them now; return the refs of those that differed and were published.

    What is around them is read here, behind their locks, so that no older view is written over a newer one.
    """
    items = [rebuild(strategy, whole) for whole in locked]
    around = await load_above(conn, strategy, (one.node for one in items), (one.node.ref for one in items))
    found = [(one, align(one.node.ref, around)) for one in items]
    changed = [(one, alignment) for one, alignment in found if one.differs(alignment)]
    revisions = await store.draw_revisions(conn, len(changed)) if changed else []
    rows = [
        one.row(strategy, alignment, revision, flow)
        for (one, alignment), revision in zip(changed, revisions, strict=True)
    ]
    at = bus.clock.wall()
    await bus.publish([outgoing(row.aligned, at) for row in rows])
    faultpoint("mapper.published")
    stale = [
        one.row(strategy, alignment, one.whole.revision, None)
        for one, alignment in found
        if one.whole.strategy_version < strategy.version and not one.differs(alignment)
    ]
    await store.update(conn, [*rows, *stale], store.REALIGNED)
    return [row.node.ref for row in rows]
