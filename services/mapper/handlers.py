"""What the mapper does with a batch: load, decide, publish, save."""

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.strategy import StrategyApplied
from schemas.topics import ASANA_WORK_ITEMS, JIRA_WORK_ITEMS, Topic
from schemas.work_items import WorkItemSnapshot
from services.mapper import store, strategies
from services.mapper.incoming import IncomingBatch, read_items
from services.mapper.mapping import MappedItems, map_items
from services.mapper.marks import hold_mark
from services.mapper.outgoing import outgoing
from services.mapper.strategies import Strategies
from services.runtime.bus import Batch, Bus
from services.runtime.database import RoomDatabase
from services.runtime.faultpoints import faultpoint
from services.runtime.handling import OneByOne
from services.runtime.marks import see_marks
from services.runtime.parking import park, set_aside_unreadable
from services.runtime.progress import finish_batch

INPUTS: Final[Sequence[Topic]] = (JIRA_WORK_ITEMS, ASANA_WORK_ITEMS)


class ItemsHandler:
    """Maps the items of a batch and passes their marks on to the worker, which it wakes after the commit."""

    def __init__(self, database: RoomDatabase, bus: Bus, known: Strategies, wake: Callable[[], None]) -> None:
        self._database = database
        self._bus = bus
        self._strategies = known
        self._wake = wake

    async def __call__(self, batch: Batch) -> None:
        """Handle one batch in one transaction: published first, since all of it can be derived again."""
        incoming = read_items(batch.of(WorkItemSnapshot))
        await self._database.run(lambda conn: self._handle(conn, batch, incoming))
        faultpoint("mapper.committed")
        self._wake()

    async def _handle(self, conn: AsyncConnection, batch: Batch, incoming: IncomingBatch) -> None:
        strategy = await self._strategies.active(conn)
        await store.lock_places(conn, ((topic.name, partition) for topic, partition in batch.ends))
        mapped = await map_items(conn, strategy, incoming.items)
        at = self._bus.clock.wall()
        await self._bus.publish([outgoing(one, at) for one in mapped.aligned()])
        faultpoint("mapper.published")
        await self._save(conn, mapped)
        await self._finish(conn, batch, incoming)

    @staticmethod
    async def _save(conn: AsyncConnection, mapped: MappedItems) -> None:
        await store.insert(conn, mapped.new)
        await store.update(conn, mapped.changed)
        for flow, left in mapped.dirty.items():
            await store.add_dirty(conn, left, flow)
        await store.add_unmet(conn, mapped.unmet)

    async def _finish(self, conn: AsyncConnection, batch: Batch, incoming: IncomingBatch) -> None:
        await set_aside_unreadable(conn, batch)
        for record, reason in incoming.unusable:
            await park(conn, record, reason)
        for mark in await see_marks(conn, self._bus, batch, INPUTS):
            await hold_mark(conn, mark)
        await finish_batch(conn, self._bus, batch)


def strategy_handler(database: RoomDatabase, bus: Bus, wake: Callable[[], None]) -> OneByOne[StrategyApplied]:
    """Return what keeps each version that comes and has all mappers go by the newest; all is mapped again then."""

    async def keep(conn: AsyncConnection, applied: StrategyApplied) -> None:
        await strategies.keep(conn, applied)
        await strategies.activate(conn, applied.version)

    return OneByOne(database, bus, StrategyApplied, keep, wake)
