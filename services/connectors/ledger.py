"""The SQL of the ledger (which version of each item we have) and of the changes that were told.

Every function works inside the caller's transaction, and costs what the page at hand holds, however many items there
are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import WorkItemChange
from services.runtime.database import copy_rows

_VERSIONS: Final = text(
    "SELECT item, version FROM ledger WHERE connection = :connection AND item = ANY(CAST(:items AS text[]))"
)
_SAVE: Final = text(
    "INSERT INTO ledger AS known (connection, item, version, census)"
    " SELECT :connection, item, version, :census"
    " FROM unnest(CAST(:items AS text[]), CAST(:versions AS text[])) AS new (item, version) ORDER BY item"
    " ON CONFLICT (connection, item) DO UPDATE SET version = excluded.version,"
    " census = greatest(known.census, excluded.census)"
)
_FOUND: Final = text(
    "UPDATE ledger SET census = :census WHERE connection = :connection AND item = ANY(CAST(:items AS text[]))"
    " AND census < :census"
)
_MISSED: Final = text(
    "SELECT item FROM ledger WHERE connection = :connection AND census < :census AND item > :after"
    " ORDER BY item LIMIT :count"
)
_COUNT: Final = text("SELECT count(*) FROM ledger WHERE connection = :connection")
_DROP: Final = text("DELETE FROM ledger WHERE connection = :connection AND item = ANY(CAST(:items AS text[]))")
_TOLD: Final = text("SELECT ref, change_id FROM changes WHERE ref = ANY(CAST(:refs AS text[]))")


@dataclass(frozen=True, slots=True)
class Entry:
    """The version of an item that is in our tables once the page at hand is committed."""

    item: str
    version: str


async def versions_of(conn: AsyncConnection, connection: str, items: Iterable[str]) -> dict[str, str]:
    """Return the versions that we have of these items; those that we do not know are left out."""
    rows = await conn.execute(_VERSIONS, {"connection": connection, "items": list(items)})
    return {row.item: row.version for row in rows}


async def save_entries(conn: AsyncConnection, connection: str, entries: Sequence[Entry], census: int) -> None:
    """Note the versions; whatever came counts as found by the census of that number."""
    if entries:
        newest = {one.item: one.version for one in entries}
        values = {"connection": connection, "items": list(newest), "versions": list(newest.values())}
        await conn.execute(_SAVE, {**values, "census": census})


async def note_found(conn: AsyncConnection, connection: str, items: Sequence[str], census: int) -> None:
    """Note that a census has listed these items."""
    await conn.execute(_FOUND, {"connection": connection, "items": list(items), "census": census})


async def missed_by(conn: AsyncConnection, connection: str, census: int, *, after: str, count: int) -> list[str]:
    """Return items, in order, that a census has not found."""
    values = {"connection": connection, "census": census, "after": after, "count": count}
    return list(await conn.scalars(_MISSED, values))


async def entry_count(conn: AsyncConnection, connection: str) -> int:
    """Return how many items of a connection are there, as far as we know."""
    return int(await conn.scalar(_COUNT, {"connection": connection}) or 0)


async def drop_entries(conn: AsyncConnection, connection: str, items: Sequence[str]) -> None:
    """Forget the versions of items that are gone: one that is listed again is news."""
    if items:
        await conn.execute(_DROP, {"connection": connection, "items": list(items)})


async def told_of(conn: AsyncConnection, refs: Sequence[str]) -> set[tuple[str, str]]:
    """Return (ref, change id) of all changes of these items that were told."""
    rows = await conn.execute(_TOLD, {"refs": list(refs)})
    return {(row.ref, row.change_id) for row in rows}


async def save_told(conn: AsyncConnection, changes: Iterable[WorkItemChange]) -> None:
    """Note that changes were told, none of which was before; the connection's lock keeps others from it."""
    rows = [(one.ref, one.change_id, one.at) for one in changes]
    if rows:
        await copy_rows(conn, "changes", ("ref", "change_id", "at"), rows)
