"""What the plain reading knows of an item as of an instant.

Nothing of the product is used here. `history` holds, per aspect, (from when, value) in order, as far as the tracker
tells it; the first entry is of the item's creation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

Json = dict[str, Any]
Pair = tuple[str, str]
"""Blocker and dependent."""
START_FIELD = "customfield_10015"
EPIC_FIELD = "customfield_10014"


@dataclass
class Item:
    """An item as it stood. `parent` and `epic` are refs; `links` are refs of all far ends; `twins` refs or keys."""

    ref: str
    key: str
    tracker: str
    type_name: str
    kind: str
    category: str
    resolution: str | None
    created: datetime
    touched: datetime
    started: datetime | None
    done: datetime | None
    due: date | None
    start: date | None
    assignee: str | None
    project: tuple[str, ...]
    labels: tuple[str, ...]
    sections: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    fix_versions: tuple[str, ...] = ()
    parent: str | None = None
    epic: str | None = None
    epic_key: str | None = None
    parent_key: str | None = None
    pairs: tuple[Pair, ...] = ()
    links: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()
    history: Mapping[str, list[tuple[datetime, Any]]] = field(default_factory=dict)
    team: str = ""
    objective: str | None = None
    tied: bool = False

    @property
    def is_open(self) -> bool:
        return self.category != "done"


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def spells(moves: list[tuple[datetime, str]]) -> tuple[datetime | None, datetime | None]:
    """Return when the latest stretch of work began, unless it was sent back, and when the item last became done."""
    started = done = before = None
    for at, after in moves:
        if after == "in_progress" and before != "in_progress":
            started = at
        elif after == "todo":
            started = None
        elif after == "done" and before != "done":
            done = at
        before = after
    return started, done
