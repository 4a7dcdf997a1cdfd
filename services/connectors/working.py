"""Everything that runs for one connection while this process holds it: reading, reporting, webhooks, comments, goals.

Promise: each has a loop of its own, so that none waits for another; what goes wrong with one of them stays there.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from services.connectors.backfill import ReadingCallback
from services.connectors.claims import Claims
from services.connectors.commenting import Commenter
from services.connectors.goals import GoalReader
from services.connectors.keeping import Keeper
from services.connectors.linked import LinkedSite
from services.connectors.reporting import Reporter
from services.connectors.syncing import RETRY_SECONDS, Sync
from services.runtime.errors import LeewayError, Misconfigured, Transient
from services.runtime.loop import Loop

log = structlog.get_logger(__name__)

CLAIM_SECONDS: Final = 10.0

Step = Callable[[], Awaitable[object]]


class Work:
    """The loops of one connection. Start them with the room; `wake` says that there are hints."""

    def __init__(
        self, site: LinkedSite, claims: Claims, wake_relay: Callable[[], None], progress: ReadingCallback | None
    ) -> None:
        self.site = site
        self.sync = Sync(site, progress)
        self.sync.desk.is_ours = lambda: self.is_ours
        self._claims = claims
        self._wake_relay = wake_relay
        self._reporter = Reporter(self.sync.desk)
        self._commenter = Commenter(site)
        self._goals = GoalReader(site)
        self._reading = Loop(f"read:{site.id}", site.bus, self._read)
        self._loops = (
            self._reading,
            Loop(f"report:{site.id}", site.bus, self._report),
            Loop(f"hooks:{site.id}", site.bus, self._beside(Keeper(site).step)),
            Loop(f"comments:{site.id}", site.bus, self._beside(self._commenter.step)),
            Loop(f"goals:{site.id}", site.bus, self._beside(self._goals.step)),
        )

    @property
    def is_ours(self) -> bool:
        """Whether this process holds the connection."""
        return self._claims.holds(self.site.id)

    def start(self) -> None:
        """Begin to work, whenever the connection is ours."""
        self.sync.forget()
        for loop in self._loops:
            loop.start()

    async def stop(self) -> None:
        """Stop at once: what is not committed will be done again."""
        for loop in self._loops:
            await loop.stop()

    def pending(self) -> dict[str, int]:
        """Count what this process could do now; see `Sync.pending`."""
        return self.sync.pending() if self._claims.may_become_ours(self.site.id) else {}

    def wake(self) -> None:
        """Look for hints now."""
        self._reading.wake()

    def look_now(self) -> None:
        """Look for comments to leave and for goals that somebody named."""
        self._commenter.look_now()
        self._goals.look_now()

    async def now(self, *, census: bool = False) -> None:
        """Read all that the tracker has to say, and report. Raises what it said no with, or that it is not ours."""
        await self._wait_for_claim()
        try:
            await (self.sync.census_now() if census else self.sync.now())
            if await self._goals.now():
                self._wake_relay()
        finally:
            await self._report()

    async def _wait_for_claim(self) -> None:
        clock = self.site.clock
        give_up = clock.monotonic() + CLAIM_SECONDS
        while not self.is_ours:
            if clock.monotonic() >= give_up:
                raise Transient(f"Another process reads the connection `{self.site.id}`.")
            await clock.sleep(0.05)

    async def _read(self) -> bool:
        if not self.is_ours:
            self.sync.let_go()
            return False
        return await self.sync.step()

    async def _report(self) -> None:
        if self.is_ours and await self._reporter.step(self.sync.trouble):
            self._wake_relay()

    def _beside(self, step: Step) -> Step:
        """Return the step as it is taken while the connection is ours and answers."""
        clock, not_before = self.site.clock, 0.0

        async def taken() -> bool:
            nonlocal not_before
            if not self.is_ours or not self.sync.desk.is_open or clock.monotonic() < not_before:
                return False
            try:
                worked = bool(await step())
            except Transient as error:
                if error.retry_after is None:
                    raise
                not_before = clock.monotonic() + error.retry_after
                return False
            except LeewayError as error:
                kind = "settings" if isinstance(error, Misconfigured) else "tracker"
                log.warning("work beside the reading waits", connection=self.site.id, on=kind, error=str(error))
                not_before = clock.monotonic() + RETRY_SECONDS
                return False
            if worked:
                self._wake_relay()
            return worked

        return taken
