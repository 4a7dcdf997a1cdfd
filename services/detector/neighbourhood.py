"""Reads items with those around them, for many items at once, in statements whose cost follows their number only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import Absence, ItemType, Resolution, StatusCategory
from services.detector.facts import DependencyFacts, ItemFacts, ItemNeighbourhood
from services.detector.rows import TIES

_ITEMS: Final = text(
    "SELECT ref, key, title, url, type, status_category, visible, absence, resolution, resolution_name, created, "
    "started, done, last_touched, due, start, assignee, team, objective, ties, labels FROM items "
    "WHERE ref = ANY(CAST(:refs AS text[]))"
)
_PAIRS: Final = text(
    "SELECT blocker, dependent, min(made) AS made FROM ("
    "SELECT told_by, blocker, dependent, made FROM edges WHERE blocker = ANY(CAST(:refs AS text[])) UNION "
    "SELECT told_by, blocker, dependent, made FROM edges WHERE dependent = ANY(CAST(:refs AS text[]))"
    ") AS told GROUP BY blocker, dependent ORDER BY blocker, dependent"
)

Pair = tuple[str, str, datetime | None]


async def read_items(conn: AsyncConnection, refs: Iterable[str]) -> dict[str, ItemFacts]:
    """Return the known ones among these items."""
    wanted = sorted(set(refs))
    if not wanted:
        return {}
    return {row.ref: _facts(row) for row in await conn.execute(_ITEMS, {"refs": wanted})}


async def read_neighbourhoods(conn: AsyncConnection, refs: Sequence[str]) -> dict[str, ItemNeighbourhood]:
    """Return the known ones among these items with all that they wait for and all that waits for them."""
    pairs: list[Pair] = [tuple(row) for row in await conn.execute(_PAIRS, {"refs": list(refs)})]
    items = await read_items(conn, {*refs, *(end for pair in pairs for end in pair[:2])})
    return assemble([items[ref] for ref in refs if ref in items], pairs, items)


def assemble(
    subjects: Iterable[ItemFacts], pairs: Iterable[Pair], items: dict[str, ItemFacts]
) -> dict[str, ItemNeighbourhood]:
    """Return each subject's neighbourhood; ends that nobody knows are left out."""
    blockers: defaultdict[str, list[ItemFacts]] = defaultdict(list)
    waiting: defaultdict[str, list[DependencyFacts]] = defaultdict(list)
    for blocker, dependent, made in pairs:
        if blocker in items and dependent in items:
            blockers[dependent].append(items[blocker])
            waiting[blocker].append(DependencyFacts(items[dependent], made))
    return {
        item.ref: ItemNeighbourhood(item, tuple(blockers.get(item.ref, ())), tuple(waiting.get(item.ref, ())))
        for item in subjects
    }


def _facts(row: Row[tuple[object, ...]]) -> ItemFacts:
    return ItemFacts(
        ref=row.ref,
        key=row.key,
        title=row.title,
        url=row.url,
        type=ItemType(row.type),
        status_category=StatusCategory(row.status_category),
        visible=row.visible,
        absence=Absence(row.absence) if row.absence else None,
        resolution=Resolution(row.resolution) if row.resolution else None,
        resolution_name=row.resolution_name,
        created=row.created,
        started=row.started,
        done=row.done,
        touched=row.last_touched,
        due=row.due,
        start=row.start,
        assignee=row.assignee,
        team=row.team,
        objective=row.objective,
        ties=TIES.validate_json(row.ties) if row.ties else (),
        labels=tuple(row.labels),
    )
