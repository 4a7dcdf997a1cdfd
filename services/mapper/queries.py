"""What may be read of the mapper from outside."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.aligned_items import ItemAligned
from schemas.strategy import StrategyApplied
from services.mapper import store, strategies
from services.mapper.outgoing import compose
from services.runtime.database import RoomDatabase

_COUNTS: Final = text("SELECT count(*) AS items, count(objective) AS aligned FROM items")
_PENDING: Final = text(
    "SELECT (SELECT count(*) FROM dirty) AS dirty, (SELECT count(*) FROM waiting_marks) AS marks, "
    "(SELECT count(*) FROM outbox) AS outbox, "
    "(SELECT count(*) FROM strategies, active WHERE strategies.version > active.remapped) AS strategies"
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items are known, and how many of them have an objective (an ambiguous one has)."""

    items: int
    aligned: int


async def counts(database: RoomDatabase) -> Counts:
    """Return how many items are known and aligned."""
    async with database.transaction() as conn:
        row = (await conn.execute(_COUNTS)).one()
        return Counts(row.items, row.aligned)


async def pending(conn: AsyncConnection) -> dict[str, int]:
    """Return by kind what could be done now; all zero means that the mapper is idle."""
    return dict((await conn.execute(_PENDING)).one()._mapping)  # noqa: SLF001 -- SQLAlchemy's public name for it


async def newest_strategy(database: RoomDatabase) -> StrategyApplied | None:
    """Return the newest version of the strategy, or none before the first."""
    async with database.transaction() as conn:
        return await strategies.read_newest(conn)


async def item(database: RoomDatabase, ref_or_key: str) -> ItemAligned | None:
    """Return one item as it was published last, by its ref or its key."""
    async with database.transaction() as conn:
        found = await store.find(conn, ref_or_key)
    return None if found is None else ItemAligned.model_validate_json(compose(found.aligned()))
