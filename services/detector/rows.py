"""An aligned item as the rows that the detector keeps of it, with a hash that tells whether anything is news."""

from datetime import datetime
from hashlib import blake2b
from typing import Final, NamedTuple

import orjson
from pydantic import TypeAdapter

from schemas.aligned_items import Claim, ItemAligned
from schemas.work_items import ItemType, Twin, WorkItem
from services.detector.facts import ItemFacts
from services.detector.marking import is_marked
from services.detector.rules.registry import is_watched
from services.runtime.arrays import array_text

ITEM_COLUMNS: Final = (
    "ref",
    "revision",
    "content_hash",
    "key",
    "title",
    "url",
    "type",
    "type_name",
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
    "estimate",
    "team",
    "category",
    "objective",
    "ties",
    "parent",
    "epic",
    "labels",
    "links",
    "watched",
    "marked",
    "strategy_version",
)
EDGE_COLUMNS: Final = ("told_by", "blocker", "dependent", "made")
TWIN_COLUMNS: Final = ("told_by", "token")
TIES: Final = TypeAdapter(tuple[Claim, ...])

Edge = tuple[str, str, str, datetime | None]


class ItemRows(NamedTuple):
    """One item's row, its edges and its twins. `flow` is the load that it came with, empty for none."""

    ref: str
    revision: int
    content_hash: int
    key: str
    team: str
    objective: str | None
    parent: str | None
    epic: str | None
    strategy_version: int
    flow: str
    values: tuple[object, ...]
    edges: tuple[Edge, ...]
    twins: tuple[str, ...]


def hash_of(*parts: object) -> int:
    """Return 64 bits that are equal in every process for parts that print alike."""
    return _hash(repr(parts).encode())


def _hash(printed: bytes) -> int:
    return int.from_bytes(blake2b(printed, digest_size=8).digest(), signed=True)


def rows_of(aligned: ItemAligned) -> ItemRows:
    """Return what to store. Its last touch and its children are as far as the item itself can tell."""
    item, alignment, facts = aligned.item, aligned.alignment, facts_of(aligned)
    ties = TIES.dump_json(alignment.ties).decode() if alignment.ties else None
    kind = (item.type.value, item.type_name, item.status_category.value)
    before = (item.key, item.title, item.url, *kind, item.visible, item.absence)
    resolved = (item.resolution, item.resolution_name, item.created, item.started, item.done, item.touched)
    serves = (facts.assignee, item.estimate, aligned.team, aligned.category, alignment.objective, ties)
    after = (item.due, item.start, *serves, item.parent, item.epic)
    labels, links, edges, twins = list(item.labels), _links(item), _edges(item), _twins(item)
    content = _hash(orjson.dumps((before, resolved, after, labels, links, edges, twins)))
    return ItemRows(
        ref=item.ref,
        revision=aligned.revision,
        content_hash=content,
        key=item.key,
        team=aligned.team,
        objective=alignment.objective,
        parent=item.parent,
        epic=item.epic,
        strategy_version=aligned.strategy_version,
        flow=aligned.flow or "",
        values=(
            *(item.ref, aligned.revision, content),
            *(*before, facts.is_open, *resolved, item.touched, False, False),
            *(*after, array_text(labels), links if links is None else array_text(links)),
            *(is_watched(facts), is_marked(facts), aligned.strategy_version),
        ),
        edges=edges,
        twins=twins,
    )


def facts_of(aligned: ItemAligned) -> ItemFacts:
    """Return the item as rules see it, as far as the item itself can tell."""
    item, alignment = aligned.item, aligned.alignment
    return ItemFacts(
        ref=item.ref,
        key=item.key,
        title=item.title,
        url=item.url,
        type=item.type,
        type_name=item.type_name,
        status_category=item.status_category,
        visible=item.visible,
        absence=item.absence,
        resolution=item.resolution,
        resolution_name=item.resolution_name,
        created=item.created,
        started=item.started,
        done=item.done,
        touched=item.touched,
        due=item.due,
        start=item.start,
        assignee=item.assignee.name if item.assignee else None,
        estimate=item.estimate,
        parent=item.parent,
        epic=item.epic,
        team=aligned.team,
        objective=alignment.objective,
        ties=alignment.ties,
        labels=item.labels,
    )


def _links(item: WorkItem) -> list[str] | None:
    """Return the far ends of an epic's links: what was found out before it was built is linked to it."""
    return sorted({link.ref for link in item.links}) if item.type is ItemType.EPIC else None


def _twins(item: WorkItem) -> tuple[str, ...]:
    if not item.twins:
        return ()
    return tuple(sorted({token for twin in item.twins if (token := _token(twin)) is not None}))


def _token(twin: Twin) -> str | None:
    return twin.ref or (f"{twin.tracker} {twin.key}" if twin.key else None)


def _edges(item: WorkItem) -> tuple[Edge, ...]:
    """Return each pair once, however many links tell it, made when the earliest of them was."""
    if not item.dependencies:
        return ()
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
