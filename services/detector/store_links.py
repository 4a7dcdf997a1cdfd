"""Storing what items tell of others: dependencies and twins. What an item no longer tells goes.

Whoever is at the far end of what went is returned, because nobody can find them from the new state.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector.rows import EDGE_COLUMNS, TWIN_COLUMNS, ItemRows
from services.runtime.database import copy_rows

Stale = tuple[str, str]
"""The item that told, or tells, of a far end; and that far end's ref."""

STAGING: Final = (
    text("CREATE TEMPORARY TABLE IF NOT EXISTS staged_edges (LIKE edges) ON COMMIT DELETE ROWS"),
    text("CREATE TEMPORARY TABLE IF NOT EXISTS staged_twins (LIKE twins) ON COMMIT DELETE ROWS"),
)
_DROP_EDGES: Final = text(
    "DELETE FROM edges e WHERE e.told_by = ANY(CAST(:refs AS text[])) AND NOT EXISTS (SELECT FROM staged_edges s "
    "WHERE s.told_by = e.told_by AND s.blocker = e.blocker AND s.dependent = e.dependent) "
    "RETURNING e.told_by, e.blocker, e.dependent"
)
_ADD_EDGES: Final = text(
    "INSERT INTO edges AS known (told_by, blocker, dependent, made) "
    "SELECT told_by, blocker, dependent, made FROM staged_edges WHERE told_by = ANY(CAST(:refs AS text[])) "
    "ON CONFLICT (told_by, blocker, dependent) DO UPDATE SET made = excluded.made "
    "WHERE known.made IS DISTINCT FROM excluded.made"
)
_DROP_TWINS: Final = text(
    "DELETE FROM twins t WHERE t.told_by = ANY(CAST(:refs AS text[])) AND NOT EXISTS (SELECT FROM staged_twins s "
    "WHERE s.told_by = t.told_by AND s.token = t.token) RETURNING t.told_by, t.token"
)
_ADD_TWINS: Final = text(
    "INSERT INTO twins (told_by, token) SELECT told_by, token FROM staged_twins "
    "WHERE told_by = ANY(CAST(:refs AS text[])) ON CONFLICT DO NOTHING"
)
_MEANT: Final = text(
    "SELECT told.told_by, i.ref FROM unnest(CAST(:by AS text[]), CAST(:trackers AS text[]), CAST(:keys AS text[])) "
    "AS told (told_by, tracker, key) JOIN items i ON i.key = told.key AND split_part(i.ref, ':', 1) = told.tracker"
)
_TELLING: Final = text(
    "SELECT was.ref, t.told_by FROM unnest(CAST(:refs AS text[]), CAST(:tokens AS text[])) AS was (ref, token) "
    "JOIN twins t ON t.token = was.token WHERE t.told_by <> was.ref"
)


async def store_edges(conn: AsyncConnection, changed: Sequence[ItemRows], known: Sequence[str]) -> list[Stale]:
    """Make the edges of changed items those that they tell now; `known` are those that may have told others before."""
    edges = [edge for one in changed for edge in one.edges]
    if edges:
        await copy_rows(conn, "staged_edges", EDGE_COLUMNS, edges)
        await conn.execute(_ADD_EDGES, {"refs": sorted({edge[0] for edge in edges})})
    if not known:
        return []
    gone = await conn.execute(_DROP_EDGES, {"refs": list(known)})
    return [(teller, end) for teller, *ends in gone for end in ends if end != teller]


async def store_twins(conn: AsyncConnection, changed: Sequence[ItemRows], known: Sequence[str]) -> list[Stale]:
    """Make the twins of changed items those that they tell now; `known` are those that may have told others before."""
    twins = [(one.ref, token) for one in changed for token in one.twins]
    if twins:
        await copy_rows(conn, "staged_twins", TWIN_COLUMNS, twins)
        await conn.execute(_ADD_TWINS, {"refs": sorted({told_by for told_by, _ in twins})})
    if not known:
        return []
    gone = [(told_by, token) for told_by, token in await conn.execute(_DROP_TWINS, {"refs": list(known)})]
    return [one for one in gone if " " not in one[1]] + await _meant(conn, [one for one in gone if " " in one[1]])


async def lost_by_key(conn: AsyncConnection, old_keys: Mapping[str, str]) -> list[Stale]:
    """Return the items that name one of these as their twin by the key that it had until now, by ref."""
    if not old_keys:
        return []
    tokens = [twin_token(ref, key) for ref, key in old_keys.items()]
    return [tuple(row) for row in await conn.execute(_TELLING, {"refs": list(old_keys), "tokens": tokens})]


def twin_token(ref: str, key: str) -> str:
    """Return how a twin names this item where it knows its key only."""
    return f"{ref.partition(':')[0]} {key}"


async def _meant(conn: AsyncConnection, told: Sequence[Stale]) -> list[Stale]:
    """Return the known items that these tokens mean by key."""
    if not told:
        return []
    given = {
        "by": [by for by, _ in told],
        "trackers": [token.partition(" ")[0] for _, token in told],
        "keys": [token.partition(" ")[2] for _, token in told],
    }
    return [tuple(row) for row in await conn.execute(_MEANT, given)]
