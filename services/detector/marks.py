"""Marks: an import's lets its items be judged, a strategy's makes it the one to judge by, and all go on afterwards."""

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.marks import FlowMark, MarkKind
from schemas.topics import FINDINGS
from services.detector import agenda, first_day, spreading, strategy_copy
from services.runtime.bus import Bus
from services.runtime.marks import mark_passed
from services.runtime.outbox import add_mark_to_outbox

_HOLD: Final = text("INSERT INTO waiting_marks (id, body) VALUES (:id, :body) ON CONFLICT DO NOTHING")
_ENTER: Final = text(agenda.entering("SELECT unnest(CAST(:subjects AS text[]))"))
_ANY: Final = text("SELECT EXISTS (SELECT FROM waiting_marks)")
_TAKE: Final = text("DELETE FROM waiting_marks RETURNING body")
_UNSPREAD: Final = text(
    "SELECT EXISTS (SELECT FROM dirty WHERE flow = '') OR EXISTS (SELECT FROM flows WHERE released "
    "AND EXISTS (SELECT FROM dirty WHERE dirty.flow = flows.flow)) "
    "OR EXISTS (SELECT FROM dirty WHERE starts_with(flow, 'strategy:')) "
    "OR EXISTS (SELECT FROM strategies WHERE cleared AND body IS NULL) "
    "OR NOT EXISTS (SELECT FROM strategies WHERE active)"
)


async def hold_mark(conn: AsyncConnection, mark: FlowMark) -> None:
    """Do what a mark says that has now come on all partitions; it goes on when all before it is judged.

    A drain closes everything that was sent, loads that were never finished too.
    """
    if mark.kind is MarkKind.IMPORT:
        await spreading.release(conn, mark.id)
    elif mark.kind is MarkKind.STRATEGY:
        await strategy_copy.clear(conn, mark.id)
    else:
        await spreading.release_all(conn)
    if mark.kind is not MarkKind.STRATEGY:
        await conn.execute(_ENTER, {"subjects": [agenda.CAPACITY_SUBJECT], "flow": ""})
    await conn.execute(_HOLD, {"id": mark.id, "body": mark.model_dump_json()})


async def any_waiting(conn: AsyncConnection) -> bool:
    """Tell whether a mark waits for judging to be done."""
    return bool(await conn.scalar(_ANY))


async def pass_marks(conn: AsyncConnection, bus: Bus, now: datetime) -> int:
    """Pass on the marks that wait, if nothing is left to judge at `now`; return how many.

    A subject that another detector is judging still counts as due, so its findings are committed, and so before the
    mark in the outbox, whenever nothing is due.
    """
    if not await any_waiting(conn) or await conn.scalar(_UNSPREAD) or await first_day.count_due(conn, now):
        return 0
    marks = [FlowMark.model_validate_json(body) for body in await conn.scalars(_TAKE)]
    for mark in sorted(marks, key=lambda mark: (mark.sent_at, mark.id)):
        await add_mark_to_outbox(conn, bus, FINDINGS, mark)
        await mark_passed(conn, mark)
    return len(marks)
