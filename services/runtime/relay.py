"""The room's one relay: publishes the outbox in the order of its ids and removes what the broker has said yes to.

Promise: at most one relay of a room publishes at a time, across all processes: it holds a lock on the very
connection that it reads with, so that losing the connection ends both.
"""

import contextlib
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime.bus import Bus
from services.runtime.database import RoomDatabase
from services.runtime.faultpoints import faultpoint
from services.runtime.loop import Loop
from services.runtime.outbox import OutboxRow, outgoing_of
from services.runtime.progress import store_ends
from services.runtime.records import Outgoing
from services.runtime.tables import RUNTIME

BATCH_ROWS: Final = 500

_TRY_LOCK: Final = text("SELECT pg_try_advisory_lock(hashtextextended('leeway-relay:' || current_schema(), 0))")
_UNLOCK: Final = text("SELECT pg_advisory_unlock_all()")


class Relay:
    """Start it with the room; `wake()` it after a commit that added to the outbox."""

    def __init__(self, database: RoomDatabase, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._loop = Loop(f"relay:{bus.room}", bus, self._relay)
        self.start, self.stop, self.wake = self._loop.start, self._loop.stop, self._loop.wake

    async def _relay(self) -> None:
        """Relay until the connection is lost."""
        async with self._database.session() as conn:
            self._loop.went_well()
            await self._relay_while_locked(conn)

    async def _relay_while_locked(self, conn: AsyncConnection) -> None:
        while not await conn.scalar(_TRY_LOCK):
            await self._loop.wait()
        try:
            while True:
                while await self.relay_once(conn):
                    pass
                await self._loop.wait()
        finally:
            with contextlib.suppress(Exception):  # the lock goes with the connection in any case
                await conn.execute(_UNLOCK)

    async def relay_once(self, conn: AsyncConnection) -> int:
        """Publish one batch of rows and remove them; return how many there were."""
        outbox = RUNTIME.outbox
        rows = (await conn.execute(select(outbox).order_by(outbox.c.id).limit(BATCH_ROWS))).all()
        if not rows:
            return 0
        for is_mark, some in groupby(rows, key=lambda row: bool(row.every_partition)):
            await self._publish(list(some), is_mark=is_mark)
        faultpoint("relay.published")
        await conn.execute(delete(outbox).where(outbox.c.id.in_([row.id for row in rows])))
        await store_ends(conn, self._bus)
        return len(rows)

    async def _publish(self, rows: Sequence[OutboxRow], *, is_mark: bool) -> None:
        """Publish rows; a mark goes out alone, after the broker has said yes to all before it."""
        for group in [[row] for row in rows] if is_mark else [rows]:
            outgoing = [outgoing_of(row) for row in group]
            await self._bus.publish(await self._to_every_partition(outgoing[0]) if is_mark else outgoing)

    async def _to_every_partition(self, mark: Outgoing) -> list[Outgoing]:
        partitions = await self._bus.partitions(mark.topic)
        return [Outgoing(mark.topic, mark.key, mark.event, at) for at in range(partitions)]
