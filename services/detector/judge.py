"""The detector's own loop beside its handlers: spread the news, judge who is due, pass marks on.

Promise: items are judged as they come; a team or an objective, which is dearer, at most a fifth of the time while
there is a stream of items, and all of them before a mark goes on.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector.context import Context
from services.detector.marks import any_waiting, pass_marks
from services.detector.rounds import judge_cycles, judge_groups, judge_items
from services.detector.spreading import spread
from services.detector.strategy_copy import Contexts
from services.runtime.bus import Bus
from services.runtime.clock import Clock
from services.runtime.database import RoomDatabase
from services.runtime.delivery import pause_seconds
from services.runtime.errors import LeewayError, Transient
from services.runtime.faultpoints import faultpoint

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 0.25
"""How soon it notices what time, or another detector, has left to do."""
GROUPS_PAUSE_SECONDS: Final = 0.5
GROUPS_SHARE: Final = 0.2
"""Of the time, at most, that teams and objectives take while items keep coming."""

Round = Callable[[AsyncConnection, Bus, Context, datetime], Awaitable[int]]


class Judge:
    """Start it with the room; `wake()` it after a commit that left something to do."""

    def __init__(self, database: RoomDatabase, bus: Bus, clock: Clock, on_findings: Callable[[], None]) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._on_findings = on_findings
        self._contexts = Contexts()
        self._groups_at = 0.0
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work. A second call does nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="detector-judge")

    async def stop(self) -> None:
        """Stop at once: what is not committed will be judged again."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def wake(self) -> None:
        """Look for work now."""
        self._woken.set()

    async def step(self) -> bool:
        """Do one piece of each kind of work; return whether there was any."""
        spreading = await self._database.run(spread)
        judged = await self._round(judge_items)
        judged += await self._round(judge_cycles)
        if spreading or judged:
            if self._clock.monotonic() >= self._groups_at:
                await self._judge_groups()
            return True
        if self._clock.monotonic() >= self._groups_at or await self._marks_wait():
            if await self._judge_groups():
                return True
            return await self._pass_marks()
        return False

    async def finish(self) -> None:
        """Work until nothing is left to do now, teams and objectives too."""
        while await self.step() or await self._judge_groups():
            pass

    async def _round(self, judge: Round) -> int:
        async def work(conn: AsyncConnection) -> int:
            context = await self._contexts.active(conn)
            return 0 if context is None else await judge(conn, self._bus, context, self._clock.now())

        judged = await self._database.run(work)
        if judged:
            faultpoint("detector.round-committed")
            self._on_findings()
        return judged

    async def _judge_groups(self) -> int:
        begun = self._clock.monotonic()
        judged = await self._round(judge_groups)
        ended = self._clock.monotonic()
        if judged:
            self._groups_at = ended + max(GROUPS_PAUSE_SECONDS, (ended - begun) * (1 / GROUPS_SHARE - 1))
        return judged

    async def _marks_wait(self) -> bool:
        return await self._database.run(any_waiting)

    async def _pass_marks(self) -> bool:
        passed = await self._database.run(lambda conn: pass_marks(conn, self._bus, self._clock.now()))
        if passed:
            self._on_findings()
        return bool(passed)

    async def _run(self) -> None:
        tries = 0
        while True:
            try:
                while await self.step():
                    tries = 0
                await self._wait()
            except Transient as error:
                tries += 1
                log.warning("judge waits", tries=tries, error=str(error))
                await self._clock.sleep(pause_seconds(tries, error.retry_after))
            except LeewayError as error:
                self._bus.fail(error)
                return

    async def _wait(self) -> None:
        waits = (asyncio.ensure_future(self._woken.wait()), asyncio.ensure_future(self._clock.sleep(POLL_SECONDS)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._woken.clear()
