"""After a new strategy all items are mapped again, page by page; a mapper that starts anew goes on where it was left.

No two mappers do it at once. While it lasts, every reader computes the claim of an item that was not reached yet from
its body, so that an alignment never mixes two versions.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.marks import FlowMark, MarkKind
from services.mapper import store
from services.mapper.marks import hold_mark
from services.mapper.realigning import PAGE, realign
from services.mapper.strategies import Strategies, set_remapped, standing
from services.runtime.bus import Bus

_MINE: Final = text("SELECT pg_try_advisory_xact_lock(hashtext(current_schema()), 1)")


def strategy_mark(version: int) -> str:
    """Return the id of the mark that closes the mapping under a version."""
    return f"strategy:{version}"


class Remapper:
    """Remembers how far it has come, so that a long table is gone through once."""

    def __init__(self, bus: Bus, strategies: Strategies) -> None:
        self._bus = bus
        self._strategies = strategies
        self._place: tuple[int, str] = (0, "")

    async def step(self, conn: AsyncConnection) -> bool:
        """Map the next page; at the end hold the strategy's mark ready. Return whether there was anything to do."""
        stands = await standing(conn)
        if stands.remapped >= stands.version or not await conn.scalar(_MINE):
            return False
        strategy = await self._strategies.active(conn)
        version, after = self._place
        after = after if version == strategy.version else ""
        page = await store.lock_stale(conn, after, strategy.version, PAGE)
        if page:
            await store.add_dirty(conn, await realign(conn, self._bus, strategy, page), None)
            self._place = strategy.version, page[-1].node.ref
        elif after:
            self._place = strategy.version, ""  # once more from the start, should a page before have been rolled back
        else:
            await self._finish(conn, strategy.version)
        return True

    async def _finish(self, conn: AsyncConnection, version: int) -> None:
        await set_remapped(conn, version)
        mark = FlowMark(id=strategy_mark(version), kind=MarkKind.STRATEGY, sent_at=self._bus.clock.wall())
        await hold_mark(conn, mark)
