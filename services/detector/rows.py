"""An aligned item as the rows that the detector keeps of it, with a hash that tells whether anything is news."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Final

from pydantic import TypeAdapter

from schemas.aligned_items import Claim, ItemAligned
from schemas.work_items import StatusCategory, WorkItem

ITEM_COLUMNS: Final = (
    "ref",
    "revision",
    "content_hash",
    "key",
    "title",
    "url",
    "type",
    "status_category",
    "visible",
    "absence",
    "is_open",
    "resolution",
    "resolution_name",
    "created",
    "started",
    "done",
    "touched",
    "last_touched",
    "has_children",
    "has_dependents",
    "due",
    "start",
    "assignee",
    "team",
    "objective",
    "ties",
    "parent",
    "epic",
    "labels",
    "strategy_version",
)
EDGE_COLUMNS: Final = ("told_by", "blocker", "dependent", "made")
TIES: Final = TypeAdapter(tuple[Claim, ...])

Edge = tuple[str, str, str, datetime | None]


@dataclass(frozen=True, slots=True)
class ItemRows:
    """One item's row and its edges. `flow` is the load that it came with, empty for none."""

    ref: str
    revision: int
    content_hash: int
    team: str
    objective: str | None
    parent: str | None
    flow: str
    values: tuple[object, ...]
    edges: tuple[Edge, ...]


def hash_of(*parts: object) -> int:
    """Return 64 bits that are equal in every process for parts that print alike."""
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=8).digest(), signed=True)


def rows_of(aligned: ItemAligned) -> ItemRows:
    """Return what to store. Its last touch and its children are as far as the item itself can tell."""
    item, alignment = aligned.item, aligned.alignment
    is_open = item.visible and item.status_category is not StatusCategory.DONE
    ties = TIES.dump_json(alignment.ties).decode() if alignment.ties else None
    before = (item.key, item.title, item.url, item.type.value, item.status_category.value, item.visible, item.absence)
    resolved = (item.resolution, item.resolution_name, item.created, item.started, item.done, item.touched)
    assignee = item.assignee.name if item.assignee else None
    after = (item.due, item.start, assignee, aligned.team, alignment.objective, ties, item.parent, item.epic)
    labels, edges = list(item.labels), _edges(item)
    content = hash_of(before, resolved, after, labels, edges)
    return ItemRows(
        ref=item.ref,
        revision=aligned.revision,
        content_hash=content,
        team=aligned.team,
        objective=alignment.objective,
        parent=item.parent,
        flow=aligned.flow or "",
        values=(
            *(item.ref, aligned.revision, content),
            *(*before, is_open, *resolved, item.touched, False, False),
            *(*after, labels, aligned.strategy_version),
        ),
        edges=edges,
    )


def _edges(item: WorkItem) -> tuple[Edge, ...]:
    """Return each pair once, however many links tell it, made when the earliest of them was."""
    pairs: dict[tuple[str, str], datetime | None] = {}
    for told in item.dependencies:
        pair = (told.blocker, told.dependent)
        known = [made for made in (pairs.get(pair), told.made) if made is not None]
        pairs[pair] = min(known, default=None)
    return tuple((item.ref, blocker, dependent, made) for (blocker, dependent), made in sorted(pairs.items()))


def newest(rows: list[ItemRows]) -> list[ItemRows]:
    """Return each item once, with its highest revision, sorted by ref."""
    best: dict[str, ItemRows] = {}
    for one in rows:
        known = best.get(one.ref)
        if known is None or one.revision > known.revision:
            best[one.ref] = one
    return [best[ref] for ref in sorted(best)]
