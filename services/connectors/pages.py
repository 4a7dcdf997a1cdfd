"""The pure part of an import: pages of an export, each mapped and written as JSON, ready to compare and publish."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final

import orjson

from schemas.work_items import StatusCategory, Tracker, WorkItemChange
from services.connectors.asana.mapping import map_task
from services.connectors.export.index import ExportIndex
from services.connectors.export.lines import EXCERPT, Problem
from services.connectors.export.survey import Entry
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions, NotYet, Outcome

MAX_BODY: Final = 900 * 1024
"""A larger item would not fit into a record of the bus."""

MAPPERS: Final[Mapping[Tracker, Callable[[object, str, datetime | None, MappingOptions], Outcome]]] = {
    Tracker.JIRA: map_issue,
    Tracker.ASANA: map_task,
}


@dataclass(frozen=True, slots=True)
class Written:
    """One item, written as it is kept and published."""

    tracker: Tracker
    ref: str
    updated: datetime
    is_open: bool
    body: bytes
    content_hash: bytes
    changes: tuple[WorkItemChange, ...]


@dataclass(slots=True)
class Page:
    """What became of a page of entries."""

    entries: int = 0
    not_yet: int = 0
    items: list[Written] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def pages_of(
    entries: Iterator[Entry | Problem],
    size: int,
    site: str,
    as_of: datetime | None,
    options: MappingOptions,
    *,
    index: ExportIndex,
) -> Iterator[Page]:
    """Map the entries, put each in its place in the export, and give them in pages of `size`."""
    while chunk := list(islice(entries, size)):
        page = Page(entries=len(chunk))
        for entry in chunk:
            _add(page, entry, site, as_of, options, index=index)
        yield page


def _add(
    page: Page,
    entry: Entry | Problem,
    site: str,
    as_of: datetime | None,
    options: MappingOptions,
    *,
    index: ExportIndex,
) -> None:
    if isinstance(entry, Problem):
        page.problems.append(entry)
        return
    outcome = MAPPERS[entry.tracker](entry.raw, site, as_of, options)
    if isinstance(outcome, NotYet):
        page.not_yet += 1
    elif isinstance(outcome, Mapped):
        if entry.tracker is Tracker.JIRA:
            changes = tuple(map(index.placed_change, outcome.changes))
            outcome = replace(outcome, item=index.placed(outcome.item), changes=changes)
        written = written_of(entry.tracker, outcome)
        if len(written.body) > MAX_BODY:
            page.problems.append(_problem(entry, f"the item is larger than {MAX_BODY // 1024} KiB"))
        else:
            page.items.append(written)
    else:
        page.problems.append(_problem(entry, outcome.reason))


def written_of(tracker: Tracker, mapped: Mapped) -> Written:
    """Return the item as it is kept and published."""
    item = mapped.item
    body = item.model_dump_json(exclude_defaults=True).encode()
    return Written(
        tracker=tracker,
        ref=item.ref,
        updated=item.updated,
        is_open=item.status_category is not StatusCategory.DONE,
        body=body,
        content_hash=hashlib.blake2b(body, digest_size=16).digest(),
        changes=mapped.changes,
    )


def _problem(entry: Entry, reason: str) -> Problem:
    return Problem(entry.source, entry.line, reason, excerpt_of(entry.raw))


def excerpt_of(raw: dict[str, Any]) -> bytes:
    """Return how a payload begins, to show what was set aside."""
    try:
        return orjson.dumps(raw)[:EXCERPT]
    except (TypeError, ValueError, RecursionError):
        return repr(raw)[:EXCERPT].encode("utf-8", "backslashreplace")


def snapshot_body(body: bytes, revision: int, connection: str, seen_at: datetime, flow: str | None) -> bytes:
    """Return a `WorkItemSnapshot` as JSON around an item that is written already."""
    rest = {"revision": revision, "connection": connection, "seen_at": seen_at.isoformat()}
    if flow is not None:
        rest["flow"] = flow
    return b'{"item":' + body + b"," + orjson.dumps(rest)[1:]


def change_body(change: WorkItemChange, flow: str | None) -> bytes:
    """Return a `WorkItemChange` as JSON, with the load that it came with."""
    body = change.model_dump_json(exclude_defaults=True).encode()
    return body if flow is None else body[:-1] + b',"flow":' + orjson.dumps(flow) + b"}"
