"""`leeway up` and `leeway run`: rooms as a service, on the configured parts or on embedded ones."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from services.commands.assembly import builders, chosen, connected, receivers_of
from services.commands.first_reading import FirstReadings
from services.commands.output import say
from services.commands.workplace import ask_broker, ask_database, embedded_bus, prepare
from services.connectors import app as connectors
from services.notifier import app as notifier
from services.runtime.clock import Clock
from services.runtime.configuration import Configuration
from services.runtime.database import Database
from services.runtime.embedded import EmbeddedStack, Endpoints, attach
from services.runtime.errors import LeewayError, Misconfigured
from services.runtime.host import BuildRoom, Host, run_rooms
from services.runtime.settings import BusSettings, Settings

WATCH_SECONDS = 1.0


@dataclass
class _Parts:
    """The database and the bus that rooms will run on, and how their changes reach the host."""

    url: str
    bus: BusSettings
    stack: EmbeddedStack | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    moves: asyncio.Queue[Endpoints] = field(default_factory=asyncio.Queue)
    host: Host | None = None
    failure: LeewayError | None = None

    async def moved(self, endpoints: Endpoints) -> None:
        """Take note that the broker began anew; the rooms follow in their own time, so that it stays watched."""
        self.moves.put_nowait(endpoints)

    async def follow(self, settings: Settings) -> None:
        """Move the rooms to each new incarnation of the broker, for ever."""
        while True:
            endpoints = await self.moves.get()
            if self.host is not None:
                await self.host.restart(embedded_bus(settings, endpoints))

    def lost(self) -> None:
        """Publish nothing more: the broker is gone."""
        if self.host is not None:
            self.host.leave()

    async def watch_stack(self, stack: EmbeddedStack) -> None:
        """Stop everything when a part cannot be started again."""
        self.stop_because(await stack.failed())

    def stop_because(self, failure: LeewayError) -> None:
        """End the rooms for this reason."""
        self.failure = failure
        self.stop.set()


async def up(settings: Settings, configuration: Configuration, clock: Clock) -> None:
    """Run all rooms in this process, with embedded parts for what is not configured."""
    readings = FirstReadings()
    rooms = builders(receivers_of(configuration, settings), connected(configuration, settings, clock), readings)
    try:
        async with _own_parts(settings, clock) as parts:
            await prepare(parts.url, settings)
            if not configuration.connections:
                say("Nothing is connected yet, so nothing is read: `leeway init` makes a connection.")
            await _serve(list(rooms.items()), parts, settings, clock)
    finally:
        readings.close()


async def run_room(name: str, settings: Settings, configuration: Configuration, clock: Clock) -> None:
    """Run one room, on the configured Kafka and PostgreSQL or on those of a running `leeway up`."""
    chosen(builders(), name)  # a name that is none is said before anything else
    connections = connected(configuration, settings, clock) if name == connectors.ROOM else ()
    receivers = receivers_of(configuration, settings) if name == notifier.ROOM else ()
    room = chosen(builders(receivers, connections), name)
    settings = sharing(settings)
    parts, endpoints = await _found_parts(settings)
    async with AsyncExitStack() as closing:
        if endpoints is not None:
            closing.callback(asyncio.create_task(_watch(parts, endpoints, settings, clock)).cancel)
        await _serve([(name, room)], parts, settings, clock)


def sharing(settings: Settings) -> Settings:
    """Return the settings of a process that shares its room with others: consumer groups, unless told otherwise."""
    if "groups" in settings.bus.model_fields_set:
        return settings
    return settings.model_copy(update={"bus": settings.bus.model_copy(update={"groups": True})})


@asynccontextmanager
async def _own_parts(settings: Settings, clock: Clock) -> AsyncIterator[_Parts]:
    needs_database, needs_broker = settings.database_url is None, not settings.bus.bootstrap_servers
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    if not needs_database and not needs_broker:
        yield _Parts(url, settings.bus)
        return
    async with EmbeddedStack(settings.home, database=needs_database, broker=needs_broker, clock=clock) as stack:
        endpoints = stack.endpoints
        bus = embedded_bus(settings, endpoints) if needs_broker else settings.bus
        parts = _Parts(endpoints.database_url or url, bus, stack)
        stack.on_loss = parts.lost
        stack.on_change = parts.moved
        watching = asyncio.create_task(parts.watch_stack(stack))
        try:
            yield parts
        finally:
            watching.cancel()


async def _found_parts(settings: Settings) -> tuple[_Parts, Endpoints | None]:
    """Return the configured parts, or those of the supervisor that runs on the home."""
    if settings.database_url is not None and settings.bus.bootstrap_servers:
        return _Parts(settings.database_url.get_secret_value(), settings.bus), None
    endpoints = await attach(settings.home)
    if endpoints is None or (endpoints.bootstrap_servers is None and not settings.bus.bootstrap_servers):
        raise Misconfigured(
            f"A single room needs parts to run on: set LEEWAY_DATABASE_URL and LEEWAY_KAFKA_BOOTSTRAP_SERVERS, or "
            f"start `leeway up` on {settings.home} first."
        )
    url = settings.database_url.get_secret_value() if settings.database_url else endpoints.database_url
    if url is None:
        raise Misconfigured("The Leeway that runs here has no database of its own: set LEEWAY_DATABASE_URL.")
    bus = settings.bus if settings.bus.bootstrap_servers else embedded_bus(settings, endpoints)
    return _Parts(url, bus), endpoints


async def _serve(rooms: Sequence[tuple[str, BuildRoom]], parts: _Parts, settings: Settings, clock: Clock) -> None:
    database = Database(parts.url, prefix=settings.database_prefix)

    def told(host: Host) -> None:
        parts.host = host
        say(f"Leeway starts {', '.join(name for name, _ in rooms)}; health at {_address(settings)}/health/ready.")

    following = asyncio.create_task(parts.follow(settings))
    following.add_done_callback(partial(_followed, parts))
    try:
        await ask_database(database)
        await ask_broker(parts.bus)
        await run_rooms(rooms, settings, parts.bus, database, clock, until=parts.stop, on_host=told)
    finally:
        following.cancel()
        await database.close()
    if parts.failure is not None:
        raise parts.failure


def _followed(parts: _Parts, following: asyncio.Task[None]) -> None:
    """Rooms that can no longer follow the broker must not look as if they ran."""
    if not following.cancelled() and (error := following.exception()) is not None:
        parts.stop_because(LeewayError(f"The rooms no longer follow the broker: {error}"))


def _address(settings: Settings) -> str:
    return f"http://{settings.http.host}:{settings.http.port}"


async def _watch(parts: _Parts, known: Endpoints, settings: Settings, clock: Clock) -> None:
    """Follow the supervisor's broker to its next incarnations; end with the supervisor."""
    while True:
        await clock.sleep(WATCH_SECONDS)
        found = await attach(settings.home)
        if found is None:
            parts.stop.set()
            return
        if found.epoch != known.epoch:
            known = found
            await parts.moved(found)
