"""The mapper's own loop beside its handlers: look again at what is dirty, pass marks on, map again after a strategy."""

import asyncio
import contextlib
from typing import Final

import structlog

from services.mapper.marks import pass_marks
from services.mapper.remapping import Remapper
from services.mapper.settling import settle
from services.mapper.strategies import Strategies
from services.runtime.bus import Bus
from services.runtime.clock import Clock
from services.runtime.database import RoomDatabase
from services.runtime.delivery import pause_seconds
from services.runtime.errors import LeewayError, Transient
from services.runtime.faultpoints import faultpoint

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 0.25
"""How soon it notices what another mapper, or one that was killed, has left."""


class Worker:
    """Start it with the room; `wake()` it after a commit that left something to do."""

    def __init__(self, database: RoomDatabase, bus: Bus, clock: Clock, strategies: Strategies) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._strategies = strategies
        self._remapper = Remapper(bus, strategies)
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work. A second call does nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="mapper-worker")

    async def stop(self) -> None:
        """Stop at once: what is published and not committed will be done again."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def wake(self) -> None:
        """Look for work now."""
        self._woken.set()

    async def _run(self) -> None:
        tries = 0
        while True:
            try:
                while await self.step():
                    tries = 0
                await self._wait()
            except Transient as error:
                tries += 1
                log.warning("mapper's worker waits", tries=tries, error=str(error))
                await self._clock.sleep(pause_seconds(tries, error.retry_after))
            except LeewayError as error:
                self._bus.fail(error)
                return

    async def step(self) -> bool:
        """Do one piece of each kind of work; return whether there was any."""
        settled = await self._database.run(lambda conn: settle(conn, self._bus, self._strategies))
        passed = await self._database.run(lambda conn: pass_marks(conn, self._bus))
        remapped = await self._database.run(self._remapper.step)
        if settled or remapped:
            faultpoint("mapper.committed")
        return settled or passed or remapped

    async def _wait(self) -> None:
        waits = (asyncio.ensure_future(self._woken.wait()), asyncio.ensure_future(self._clock.sleep(POLL_SECONDS)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._woken.clear()
