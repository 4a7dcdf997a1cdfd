"""Publishing the current state again, after the broker has forgotten it, with the revisions that it had.

Changes are told again as far as a reader may not have read them; each has an id, so who has it keeps it once. The marks
come behind all of it.
"""

from services.connectors.changes_kept import kept_changes
from services.connectors.goals import seed_measurements
from services.connectors.marks import publish_mark
from services.connectors.outgoing import snapshots_out
from services.connectors.reporting import seed_reports
from services.connectors.store import all_snapshots
from services.runtime.bus import Bus
from services.runtime.database import RoomDatabase
from services.runtime.marks import passed_marks
from services.runtime.progress import store_ends


async def seed(database: RoomDatabase, bus: Bus) -> None:
    """Publish all snapshots and late changes, the marks in their order, and how each connection stands."""
    async with database.transaction() as conn:
        async for page in all_snapshots(conn):
            await bus.publish(list(snapshots_out(bus, page)))
        async for changes in kept_changes(conn, bus):
            await bus.publish(changes)
        for mark in await passed_marks(conn):
            await publish_mark(bus, mark)
        await seed_reports(conn, bus)
        await seed_measurements(conn, bus)
        await store_ends(conn, bus)
