"""How an aligned item goes out: its JSON is put together around the item's own, which is never written anew."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

import orjson

from schemas.aligned_items import Alignment, ItemAligned
from schemas.events import Event, type_names
from schemas.topics import ALIGNED_ITEMS
from services.mapper.claims import UNCLAIMED
from services.runtime.bus import Outgoing

SOURCE: Final = "leeway/mapper"
UNALIGNED: Final = "{}"
"""The JSON of an alignment of which nothing is said."""
_TYPE: Final = type_names[ItemAligned]


@dataclass(frozen=True, slots=True)
class Aligned:
    """All of an `ItemAligned`, with `alignment` and `body` (the item) as JSON."""

    ref: str
    revision: int
    source_revision: int
    alignment: str
    team: str
    team_selector: str | None
    category: str | None
    strategy_version: int
    flow: str | None
    body: str


def written(alignment: Alignment) -> str:
    """Return the JSON of an alignment: equal alignments give equal texts."""
    return UNALIGNED if alignment is UNCLAIMED else alignment.model_dump_json(exclude_defaults=True)


@lru_cache(maxsize=4096)
def read_alignment(text: str) -> Alignment:
    """Return the alignment of which this is the JSON."""
    return UNCLAIMED if text == UNALIGNED else Alignment.model_validate_json(text)


def compose(one: Aligned) -> bytes:
    """Return the JSON of the `ItemAligned`."""
    selector = f',"team_selector":{_text(one.team_selector)}' if one.team_selector is not None else ""
    category = f',"category":"{one.category}"' if one.category is not None else ""
    flow = f',"flow":{_text(one.flow)}' if one.flow is not None else ""
    return (
        f'{{"item":{one.body},"revision":{one.revision},"source_revision":{one.source_revision},'
        f'"team":"{one.team}"{selector}{category},"alignment":{one.alignment},"strategy_version":{one.strategy_version}{flow}}}'
    ).encode()


def _text(value: str) -> str:
    return orjson.dumps(value).decode()


def outgoing(one: Aligned, at: datetime) -> Outgoing:
    """Return the aligned item as it goes to the bus; `at` is machine time."""
    return Outgoing(ALIGNED_ITEMS, one.ref, Event(_TYPE, f"{one.ref}@{one.revision}", SOURCE, at, compose(one)))
