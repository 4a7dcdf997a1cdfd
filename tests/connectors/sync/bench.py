"""A connection on a test's own tables: a fake site, a client of it, and what came to the tables and to the bus."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from schemas.base import Contract
from schemas.events import payload_types
from schemas.work_items import WorkItem, WorkItemChange, WorkItemSnapshot
from services.connectors.linked import LinkedSite
from services.connectors.states import Standing, standing_of
from services.connectors.syncing import Sync
from services.connectors.untold import PREFIX
from services.runtime.connections import JiraConnection
from services.runtime.database import RoomDatabase
from tests.connectors.recording import RecordingBus
from tests.connectors.sync.fake_tracker import SITE, FakeClient, FakeSite, as_client


class Killed(BaseException):
    """The process is gone: nobody catches this."""


def settings(name: str = SITE, **fields: Any) -> JiraConnection:
    """Return a connection of `leeway.yaml`."""
    site = {"url": "https://jira.example.com", "user": "ops@example.com", "token": "jira"}
    return JiraConnection.model_validate({"id": name, "tracker": "jira", **site, **fields})


@dataclass
class Bench:
    """One connection; `again` is a new process on the same tables."""

    room: RoomDatabase
    bus: RecordingBus
    site: FakeSite = field(default_factory=FakeSite)
    fields: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = FakeClient(self.site)
        self.again()

    def again(self) -> None:
        """Begin anew in memory, as after a kill."""
        self.client.before = lambda _: None
        self.bus.before = lambda: None
        linked = LinkedSite(self.room, self.bus, settings(**self.fields), as_client(self.client))
        self.sync = Sync(linked)

    async def quiet(self) -> None:
        """Read until the tracker has nothing more to say."""
        await self.sync.now()

    def sent(self, kind: type[Contract]) -> list[Any]:
        """Return the payloads of a type that went out, in their order."""
        payloads = [payload_types[one.event.type].model_validate_json(one.event.body) for one in self.bus.log]
        return [payload for payload in payloads if isinstance(payload, kind)]

    async def kept(self) -> dict[str, WorkItem]:
        """Return the items in our tables, by ref."""
        rows = await self.rows("SELECT ref, body FROM snapshots")
        return {ref: WorkItem.model_validate_json(body) for ref, body in rows}

    async def told(self) -> set[tuple[str, str]]:
        """Return (ref, change id) of what histories told, as our tables have it."""
        rows = await self.rows("SELECT ref, change_id FROM changes")
        return {(ref, change_id) for ref, change_id in rows if not change_id.startswith(PREFIX)}

    async def standing(self) -> Standing:
        """Return how the connection stands."""
        async with self.room.transaction() as conn:
            return await standing_of(conn, SITE)

    async def rows(self, query: str) -> list[Any]:
        """Return what a query finds."""
        async with self.room.transaction() as conn:
            return list((await conn.execute(text(query))).all())

    async def hold(self) -> None:
        """Assert that tables and bus hold exactly what the site does."""
        await self.hold_tables()
        newest: dict[str, WorkItemSnapshot] = {}
        for one in self.sent(WorkItemSnapshot):
            if one.item.ref not in newest or one.revision > newest[one.item.ref].revision:
                newest[one.item.ref] = one
        assert {ref: one.item for ref, one in newest.items()} == await self.kept(), "what readers have is what we have"
        sent = {(one.ref, one.change_id) for one in self.sent(WorkItemChange)}
        assert await self.told() <= sent, "what the tables call told was told"

    async def hold_tables(self) -> None:
        """Assert that the tables hold exactly what the site does."""
        visible = {ref: item for ref, item in (await self.kept()).items() if item.visible}
        assert visible == self.site.truth()
        told = await self.told()
        assert self.site.changes() <= told <= self.site.changes() | self.site.told_ids

    def kill_at(self, number: int) -> Callable[[], int]:
        """Have the process die at its `number`-th call of tracker or broker; return how to ask how many there were."""
        count = 0

        def pass_by(_: object = None) -> None:
            nonlocal count
            count += 1
            if count >= number:
                raise Killed

        self.client.before = pass_by
        self.bus.before = pass_by
        return lambda: count
