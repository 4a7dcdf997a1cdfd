"""What a tracker changed without telling: the difference between two snapshots that no history accounts for.

Asana says nothing of some moves, and either tracker may leave out what a rule of its own did. Promise: the same
difference has the same change id, and what the history tells is never told a second time from here.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from schemas.work_items import ChangeKind, WorkItem, WorkItemChange

PREFIX: Final = "seen:"
"""How the id of a change begins that we saw and nobody told."""

_READ: Final[Mapping[str, Callable[[WorkItem], Any]]] = {
    "title": lambda item: item.title,
    "assignee": lambda item: item.assignee.name if item.assignee else None,
    "due": lambda item: item.due.isoformat() if item.due else None,
    "start": lambda item: item.start.isoformat() if item.start else None,
    "parent": lambda item: item.parent,
    "project": lambda item: sorted(one.id for one in (item.project, *item.other_projects)),
    "section": lambda item: sorted(item.sections),
    "status": lambda item: item.status_category.value,
}
"""The fields that matter to a reader, as a change tells them. Names of projects and people may change by themselves."""

_TOLD_AS: Final[Mapping[str, frozenset[str]]] = {
    "title": frozenset({"summary", "name_changed"}),
    "assignee": frozenset({"assignee", "assigned", "unassigned"}),
    "due": frozenset({"duedate", "due_date_changed", "due_today", "fix version"}),
    "start": frozenset({"start date", "due_date_changed", "start_date_changed"}),
    "parent": frozenset(
        {"parent", "issueparentassociation", "epic link", "parent_changed", "made_subtask", "subtask_added"}
    ),
    "project": frozenset({"project", "key", "added_to_project", "removed_from_project"}),
    "section": frozenset({"section_changed", "added_to_project", "removed_from_project"}),
    "status": frozenset({"status", "resolution", "marked_complete", "marked_incomplete", "section_changed"}),
}
"""The names under which histories tell each field. Sources: TRACKERS A2 and B1."""


def untold_changes(
    before: WorkItem, after: WorkItem, history: Iterable[WorkItemChange], revision: int, seen_at: datetime
) -> Iterator[WorkItemChange]:
    """Give what differs and is in no history since `before`, which had that `revision`; nobody is said to have done it.

    A history may be newer than the item that came with it: what it told at the time of `before` accounts for it too.
    """
    accounted = {change.field for change in history if change.at >= before.updated}
    if before.visible != after.visible:
        return
    for field, read in _READ.items():
        old, new = read(before), read(after)
        if old != new and not accounted & _TOLD_AS[field]:
            at = after.updated if after.updated > before.updated else max(seen_at, after.updated)
            yield WorkItemChange(
                ref=after.ref, key=after.key, change_id=_id_of(after, field, (old, new), revision),
                kind=ChangeKind.FIELD, field=field, before=old, after=new, at=at,
            )  # fmt: skip


def _id_of(item: WorkItem, field: str, values: tuple[Any, Any], revision: int) -> str:
    written = orjson.dumps([item.ref, field, values, revision])
    return f"{PREFIX}{field}:{hashlib.blake2b(written, digest_size=8).hexdigest()}"
