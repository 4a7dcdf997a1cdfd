"""The detector, put together: wiring only."""

from fastapi import APIRouter

from schemas.topics import CONNECTIONS, MEASUREMENTS, STRATEGY
from services.detector import measuring, queries
from services.detector.commands import reseed
from services.detector.handlers import (
    CHANGE_INPUTS,
    ITEM_INPUTS,
    ChangesHandler,
    ItemsHandler,
    connections_handler,
    measurements_handler,
    strategy_handler,
)
from services.detector.judge import Judge
from services.detector.watching import rule_set, watch_anew
from services.runtime.marks import passed_marks
from services.runtime.relay import Relay
from services.runtime.room import Progress, RoomContext

ROOM = "detector"


class Detector:
    """The room between start and stop."""

    name = ROOM

    def __init__(self, context: RoomContext) -> None:
        self._context = context
        self._relay = Relay(context.database, context.bus)
        self._judge = Judge(context.database, context.bus, context.clock, self._relay.wake)
        self._items = ItemsHandler(context.database, context.bus, self._judge.loop.wake)
        self._changes = ChangesHandler(context.database, context.bus, self._judge.loop.wake)
        self._measurements = measurements_handler(context.database, context.bus, self._judge.loop.wake)
        self._strategy = strategy_handler(context.database, context.bus, self._judge.loop.wake)
        self._connections = connections_handler(context.database, context.bus, self._judge.loop.wake)

    def subscribe(self, max_records: int) -> None:
        """Have the bus hand over batches from `start()` on."""
        self._context.bus.subscribe([STRATEGY], self._strategy)
        self._context.bus.subscribe([CONNECTIONS], self._connections)
        self._context.bus.subscribe([MEASUREMENTS], self._measurements)
        self._context.bus.subscribe(CHANGE_INPUTS, self._changes, max_records=max_records)
        self._context.bus.subscribe(ITEM_INPUTS, self._items, max_records=max_records)

    async def start(self) -> None:
        """Begin to work; where the rules are others than before, all items are watched by these first."""
        await watch_anew(self._context.database, rule_set())
        await self._context.bus.start()
        self._judge.loop.start()
        self._relay.start()

    async def stop(self) -> None:
        """Stop taking work."""
        await self._context.bus.stop_reading()
        await self._judge.loop.stop()
        await self._relay.stop()

    async def seed(self) -> None:
        """Publish all findings as they stand again, after the broker has forgotten them."""
        await reseed(self._context.database, self._context.bus)

    async def progress(self) -> Progress:
        """Say how the room stands, from its tables."""
        async with self._context.database.transaction() as conn:
            marks = frozenset(mark.id for mark in await passed_marks(conn))
            return Progress(await queries.pending(conn, self._context.clock.now()), marks)

    def routers(self) -> tuple[APIRouter, ...]:
        """The findings, to be read; measurements, to be given."""
        database, clock = self._context.database, self._context.clock
        return (queries.build_router(database, clock), measuring.build_router(database, clock, self._wake))

    def _wake(self) -> None:
        self._judge.loop.wake()
        self._relay.wake()


def build_app(context: RoomContext, *, max_records: int = 1000) -> Detector:
    """Return the room, subscribed and not yet started; `max_records` is the most that one transaction takes."""
    detector = Detector(context)
    detector.subscribe(max_records)
    return detector
