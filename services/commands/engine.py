"""All rooms in this process on the embedded parts of one home, for as long as a replay or a demo needs them.

Promise: a broker that dies is followed to its next incarnation; a part or a room that cannot go on ends the wait for
it with its reason.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from services.commands.workplace import embedded_bus, prepare
from services.runtime.clock import Clock
from services.runtime.database import Database, RoomDatabase
from services.runtime.embedded import EmbeddedStack, Endpoints
from services.runtime.errors import LeewayError, Transient
from services.runtime.host import BuildRoom, Host
from services.runtime.room import Progress, Room
from services.runtime.settings import Settings

LOOK_SECONDS: Final = 0.05
"""How often the tables are asked whether all is done."""


@dataclass
class Engine:
    """The rooms at work. `progress()` tells how each stands."""

    host: Host
    database: Database
    stack: EmbeddedStack
    clock: Clock
    _moves: asyncio.Queue[Endpoints] = field(default_factory=asyncio.Queue)

    def room(self, name: str) -> Room:
        """Return a room by its name."""
        return next(room for room in self.host.rooms if room.name == name)

    def door(self, name: str) -> RoomDatabase:
        """Return a room's door to the database."""
        return self.database.room(name)

    async def progress(self) -> dict[str, Progress]:
        """Return how each room stands."""
        return {room.name: await room.progress() for room in self.host.rooms}

    async def until(self, is_done: Callable[[Mapping[str, Progress]], bool], job: asyncio.Task[object]) -> None:
        """Wait until `is_done` of all rooms' progress, once `job` has ended; raise what keeps it from ever being so."""
        while True:
            if job.done():
                job.result()
                with contextlib.suppress(Transient):
                    if is_done(await self.progress()):
                        return
            self.raise_failure()
            await self.clock.sleep(LOOK_SECONDS)

    def raise_failure(self) -> None:
        """Raise the reason why a room has stopped reading, if one has."""
        for failure in self.host.failures():
            raise failure

    async def moved(self, endpoints: Endpoints) -> None:
        """Take note that the broker began anew; the rooms follow in their own time."""
        self._moves.put_nowait(endpoints)

    async def follow(self, settings: Settings) -> None:
        """Move the rooms to each new incarnation of the broker, for ever."""
        while True:
            endpoints = await self._moves.get()
            await self.host.restart(embedded_bus(settings, endpoints), alone=True)


@asynccontextmanager
async def engine(
    home: Path, clock: Clock, settings: Settings, rooms: Mapping[str, BuildRoom], *, throwaway: bool
) -> AsyncIterator[Engine]:
    """Start the parts of a home and build the rooms on them; `host.start()` is the caller's."""
    async with EmbeddedStack(home, clock=clock, throwaway=throwaway) as stack:
        endpoints = stack.endpoints
        url = str(endpoints.database_url)
        await prepare(url, settings)
        database = Database(url, prefix=settings.database_prefix)
        host = Host(settings, embedded_bus(settings, endpoints), database, clock)
        for name, build in rooms.items():
            host.add(name, build)
        made = Engine(host, database, stack, clock)
        stack.on_loss = host.leave
        stack.on_change = made.moved
        try:
            yield made
        finally:
            await host.close()
            await database.close()


async def alongside(engine: Engine, settings: Settings, work: Awaitable[None]) -> None:
    """Run `work` while the rooms follow the broker; end with the first of: work done, a part beyond help."""
    doing = asyncio.ensure_future(work)
    following = asyncio.create_task(engine.follow(settings))
    failing = asyncio.create_task(engine.stack.failed())
    tasks: tuple[asyncio.Future[Any], ...] = (doing, following, failing)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if failing.done():
            raise failing.result()
        if following.done():
            following.result()
            raise LeewayError("The rooms no longer follow the broker.")
        await doing
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
