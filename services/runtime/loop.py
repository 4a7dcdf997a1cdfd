"""One loop for all background work: steps until there is nothing to do, then waits to be woken or for a little while.

Promise: what time may heal is tried again with growing pauses; whatever else goes wrong stops the room's reading and
says so, so that no loop ends unnoticed.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from services.runtime.bus import Bus
from services.runtime.delivery import pause_seconds
from services.runtime.errors import LeewayError, Transient

log = structlog.get_logger(__name__)

POLL_SECONDS: Final = 0.25
"""How soon a loop notices what time, or another process of its room, has left to do."""
BUGS_IN_A_ROW: Final = 5
"""So often a step may fail for an unknown reason before the room gives up."""


class Loop:
    """Runs `step` again and again between `start` and `stop`; a step says whether there was anything to do."""

    def __init__(self, name: str, bus: Bus, step: Callable[[], Awaitable[object]]) -> None:
        self._name = name
        self._bus = bus
        self._clock = bus.clock
        self._step = step
        self._tries = 0
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work. A second call does nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        """Stop at once: what is not committed will be done again."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def wake(self) -> None:
        """Look for work now."""
        self._woken.set()

    async def wait(self) -> None:
        """Wait until woken, or until it is time to look again."""
        waits = (asyncio.ensure_future(self._woken.wait()), asyncio.ensure_future(self._clock.sleep(POLL_SECONDS)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._woken.clear()

    def went_well(self) -> None:
        """Forget earlier failures; a step that never ends says so by itself."""
        self._tries = 0

    async def _run(self) -> None:
        while (retry_after := await self._turn()) is not None:
            if retry_after:
                await self._clock.sleep(retry_after)

    async def _turn(self) -> float | None:
        """Take one step; return how long to pause before the next, or none to end."""
        try:
            worked = await self._step()
            self.went_well()
            if not worked:
                await self.wait()
        except Transient as error:
            self._tries += 1
            log.warning("waiting", loop=self._name, tries=self._tries, error=str(error))
            return pause_seconds(self._tries, error.retry_after)
        except LeewayError as error:
            self._bus.fail(error)
            return None
        except Exception as error:  # a bug must be heard, and must not leave a room that looks alive
            self._tries += 1
            log.exception("a step failed", loop=self._name, tries=self._tries)
            if self._tries >= BUGS_IN_A_ROW:
                self._bus.fail(LeewayError(f"{self._name} failed {self._tries} times: {type(error).__name__}: {error}"))
                return None
            return pause_seconds(self._tries, None)
        return 0.0
