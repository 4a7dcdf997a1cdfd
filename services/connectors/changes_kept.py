"""The changes that went out of late, kept where the broker forgets them when it dies: they are told again after that.

Promise: what was committed with a page is on the bus as long as a reader may need it, whatever dies. A Kafka that does
not forget holds them by itself, so beside one nothing is kept here.
"""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import Event, type_names
from schemas.topics import CHANGES
from schemas.work_items import Tracker, WorkItemChange
from services.connectors.pages import change_body
from services.runtime.bus import Bus, Outgoing
from services.runtime.database import copy_rows

KEPT: Final = timedelta(days=7)
"""Readers share the process with the broker that forgets, and are behind by seconds; a week lets one be mended."""
PAGE: Final = 1_000

_TYPE: Final = type_names[WorkItemChange]
_COLUMNS: Final = ("ref", "change_id", "body", "told_at")
_PAGE: Final = text(
    "SELECT seq, ref, change_id, body FROM changes_kept WHERE seq > :after ORDER BY seq LIMIT :count"
)  # fmt: skip
_FORGET: Final = text("DELETE FROM changes_kept WHERE told_at < :before")


async def keep_changes(conn: AsyncConnection, bus: Bus, changes: Iterable[WorkItemChange], flow: str | None) -> None:
    """Keep changes with the page that they came with, and forget those of long ago."""
    rows = [(one.ref, one.change_id, change_body(one, flow).decode(), bus.clock.wall()) for one in changes]
    if bus.epoch and rows:
        await copy_rows(conn, "changes_kept", _COLUMNS, rows)
        await forget_changes(conn, bus.clock.wall())


async def forget_changes(conn: AsyncConnection, now: datetime) -> None:
    """Forget the changes that no reader can need any more."""
    await conn.execute(_FORGET, {"before": now - KEPT})


async def kept_changes(conn: AsyncConnection, bus: Bus) -> AsyncIterator[list[Outgoing]]:
    """Give the changes in the order in which they went out, as they went out, a page at a time."""
    at, source, after = bus.clock.wall(), f"leeway/{bus.room}", 0
    while page := (await conn.execute(_PAGE, {"after": after, "count": PAGE})).all():
        yield [
            Outgoing(
                CHANGES[Tracker(row.ref.partition(":")[0])],
                row.ref,
                Event(_TYPE, f"{row.ref}:{row.change_id}", source, at, row.body.encode()),
            )
            for row in page
        ]
        after = page[-1].seq
