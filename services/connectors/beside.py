"""The work beside the reading: webhooks, comments and goals of each connection, and what the room hears of both."""

from collections.abc import Callable, Sequence
from typing import Final

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.topics import COMMENT_REQUESTS, STRATEGY
from services.connectors.commenting import Commenter, CommentsHandler
from services.connectors.goals import GoalReader, seed_measurements
from services.connectors.keeping import Keeper
from services.connectors.linked import LinkedSite
from services.connectors.queries_beside import due_comments
from services.connectors.receiving import Receiver, Sender
from services.connectors.strategy_copy import StrategyHandler
from services.runtime.bus import Bus
from services.runtime.database import RoomDatabase
from services.runtime.loop import Loop

MOST_RECORDS: Final = 100


class ConnectionBeside:
    """The loops of one connection. They rest while `may_work` says that it is not ours, or that its client is closed.

    `wake_relay` is called when measurements wait in the outbox.
    """

    def __init__(self, site: LinkedSite, may_work: Callable[[str], bool], wake_relay: Callable[[], None]) -> None:
        self._site = site
        self._may_work = may_work
        self._wake_relay = wake_relay
        self._keeper = Keeper(site)
        self._commenter = Commenter(site)
        self._goals = GoalReader(site)
        self._loops = (
            Loop(f"webhooks:{site.id}", site.bus, self._keep),
            Loop(f"comments:{site.id}", site.bus, self._comment),
            Loop(f"goals:{site.id}", site.bus, self._read_goals),
        )

    def start(self) -> None:
        """Begin to work."""
        for loop in self._loops:
            loop.start()

    async def stop(self) -> None:
        """Stop at once: what is not committed will be done again."""
        for loop in self._loops:
            await loop.stop()

    def wake(self) -> None:
        """Look for comments, and for goals that are named and not known, now."""
        self._commenter.look_now()
        self._goals.look_now()
        for loop in self._loops:
            loop.wake()

    async def _keep(self) -> bool:
        return self._may_work(self._site.id) and await self._keeper.step()

    async def _comment(self) -> bool:
        return self._may_work(self._site.id) and await self._commenter.step()

    async def _read_goals(self) -> bool:
        worked = self._may_work(self._site.id) and await self._goals.step()
        if worked:
            self._wake_relay()
        return worked


class RoomBeside:
    """All of it in one process; without connections it does nothing at all.

    `wake_reading` is told which connection has new hints.
    """

    def __init__(
        self,
        database: RoomDatabase,
        bus: Bus,
        sites: Sequence[LinkedSite],
        *,
        may_work: Callable[[str], bool],
        wake_reading: Callable[[str], None],
        wake_relay: Callable[[], None],
    ) -> None:
        self._database = database
        self._bus = bus
        self._sites = sites
        self._wake_reading = wake_reading
        self._wake_relay = wake_relay
        self._connections = [ConnectionBeside(site, may_work, wake_relay) for site in sites]

    def subscribe(self) -> None:
        """Have the bus hand over strategies and requests for comments, from its start on."""
        if self._sites:
            known = {site.id: site.settings for site in self._sites}
            strategies = StrategyHandler(self._database, self._bus, self._wake)
            comments = CommentsHandler(self._database, self._bus, known, self._wake)
            self._bus.subscribe([STRATEGY], strategies, max_records=MOST_RECORDS)
            self._bus.subscribe([COMMENT_REQUESTS], comments, max_records=MOST_RECORDS)

    def routers(self) -> tuple[APIRouter, ...]:
        """Return the routes for webhooks, of the connections that have any."""
        senders = {
            site.id: Sender(site.client, site.hook_secret)
            for site in self._sites
            if site.settings.webhooks is not None
        }  # fmt: skip
        if not senders:
            return ()
        bus = self._bus
        return (Receiver(self._database, bus.clock, bus.metrics, senders, self._wake_reading).router(),)

    def start(self) -> None:
        """Begin to work."""
        for one in self._connections:
            one.start()

    async def stop(self) -> None:
        """Stop taking work."""
        for one in self._connections:
            await one.stop()

    async def seed(self, conn: AsyncConnection) -> None:
        """Publish the newest measurements again, after the broker has forgotten them."""
        await seed_measurements(conn, self._bus)

    async def pending(self, conn: AsyncConnection) -> dict[str, int]:
        """Count what could be done now."""
        return {"comments": await due_comments(conn, self._bus.clock.wall(), [site.id for site in self._sites])}

    def _wake(self) -> None:
        for one in self._connections:
            one.wake()
        self._wake_relay()
