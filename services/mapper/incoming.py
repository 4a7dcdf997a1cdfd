"""From records to items: the newest snapshot of each ref, and what cannot be used with its reason."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import orjson

from schemas.topics import WORK_ITEMS
from schemas.work_items import Tracker, WorkItem, WorkItemSnapshot
from services.mapper.selectors import tracker_of
from services.runtime.bus import Record, read
from services.runtime.errors import InvalidMessage

LONGEST_KEYS: Final = 1200
HIGHEST_REVISION: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Incoming:
    """A snapshot; `body` is the item's JSON as it came, with fields that we do not know."""

    item: WorkItem
    body: str
    revision: int
    flow: str | None


@dataclass(slots=True)
class IncomingBatch:
    """The newest snapshot of each ref, and the records that cannot be used."""

    items: dict[str, Incoming] = field(default_factory=dict)
    unusable: list[tuple[Record, str]] = field(default_factory=list)


def read_items(records: Iterable[Record]) -> IncomingBatch:
    """Read the snapshots among the records."""
    batch = IncomingBatch()
    for record in records:
        try:
            one = read_item(record)
        except InvalidMessage as error:
            batch.unusable.append((record, str(error)))
            continue
        known = batch.items.get(one.item.ref)
        if known is None or known.revision < one.revision:
            batch.items[one.item.ref] = one
    return batch


def read_item(record: Record) -> Incoming:
    """Read one snapshot, or raise `InvalidMessage`."""
    snapshot = read(record, WorkItemSnapshot)
    try:
        body = orjson.dumps(orjson.loads(record.value or b"")["item"]).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
        raise InvalidMessage(f"invalid-json: {error}") from error
    _check_place(record, snapshot)
    _check_keys(snapshot.item)
    if "\\u0000" in body or snapshot.flow:
        _check_texts((*_refs(snapshot.item), snapshot.flow or ""))
    return Incoming(snapshot.item, body, snapshot.revision, snapshot.flow)


def _check_place(record: Record, snapshot: WorkItemSnapshot) -> None:
    ref = snapshot.item.ref
    if record.key != ref:
        raise InvalidMessage("key-mismatch: the record's key is not the item's ref, so its order is not kept")
    if record.topic is not WORK_ITEMS[Tracker(tracker_of(ref))]:
        raise InvalidMessage("wrong-topic: the item belongs to the other tracker's topic")
    if not 0 <= snapshot.revision <= HIGHEST_REVISION:
        raise InvalidMessage("invalid-revision: it must be a whole number from 0 to 2^63 - 1")


def _check_texts(texts: Iterable[str]) -> None:
    if any("\x00" in one for one in texts):
        raise InvalidMessage("invalid-text: a ref or the flow holds a NUL character")


def _check_keys(item: WorkItem) -> None:
    above = f"{item.key}{item.parent_key or ''}{item.epic_key or ''}"
    if not _is_usable(above) or not all(_is_usable(twin.key or "") for twin in item.twins):
        raise InvalidMessage(f"invalid-key: the keys hold a control character, or more than {LONGEST_KEYS} characters")


def _is_usable(keys: str) -> bool:
    return len(keys) <= LONGEST_KEYS and keys.isprintable()


def _refs(item: WorkItem) -> Iterator[str]:
    yield from (item.ref, item.parent or "", item.epic or "")
    yield from (twin.ref or "" for twin in item.twins)
