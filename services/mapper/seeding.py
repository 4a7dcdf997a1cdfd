"""Publishing again all that the mapper has said, with the revisions that it had, after the broker has forgotten."""

from schemas.topics import ALIGNED_ITEMS
from services.mapper import store, strategies
from services.mapper.commands import strategy_outgoing
from services.mapper.outgoing import outgoing
from services.mapper.realigning import PAGE
from services.runtime.bus import Bus
from services.runtime.clock import Clock
from services.runtime.database import RoomDatabase
from services.runtime.marks import passed_marks


async def seed(database: RoomDatabase, bus: Bus, clock: Clock) -> None:
    """Publish the strategies, then every item, then the marks that were passed."""
    async with database.transaction() as conn:
        versions = await strategies.read_versions(conn)
        marks = await passed_marks(conn)
    await bus.publish([strategy_outgoing(applied, clock) for applied in versions])
    await _seed_items(database, bus, clock)
    for mark in marks:
        await bus.publish_mark(ALIGNED_ITEMS, mark)


async def _seed_items(database: RoomDatabase, bus: Bus, clock: Clock) -> None:
    """Publish page by page, so that memory stays flat."""
    after = ""
    while True:
        async with database.transaction() as conn:
            page = await store.page(conn, after, PAGE)
        if not page:
            return
        await bus.publish([outgoing(one.aligned(), clock.wall()) for one in page])
        after = page[-1].node.ref
