"""A task as a whole comes in: loaded in silence, or as something that happens now and is told to whoever listens."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from services.sandbox.asana.fields import everything
from services.sandbox.asana.learning import fill, learn_stories, time_of
from services.sandbox.asana.office import Office
from services.sandbox.asana.placing import undelete_task
from services.sandbox.asana.records import Record, instant

_PLACES: Final = frozenset({"memberships", "parent"})
_MOVES: Final = frozenset({"section_changed", "added_to_project", "removed_from_project", "added_to_task"})
_COMPARED: Final = (
    "name", "resource_subtype", "completed", "due_on", "due_at", "start_on", "start_at", "notes", "approval_status",
    "assignee", "parent", "tags", "memberships", "custom_fields", "dependencies", "dependents",
)  # fmt: skip


def put_task(office: Office, raw: Mapping[str, Any], at: datetime | None) -> None:
    """Insert or replace a task, its stories under `stories`; with `at`, what differs happens now."""
    store, gid = office.store, str(raw["gid"])
    if gid in store.trash:
        with office.doing(None):
            undelete_task(office, gid)
    task = store.far_task(gid)
    is_new = task.pop("_stub", None) is not None
    before = None if is_new else {name: _value(task, name) for name in _COMPARED}
    store.unshelve(task)
    fill(store, task, raw)
    came, gone = learn_stories(store, task, raw.get("stories") or ())
    changed = [] if before is None else [name for name in _COMPARED if before[name] != _value(task, name)]
    task["modified_at"] = _modified(task, raw, at, changed, came)
    store.shelve(task)
    if at is not None:
        with office.doing(_author(came, raw)):
            _tell(office, task, before, changed)
            for story in came:
                office.journal.tell("added", story, parent=task)
            for story in gone:
                office.journal.tell("removed", story, parent=task)


def _value(task: Record, name: str) -> Any:
    """Return what a field holds, comparable: resources by gid, as records point at each other in circles."""
    match task.get(name):
        case {"gid": gid}:
            return gid
        case [*values] if name == "memberships":
            return sorted((one["project"]["gid"], one["section"]["gid"]) for one in values)
        case [*values] if name == "custom_fields":
            return {one["gid"]: one.get("display_value") for one in values}
        case [*values]:
            return sorted(one["gid"] for one in values)
        case value:
            return value


def _modified(task: Record, raw: Mapping[str, Any], at: datetime | None, changed: list[str], came: list[Record]) -> str:
    """Return the time of modification: a move alone leaves it as it was."""
    said = time_of(raw.get("modified_at")) or (instant(at) if at else None)
    old = task.get("modified_at")
    is_move = bool(changed) and set(changed) <= _PLACES and all(one["resource_subtype"] in _MOVES for one in came)
    if at is not None and old is not None and (is_move or not (changed or came)):
        return str(old)
    return said or task.get("created_at") or ""


def _author(came: list[Record], raw: Mapping[str, Any]) -> str | None:
    if came and came[-1].get("created_by"):
        return str(came[-1]["created_by"]["gid"])
    creator = raw.get("created_by") or {}
    return str(creator["gid"]) if creator.get("gid") else None


def _tell(office: Office, task: Record, before: dict[str, Any] | None, changed: list[str]) -> None:
    if before is None:
        for parent in _places(task):
            office.journal.tell("added", task, parent=parent)
        return
    for name in changed:
        if name == "memberships":
            _tell_moves(office, task, before[name] or [])
        else:
            value = task.get(name)
            office.journal.changed(task, name, value=value)


def _places(task: Record) -> Iterator[Record | None]:
    parents = [membership["project"] for membership in task["memberships"]]
    yield from parents or [task.get("parent")]


def _tell_moves(office: Office, task: Record, before: list[tuple[str, str]]) -> None:
    now = _value(task, "memberships") or []
    for action, pairs in (("removed", [one for one in before if one not in now]),
                          ("added", [one for one in now if one not in before])):  # fmt: skip
        others = {project for project, _ in (now if action == "removed" else before)}
        for project, section in pairs:
            place = office.store.all("project")[project]
            if project not in others:
                office.journal.tell(action, task, parent=place)
            office.journal.tell(action, task, parent=office.store.all("section")[section], also=(place,))


def raw_task(task: Record) -> Record:
    """Return a task with all its fields, its stories oldest first under `stories`."""
    return {**everything(task), "stories": [everything(story) for story in task.get("_stories", ())]}
