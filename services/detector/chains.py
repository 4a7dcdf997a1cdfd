"""From an item to its objective: who waits for it, who waits for those, up to the first that serves the objective."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector.facts import ItemFacts
from services.detector.items import read_items

LONGEST: Final = 20
"""So many waits are followed; who is further away is hardly moved by the first."""
WIDEST: Final = 1_000
"""So many items at the same distance are looked at."""

_SERVES: Final = text(
    "SELECT ref FROM items WHERE ref = ANY(CAST(:refs AS text[])) AND objective = :objective ORDER BY ref"
)
_NEXT: Final = text(
    "SELECT d.ref, min(e.blocker) AS blocker FROM edges e JOIN items d ON d.ref = e.dependent "
    "WHERE e.blocker = ANY(CAST(:refs AS text[])) AND d.is_open GROUP BY d.ref ORDER BY d.ref LIMIT :widest"
)


async def chain_to(conn: AsyncConnection, ref: str, objective: str) -> list[ItemFacts]:
    """Return the items from this one to the nearest that serves the objective, each waiting for the one before.

    Just the item if it serves the objective itself; nothing if nobody who waits for it does.
    """
    waits_for: dict[str, str | None] = {ref: None}
    frontier = [ref]
    for _ in range(LONGEST):
        found = await conn.scalar(_SERVES, {"refs": frontier, "objective": objective})
        if found is not None:
            return await _path(conn, str(found), waits_for)
        following = await conn.execute(_NEXT, {"refs": frontier, "widest": WIDEST})
        fresh = {row.ref: row.blocker for row in following if row.ref not in waits_for}
        if not fresh:
            break
        waits_for |= fresh
        frontier = sorted(fresh)
    return []


async def _path(conn: AsyncConnection, last: str, waits_for: dict[str, str | None]) -> list[ItemFacts]:
    path: list[str] = []
    step: str | None = last
    while step is not None:
        path.append(step)
        step = waits_for[step]
    items = await read_items(conn, path)
    return [items[one] for one in reversed(path) if one in items]
