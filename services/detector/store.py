"""Storing aligned items: the highest revision of each stays, and what that changed is noted in `dirty`.

Promise: two detectors that store at the same time wait for each other's items in one order, and for nothing else:
`dirty` is only appended to, so storing never waits for judging. Whoever is old news to a changed item (the team, the
objective or the parent that it had, the far ends of dependencies that it no longer tells) is noted as well, because
nobody can find them from the new state.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector.rows import EDGE_COLUMNS, ITEM_COLUMNS, ItemRows
from services.runtime.database import Conflict, copy_rows

Known = Row[Any]
"""What is stored of an item: revision, content hash, team, objective and parent."""

_DERIVED: Final = ("last_touched", "has_children", "has_dependents")
"""What an item's neighbours tell of it; kept up by `spreading.py`."""

_OVERWRITTEN: Final = ", ".join(f"{name} = excluded.{name}" for name in ITEM_COLUMNS if name not in ("ref", *_DERIVED))
_KEPT: Final = ", ".join(f"s.{name}" for name in ITEM_COLUMNS if name not in _DERIVED)
_NAMED: Final = ", ".join(name for name in ITEM_COLUMNS if name not in _DERIVED)

_STAGING: Final = (
    text("CREATE TEMPORARY TABLE IF NOT EXISTS staged_items (LIKE items) ON COMMIT DELETE ROWS"),
    text("CREATE TEMPORARY TABLE IF NOT EXISTS staged_edges (LIKE edges) ON COMMIT DELETE ROWS"),
)
_LOCK_KNOWN: Final = text(
    "SELECT ref, revision, content_hash, team, objective, parent FROM items "
    "WHERE ref = ANY(CAST(:refs AS text[])) ORDER BY ref FOR UPDATE"
)
_UPSERT: Final = text(
    f"INSERT INTO items AS known ({_NAMED}, last_touched, has_children, has_dependents) "  # noqa: S608 -- our own column names
    f"SELECT {_KEPT}, greatest(s.touched, (SELECT max(c.touched) FROM items c "
    "WHERE c.parent = s.ref AND c.type = 'subtask' AND c.parent IS NOT NULL)), "
    "EXISTS (SELECT FROM items c WHERE c.parent = s.ref AND c.parent IS NOT NULL), "
    "EXISTS (SELECT FROM edges e WHERE e.blocker = s.ref) "
    "FROM staged_items s ORDER BY s.ref "
    f"ON CONFLICT (ref) DO UPDATE SET {_OVERWRITTEN}, last_touched = excluded.last_touched, "
    "has_children = excluded.has_children, has_dependents = excluded.has_dependents "
    "WHERE known.revision < excluded.revision RETURNING known.ref, (known.xmax = 0) AS inserted"
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
_NOTE_FLOWS: Final = text(
    "INSERT INTO flows (flow, released) SELECT unnest(CAST(:flows AS text[])), false ON CONFLICT DO NOTHING"
)


async def store_items(conn: AsyncConnection, rows: Sequence[ItemRows]) -> int:
    """Store items, sorted by ref and each once; return how many had news in them."""
    if not rows:
        return 0
    for statement in _STAGING:
        await conn.execute(statement)
    known = await _lock_known(conn, rows)
    fresh = [one for one in rows if one.ref not in known or known[one.ref].revision < one.revision]
    if not fresh:
        return 0
    await copy_rows(conn, "staged_items", ITEM_COLUMNS, (one.values for one in fresh))
    applied = await _upsert(conn, known)
    changed = [one for one in fresh if one.ref in applied and _is_news(one, known.get(one.ref))]
    stale = await _store_edges(conn, changed, known)
    await _note_dirty(conn, changed, known, stale)
    return len(changed)


async def _upsert(conn: AsyncConnection, known: Mapping[str, Known]) -> set[str]:
    """Write what is staged; return the refs written.

    An item that we took for new may have been stored meanwhile: a newer one stays, an older one is replaced, but only
    in another try, which looks at what it was.
    """
    applied = set()
    for ref, inserted in await conn.execute(_UPSERT):
        if not inserted and ref not in known:
            raise Conflict(f"Another detector stored {ref} first.")
        applied.add(ref)
    return applied


def _is_news(one: ItemRows, before: Known | None) -> bool:
    return before is None or before.content_hash != one.content_hash


async def _lock_known(conn: AsyncConnection, rows: Sequence[ItemRows]) -> dict[str, Known]:
    found = await conn.execute(_LOCK_KNOWN, {"refs": [one.ref for one in rows]})
    return {row.ref: row for row in found}


async def _store_edges(
    conn: AsyncConnection, changed: Sequence[ItemRows], known: Mapping[str, Known]
) -> list[tuple[str, str]]:
    """Make the edges of changed items those that they tell now; return (teller, far end) of each that is gone."""
    edges = [edge for one in changed for edge in one.edges]
    if edges:
        await copy_rows(conn, "staged_edges", EDGE_COLUMNS, edges)
        await conn.execute(_ADD_EDGES, {"refs": sorted({edge[0] for edge in edges})})
    before = [one.ref for one in changed if one.ref in known]
    if not before:
        return []
    gone = await conn.execute(_DROP_EDGES, {"refs": before})
    return [(teller, end) for teller, *ends in gone for end in ends if end != teller]


async def _note_dirty(
    conn: AsyncConnection,
    changed: Sequence[ItemRows],
    known: Mapping[str, Known],
    stale: Iterable[tuple[str, str]],
) -> None:
    flows = {one.ref: one.flow for one in changed}
    notes = {(one.ref, one.flow) for one in changed}
    notes |= {(end, flows[teller]) for teller, end in stale}
    for one in changed:
        before = known.get(one.ref)
        if before is not None:
            notes |= {(subject, one.flow) for subject in _left_behind(before, one)}
        if one.flow:
            notes |= {(subject, one.flow) for subject in _groups(one.team, one.objective)}
    await copy_rows(conn, "dirty", ("subject", "flow"), sorted(notes))
    loads = sorted({flow for _, flow in notes if flow})
    if loads:
        await conn.execute(_NOTE_FLOWS, {"flows": loads})


def _groups(team: str | None, objective: str | None) -> Iterable[str]:
    if team is not None:
        yield f"team:{team}"
    if objective is not None:
        yield f"objective:{objective}"


def _left_behind(before: Known, now: ItemRows) -> Iterable[str]:
    """Yield the subjects that the item belonged to and no longer does."""
    yield from _groups(
        before.team if before.team != now.team else None,
        before.objective if before.objective != now.objective else None,
    )
    if before.parent is not None and before.parent != now.parent:
        yield before.parent
