"""Which connections this process works on: each is held by one process at a time, so that several share them.

Promise: the locks live in one session; where that is lost, nothing is ours until it is held again.
"""

import contextlib
from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime.bus import Bus
from services.runtime.database import RoomDatabase
from services.runtime.loop import Loop

_TRY: Final = text(
    "SELECT pg_try_advisory_lock(hashtextextended('leeway-connection:' || current_schema() || ':' || :connection, 0))"
)
_ALIVE: Final = text("SELECT 1")
_UNLOCK: Final = text("SELECT pg_advisory_unlock_all()")


class Claims:
    """Start it with the room, before the work on connections; stop it after."""

    def __init__(self, database: RoomDatabase, bus: Bus, connections: Sequence[str]) -> None:
        self._database = database
        self._connections = tuple(connections)
        self._held: set[str] = set()
        self._has_tried = False
        self._loop = Loop(f"claims:{bus.room}", bus, self._hold)
        self.stop, self.wake = self._loop.stop, self._loop.wake

    def start(self) -> None:
        """Begin to hold what is free."""
        if self._connections:
            self._loop.start()

    def holds(self, connection: str) -> bool:
        """Tell whether a connection is ours now."""
        return connection in self._held

    def may_become_ours(self, connection: str) -> bool:
        """Tell whether a connection is ours, or nobody knows yet whose it is."""
        return connection in self._held or not self._has_tried

    async def _hold(self) -> None:
        """Hold connections until the session is lost."""
        async with self._database.session() as conn:
            self._loop.went_well()
            try:
                while True:
                    await self._claim(conn)
                    await self._loop.wait()
            finally:
                self._held.clear()
                with contextlib.suppress(Exception):  # the locks go with the session in any case
                    await conn.execute(_UNLOCK)

    async def _claim(self, conn: AsyncConnection) -> None:
        await conn.execute(_ALIVE)
        for connection in self._connections:
            if connection not in self._held and await conn.scalar(_TRY, {"connection": connection}):
                self._held.add(connection)
        self._has_tried = True
