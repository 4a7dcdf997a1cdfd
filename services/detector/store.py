"""Storing aligned items: the highest revision of each stays, and what that changed is noted in `dirty`.

Promise: two detectors that store at the same time wait for each other's items in one order, and for nothing else:
`dirty` is only appended to, so storing never waits for judging. Whoever is old news to a changed item (the team, the
objective, the parent or the epic that it had, the far ends of dependencies and twins that it no longer tells) is noted
as well, because nobody can find them from the new state.

`aligned_at` is when an item that was known before was seen to move to its objective. It is not set where the strategy
moved it: what a new version makes of old items is no growth of their objectives. Nor where a load did: an item may come
before the one that it inherits from.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import ActorKind, ChangeAspect
from services.detector.agenda import strategy_flow
from services.detector.history_store import ALIGNED_PREFIX, PLANNED_PREFIX, ChangeRow, keep_changes
from services.detector.rows import ITEM_COLUMNS, ItemRows
from services.detector.spreading import note_dirty
from services.detector.store_links import STAGING, Stale, lost_by_key, store_edges, store_twins
from services.detector.strategy_copy import active_version
from services.runtime.database import Conflict, copy_rows

Known = Row[Any]
"""What is stored of an item: revision, content hash, key, team, objective, parent, epic and strategy version."""

_DERIVED: Final = ("last_touched", "has_children", "has_dependents")
"""What an item's neighbours tell of it; kept up by `spreading.py`."""

_OVERWRITTEN: Final = ", ".join(f"{name} = excluded.{name}" for name in ITEM_COLUMNS if name not in ("ref", *_DERIVED))
_KEPT: Final = ", ".join(f"s.{name}" for name in ITEM_COLUMNS if name not in _DERIVED)
_NAMED: Final = ", ".join(name for name in ITEM_COLUMNS if name not in _DERIVED)

_STAGING: Final = (
    text("CREATE TEMPORARY TABLE IF NOT EXISTS staged_items (LIKE items) ON COMMIT DELETE ROWS"),
    *STAGING,
)
_LOCK_KNOWN: Final = text(
    "SELECT ref, revision, content_hash, key, team, objective, parent, epic, strategy_version FROM items "
    "WHERE ref = ANY(CAST(:refs AS text[])) ORDER BY ref FOR UPDATE"
)
_UPSERT: Final = text(
    f"INSERT INTO items AS known ({_NAMED}, last_touched, has_children, has_dependents, "  # noqa: S608 -- our own column names
    "moved, left_progress) "
    f"SELECT {_KEPT}, greatest(s.touched, (SELECT max(c.touched) FROM items c "
    "WHERE c.parent = s.ref AND c.type = 'subtask' AND c.parent IS NOT NULL)), "
    "EXISTS (SELECT FROM items c WHERE c.parent = s.ref AND c.parent IS NOT NULL), "
    "EXISTS (SELECT FROM edges e WHERE e.blocker = s.ref), h.moved, h.left_progress "
    "FROM staged_items s CROSS JOIN LATERAL (SELECT max(c.at) AS moved, "
    "max(c.at) FILTER (WHERE c.was = 'in_progress') AS left_progress "
    "FROM changes c WHERE c.ref = s.ref AND c.aspect = 'status') AS h ORDER BY s.ref "
    f"ON CONFLICT (ref) DO UPDATE SET {_OVERWRITTEN}, last_touched = excluded.last_touched, "
    "has_children = excluded.has_children, has_dependents = excluded.has_dependents, "
    "moved = excluded.moved, left_progress = excluded.left_progress, "
    "aligned_at = CASE WHEN known.objective IS NOT DISTINCT FROM excluded.objective "
    "OR excluded.ref = ANY(CAST(:loaded AS text[])) THEN known.aligned_at "
    "WHEN excluded.ref <> ALL(CAST(:planned AS text[])) THEN CAST(:now AS timestamptz) END "
    "WHERE known.revision < excluded.revision RETURNING known.ref, (known.xmax = 0) AS inserted"
)


