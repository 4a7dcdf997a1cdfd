"""The first day: what cannot be told before anything was read, and what belongs to a connection's opening digest.

Promise: no objective is judged before the first load is here, or there is at least one item that no load has brought:
a strategy alone has no work, no deliveries and no gaps. While a connection is read for the first time, and until that
has been judged, what is found of objectives and capacity is part of its opening, as what is found of its items is.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.marks import OPENING_FLOW
from services.detector import agenda
from services.detector.agenda import Lane

CLOSED: Final = (Lane.OBJECTIVE, Lane.CAPACITY)
"""What is not judged while nothing has been read to its end."""

_NOTHING_YET: Final = text(
    "SELECT NOT EXISTS (SELECT FROM flows WHERE released AND NOT starts_with(flow, 'strategy:')) "
    "AND (NOT EXISTS (SELECT FROM items) "
    "OR EXISTS (SELECT FROM flows WHERE NOT released AND NOT starts_with(flow, 'strategy:')))"
)
_OPENING: Final = text(
    "SELECT flow FROM flows WHERE NOT released AND starts_with(flow, :opening) "
    "UNION SELECT id FROM waiting_marks WHERE starts_with(id, :opening) ORDER BY 1 LIMIT 1"
)


async def nothing_yet(conn: AsyncConnection) -> bool:
    """Tell whether nothing has been read to its end so far."""
    return bool(await conn.scalar(_NOTHING_YET))


async def count_due(conn: AsyncConnection, now: datetime) -> int:
    """Return how many subjects could be judged now."""
    return await agenda.count_due(conn, now, CLOSED if await nothing_yet(conn) else ())


async def as_part_of_opening(conn: AsyncConnection, taken: Mapping[str, str]) -> dict[str, str]:
    """Return these subjects, those that no load brought as part of the opening that is under way, if one is."""
    if all(flow and not agenda.is_of_strategy(flow) for flow in taken.values()):
        return dict(taken)
    opening = await conn.scalar(_OPENING, {"opening": OPENING_FLOW}) or ""
    return {
        subject: opening or flow if agenda.is_of_strategy(flow) else flow or opening for subject, flow in taken.items()
    }
