"""What others may ask the connectors' tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.connectors.hints import hint_count
from services.connectors.states import Standing, all_standings
from services.connectors.tables import imports, set_aside, snapshots

__all__ = ["SetAsideLine", "Standing", "connection_standings", "item_count", "set_aside_lines", "unfinished_imports",
           "waiting_hints"]  # fmt: skip


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
