"""Marks go out after everything that was made of the input before them.

A mark that was seen on all input is held until nothing of what was left to be looked at again by then is left.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.marks import FlowMark
from schemas.topics import ALIGNED_ITEMS
from services.runtime.bus import Bus
from services.runtime.marks import mark_passed

_HOLD: Final = text(
    "INSERT INTO waiting_marks (mark, body, after_dirty) "
    "SELECT :mark, :body, coalesce(max(id), 0) FROM dirty ON CONFLICT DO NOTHING"
)
_READY: Final = text(
    "SELECT body FROM waiting_marks WHERE NOT EXISTS (SELECT FROM dirty WHERE id <= after_dirty) "
    "ORDER BY after_dirty, mark FOR UPDATE SKIP LOCKED"
)


async def hold_mark(conn: AsyncConnection, mark: FlowMark) -> None:
    """Have the mark passed on when what is dirty now is settled."""
    await conn.execute(_HOLD, {"mark": mark.id, "body": mark.model_dump_json()})


async def pass_marks(conn: AsyncConnection, bus: Bus) -> bool:
    """Publish the marks that are ready and note them as passed; return whether there were any."""
    ready = [FlowMark.model_validate_json(row[0]) for row in await conn.execute(_READY)]
    for mark in ready:
        await bus.publish_mark(ALIGNED_ITEMS, mark)
        await mark_passed(conn, mark)
        await conn.execute(text("DELETE FROM waiting_marks WHERE mark = :mark"), {"mark": mark.id})
    return bool(ready)