async def store_items(conn: AsyncConnection, rows: Sequence[ItemRows], now: datetime) -> int:
    """Store items, sorted by ref and each once, as seen at `now`; return how many had news in them."""
    if not rows:
        return 0
    for statement in _STAGING:
        await conn.execute(statement)
    known = await _lock_known(conn, rows)
    fresh = [one for one in rows if one.ref not in known or known[one.ref].revision < one.revision]
    if not fresh:
        return 0
    await copy_rows(conn, "staged_items", ITEM_COLUMNS, (one.values for one in fresh))
    active = await active_version(conn)
    planned = [one.ref for one in fresh if _is_planned(one, known.get(one.ref), active)]
    values = {"now": now, "loaded": [one.ref for one in fresh if one.flow], "planned": planned}
    applied = await _upsert(conn, known, values)
    changed = [one for one in fresh if one.ref in applied and _is_news(one, known.get(one.ref))]
    before = {one.ref: known[one.ref] for one in changed if one.ref in known}
    await keep_changes(conn, _realigned(changed, before, frozenset(planned), now))
    stale = await store_edges(conn, changed, list(before))
    stale += await store_twins(conn, changed, list(before))
    stale += await lost_by_key(conn, _old_keys(changed, before))
    await _note_dirty(conn, changed, known, stale, hold_until(changed, active))
    return len(changed)


def _is_planned(one: ItemRows, before: Known | None, active: int | None) -> bool:
    """Tell whether it is a coming version of the strategy, rather than somebody, that moves the item.

    A version goes through what it can move and nothing else, so most items stand under an older one than holds.
    """
    if active is None:
        return before is not None and before.strategy_version != one.strategy_version
    return one.strategy_version > active


async def _upsert(conn: AsyncConnection, known: Mapping[str, Known], values: Mapping[str, object]) -> set[str]:
    """Write what is staged, as seen `now`, some of it `loaded` and some `planned`; return the refs written.

    An item that we took for new may have been stored meanwhile: a newer one stays, an older one is replaced, but only
    in another try, which looks at what it was.
    """
    applied = set()
    for ref, inserted in await conn.execute(_UPSERT, values):
        if not inserted and ref not in known:
            raise Conflict(f"Another detector stored {ref} first.")
        applied.add(ref)
    return applied


def _realigned(
    changed: Sequence[ItemRows], before: Mapping[str, Known], planned: frozenset[str], now: datetime
) -> Iterable[ChangeRow]:
    """Yield, of items that were known, that they serve another objective now."""
    for one in changed:
        was = before.get(one.ref)
        if was is not None and was.objective != one.objective and not one.flow:
            yield ChangeRow(
                ref=one.ref,
                change_id=f"{PLANNED_PREFIX if one.ref in planned else ALIGNED_PREFIX}{one.revision}",
                aspect=ChangeAspect.OBJECTIVE.value,
                was=was.objective,
                becomes=one.objective,
                at=now,
                by_name=f"strategy v{one.strategy_version}",
                by_kind=ActorKind.LEEWAY.value,
            )


def _old_keys(changed: Sequence[ItemRows], before: Mapping[str, Known]) -> dict[str, str]:
    """Return the keys that items had and no longer have, by ref."""
    return {one.ref: was.key for one in changed if (was := before.get(one.ref)) is not None and was.key != one.key}


def _is_news(one: ItemRows, before: Known | None) -> bool:
    return before is None or before.content_hash != one.content_hash


async def _lock_known(conn: AsyncConnection, rows: Sequence[ItemRows]) -> dict[str, Known]:
    found = await conn.execute(_LOCK_KNOWN, {"refs": [one.ref for one in rows]})
    return {row.ref: row for row in found}


async def _note_dirty(
    conn: AsyncConnection,
    changed: Sequence[ItemRows],
    known: Mapping[str, Known],
    stale: Iterable[Stale],
    flows: Mapping[str, str],
) -> None:
    """Note who is touched, under the load, or the coming strategy, that has to be whole before they are judged."""
    notes = {(ref, flow) for ref, flow in flows.items()}
    notes |= {(end, flows[teller]) for teller, end in stale}
    for one in changed:
        before, flow = known.get(one.ref), flows[one.ref]
        if before is not None:
            notes |= {(subject, flow) for subject in _left_behind(before, one)}
        if flow:
            notes |= {(subject, flow) for subject in _groups(one.team, one.objective)}
    await note_dirty(conn, notes)


def hold_until(rows: Sequence[ItemRows], active: int | None) -> dict[str, str]:
    """Return by ref the load that an item came with, or the coming version of the strategy that aligned it; else empty.

    What a version that does not hold yet has moved is judged when that version does: half of it moved, by the version
    before, says what never was.
    """
    return {
        one.ref: one.flow or (strategy_flow(one.strategy_version) if active and one.strategy_version > active else "")
        for one in rows
    }


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
    for left, present in ((before.parent, now.parent), (before.epic, now.epic)):
        if left is not None and left != present:
            yield left
