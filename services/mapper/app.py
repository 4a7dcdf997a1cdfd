"""The mapper, put together: wiring only."""

from fastapi import APIRouter

from schemas.topics import STRATEGY
from services.mapper import queries
from services.mapper.handlers import INPUTS, ItemsHandler, strategy_handler
from services.mapper.seeding import seed
from services.mapper.strategies import Strategies
from services.mapper.worker import Worker
from services.runtime.marks import passed_marks
from services.runtime.relay import Relay
from services.runtime.room import Progress, RoomContext

ROOM = "mapper"


class Mapper:
    """The room between start and stop."""

    name = ROOM

    def __init__(self, context: RoomContext) -> None:
        self._context = context
        known = Strategies()
        self._worker = Worker(context.database, context.bus, context.clock, known)
        self._relay = Relay(context.database, context.bus)
        self._items = ItemsHandler(context.database, context.bus, known, self._worker.loop.wake)
        self._strategy = strategy_handler(context.database, context.bus, self._worker.loop.wake)

    def subscribe(self, max_records: int) -> None:
        """Have the bus hand over batches from `start()` on."""
        self._context.bus.subscribe([STRATEGY], self._strategy)
        self._context.bus.subscribe(INPUTS, self._items, max_records=max_records)

    async def start(self) -> None:
        """Begin to work."""
        await self._context.bus.start()
        self._worker.loop.start()
        self._relay.start()

    async def stop(self) -> None:
        """Stop taking work."""
        await self._context.bus.stop_reading()
        await self._worker.loop.stop()
        await self._relay.stop()

    async def seed(self) -> None:
        """Publish the current state again, after the broker has forgotten it."""
        await seed(self._context.database, self._context.bus, self._context.clock)

    async def progress(self) -> Progress:
        """Say how the room stands, from its tables."""
        async with self._context.database.transaction() as conn:
            marks = frozenset(mark.id for mark in await passed_marks(conn))
            return Progress(await queries.pending(conn), marks)

    def routers(self) -> tuple[APIRouter, ...]:
        """The mapper has no routes of its own."""
        return ()


def build_app(context: RoomContext, *, max_records: int = 1000) -> Mapper:
    """Return the room, subscribed and not yet started; `max_records` is the most that one transaction takes."""
    mapper = Mapper(context)
    mapper.subscribe(max_records)
    return mapper
