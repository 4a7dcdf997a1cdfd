"""The detector's own copy of how the connections stand, and whose items cannot be told of because one brings no data.

Promise: the moment a connection goes blind, or sees again, everybody whom that may touch is put on the agenda, in the
transaction of the verdict that says so.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.connections import ConnectionReported, ConnectionState
from services.detector.agenda import CAPACITY_SUBJECT, can_be_found, entering
from services.detector.context import CONNECTION_PREFIX, OBJECTIVE_PREFIX, TEAM_PREFIX
from services.detector.facts import ConnectionFacts

_KEEP: Final = text(
    "INSERT INTO connections AS known (connection, revision, state, last_success, first_connected, "
    "gap_after_seconds, reason, is_blind) "
    "VALUES (:connection, :revision, :state, :last_success, :first_connected, :gap_after_seconds, :reason, false) "
    "ON CONFLICT (connection) DO UPDATE SET revision = excluded.revision, state = excluded.state, "
    "last_success = greatest(known.last_success, excluded.last_success), first_connected = excluded.first_connected, "
    "gap_after_seconds = excluded.gap_after_seconds, reason = excluded.reason WHERE known.revision < excluded.revision"
)
_ENTER: Final = text(entering("SELECT unnest(CAST(:connections AS text[]))"))
_READ: Final = text(
    "SELECT connection, state, last_success, first_connected, gap_after_seconds, reason, is_blind FROM connections "
    "WHERE connection = ANY(CAST(:connections AS text[])) ORDER BY connection FOR UPDATE"
)
_SET_BLIND: Final = text("UPDATE connections SET is_blind = :is_blind WHERE connection = :connection")
_BLIND: Final = text("SELECT connection FROM connections WHERE is_blind")
_BLIND_GROUPS: Final = text(
    "SELECT 'objective:' || named.objective AS subject FROM unnest(CAST(:objectives AS text[])) AS named (objective) "
    "WHERE EXISTS (SELECT FROM items i WHERE i.is_open AND i.objective IS NOT NULL "
    "AND i.objective = named.objective AND split_part(i.ref, ':', 2) = ANY(CAST(:blind AS text[]))) "
    "UNION ALL SELECT 'team:' || named.team FROM unnest(CAST(:teams AS text[])) AS named (team) "
    "WHERE EXISTS (SELECT FROM items i WHERE i.is_open AND i.type <> 'subtask' AND i.type <> 'epic' "
    "AND i.team = named.team AND split_part(i.ref, ':', 2) = ANY(CAST(:blind AS text[])))"
)
_ENTER_ITS: Final = text(
    "WITH its AS MATERIALIZED ("  # noqa: S608 -- our own text
    "SELECT ref, key, team, objective, is_open, watched FROM items WHERE split_part(ref, ':', 2) = :connection) "
    + entering(
        f"""
        SELECT ref FROM its WHERE {can_be_found("its")}
        UNION SELECT 'team:' || team FROM its
        UNION SELECT 'objective:' || objective FROM its WHERE objective IS NOT NULL
        UNION SELECT 'cycle:' || m.ref FROM cycle_members m JOIN its USING (ref)
        UNION SELECT '{CAPACITY_SUBJECT}'
        """  # noqa: S608 -- our own text
    )
)


async def keep(conn: AsyncConnection, report: ConnectionReported) -> None:
    """Keep a report if it is the newest of its connection, and have that judged."""
    await conn.execute(_KEEP, _values(report))
    await conn.execute(_ENTER, {"connections": [CONNECTION_PREFIX + report.connection], "flow": ""})


async def read(conn: AsyncConnection, connections: Sequence[str]) -> tuple[dict[str, ConnectionFacts], frozenset[str]]:
    """Return the facts of these connections by name, and those of them that were blind until now."""
    rows = (await conn.execute(_READ, {"connections": list(connections)})).all()
    return {row.connection: _facts(row) for row in rows}, frozenset(row.connection for row in rows if row.is_blind)


async def turn(conn: AsyncConnection, connection: str, *, is_blind: bool) -> None:
    """Note that a connection went blind or sees again, and have all that rests on it judged."""
    await conn.execute(_SET_BLIND, {"connection": connection, "is_blind": is_blind})
    await conn.execute(_ENTER_ITS, {"connection": connection, "flow": ""})


async def blind_among(conn: AsyncConnection, subjects: Iterable[str]) -> frozenset[str]:
    """Return those of these subjects of which nothing can be told now; of shares of capacity while any is blind."""
    blind = list(await conn.scalars(_BLIND))
    if not blind:
        return frozenset()
    named = list(subjects)
    groups = {
        "objectives": [one.removeprefix(OBJECTIVE_PREFIX) for one in named if one.startswith(OBJECTIVE_PREFIX)],
        "teams": [one.removeprefix(TEAM_PREFIX) for one in named if one.startswith(TEAM_PREFIX)],
        "blind": blind,
    }
    items = {one for one in named if one == CAPACITY_SUBJECT or connection_of(one) in blind}
    return frozenset(items.union(await conn.scalars(_BLIND_GROUPS, groups)))


def connection_of(ref: str) -> str | None:
    """Return the connection that an item's ref names; none for other subjects."""
    parts = ref.split(":")
    return parts[1] if len(parts) == 3 else None  # noqa: PLR2004 -- tracker, site, id


def _values(report: ConnectionReported) -> dict[str, object]:
    return {
        "connection": report.connection,
        "revision": report.revision,
        "state": report.state.value,
        "last_success": report.last_success,
        "first_connected": report.first_connected,
        "gap_after_seconds": report.gap_after_seconds,
        "reason": report.reason,
    }


def _facts(row: Row[tuple[object, ...]]) -> ConnectionFacts:
    return ConnectionFacts(
        row.connection,
        ConnectionState(row.state),
        row.last_success,
        row.first_connected,
        timedelta(seconds=row.gap_after_seconds),
        row.reason,
    )
