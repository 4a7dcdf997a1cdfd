"""Reads items themselves, by ref."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import Absence, ItemType, Resolution, StatusCategory
from services.detector.facts import ItemFacts
from services.detector.rows import TIES

_ITEMS: Final = text(
    "SELECT ref, key, title, url, type, type_name, status_category, visible, absence, resolution, resolution_name, "
    "created, started, done, last_touched, due, start, assignee, estimate, parent, epic, team, objective, ties, labels "
    "FROM items WHERE ref = ANY(CAST(:refs AS text[]))"
)


async def read_items(conn: AsyncConnection, refs: Iterable[str]) -> dict[str, ItemFacts]:
    """Return the known ones among these items."""
    wanted = sorted(set(refs))
    if not wanted:
        return {}
    return {row.ref: _facts(row) for row in await conn.execute(_ITEMS, {"refs": wanted})}


def _facts(row: Row[tuple[object, ...]]) -> ItemFacts:
    return ItemFacts(
        ref=row.ref,
        key=row.key,
        title=row.title,
        url=row.url,
        type=ItemType(row.type),
        type_name=row.type_name,
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
        estimate=row.estimate,
        parent=row.parent,
        epic=row.epic,
        team=row.team,
        objective=row.objective,
        ties=TIES.validate_json(row.ties) if row.ties else (),
        labels=tuple(row.labels),
    )
