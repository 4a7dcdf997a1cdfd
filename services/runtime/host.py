"""Runs rooms in one process: seeds them when the broker has forgotten, starts, restarts and stops them together.

Promise: a room starts only on a broker that has what the room has published; SIGTERM ends everything within the
grace time or leaves it to be delivered again.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog
from prometheus_client import CollectorRegistry

from services.runtime.bus import Bus
from services.runtime.clock import Clock
from services.runtime.database import Database
from services.runtime.delivery import pause_seconds
from services.runtime.errors import LeewayError, Transient
from services.runtime.garbage import collect_rarely
from services.runtime.health import Health, RoomHealth, check_all
from services.runtime.http import HttpServer, build_http
from services.runtime.metrics import Instruments
from services.runtime.room import Closing, Room, RoomContext
from services.runtime.settings import BusSettings, Settings
from services.runtime.tokens import Tokens
from services.runtime.topics import ensure_topics, renew_topics
from services.runtime.wipes import begin_anew, was_wiped

log = structlog.get_logger(__name__)

START_TRIES: Final = 30
STOP_SECONDS: Final = 25.0

BuildRoom = Callable[[RoomContext], Room]


@dataclass
class _Running:
    """A room with what it stands on."""

    room: Room
    context: RoomContext
    health: RoomHealth
    started: bool = False


@dataclass
class Host:
    """The rooms of a process, between `start` and `stop`; `restart` moves all to a broker that begins anew."""

    settings: Settings
    bus: BusSettings
    database: Database
    clock: Clock
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    address: str = ""
    """Where the process serves HTTP, once it does."""
    _rooms: list[_Running] = field(default_factory=list)
    _moving: asyncio.Lock = field(default_factory=asyncio.Lock)
    _losses: int = 0

    def __post_init__(self) -> None:
        self._instruments = Instruments(self.registry)

    @property
    def rooms(self) -> tuple[Room, ...]:
        """The rooms, in the order given."""
        return tuple(running.room for running in self._rooms)

    def add(self, name: str, build: BuildRoom) -> Room:
        """Build a room on its own bus and database."""
        database = self.database.room(name)
        bus = Bus(self.bus, name, self.clock, database=database, metrics=self._instruments.of(name))
        context = RoomContext(self.settings, self.clock, database, bus)
        running = _Running(build(context), context, RoomHealth(bus, database, self.clock))
        self._rooms.append(running)
        return running.room

    async def start(self) -> None:
        """Make the topics, seed what the broker has forgotten, start the rooms; patient while parts are down.

        Ends early where the broker is lost meanwhile: `restart` will begin anew.
        """
        collect_rarely()
        async with self._moving:
            await self._start_all(self._losses)

    async def stop(self) -> None:
        """Stop the rooms, the last first."""
        async with self._moving:
            await self._stop_all()

    async def close(self) -> None:
        """Stop the rooms, never to start them again: they let go of all that they hold."""
        await self.stop()
        for running in self._rooms:
            if isinstance(running.room, Closing):
                await self._in_time(running, running.room.close)

    async def restart(self, bus: BusSettings, *, alone: bool = False) -> None:
        """Go on with a broker that came back with nothing: stop, begin again from the tables, start.

        `alone` says that no other process uses the broker, so that whatever is there by now may be deleted.
        """
        log.warning("the broker began anew", rooms=len(self._rooms))
        for running in self._rooms:
            running.context.bus.leave()
        async with self._moving:
            losses = self._losses
            # Before the rooms stop: what they acknowledge last would be refused for as long as there is no topic.
            await self._patiently(partial(renew_topics if alone else ensure_topics, bus), losses)
            await self._stop_all()
            self.bus = bus
            for running in self._rooms:
                running.context.bus.move_to(bus)
            await self._start_all(losses)

    def leave(self) -> None:
        """Publish nothing from now on, because the broker is lost; to be called before the next one can be reached."""
        self._losses += 1
        for running in self._rooms:
            running.context.bus.leave()

    def bus_of(self, name: str) -> Bus:
        """Return the bus of a room, by the room's name."""
        return next(running.context.bus for running in self._rooms if running.room.name == name)

    def failures(self) -> tuple[LeewayError, ...]:
        """Return why rooms have stopped reading, if any have."""
        failed = (running.context.bus.failure for running in self._rooms)
        return tuple(failure for failure in failed if failure is not None)

    async def health(self) -> Health:
        """Look after all rooms."""
        return await check_all([running.health for running in self._rooms])

    async def _start_all(self, losses: int) -> None:
        await self._patiently(partial(ensure_topics, self.bus), losses)
        for running in self._rooms:
            await self._patiently(partial(self._start, running, losses), losses)

    async def _start(self, running: _Running, losses: int) -> None:
        if running.started:
            return
        context = running.context
        if await was_wiped(context.database, context.bus):
            log.warning("seeding again", room=running.room.name)
            await running.room.seed()
            await begin_anew(context.database, context.bus)
        if self._losses != losses:
            return
        context.bus.enter()
        await running.room.start()
        await context.bus.start()
        running.started = True
        log.info("room started", room=running.room.name)

    async def _stop_all(self) -> None:
        for running in reversed(self._rooms):
            running.started = False
            bus = running.context.bus
            if bus.is_left:
                await self._in_time(running, bus.still)
            for step in (bus.stop_reading, running.room.stop, bus.stop):
                await self._in_time(running, step)

    async def _in_time(self, running: _Running, step: Callable[[], Awaitable[None]]) -> None:
        """Take a step of stopping; one that hangs does not keep the others from being taken."""
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await step()
        except TimeoutError:
            log.warning("room did not stop in time", room=running.room.name)

    async def _patiently(self, step: Callable[[], Awaitable[None]], losses: int) -> None:
        for tries in range(1, START_TRIES + 1):
            if self._losses != losses:
                return None
            try:
                return await step()
            except Transient as error:
                if tries == START_TRIES:
                    raise
                log.warning("waiting to start", tries=tries, error=str(error))
                await self.clock.sleep(pause_seconds(tries, error.retry_after))
        return None


