"""Reads what happened to items, of those and of those aspects only that a rule rests on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import ChangeAspect
from services.detector.timeline import PastChange

_READ: Final = text(
    "SELECT ref, aspect, was, becomes, at, starts_with(change_id, 'seen:') AS is_seen FROM changes "
    "WHERE ref = ANY(CAST(:refs AS text[])) AND aspect = ANY(CAST(:aspects AS text[])) "
    "ORDER BY ref, at, length(change_id), change_id"
)
"""Of one instant, ids that are numbers come in their order."""


async def read_pasts(
    conn: AsyncConnection, refs: Iterable[str], aspects: Iterable[ChangeAspect]
) -> Mapping[str, list[PastChange]]:
    """Return the changes of these aspects by item, oldest first; nothing of items without any."""
    wanted = sorted(set(refs))
    found: defaultdict[str, list[PastChange]] = defaultdict(list)
    if not wanted:
        return found
    values = {"refs": wanted, "aspects": [aspect.value for aspect in aspects]}
    for ref, aspect, was, becomes, at, is_seen in await conn.execute(_READ, values):
        found[ref].append(PastChange(ChangeAspect(aspect), was, becomes, at, is_seen))
    return found
