"""All reading of one connection, one thing at a time: first contact, hints, polls, streams of events, the census.

Promise: what the tracker says no to is tried again after a pause that it may choose, and stops neither the room nor the
other connections; what our own parts say no to is the room's affair. Two answers about one item are never kept in the
wrong order, because the second is asked for once the first is kept.
"""

import asyncio
from typing import Final

import structlog

from services.connectors.answering import answer_oldest
from services.connectors.backfill import Backfill, ReadingCallback
from services.connectors.census import Census
from services.connectors.desk import Desk, TrackerSaidNo
from services.connectors.events import read_streams
from services.connectors.linked import LinkedSite
from services.connectors.polling import Poll
from services.connectors.reporting import Trouble
from services.connectors.states import want_census
from services.runtime.delivery import pause_seconds
from services.runtime.errors import LeewayError, Permanent, Transient

log = structlog.get_logger(__name__)

RETRY_SECONDS: Final = 120.0
"""How soon we look whether somebody has mended what a person must."""
LOOK_SECONDS: Final = 1.0
"""How soon it is noticed what another process has asked for."""

SHORT_SECONDS: Final = 60.0
"""A pause no longer than this is part of the work."""
STUCK_TRIES: Final = 8
"""After so many tries of the same it is seen whether one item keeps the others from being read."""
MOST_ROUNDS: Final = 100
"""A site where people work on all the time is never quiet."""


class Sync:
    """The reading of one connection; `step` is for a loop, `now` brings all that there is."""

    def __init__(self, site: LinkedSite, progress: ReadingCallback | None = None) -> None:
        self.site = site
        self.desk = Desk(site)
        self.trouble: Trouble | None = None
        self._progress = progress
        self._poll = Poll(self.desk)
        self._census = Census(self.desk)
        self._turn = asyncio.Lock()
        self._is_polling = False
        self._not_before = 0.0
        self._poll_due = 0.0
        self._look_due = 0.0
        self._read_at_trouble = -1

    @property
    def is_waiting(self) -> bool:
        """Whether the tracker has said no, and there is a pause."""
        return self.site.clock.monotonic() < self._not_before

    @property
    def is_able(self) -> bool:
        """Whether the tracker answers, or will be asked again in a moment."""
        if self.trouble is None:
            return True
        error = self.trouble.error
        return isinstance(error, Transient) and (error.retry_after or 0.0) <= SHORT_SECONDS

    def pending(self) -> dict[str, int]:
        """Count what could be done now, hints apart: first readings, and readings that have begun or are asked for."""
        if not self.is_able:
            return {}
        opened = self.desk.is_open and self.desk.standing.opened_at is not None
        reading = self._is_polling or self._poll_due == 0 or self.trouble is not None or self._census.is_due()
        return {"backfills": int(not opened), "readings": int(opened and reading)}

    def let_go(self) -> None:
        """Trust nothing that is remembered of the tables: the connection is not ours."""
        self.desk.let_go()
        self._poll, self._census = Poll(self.desk), Census(self.desk)
        self._is_polling, self._look_due, self._poll_due = False, 0.0, 0.0

    def forget(self) -> None:
        """Forget what went wrong before the room was started again."""
        self.trouble, self._not_before = None, 0.0

    async def step(self) -> bool:
        """Do the next thing that is to be done; tell whether there was one."""
        if self.is_waiting:
            return False
        async with self._turn:
            try:
                worked = await self._once()
            except TrackerSaidNo as no:
                self._failed(no.error)
                return False
            except (LeewayError, asyncio.CancelledError):
                raise
            except Exception as error:  # a bug met on one connection must not stop the others
                log.exception("reading failed", connection=self.site.id)
                self._failed(Permanent(f"a fault of Leeway's own, {type(error).__name__}; see the log"))
                return False
            self._went_well(worked=worked)
            return worked

    async def now(self) -> None:
        """Read until the tracker has nothing more to say; the census only where one is running or asked for.

        Raises what the tracker said no with.
        """
        async with self._turn:
            try:
                await self._open()
                for _ in range(MOST_ROUNDS):
                    if not await self._round():
                        break
            except TrackerSaidNo as no:
                self._failed(no.error)
                raise no.error from no
            self._poll_due = self.site.clock.monotonic() + self.site.settings.pace.poll_seconds
            self._went_well(worked=True)

    async def census_now(self, reason: str = "somebody asked for it") -> None:
        """Take a census, and bring all that it finds. Raises what the tracker said no with."""
        async with self.site.database.transaction() as conn:
            await want_census(conn, self.site.id, reason)
        # Whoever asks does not wait for a census that was put off.
        self.desk.gaps_in_a_row = 0
        await self.now()

    async def _open(self) -> None:
        await self.desk.settle()
        if not self.desk.is_open:
            await self.desk.open()
        await self.desk.load()
        if self.desk.standing.opened_at is None:
            await Backfill(self.desk, self._progress).run()

    async def _round(self) -> bool:
        """Poll, read the streams, answer the hints, take a census where one is wanted; tell whether to look again."""
        while await self._poll.step():
            pass
        await self._streams()
        answered = False
        while await answer_oldest(self.desk):
            answered = True
        await self.desk.load()
        counted = False
        while self._census.is_to_be_taken():
            await self._census.step()
            counted = True
        return answered or counted

    async def _once(self) -> bool:
        now = self.site.clock.monotonic()
        await self.desk.settle()
        if not self.desk.is_open:
            await self._open()
            return True
        if now >= self._look_due:
            await self.desk.load()
            self._look_due = now + LOOK_SECONDS
        if self.desk.standing.opened_at is None:
            await self._open()
            return True
        if await answer_oldest(self.desk):
            return True
        if self._is_polling or now >= self._poll_due:
            await self._poll_once()
            return True
        if self._census.is_due():
            await self._census.step()
            return True
        await self.desk.refresh_scopes()
        return False

    async def _poll_once(self) -> None:
        """Read one page of the poll; the streams come after the last."""
        self._is_polling = True
        if await self._poll.step():
            return
        await self._streams()
        self._is_polling = False
        self._poll_due = self.site.clock.monotonic() + self.site.settings.pace.poll_seconds

    async def _streams(self) -> None:
        await read_streams(self.desk)

    def _failed(self, error: LeewayError) -> None:
        # A first reading takes long, and goes on where it was: what came meanwhile shows that it does.
        again = self.trouble is not None and self.desk.items_read == self._read_at_trouble
        tries = self.trouble.tries + 1 if self.trouble is not None and again else 1
        self._read_at_trouble = self.desk.items_read
        self.trouble, self.desk.is_stuck = Trouble(error, tries), tries >= STUCK_TRIES
        self._is_polling = False
        if isinstance(error, Transient):
            pause = max(pause_seconds(tries, None), error.retry_after or 0.0)
        else:
            pause = RETRY_SECONDS
            # What a person mends may change what the site says of itself.
            self.desk.facts = None
        self._not_before = self.site.clock.monotonic() + pause
        log.warning("the tracker said no", connection=self.site.id, tries=tries, pause=pause, error=str(error))

    def _went_well(self, *, worked: bool) -> None:
        if worked:
            self.trouble, self.desk.is_stuck = None, False
