"""After a new strategy all items are mapped again that it can move, page by page, from where any mapper left off.

No two mappers do it at once. While it lasts, every reader computes the claim of an item that the new strategy may have
moved from its body, so that an alignment never mixes two versions. What an item only inherits follows from the word
that is left of those that moved by themselves; the strategy's mark waits for that.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.marks import FlowMark, MarkKind
from services.mapper import store
from services.mapper.around import in_vain, load_above
from services.mapper.marks import hold_mark
from services.mapper.realigning import PAGE, Rebuilt, realign, rebuild
from services.mapper.store import LeftWord, StoredWhole
from services.mapper.strategies import Active, Strategies, set_reached, set_remapped, standing
from services.runtime.bus import Bus

SPAN: Final = 20_000
"""So many items are gone through at most in one transaction, however few of them can have moved."""
MOVED_A_WORD: Final = 100
"""So many moved items share one word on what hangs below them, so that no transaction of `settle` gets too long."""

_MINE: Final = text("SELECT pg_try_advisory_xact_lock(hashtext(current_schema()), 1)")


def strategy_mark(version: int) -> str:
    """Return the id of the mark that closes the mapping under a version."""
    return f"strategy:{version}"


class Remapper:
    """One mapper's hand in it; how far all have come together stands in the tables."""

    def __init__(self, bus: Bus, strategies: Strategies) -> None:
        self._bus = bus
        self._strategies = strategies

    async def step(self, conn: AsyncConnection) -> bool:
        """Map the next page; at the end hold the strategy's mark ready. Return whether there was anything to do."""
        stands = await standing(conn)
        if stands.remapped >= stands.version or not await conn.scalar(_MINE):
            return False
        strategy = await self._strategies.active(conn)
        stands = await standing(conn)  # behind the locks: another may have been a page, or a version, further
        if stands.remapped < stands.version:
            until = await store.ref_behind(conn, stands.reached, SPAN)
            page = await store.lock_stale(conn, strategy.stale, stands.reached, until, PAGE)
            await self._move(conn, strategy, page)
            reached = page[-1].node.ref if len(page) == PAGE else until
            await (self._finish(conn, strategy.version) if reached is None else set_reached(conn, reached))
        return True

    async def _move(self, conn: AsyncConnection, strategy: Active, page: Sequence[StoredWhole]) -> None:
        moved = [one for one in (rebuild(strategy, whole) for whole in page) if one.says_otherwise()]
        nodes = [one.node for one in moved]
        around = await load_above(conn, strategy, nodes, (node.ref for node in nodes))
        await realign(conn, self._bus, strategy, moved, around)
        await store.add_unmet(conn, in_vain(nodes, around))
        await _leave_word(conn, [one for one in moved if one.claims_otherwise()])

    async def _finish(self, conn: AsyncConnection, version: int) -> None:
        await set_remapped(conn, version)
        mark = FlowMark(id=strategy_mark(version), kind=MarkKind.STRATEGY, sent_at=self._bus.clock.wall())
        await hold_mark(conn, mark)


async def _leave_word(conn: AsyncConnection, moved: Sequence[Rebuilt]) -> None:
    for start in range(0, len(moved), MOVED_A_WORD):
        some = moved[start : start + MOVED_A_WORD]
        await store.add_dirty(conn, LeftWord({token for one in some for token in one.node.tokens()}), None)
