"""The connectors' SQL. Every function works inside the caller's transaction; nothing here decides anything."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.connectors.export.lines import Problem
from services.runtime.database import copy_rows

_KEY: Final = "hashtextextended(current_schema() || ':connection:' || :site, 0)"
_LOCK: Final = text(f"SELECT pg_advisory_xact_lock({_KEY})")
_HOLD: Final = text(f"SELECT pg_advisory_lock({_KEY})")
_RELEASE: Final = text(f"SELECT pg_advisory_xact_lock({_KEY}), pg_advisory_unlock({_KEY})")
_KNOWN: Final = text(
    "SELECT ref, revision, content_hash, updated FROM snapshots WHERE ref = ANY(CAST(:refs AS text[])) FOR UPDATE"
)
_BODIES: Final = text("SELECT ref, body FROM snapshots WHERE ref = ANY(CAST(:refs AS text[]))")
_REVISIONS: Final = text("SELECT nextval('revisions') FROM generate_series(1, :count)")
_FLUSH: Final = text("SELECT pg_logical_emit_message(true, 'leeway', '')")
_STAGE: Final = text("CREATE TEMPORARY TABLE IF NOT EXISTS staged_snapshots (LIKE snapshots) ON COMMIT DELETE ROWS")
_MERGE: Final = text(
    "INSERT INTO snapshots SELECT * FROM staged_snapshots ON CONFLICT (ref) DO UPDATE SET"
    " connection = excluded.connection, revision = excluded.revision, content_hash = excluded.content_hash,"
    " updated = excluded.updated, seen_at = excluded.seen_at, flow = excluded.flow, body = excluded.body"
    " WHERE snapshots.revision < excluded.revision"
)
_UNSETTLED: Final = text(
    "SELECT ref, connection, revision, content_hash, updated, seen_at, flow, body FROM unsettled"
    " WHERE connection = :connection ORDER BY revision"
)
_SETTLE: Final = text("DELETE FROM unsettled WHERE ref = ANY(CAST(:refs AS text[]))")
_PAGE: Final = text(
    "SELECT ref, connection, revision, content_hash, updated, seen_at, flow, body FROM snapshots"
    " WHERE ref > :after ORDER BY ref LIMIT :count"
)
_UNFINISHED: Final = text(
    "SELECT flow FROM imports WHERE site = :site AND finished_at IS NULL ORDER BY started_at, flow LIMIT 1"
)
_BEGIN: Final = text("INSERT INTO imports (flow, site, started_at) VALUES (:flow, :site, :at)")
_FINISH: Final = text("UPDATE imports SET finished_at = :at WHERE flow = :flow")
_SET_ASIDE: Final = text(
    "INSERT INTO set_aside (flow, source, line, reason, excerpt) VALUES (:flow, :source, :line, :reason, :excerpt)"
    " ON CONFLICT DO NOTHING"
)

PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Known:
    """What the snapshot of an item says of itself."""

    revision: int
    content_hash: bytes
    updated: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """One snapshot as it is kept."""

    ref: str
    connection: str
    revision: int
    content_hash: bytes
    updated: datetime
    seen_at: datetime
    flow: str | None
    body: str

    def values(self) -> tuple[object, ...]:
        """Return the values in the order of the columns."""
        return (self.ref, self.connection, self.revision, self.content_hash, self.updated, self.seen_at, self.flow,
                self.body)  # fmt: skip


_COLUMNS: Final = ("ref", "connection", "revision", "content_hash", "updated", "seen_at", "flow", "body")


async def lock_connection(conn: AsyncConnection, site: str) -> None:
    """Let nobody else write items of this connection until the transaction ends.

    One lock for all rows, and for those that are not there yet: revisions drawn under it reach the broker in order.
    """
    await conn.execute(_LOCK, {"site": site})


async def hold_connection(conn: AsyncConnection, site: str) -> None:
    """Take the same lock for longer than a transaction: until `release_connection`, or until `conn` is gone."""
    await conn.execute(_HOLD, {"site": site})


async def release_connection(conn: AsyncConnection, site: str) -> None:
    """Have the lock that is held end with the present transaction, not before."""
    await conn.execute(_RELEASE, {"site": site})


async def known_of(conn: AsyncConnection, refs: Sequence[str]) -> dict[str, Known]:
    """Return what is kept of these items."""
    rows = await conn.execute(_KNOWN, {"refs": list(refs)})
    return {row.ref: Known(row.revision, bytes(row.content_hash), row.updated) for row in rows}


async def draw_revisions(conn: AsyncConnection, count: int) -> list[int]:
    """Draw so many revisions, rising."""
    return sorted(await conn.scalars(_REVISIONS, {"count": count})) if count else []


async def draw_lasting_revisions(conn: AsyncConnection, count: int) -> list[int]:
    """Draw revisions that not even a crash of the database gives out again, once this transaction is committed.

    What a sequence gave is only safe once it is written to disk; a message in the log makes the commit wait for that.
    """
    drawn = await draw_revisions(conn, count)
    if drawn:
        await conn.execute(_FLUSH)
    return drawn


async def bodies_of(conn: AsyncConnection, refs: Sequence[str]) -> dict[str, str]:
    """Return the items that are kept under these refs, as JSON."""
    rows = await conn.execute(_BODIES, {"refs": list(refs)})
    return {row.ref: row.body for row in rows}


async def save_snapshots(conn: AsyncConnection, rows: Sequence[Row]) -> None:
    """Keep these snapshots in place of the older ones."""
    if rows:
        await conn.execute(_STAGE)
        await copy_rows(conn, "staged_snapshots", _COLUMNS, (row.values() for row in rows))
        await conn.execute(_MERGE)


async def intend_snapshots(conn: AsyncConnection, rows: Sequence[Row]) -> None:
    """Note what is about to be published."""
    if rows:
        await copy_rows(conn, "unsettled", _COLUMNS, (row.values() for row in rows))


async def unsettled_snapshots(conn: AsyncConnection, connection: str) -> list[Row]:
    """Return what was about to be published and never came to be saved; readers may have it."""
    return [Row(*row) for row in await conn.execute(_UNSETTLED, {"connection": connection})]


async def settle_snapshots(conn: AsyncConnection, rows: Sequence[Row]) -> None:
    """Note that these are published and saved."""
    if rows:
        await conn.execute(_SETTLE, {"refs": [row.ref for row in rows]})


async def all_snapshots(conn: AsyncConnection) -> AsyncIterator[list[Row]]:
    """Give all snapshots in the order of their refs, a page at a time."""
    after = ""
    while page := (await conn.execute(_PAGE, {"after": after, "count": PAGE})).all():
        yield [Row(*row) for row in page]
        after = page[-1].ref


async def unfinished_import(conn: AsyncConnection, site: str) -> str | None:
    """Return the flow of the oldest import of this site whose mark is not out."""
    flow: str | None = await conn.scalar(_UNFINISHED, {"site": site})
    return flow


async def begin_import(conn: AsyncConnection, flow: str, site: str, at: datetime) -> None:
    """Note that an import began."""
    await conn.execute(_BEGIN, {"flow": flow, "site": site, "at": at})


async def finish_import(conn: AsyncConnection, flow: str, at: datetime) -> None:
    """Note that an import's mark is out."""
    await conn.execute(_FINISH, {"flow": flow, "at": at})


async def save_problems(conn: AsyncConnection, flow: str, problems: Sequence[Problem]) -> None:
    """Keep what could not be used, each line once a load."""
    if problems:
        rows = [
            {"flow": flow, "source": one.source, "line": one.line, "reason": one.reason, "excerpt": one.excerpt}
            for one in problems
        ]
        await conn.execute(_SET_ASIDE, rows)
