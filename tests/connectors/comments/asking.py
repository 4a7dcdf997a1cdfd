"""Requests for comments as the notifier sends them, and an item to leave them on."""

from collections.abc import Sequence
from datetime import timedelta

from schemas.comments import CommentRequested
from schemas.topics import COMMENT_REQUESTS
from schemas.work_items import WorkItem
from services.connectors.commenting import Commenter, comments_handler
from services.connectors.store import Row, save_snapshots
from services.runtime.bus import Batch, Bus, Record
from services.runtime.connections import JiraConnection
from services.runtime.database import RoomDatabase
from tests.builders import CREATED, work_item
from tests.connectors.fake_site import FakeSite, jira_settings, linked

REF = "jira:main:1"
ALLOWED = {"enabled": True, "projects": ["APP"]}
TEXT = "APP-1 waits for APP-2, which is 4 days late."


def request(marker: str = "3fa9c1", text: str = TEXT, *, ref: str = REF, after: float = 0) -> CommentRequested:
    """Return a request, made so many minutes after the first."""
    at = CREATED + timedelta(minutes=after)
    return CommentRequested(ref=ref, marker=marker, text=text, alert="alert-1", requested_at=at)


def settings_with(**comments: object) -> JiraConnection:
    """Return the connection `main`, with these settings of comments."""
    return jira_settings(comments=comments)


async def keep_item(database: RoomDatabase, item: WorkItem | None = None) -> None:
    """Keep a snapshot of an item of the project APP."""
    item = item or work_item(1, site="main")
    row = Row(item.ref, "main", 1, b"hash", item.updated, item.updated, None, item.model_dump_json())
    async with database.transaction() as conn:
        await save_snapshots(conn, [row])


class Desk:
    """The handler and the worker of one connection on one site; `again` is what a new process would be."""

    def __init__(
        self, database: RoomDatabase, bus: Bus, site: FakeSite, settings: JiraConnection | None = None
    ) -> None:
        self.database = database
        self.bus = bus
        self.site = site
        self.settings = settings or settings_with(**ALLOWED)
        self.woken = 0
        self.commenter = Commenter(linked(database, bus, site, self.settings))
        self._offset = 0

    def again(self, settings: JiraConnection | None = None) -> "Desk":
        """Return another process's desk on the same database and site."""
        desk = Desk(self.database, self.bus, self.site, settings or self.settings)
        desk._offset = self._offset
        return desk

    async def ask(self, *requests: CommentRequested) -> None:
        """Hand requests to the handler in one batch."""
        records = [self._record(one.model_dump_json().encode(), "leeway.comment-requested.v1") for one in requests]
        await self.take(records)

    async def take(self, records: Sequence[Record]) -> None:
        """Hand records to the handler."""
        handler = comments_handler(self.database, self.bus, {"main"}, self._wake)
        await handler(Batch(tuple(records)))

    async def work(self, *, now: bool = True) -> int:
        """Leave all comments whose turn it is, by default also those that wait; return in how many steps."""
        if now:
            await self.turn_time_on()
        steps = 0
        while await self.commenter.step():
            steps += 1
        return steps

    async def turn_time_on(self) -> None:
        """Let all pauses be over."""
        self.commenter._look_at = self.commenter._paused_until = 0.0
        async with self.database.transaction() as conn:
            await conn.exec_driver_sql("UPDATE comments SET next_try_at = now() - interval '1 second'")

    def _wake(self) -> None:
        self.woken += 1

    def _record(self, value: bytes, type_: str) -> Record:
        self._offset += 1
        return Record(COMMENT_REQUESTS, 0, self._offset, REF, type_, value, ())

    def junk(self) -> Record:
        """Return a record that is no request."""
        return self._record(b'{"ref": "nowhere"}', "leeway.comment-requested.v1")
