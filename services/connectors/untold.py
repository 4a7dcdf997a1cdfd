"""What a tracker changed without telling: the difference between two snapshots that no history accounts for.

Asana says nothing of some moves, and either tracker may leave out what a rule of its own did. Promise: the same
difference has the same change id, and what the history tells is never told a second time from here.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson

from schemas.work_items import ChangeAspect, ChangeKind, WorkItem, WorkItemChange
from services.connectors.meanings import day_text, number_text

PREFIX: Final = "seen:"
"""How the id of a change begins that we saw and nobody told."""

_READ: Final[Mapping[str, Callable[[WorkItem], Any]]] = {
    "title": lambda item: item.title,
    "assignee": lambda item: item.assignee.name if item.assignee else None,
    "due": lambda item: day_text(item.due),
    "start": lambda item: day_text(item.start),
    "parent": lambda item: item.parent,
    "project": lambda item: sorted(one.id for one in (item.project, *item.other_projects)),
    "section": lambda item: sorted(item.sections),
    "status": lambda item: item.status_category.value,
    "estimate": lambda item: number_text(item.estimate),
}
"""The fields that matter to a reader, as a change tells them. Names of projects and people may change by themselves."""

_ASPECTS: Final[Mapping[str, ChangeAspect]] = {
    "assignee": ChangeAspect.ASSIGNEE,
    "due": ChangeAspect.DUE,
    "start": ChangeAspect.START,
    "parent": ChangeAspect.PARENT,
    "status": ChangeAspect.STATUS,
    "estimate": ChangeAspect.ESTIMATE,
}
"""The fields whose changes mean something for a rule: a history tells one by a change of that meaning."""

_UNKNOWN_IS_NONE: Final = frozenset({ChangeAspect.STATUS, ChangeAspect.PARENT})
"""The aspects of which a history may not know what they became."""

_TOLD_AS: Final[Mapping[str, frozenset[str]]] = {
    "title": frozenset({"summary", "name_changed"}),
    "project": frozenset({"project", "key", "added_to_project", "removed_from_project"}),
    "section": frozenset({"section_changed", "added_to_project", "removed_from_project"}),
}
"""The names under which histories tell each of the other fields. Sources: TRACKERS A2 and B1."""


def untold_changes(
    before: WorkItem, after: WorkItem, history: Iterable[WorkItemChange], revision: int, seen_at: datetime
) -> Iterator[WorkItemChange]:
    """Give what differs and is in no history since `before`, which had that `revision`; nobody is said to have done it.

    A history may be newer than the item that came with it: what it told at the time of `before` accounts for it too. A
    day that releases move is told by no history.
    """
    if before.visible != after.visible:
        return
    recent = [change for change in history if change.at >= before.updated]
    for field, read in _READ.items():
        old, new = read(before), read(after)
        if old != new and not _is_renamed(before, after, field) and not _is_told(field, new, recent):
            aspect = _ASPECTS.get(field)
            at = after.updated if after.updated > before.updated else max(seen_at, after.updated)
            yield WorkItemChange(
                ref=after.ref, key=after.key, change_id=_id_of(after, field, (old, new), revision),
                kind=ChangeKind.FIELD, field=field, before=old, after=new, aspect=aspect,
                was=old if aspect else None, becomes=new if aspect else None, at=at,
            )  # fmt: skip


def _is_renamed(before: WorkItem, after: WorkItem, field: str) -> bool:
    """Tell whether an item is with the same person as before, whose name is another."""
    old, new = before.assignee, after.assignee
    return field == "assignee" and old is not None and new is not None and old.id == new.id


def _is_told(field: str, new: Any, recent: Sequence[WorkItemChange]) -> bool:
    """Tell whether a history says how the field came to stand as it does."""
    aspect = _ASPECTS.get(field)
    if aspect is None:
        return any(change.field in _TOLD_AS[field] for change in recent)
    unknown = aspect in _UNKNOWN_IS_NONE
    told = (change.becomes for change in recent if change.aspect is aspect)
    return any(becomes == new or (unknown and becomes is None) for becomes in told)


def _id_of(item: WorkItem, field: str, values: tuple[Any, Any], revision: int) -> str:
    written = orjson.dumps([item.ref, field, values, revision])
    return f"{PREFIX}{field}:{hashlib.blake2b(written, digest_size=8).hexdigest()}"
