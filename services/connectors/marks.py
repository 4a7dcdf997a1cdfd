"""The connectors' marks: sent to the topics of changes and of items, whose readers read several; kept to be sent again.

Promise: a reader that has seen a mark on all of its topics has all changes and all items of the load.
"""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.marks import FlowMark
from schemas.topics import CHANGES, WORK_ITEMS
from services.runtime.bus import Bus
from services.runtime.database import RoomDatabase
from services.runtime.delivery import pause_seconds
from services.runtime.errors import Transient
from services.runtime.marks import mark_passed
from services.runtime.progress import store_ends

TRIES = 20


async def publish_mark(bus: Bus, mark: FlowMark) -> None:
    """Send a mark to every partition of all four topics.

    Changes come first: what a mark sets off further down by way of the items is then never ahead of them.
    """
    for topic in (*CHANGES.values(), *WORK_ITEMS.values()):
        await bus.publish_mark(topic, mark)


async def send_mark(
    database: RoomDatabase,
    bus: Bus,
    mark: FlowMark,
    also: Callable[[AsyncConnection], Awaitable[None]] | None = None,
) -> None:
    """Send a mark and note it, with whatever else belongs into that transaction; patient while the broker is away."""
    for tries in range(1, TRIES + 1):
        try:
            async with bus.steady():
                return await _send_once(database, bus, mark, also)
        except Transient as error:
            if tries == TRIES:
                raise
            await bus.clock.sleep(pause_seconds(tries, error.retry_after))
    return None


async def _send_once(
    database: RoomDatabase,
    bus: Bus,
    mark: FlowMark,
    also: Callable[[AsyncConnection], Awaitable[None]] | None,
) -> None:
    async with database.transaction() as conn:
        await publish_mark(bus, mark)
        await mark_passed(conn, mark)
        if also is not None:
            await also(conn)
        await store_ends(conn, bus)
