"""Reads items with those around them, for many items at once, in statements whose cost follows their number only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import ChangeAspect, ItemType
from services.detector.context import Context
from services.detector.differing import COMPARED, differences, is_differing
from services.detector.epics import read_epics
from services.detector.facts import (
    DependencyFacts,
    EpicFacts,
    ItemFacts,
    ItemNeighbourhood,
    PaceFacts,
    TwinFacts,
)
from services.detector.histories import read_pasts
from services.detector.items import read_items
from services.detector.paces import read_paces
from services.detector.timeline import Past, due_moves, seen_from
from services.detector.twins import Twins, read_twins

_PAIRS: Final = text(
    "SELECT blocker, dependent, min(made) AS made FROM ("
    "SELECT told_by, blocker, dependent, made FROM edges WHERE blocker = ANY(CAST(:refs AS text[])) UNION "
    "SELECT told_by, blocker, dependent, made FROM edges WHERE dependent = ANY(CAST(:refs AS text[]))"
    ") AS told GROUP BY blocker, dependent ORDER BY blocker, dependent"
)

Pair = tuple[str, str, datetime | None]


@dataclass(frozen=True, slots=True)
class Around:
    """All that was read around some items, by ref; ends that nobody knows are not among `items`."""

    items: Mapping[str, ItemFacts]
    pairs: Sequence[Pair]
    twins: Twins
    epics: Mapping[str, EpicFacts]
    paces: Mapping[str, PaceFacts]
    pasts: Mapping[str, Past]

    def known(self, refs: Iterable[str]) -> tuple[ItemFacts, ...]:
        """Return the known ones among these items, in their order."""
        return tuple(self.items[ref] for ref in refs if ref in self.items)


async def read_neighbourhoods(
    conn: AsyncConnection, refs: Sequence[str], context: Context
) -> dict[str, ItemNeighbourhood]:
    """Return the known ones among these items with all that stands around them."""
    pairs: list[Pair] = [tuple(row) for row in await conn.execute(_PAIRS, {"refs": list(refs)})]
    twins = await read_twins(conn, refs)
    beside = {far for found in twins.values() for far in found}
    items = await read_items(conn, {*refs, *(end for pair in pairs for end in pair[:2]), *beside})
    subjects = [items[ref] for ref in refs if ref in items]
    epics = await read_epics(conn, [one for one in subjects if one.type is ItemType.EPIC], context)
    paces = await read_paces(conn, {one.team for one in subjects})
    pasts = await _read_pasts(conn, subjects, twins, items)
    return assemble(subjects, Around(items, pairs, twins, epics, paces, pasts))


async def _read_pasts(
    conn: AsyncConnection, subjects: Sequence[ItemFacts], twins: Twins, items: Mapping[str, ItemFacts]
) -> dict[str, Past]:
    """Return the moves of every due, and all that twins are compared by where two of them differ now."""
    compared: set[str] = set()
    for one in subjects:
        for twin in twins.get(one.ref, ()):
            if twin in items and is_differing(one, items[twin]):
                compared |= {one.ref, twin}
    dues = await read_pasts(conn, (one.ref for one in subjects), (ChangeAspect.DUE,))
    return {**dues, **await read_pasts(conn, compared, COMPARED)}


def assemble(subjects: Iterable[ItemFacts], around: Around) -> dict[str, ItemNeighbourhood]:
    """Return each subject's neighbourhood; ends that nobody knows are left out."""
    items = around.items
    blockers: defaultdict[str, list[ItemFacts]] = defaultdict(list)
    waiting: defaultdict[str, list[DependencyFacts]] = defaultdict(list)
    for blocker, dependent, made in around.pairs:
        if blocker in items and dependent in items:
            blockers[dependent].append(items[blocker])
            waiting[blocker].append(DependencyFacts(items[dependent], made))
    return {
        item.ref: _neighbourhood(item, tuple(blockers.get(item.ref, ())), tuple(waiting.get(item.ref, ())), around)
        for item in subjects
    }


_NO_PACE: Final = PaceFacts()


def _neighbourhood(
    item: ItemFacts, blockers: tuple[ItemFacts, ...], waiting: tuple[DependencyFacts, ...], around: Around
) -> ItemNeighbourhood:
    past = around.pasts.get(item.ref, ())
    return ItemNeighbourhood(
        item,
        blockers,
        waiting,
        _twins(item, around) if item.ref in around.twins else (),
        due_moves(past) if past else (),
        around.paces.get(item.team, _NO_PACE),
        around.epics.get(item.ref),
        seen_from(past) if past else None,
    )


def _twins(item: ItemFacts, around: Around) -> tuple[TwinFacts, ...]:
    past = around.pasts.get(item.ref, ())
    return tuple(
        TwinFacts(twin, tuple(differences(item, twin, past, around.pasts.get(twin.ref, ()))))
        for twin in around.known(around.twins[item.ref])
    )
