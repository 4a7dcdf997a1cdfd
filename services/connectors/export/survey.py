"""A first pass over an export: which of its entries count, and what its statuses mean.

The same id twice: the one with the newest `updated` counts, then the last. A few numbers are kept an entry, 40 bytes,
so that an export of millions needs no more than tens of megabytes.
"""

import itertools
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from schemas.work_items import StatusCategory, Tracker
from services.connectors.asana.mapping import looks_like_task
from services.connectors.export.index import ExportIndex, fingerprint
from services.connectors.export.lines import Problem, Value, values_of
from services.connectors.jira.life import told_category
from services.connectors.jira.mapping import looks_like_issue
from services.connectors.reading import identity, mapping, text
from services.connectors.times import instant_of

_NO_TIME: Final = -(2**62)


@dataclass(frozen=True, slots=True)
class Entry:
    """One issue or task of the export, as it came."""

    source: str
    line: int
    tracker: Tracker
    raw: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass found.

    How many entries, which positions are superseded, what each status (by id) means, and whose key is whose.
    """

    entries: int = 0
    superseded: frozenset[int] = frozenset()
    status_categories: dict[str, StatusCategory] = field(default_factory=dict)
    index: ExportIndex = field(default_factory=ExportIndex)


def entry_of(value: Value) -> Entry | Problem:
    """Tell a Jira issue from an Asana task."""
    raw = value.json
    if isinstance(raw, dict):
        if looks_like_issue(raw):
            return Entry(value.source, value.line, Tracker.JIRA, raw)
        if looks_like_task(raw):
            return Entry(value.source, value.line, Tracker.ASANA, raw)
    return Problem(value.source, value.line, "it is neither a Jira issue (no `fields`) nor an Asana task (no `gid`)")


def survey(paths: Iterable[Path]) -> Survey:
    """Read the whole export once. Raises `Misconfigured` where a file is not there."""
    ids, updates = array("q"), array("q")
    categories: dict[str, StatusCategory] = {}
    index = ExportIndex()
    for entry in _all_entries(paths):
        ids.append(_fingerprint(entry))
        updates.append(_updated(entry))
        if entry.tracker is Tracker.JIRA:
            _learn_status(entry.raw, categories)
            if (id_ := identity(entry.raw.get("id"))) and (key := text(entry.raw.get("key"), 200)):
                index.add(id_, key)
    index.close()
    return Survey(len(ids), frozenset(_superseded(ids, updates)), categories, index)


def entries_of(paths: Iterable[Path], found: Survey) -> Iterator[Entry | Problem]:
    """Read the export again: the entries that count, and every problem, in their order."""
    position = 0
    for path in paths:
        for value in values_of(path):
            entry = value if isinstance(value, Problem) else entry_of(value)
            if isinstance(entry, Entry):
                if position not in found.superseded:
                    yield entry
                position += 1
            else:
                yield entry


def _all_entries(paths: Iterable[Path]) -> Iterator[Entry]:
    for path in paths:
        for value in values_of(path):
            if isinstance(value, Value) and isinstance(entry := entry_of(value), Entry):
                yield entry


def _fingerprint(entry: Entry) -> int:
    """Return 64 bits that stand for tracker and id; an entry without a usable id is like no other."""
    id_ = identity(entry.raw.get("id" if entry.tracker is Tracker.JIRA else "gid"))
    return fingerprint(f"{entry.tracker}:{id_}" if id_ else f"{entry.source}:{entry.line}")


def _updated(entry: Entry) -> int:
    said = mapping(entry.raw.get("fields")).get("updated") if "fields" in entry.raw else entry.raw.get("modified_at")
    at = instant_of(said)
    return _NO_TIME if at is None else int(at.timestamp() * 1000)


def _learn_status(raw: dict[str, Any], categories: dict[str, StatusCategory]) -> None:
    status = mapping(mapping(raw.get("fields")).get("status"))
    id_ = identity(status.get("id"))
    if id_ is not None and id_ not in categories and (category := told_category(status)):
        categories[id_] = category


def _superseded(ids: "array[int]", updates: "array[int]") -> Iterator[int]:
    """Give the positions of entries of which the export holds a better one."""
    ordered = sorted(ids)
    doubled = {one for one, following in itertools.pairwise(ordered) if one == following}
    best: dict[int, int] = {}
    for position, id_ in enumerate(ids):
        if id_ in doubled:
            before = best.get(id_)
            if before is None or updates[position] >= updates[before]:
                best[id_] = position
                loser = before
            else:
                loser = position
            if loser is not None:
                yield loser
