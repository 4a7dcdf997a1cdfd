"""Aligning items again that are there already: what differs is published with a new revision, then written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.aligned_items import Alignment
from schemas.work_items import WorkItem
from services.mapper import store
from services.mapper.alignment import Neighbourhood, Node, align, node_of
from services.mapper.outgoing import Aligned, outgoing, written
from services.mapper.store import ItemRow, StoredWhole
from services.mapper.strategies import Active
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
    category: str | None

    def says_otherwise(self) -> bool:
        """Say whether what it and the strategy say by themselves is not what is stored of it."""
        stored = self.whole.team, self.whole.category
        return self.claims_otherwise() or stored != (self.team, self.category)

    def claims_otherwise(self) -> bool:
        """Say whether its direct claim is not the one that is stored, on which others may depend."""
        return self.whole.node.direct != self.node.direct

    def differs(self, alignment: Alignment) -> bool:
        """Say whether what was published of it is not so any more."""
        whole = self.whole
        return (whole.alignment, whole.team, whole.category) != (written(alignment), self.team, self.category)

    def row(self, strategy: Active, alignment: Alignment, revision: int, flow: str | None) -> ItemRow:
        """Return the item as it is to be written."""
        whole = self.whole
        aligned = Aligned(
            self.node.ref, revision, whole.source_revision, written(alignment), self.team.team, self.team.selector,
            self.category, strategy.version, flow or whole.flow, whole.body,
        )  # fmt: skip
        return ItemRow(self.node, aligned, alignment.objective)


def rebuild(strategy: Active, whole: StoredWhole) -> Rebuilt:
    """Return the item under this strategy, whichever version it was stored under."""
    if not whole.is_stale:
        return Rebuilt(whole, whole.node, whole.team, whole.category)
    item, plan = WorkItem.model_validate_json(whole.body), strategy.plan
    return Rebuilt(whole, node_of(item, plan.claim(item)), plan.team(item), plan.category(item))


async def realign(
    conn: AsyncConnection,
    bus: Bus,
    strategy: Active,
    items: Sequence[Rebuilt],
    around: Neighbourhood,
    *,
    flow: str | None = None,
) -> None:
    """Align locked items with what is around them; what differs from what was said of them is published.

    `around` must have been read behind their locks, so that no older view is written over a newer one.
    """
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
    await store.update(conn, rows, store.REALIGNED)
