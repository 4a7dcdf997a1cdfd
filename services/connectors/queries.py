"""What others may ask the connectors' tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import Absence
from services.connectors.hints import hint_count, oldest_hint_at
from services.connectors.states import Standing, all_standings
from services.connectors.tables import imports, set_aside, snapshots

_ITEMS: Final = text("SELECT connection, count(*) FROM snapshots GROUP BY connection")
_ABSENT: Final = text(
    "SELECT connection, absence, count(*) FROM (SELECT connection, CAST(body AS jsonb) ->> 'absence' AS absence"
    " FROM snapshots WHERE body LIKE '%\"visible\"\\:false%') AS absent GROUP BY connection, absence"
)
"""The texts in a body have their quotation marks escaped, so the pattern finds nothing but the field."""

__all__ = [
    "SetAsideLine", "Standing", "absent_items", "connection_standings", "item_count", "items_by_connection",
    "oldest_hint_at", "set_aside_lines", "unfinished_imports", "waiting_hints",
]  # fmt: skip


@dataclass(frozen=True)
class SetAsideLine:
    """One line of an export that could not be used, or one item of a tracker: then `source` is its ref."""

    flow: str
    source: str
    line: int
    reason: str


async def item_count(conn: AsyncConnection) -> int:
    """Return how many items there are snapshots of."""
    return int(await conn.scalar(select(func.count()).select_from(snapshots)) or 0)


async def items_by_connection(conn: AsyncConnection) -> dict[str, int]:
    """Return how many items there are snapshots of, by connection."""
    return {connection: int(count) for connection, count in await conn.execute(_ITEMS)}


async def absent_items(conn: AsyncConnection) -> dict[str, dict[Absence, int]]:
    """Return how many items are known and not visible, by connection and reason."""
    found: dict[str, dict[Absence, int]] = {}
    for connection, absence, count in await conn.execute(_ABSENT):
        found.setdefault(connection, {})[Absence(absence)] = int(count)
    return found


async def unfinished_imports(conn: AsyncConnection) -> int:
    """Return how many imports have begun whose mark is not out."""
    query = select(func.count()).select_from(imports).where(imports.c.finished_at.is_(None))
    return int(await conn.scalar(query) or 0)


async def waiting_hints(conn: AsyncConnection, connections: Sequence[str]) -> int:
    """Return how many hints of these connections are not answered."""
    return await hint_count(conn, connections)


async def connection_standings(conn: AsyncConnection) -> dict[str, Standing]:
    """Return how each connection stands that was ever tried, by its name."""
    return await all_standings(conn)


async def set_aside_lines(conn: AsyncConnection, *, limit: int = 100) -> list[SetAsideLine]:
    """Return lines that were set aside: those of live reading, then the newest import first."""
    columns = (set_aside.c.flow, set_aside.c.source, set_aside.c.line, set_aside.c.reason)
    query = (
        select(*columns)
        .outerjoin(imports, imports.c.flow == set_aside.c.flow)
        .order_by(imports.c.started_at.desc().nulls_first(), set_aside.c.source, set_aside.c.line)
        .limit(limit)
    )
    return [SetAsideLine(*row) for row in await conn.execute(query)]
