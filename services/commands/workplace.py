"""Where a command works: the configured database and Kafka, a running supervisor's, or parts started for the call."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

from services.runtime.bus import Bus
from services.runtime.clock import Clock
from services.runtime.database import Database, RoomDatabase
from services.runtime.embedded import Endpoints, attach, borrowed_database
from services.runtime.errors import Misconfigured, Transient
from services.runtime.migrations import migrate
from services.runtime.settings import BusSettings, Settings
from services.runtime.wipes import end_offsets

BROKER_SECONDS: Final = 15.0


@dataclass(frozen=True)
class Workplace:
    """A database to work with, and the way to the broker where there is one."""

    settings: Settings
    clock: Clock
    url: str
    database: Database
    bus: BusSettings | None

    def room(self, name: str) -> RoomDatabase:
        """Return a room's door to the database."""
        return self.database.room(name)

    async def broker(self) -> BusSettings:
        """Return the way to a broker that answers, or say what to start."""
        if self.bus is None:
            raise Misconfigured("No broker is running: start `leeway up` first, or set LEEWAY_KAFKA_BOOTSTRAP_SERVERS.")
        await ask_broker(self.bus)
        return self.bus

    async def bus_of(self, name: str) -> Bus:
        """Return a room's bus, or say what to start."""
        return Bus(await self.broker(), name, self.clock, database=self.room(name))


def bus_settings(settings: Settings, endpoints: Endpoints | None) -> BusSettings | None:
    """Return how to reach the broker: as configured, else the embedded one that is running, else none."""
    if settings.bus.bootstrap_servers:
        return settings.bus
    if endpoints is None or endpoints.bootstrap_servers is None:
        return None
    return embedded_bus(settings, endpoints)


def embedded_bus(settings: Settings, endpoints: Endpoints) -> BusSettings:
    """Return how to reach the embedded broker, in its present incarnation."""
    reach = {"bootstrap_servers": endpoints.bootstrap_servers, "epoch": endpoints.epoch, "idempotent": False}
    return settings.bus.model_copy(update=reach)


async def prepare(url: str, settings: Settings) -> None:
    """Bring all schemas up to date."""
    await asyncio.to_thread(migrate, url, settings.database_prefix)


async def ask_broker(bus: BusSettings) -> None:
    """Raise `Misconfigured` if the broker does not answer now, rather than wait for one that may not be there."""
    try:
        with _silent("aiokafka"):
            async with asyncio.timeout(BROKER_SECONDS):
                await end_offsets(bus, [])
    except (Transient, TimeoutError):
        raise Misconfigured(
            f"No Kafka broker answers at {bus.bootstrap_servers}: start it, or set LEEWAY_KAFKA_BOOTSTRAP_SERVERS to "
            "where it is."
        ) from None


async def ask_database(database: Database) -> None:
    """Raise `Misconfigured` if the database does not answer now."""
    try:
        async with database.room("runtime").transaction():
            pass
    except Transient as error:
        raise Misconfigured(f"{str(error).rstrip('.')}; start it, or set LEEWAY_DATABASE_URL to where it is.") from None


@contextmanager
def _silent(logger: str) -> Iterator[None]:
    """Keep a library quiet whose errors we say in a sentence of our own."""
    log = logging.getLogger(logger)
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(before)


@asynccontextmanager
async def workplace(settings: Settings, clock: Clock, *, create: bool = False) -> AsyncIterator[Workplace]:
    """Give the place that these settings mean. The embedded database is started for the call if nobody runs it.

    A home that is not there is an error, unless it may be created.
    """
    if settings.database_url is not None:
        attached = None if settings.bus.bootstrap_servers else await attach(settings.home)
        async with _place(settings, clock, settings.database_url.get_secret_value(), attached) as place:
            yield place
        return
    if not create and not settings.home.exists():
        raise Misconfigured(
            f"There is no Leeway state in {settings.home.absolute()}: start `leeway up`, give LEEWAY_HOME, "
            "or set LEEWAY_DATABASE_URL."
        )
    async with borrowed_database(settings.home, clock) as endpoints:
        if endpoints.database_url is None:
            raise Misconfigured(f"The Leeway that runs on {settings.home} has no database; set LEEWAY_DATABASE_URL.")
        await prepare(endpoints.database_url, settings)
        async with _place(settings, clock, endpoints.database_url, endpoints) as place:
            yield place


@asynccontextmanager
async def _place(settings: Settings, clock: Clock, url: str, endpoints: Endpoints | None) -> AsyncIterator[Workplace]:
    database = Database(url, prefix=settings.database_prefix, pool_size=2)
    try:
        await ask_database(database)
        yield Workplace(settings, clock, url, database, bus_settings(settings, endpoints))
    finally:
        await database.close()
