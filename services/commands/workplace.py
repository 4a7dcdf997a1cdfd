"""Where a command works: the configured database and Kafka, a running supervisor's, or parts started for the call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.runtime.bus import Bus
from services.runtime.clock import Clock
from services.runtime.database import Database, RoomDatabase
from services.runtime.embedded import Endpoints, attach, borrowed_database
from services.runtime.errors import Misconfigured
from services.runtime.migrations import migrate
from services.runtime.settings import BusSettings, Settings


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

    def bus_of(self, name: str) -> Bus:
        """Return a room's bus, or say what to start."""
        if self.bus is None:
            raise Misconfigured("No broker is running: start `leeway up` first, or set LEEWAY_KAFKA_BOOTSTRAP_SERVERS.")
        return Bus(self.bus, name, self.clock, database=self.room(name))


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
        yield Workplace(settings, clock, url, database, bus_settings(settings, endpoints))
    finally:
        await database.close()
