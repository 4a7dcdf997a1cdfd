"""What may be asked of the notifier from outside; a running notifier notices by itself."""

from schemas.alerts import AlertState
from services.notifier import store
from services.notifier.announcing import announce_deliveries
from services.runtime.bus import Bus
from services.runtime.clock import Clock
from services.runtime.database import RoomDatabase


async def retry_parked(database: RoomDatabase, clock: Clock, receiver: str | None = None) -> int:
    """Send again what was given up, to one receiver or to all, with the whole schedule anew; return how many."""
    at = clock.wall()
    return await database.run(lambda conn: store.retry_parked(conn, receiver, at))


async def switch_on(database: RoomDatabase, clock: Clock, receiver: str) -> int | None:
    """Send to a receiver again that had answered 410, and what was parked for it; none if it was not switched off."""
    at = clock.wall()
    async with database.transaction() as conn:
        if not await store.switch_on(conn, receiver):
            return None
        return await store.retry_parked(conn, receiver, at)


async def park_unfinished(database: RoomDatabase, bus: Bus, reason: str) -> int:
    """Give up all that is still to be sent, as `replay` does at the end of its patience; return how many."""
    async with database.transaction() as conn:
        parked = await store.park_all_due(conn, reason, bus.clock.wall())
        await announce_deliveries(conn, bus, parked, AlertState.PARKED, reason)
        return len(parked)