@asynccontextmanager
async def serving(host: Host, settings: Settings) -> AsyncIterator[str]:
    """Serve health, metrics and the rooms' routes; gives the address."""
    tokens = Tokens(host.database.room("runtime"), host.clock)
    routers = [router for room in host.rooms for router in room.routers()]
    server = HttpServer(build_http(tokens, host.health, host.registry, routers), settings.http)
    host.address = await server.start()
    try:
        yield host.address
    finally:
        await server.stop()


async def run_rooms(
    builders: Sequence[tuple[str, BuildRoom]],
    settings: Settings,
    bus: BusSettings,
    database: Database,
    clock: Clock,
    *,
    until: asyncio.Event | None = None,
    on_host: Callable[[Host], None] | None = None,
) -> None:
    """Run rooms until SIGTERM or SIGINT, or until the event is set. `on_host` is told the host before it starts."""
    stop = until or asyncio.Event()
    host = Host(settings, bus, database, clock)
    for name, build in builders:
        host.add(name, build)
    if on_host is not None:
        on_host(host)
    with stopped_by_signals(stop):
        async with serving(host, settings) as address:
            log.info("listening", address=address)
            try:
                await _start_unless_stopped(host, stop)
                await stop.wait()
            finally:
                await host.close()


async def _start_unless_stopped(host: Host, stop: asyncio.Event) -> None:
    starting, stopping = asyncio.create_task(host.start()), asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not starting.done():
        starting.cancel()
        await asyncio.wait({starting})
    elif starting.exception() is not None:
        await starting


@contextlib.contextmanager
def stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """Set the event at SIGTERM or SIGINT, for as long as the block lasts."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for one in signals:
        loop.add_signal_handler(one, stop.set)
    try:
        yield
    finally:
        for one in signals:
            loop.remove_signal_handler(one)
