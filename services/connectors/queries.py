"""What others may ask the connectors' tables."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.connectors.tables import imports, set_aside, snapshots


@dataclass(frozen=True)
class SetAsideLine:
    """One line of an export that could not be used."""

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


async def set_aside_lines(conn: AsyncConnection, *, limit: int = 100) -> list[SetAsideLine]:
    """Return lines that were set aside, the newest load first."""
    columns = (set_aside.c.flow, set_aside.c.source, set_aside.c.line, set_aside.c.reason)
    query = (
        select(*columns)
        .join(imports, imports.c.flow == set_aside.c.flow)
        .order_by(imports.c.started_at.desc(), set_aside.c.source, set_aside.c.line)
        .limit(limit)
    )
    return [SetAsideLine(*row) for row in await conn.execute(query)]
