"""What kind of task it is, and what it belongs to: parent and projects."""

from typing import Final

from schemas.work_items import ItemType, Project
from services.connectors.asana.raw import Task
from services.connectors.reading import identity, mapping, sequence, text

NO_PROJECT: Final = Project(id="none", name="No project")


def type_of(task: Task) -> tuple[ItemType, str]:
    """Return the kind, and Asana's own name for it. A task with a parent is a sub-task whatever else it is."""
    name = text(task.raw.get("resource_subtype"), 200) or "default_task"
    if identity(mapping(task.raw.get("parent")).get("gid")) is not None:
        return ItemType.SUBTASK, name
    return ItemType.MILESTONE if name == "milestone" else ItemType.TASK, name


def parent_of(task: Task) -> tuple[str | None, str | None]:
    """Return ref and key of the parent task."""
    gid = identity(mapping(task.raw.get("parent")).get("gid"))
    return (None, None) if gid is None else (task.ref_of(gid), gid)


def projects_of(task: Task) -> tuple[Project, ...]:
    """Return the task's projects, at least one: else those of what it is a part of, else the workspace."""
    raw = [mapping(mapping(each).get("project")) for each in sequence(task.raw.get("memberships"))]
    raw += [mapping(each) for each in sequence(task.raw.get("projects"))]
    if not any(raw):
        raw += [mapping(each) for each in sequence(task.raw.get("home"))]
    found: dict[str, Project] = {}
    for each in (*raw, *([] if any(raw) else [mapping(task.raw.get("workspace"))])):
        if (gid := identity(each.get("gid"))) is not None:
            found.setdefault(gid, Project(id=gid, name=text(each.get("name"), 200) or gid))
    return tuple(found.values()) or (NO_PROJECT,)
