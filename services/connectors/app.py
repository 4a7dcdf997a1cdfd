"""The connectors, put together: wiring only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from schemas.topics import COMMENT_REQUESTS, STRATEGY
from services.connectors import queries
from services.connectors.backfill import ReadingCallback
from services.connectors.claims import Claims
from services.connectors.commands import ImportReport, ImportRequest, import_export, send_drain
from services.connectors.commenting import comments_handler
from services.connectors.importing import ProgressCallback
from services.connectors.linked import LinkedSite
from services.connectors.queries_beside import due_comments
from services.connectors.receiving import Receiver, Sender
from services.connectors.seeding import seed
from services.connectors.strategy_copy import strategy_handler
from services.connectors.tracker import TrackerClient
from services.connectors.working import Work
from services.runtime.connections import AsanaConnection, JiraConnection
from services.runtime.errors import Misconfigured
from services.runtime.marks import passed_marks
from services.runtime.outbox import outbox_size
from services.runtime.relay import Relay
from services.runtime.room import Progress, RoomContext
from services.runtime.secrets import Secret

ROOM = "connectors"


@dataclass(frozen=True)
class Connected:
    """A connection of `leeway.yaml` with its client, not opened yet; `hook_secret` signs its webhooks."""

    settings: JiraConnection | AsanaConnection
    client: TrackerClient
    hook_secret: Secret | None = None


class Connectors:
    """The room between start and stop. Without connections it works only when it is given an export."""

    name = ROOM

    def __init__(
        self, context: RoomContext, connections: Sequence[Connected] = (), progress: ReadingCallback | None = None
    ) -> None:
        self._context = context
        self._database = context.database
        self._bus = context.bus
        self._relay = Relay(context.database, context.bus)
        self._claims = Claims(context.database, context.bus, [one.settings.id for one in connections])
        self._work: Mapping[str, Work] = {
            one.settings.id: Work(self._linked(one), self._claims, self._relay.wake, progress) for one in connections
        }

    def subscribe(self) -> None:
        """Have the bus hand over what concerns connections, from its start on."""
        if self._work:
            comments = comments_handler(self._database, self._bus, self._work.keys(), self._look_now)
            self._bus.subscribe((COMMENT_REQUESTS,), comments)
            self._bus.subscribe((STRATEGY,), strategy_handler(self._database, self._bus, self._look_now))

    async def start(self) -> None:
        """Connect to the bus, and begin to read what is ours."""
        await self._bus.start()
        if self._work:
            self._relay.start()
            self._claims.start()
        for work in self._work.values():
            work.start()

    async def stop(self) -> None:
        """Stop reading; an import at hand gets `Transient` and can be resumed."""
        for work in self._work.values():
            await work.stop()
        await self._claims.stop()
        await self._relay.stop()

    async def close(self) -> None:
        """Let go of the clients, once the room will not be started again."""
        for work in self._work.values():
            await work.site.client.close()

    async def seed(self) -> None:
        """Publish the current state again, after the broker has forgotten it."""
        await seed(self._database, self._bus)

    async def progress(self) -> Progress:
        """Say how the room stands, from its tables and from what it is about to do."""
        async with self._database.transaction() as conn:
            marks = frozenset(mark.id for mark in await passed_marks(conn))
            pending = {"imports": await queries.unfinished_imports(conn)}
            if self._work:
                able = [name for name, work in self._work.items() if work.sync.is_able]
                pending["outbox"] = await outbox_size(conn)
                pending["hints"] = await queries.waiting_hints(conn, able)
                pending["comments"] = await due_comments(conn, self._context.clock.wall(), able)
        for work in self._work.values():
            for kind, count in work.pending().items():
                pending[kind] = pending.get(kind, 0) + count
        return Progress(pending, marks)

    def routers(self) -> tuple[APIRouter, ...]:
        """Return the routes that trackers call, where a connection has webhooks."""
        senders = {
            name: Sender(work.site.client, work.site.hook_secret)
            for name, work in self._work.items()
            if work.site.settings.webhooks is not None
        }
        if not senders:
            return ()
        receiver = Receiver(self._database, self._context.clock, self._bus.metrics, senders, self.wake)
        return (receiver.router(),)

    def wake(self, connection: str) -> None:
        """Have the hints of a connection answered now."""
        self._work[connection].wake()

    async def sync_now(self, connection: str) -> None:
        """Read until the tracker has nothing more to say. Raises what it said no with."""
        await self._working(connection).now()

    async def census_now(self, connection: str) -> None:
        """The same, with a census of all items. Raises what the tracker said no with."""
        await self._working(connection).now(census=True)

    async def import_export(self, request: ImportRequest, progress: ProgressCallback | None = None) -> ImportReport:
        """Import an export; see `services.connectors.commands`."""
        return await import_export(self._database, self._bus, request, progress)

    async def send_drain(self, mark_id: str) -> None:
        """Send a drain mark; see `services.connectors.commands`."""
        await send_drain(self._database, self._bus, mark_id)

    def _linked(self, one: Connected) -> LinkedSite:
        return LinkedSite(self._database, self._bus, one.settings, one.client, one.hook_secret)

    def _look_now(self) -> None:
        self._relay.wake()
        for work in self._work.values():
            work.look_now()

    def _working(self, connection: str) -> Work:
        if connection not in self._work:
            raise Misconfigured(f"There is no connection `{connection}`; there are: {', '.join(self._work) or 'none'}.")
        return self._work[connection]


def build_app(
    context: RoomContext, *, connections: Sequence[Connected] = (), progress: ReadingCallback | None = None
) -> Connectors:
    """Return the room, subscribed and not yet started; `progress` is told how far first readings are."""
    room = Connectors(context, connections, progress)
    room.subscribe()
    return room
