"""The one step in which items are kept: compare, publish what is new, wait for the yes, commit what belongs together.

Promise: a crash before the commit repeats the page with new revisions and loses nothing; an equal item is published
once, an older one never; a change is told once by live reading. Imports and live reading both end here. A site, unlike
an export, may be another when it is asked again: what live reading is about to publish is noted before, and settled
after a crash, so that readers never have what our tables have not.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import WorkItem, WorkItemChange
from services.connectors.changes_kept import keep_changes
from services.connectors.export.lines import Problem
from services.connectors.hints import add_hints
from services.connectors.ledger import Entry, drop_entries, save_entries, save_told, told_of
from services.connectors.outgoing import changes_out, problems_out, snapshots_out
from services.connectors.pages import Written
from services.connectors.store import (
    Known,
    Row,
    bodies_of,
    draw_lasting_revisions,
    hold_connection,
    intend_snapshots,
    known_of,
    release_connection,
    save_problems,
    save_snapshots,
    settle_snapshots,
    unsettled_snapshots,
)
from services.connectors.untold import untold_changes
from services.runtime.bus import Bus, Outgoing
from services.runtime.database import RoomDatabase
from services.runtime.faultpoints import faultpoint
from services.runtime.progress import store_ends

Also = Callable[[AsyncConnection], Awaitable[None]]
"""What is committed with a page: cursors, answered hints, a count."""


@dataclass(frozen=True, slots=True)
class Live:
    """What live reading notes beside the snapshots: versions of what came, items that are gone, the census' number."""

    entries: Sequence[Entry] = ()
    gone: Sequence[str] = ()
    census: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """A page of items of one connection. Without `live` it comes from an export.

    `flow` is the load that it belongs to. An import as of a time looks at the content only, because an earlier time
    makes `updated` go back.
    """

    connection: str
    items: Sequence[Written]
    flow: str | None = None
    problems: Sequence[Problem] = ()
    live: Live | None = None
    by_content_only: bool = False
    also: Also | None = None

    @property
    def aside(self) -> str:
        """Under which load the problems are kept."""
        return self.flow or f"live:{self.connection}"


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a page."""

    published: int = 0
    duplicates: int = 0
    refused: int = 0
    set_aside: int = 0
    changes: int = 0

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(
            self.published + other.published, self.duplicates + other.duplicates, self.refused + other.refused,
            self.set_aside + other.set_aside, self.changes + other.changes,
        )  # fmt: skip


@dataclass(slots=True)
class _Verdict:
    """What is new in a page, with what it is to be published as."""

    news: list[Written] = field(default_factory=list)
    duplicates: int = 0
    refused: set[str] = field(default_factory=set)
    rows: list[Row] = field(default_factory=list)
    changes: list[WorkItemChange] = field(default_factory=list)


async def store(database: RoomDatabase, bus: Bus, load: Load) -> Stored:
    """Decide, publish, wait for the yes, save. Raises `Transient` where broker or database say not now."""
    async with _alone(database, load.connection) as conn:
        async with conn.begin():
            verdict = await _decide(conn, bus, load)
            if load.live is not None:
                await intend_snapshots(conn, verdict.rows)
        await bus.publish(_outgoing(bus, load, verdict))
        faultpoint("connectors.published")
        async with conn.begin():
            await _save(conn, bus, load, verdict)
            await release_connection(conn, load.connection)
    faultpoint("connectors.committed")
    return Stored(len(verdict.news), verdict.duplicates, len(verdict.refused), len(load.problems), len(verdict.changes))


async def settle(database: RoomDatabase, bus: Bus, connection: str) -> bool:
    """Publish again and save what a crash left between the two, and have it looked at; tell whether there was any.

    Must be called before anything is stored after a crash or a failure.
    """
    async with _alone(database, connection) as conn:
        async with conn.begin():
            rows = await unsettled_snapshots(conn, connection)
        await bus.publish(list(snapshots_out(bus, rows)))
        async with conn.begin():
            await save_snapshots(conn, rows)
            await settle_snapshots(conn, rows)
            ids = [row.ref.rpartition(":")[2] for row in rows]
            await add_hints(conn, connection, changed=ids, reason="a page that broke off", at=bus.clock.wall())
            await store_ends(conn, bus)
            await release_connection(conn, connection)
    return bool(rows)


@asynccontextmanager
async def _alone(database: RoomDatabase, connection: str) -> AsyncIterator[AsyncConnection]:
    """Hold the lock of a connection over two transactions; whatever goes wrong ends the lock with its session."""
    async with database.connection() as conn:
        try:
            async with conn.begin():
                await hold_connection(conn, connection)
            yield conn
        except BaseException:
            await conn.invalidate()
            raise


async def _decide(conn: AsyncConnection, bus: Bus, load: Load) -> _Verdict:
    known = await known_of(conn, [item.ref for item in load.items])
    verdict = compared(load.items, known, by_content_only=load.by_content_only)
    revisions = await draw_lasting_revisions(conn, len(verdict.news))
    seen_at = bus.clock.now()
    verdict.rows = [
        Row(one.ref, load.connection, revision, one.content_hash, one.updated, seen_at, load.flow, one.body.decode())
        for one, revision in zip(verdict.news, revisions, strict=True)
    ]
    if load.live is None:
        verdict.changes = [change for one in verdict.news for change in _since(one, known.get(one.ref))]
    else:
        verdict.changes = await _not_yet_told(conn, load, verdict, known, seen_at)
    return verdict


def compared(items: Sequence[Written], known: dict[str, Known], *, by_content_only: bool) -> _Verdict:
    """Tell what is new, what is equal to what is kept, and what is older than it and refused."""
    verdict = _Verdict()
    for item in items:
        before = known.get(item.ref)
        if before is not None and before.content_hash == item.content_hash:
            verdict.duplicates += 1
        elif before is None or by_content_only or item.updated >= before.updated:
            verdict.news.append(item)
        else:
            verdict.refused.add(item.ref)
    return verdict


def _since(one: Written, before: Known | None) -> Sequence[WorkItemChange]:
    """Return what an export tells of an item since the snapshot before."""
    return one.changes if before is None else [each for each in one.changes if each.at > before.updated]


async def _not_yet_told(
    conn: AsyncConnection, load: Load, verdict: _Verdict, known: dict[str, Known], seen_at: datetime
) -> list[WorkItemChange]:
    """Return the changes of a page that live reading never told, and those that no history tells."""
    told = await told_of(conn, [item.ref for item in load.items])
    found: dict[tuple[str, str], WorkItemChange] = {}
    for change in (change for item in load.items for change in item.changes):
        found.setdefault((change.ref, change.change_id), change)
    for change in await _untold(conn, verdict, known, seen_at):
        found.setdefault((change.ref, change.change_id), change)
    return [change for place, change in found.items() if place not in told]


async def _untold(
    conn: AsyncConnection, verdict: _Verdict, known: dict[str, Known], seen_at: datetime
) -> list[WorkItemChange]:
    changed = {one.ref: one for one in verdict.news if one.ref in known}
    bodies = await bodies_of(conn, list(changed)) if changed else {}
    return [
        change
        for ref, body in bodies.items()
        for change in untold_changes(
            WorkItem.model_validate_json(body), WorkItem.model_validate_json(changed[ref].body), changed[ref].changes,
            known[ref].revision, seen_at,
        )
    ]  # fmt: skip


def _outgoing(bus: Bus, load: Load, verdict: _Verdict) -> list[Outgoing]:
    """Return the snapshots, then what goes out beside them: changes, and notices of what cannot be used."""
    outgoing = list(snapshots_out(bus, verdict.rows))
    outgoing += changes_out(bus, verdict.changes, load.flow)
    outgoing += problems_out(bus, load.aside, load.problems)
    return outgoing


async def _save(conn: AsyncConnection, bus: Bus, load: Load, verdict: _Verdict) -> None:
    await save_snapshots(conn, verdict.rows)
    await save_problems(conn, load.aside, load.problems)
    await keep_changes(conn, bus, verdict.changes, load.flow)
    if load.live is not None:
        await settle_snapshots(conn, verdict.rows)
        # A refused item came from a copy of the site that lags: what we have of it is newer.
        refused = {ref.rpartition(":")[2] for ref in verdict.refused}
        entries = [entry for entry in load.live.entries if entry.item not in refused]
        await save_entries(conn, load.connection, entries, load.live.census)
        await drop_entries(conn, load.connection, load.live.gone)
        await save_told(conn, verdict.changes)
    if load.also is not None:
        await load.also(conn)
    await store_ends(conn, bus)
