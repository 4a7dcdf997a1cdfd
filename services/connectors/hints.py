"""Hints: items that somebody says have changed. Each is kept once, and gone once what was fetched is committed.

Promise: a hint that comes while its item is being fetched is not answered by that fetch. There are never more hints
than items that we know, and a bounded number more; a flood of ids that we do not know becomes one census.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.connectors.states import want_census

MOST_UNKNOWN: Final = 2_000
"""So many ids that are not in our tables may wait at once, per connection."""
TOO_MANY_UNKNOWN: Final = "too many items that we do not know were hinted at"

_KNOWN: Final = text(
    "SELECT item FROM ledger WHERE connection = :connection AND item = ANY(CAST(:items AS text[]))"
    " UNION SELECT item FROM hints WHERE connection = :connection AND item = ANY(CAST(:items AS text[]))"
)
_UNKNOWN: Final = text("SELECT count(*) FROM hints WHERE connection = :connection AND NOT known")
_ADD: Final = text(
    "INSERT INTO hints AS old (connection, item, kind, reason, known, received_at, seq)"
    " SELECT :connection, item, :kind, :reason, known, :at, nextval('hint_numbers')"
    " FROM unnest(CAST(:items AS text[]), CAST(:known AS boolean[])) AS new (item, known) ORDER BY item"
    # Who told of a deletion may be overtaken by who told of a change before it.
    " ON CONFLICT (connection, item) DO UPDATE SET reason = excluded.reason, seq = excluded.seq,"
    " kind = CASE WHEN old.kind = 'deleted' THEN old.kind ELSE excluded.kind END"
)
_OLDEST: Final = text(
    "SELECT item, kind, seq, received_at FROM hints WHERE connection = :connection ORDER BY seq LIMIT :count"
)
_ANSWERED: Final = text(
    "DELETE FROM hints USING unnest(CAST(:items AS text[]), CAST(:seqs AS bigint[])) AS done (item, seq)"
    " WHERE hints.connection = :connection AND hints.item = done.item AND hints.seq = done.seq"
)
_COUNT: Final = text("SELECT count(*) FROM hints WHERE connection = ANY(CAST(:connections AS text[]))")
_AGE: Final = text("SELECT min(received_at) FROM hints WHERE connection = :connection")

Kind = Literal["changed", "deleted"]


@dataclass(frozen=True, slots=True)
class Hint:
    """One item to fetch. `seq` is of the newest hint: an answer to an older one leaves it there."""

    item: str
    kind: Kind
    seq: int
    received_at: datetime


async def add_hints(
    conn: AsyncConnection,
    connection: str,
    *,
    changed: Iterable[str] = (),
    deleted: Iterable[str] = (),
    reason: str,
    at: datetime,
) -> int:
    """Keep hints, at machine time `at`; pass `connectors.hinted` once they are committed. Return how many were kept.

    `reason` says who hinted. What goes beyond the bound is left to the census that is asked for instead.
    """
    gone = dict.fromkeys(deleted)
    rest = dict.fromkeys(item for item in changed if item not in gone)
    kept, left = await _within_bounds(conn, connection, [*rest, *gone])
    for kind, items in (("changed", rest), ("deleted", gone)):
        wanted = [item for item in items if item in kept]
        if wanted:
            known = [kept[item] for item in wanted]
            values = {"connection": connection, "kind": kind, "reason": reason, "at": at}
            await conn.execute(_ADD, {**values, "items": wanted, "known": known})
    if left:
        await want_census(conn, connection, TOO_MANY_UNKNOWN)
    return len(kept)


async def _within_bounds(conn: AsyncConnection, connection: str, items: Sequence[str]) -> tuple[dict[str, bool], int]:
    """Return the items to keep, each with whether we know it, and how many are too many."""
    if not items:
        return {}, 0
    known = set(await conn.scalars(_KNOWN, {"connection": connection, "items": list(items)}))
    unknown = [item for item in items if item not in known]
    room = MOST_UNKNOWN - int(await conn.scalar(_UNKNOWN, {"connection": connection}) or 0) if unknown else 0
    kept = {item: True for item in items if item in known}
    kept.update((item, False) for item in unknown[: max(room, 0)])
    return kept, len(items) - len(kept)


async def oldest_hints(conn: AsyncConnection, connection: str, count: int) -> list[Hint]:
    """Return the hints that have waited longest."""
    rows = await conn.execute(_OLDEST, {"connection": connection, "count": count})
    return [Hint(row.item, row.kind, row.seq, row.received_at) for row in rows]


async def answer_hints(conn: AsyncConnection, connection: str, hints: Sequence[Hint]) -> None:
    """Remove these hints, unless a newer one of the same item has come."""
    if hints:
        items, seqs = [one.item for one in hints], [one.seq for one in hints]
        await conn.execute(_ANSWERED, {"connection": connection, "items": items, "seqs": seqs})


async def hint_count(conn: AsyncConnection, connections: Sequence[str]) -> int:
    """Return how many hints of these connections wait."""
    return int(await conn.scalar(_COUNT, {"connections": list(connections)}) or 0)


async def oldest_hint_at(conn: AsyncConnection, connection: str) -> datetime | None:
    """Return the machine time at which the hint came that has waited longest; none where none waits."""
    found: datetime | None = await conn.scalar(_AGE, {"connection": connection})
    return found
