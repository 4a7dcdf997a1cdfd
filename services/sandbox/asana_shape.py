"""A made-up item as Asana's API gives it when asked for all the fields that we want, with its stories."""

from datetime import date, datetime
from typing import Any, Final

from services.sandbox.jira_shape import BASE, INSTANT_LENGTH
from services.sandbox.strategy import ASANA_PROJECTS
from services.sandbox.work import Change, Link, State, Status, Work, state_at

SECTIONS: Final = {Status.TODO: "01", Status.DOING: "02", Status.DONE: "03"}
SUBTYPES: Final = {
    "comment": "comment_added", "assignee": "assigned", "due": "due_date_changed", "label": "added_to_tag",
    "link": "dependency_added", "unlink": "dependency_removed",
}  # fmt: skip
EFFORT: Final = "4200000000000001"
"""The custom field in which people of Asana say how many hours they think it takes."""


def asana_task(work: Work, moment: datetime) -> dict[str, Any]:
    """Return the task as it stands at a moment, its stories oldest first under `stories`."""
    state = state_at(work, moment)
    memberships = [] if state.parent else [{"project": project_of(work), "section": _section(work, state.status)}]
    return {
        "gid": work.key,
        "resource_type": "task",
        "resource_subtype": "default_task",
        "name": work.title,
        "notes": f"Done as {BASE}/browse/{work.twin.key}" if work.twin else "",
        "completed": state.done is not None,
        "completed_at": _instant(state.done) if state.done else None,
        "created_at": _instant(work.created),
        "modified_at": _instant(state.updated),
        "created_by": person(work.reporter),
        "assignee": person(state.assignee) if state.assignee else None,
        "due_on": state.due.isoformat() if state.due else None,
        "due_at": None,
        "start_on": None,
        "parent": _named(state.parent.key, state.parent.title, "task") if state.parent else None,
        "num_subtasks": 0,
        "projects": [membership["project"] for membership in memberships],
        "memberships": memberships,
        "tags": [_tag(tag) for tag in state.labels],
        "custom_fields": [_effort(work.estimate)] if work.estimate is not None else [],
        "dependencies": [{"gid": link.blocker.key, "resource_type": "task"} for link in _waits(work, state)],
        "dependents": [{"gid": link.dependent.key, "resource_type": "task"} for link in _blocks(work, state)],
        "permalink_url": f"https://app.asana.example/0/{ASANA_PROJECTS[work.project]}/{work.key}",
        "stories": _stories(work, moment),
    }


def person(name: str) -> dict[str, Any]:
    """Return one of our people as Asana shows them."""
    return _named("6" + str(int.from_bytes(name.encode()[:6], "big")).rjust(15, "0"), name, "user")


def project_of(work: Work) -> dict[str, Any]:
    """Return the project in which an item is."""
    return _named(ASANA_PROJECTS[work.project], work.project, "project")


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")[:INSTANT_LENGTH] + "Z"


def _section(work: Work, status: Status) -> dict[str, Any]:
    return _named(ASANA_PROJECTS[work.project] + SECTIONS[status], status.value, "section")


def _tag(tag: str) -> dict[str, Any]:
    return _named("7" + str(int.from_bytes(tag.encode()[:6], "big")).rjust(15, "0"), tag, "tag")


def _effort(hours: float) -> dict[str, Any]:
    return {
        **_named(EFFORT, "Effort", "custom_field"), "resource_subtype": "number", "type": "number", "enabled": True,
        "precision": 0, "number_value": hours, "display_value": f"{hours:g}",
    }  # fmt: skip


def _named(gid: str, name: str, kind: str) -> dict[str, Any]:
    return {"gid": gid, "resource_type": kind, "name": name}


def _waits(work: Work, state: State) -> list[Link]:
    return [link for link in state.links if link.dependent is work]


def _blocks(work: Work, state: State) -> list[Link]:
    return [link for link in state.links if link.blocker is work]


def _stories(work: Work, moment: datetime) -> list[dict[str, Any]]:
    before: dict[str, Any] = {"status": Status.TODO}
    stories = []
    for change in work.changes:
        if change.at <= moment:
            stories.append(_story(work, change, before.get(change.field)))
            before[change.field] = change.value
    return stories


def _story(work: Work, change: Change, old: Any) -> dict[str, Any]:
    is_comment = change.field == "comment"
    return {
        "gid": f"5{change.id:015}",
        "resource_type": "story",
        "type": "comment" if is_comment else "system",
        "resource_subtype": _subtype(work, change),
        "created_at": _instant(change.at),
        "created_by": person(change.by),
        "text": str(change.value) if is_comment else "",
        **_values(work, change, old),
    }


def _subtype(work: Work, change: Change) -> str:
    if change.field == "status":
        return "marked_complete" if change.value is Status.DONE else "section_changed"
    if isinstance(change.value, Link) and change.value.blocker is work:
        return SUBTYPES[change.field].replace("dependency", "dependent")
    return SUBTYPES[change.field]


def _values(work: Work, change: Change, old: Any) -> dict[str, Any]:
    """Return what a story tells of the values before and after."""
    match change.field:
        case "status" if isinstance(change.value, Status) and change.value is not Status.DONE:
            return {"old_section": _section(work, old), "new_section": _section(work, change.value)}
        case "due":
            return {"old_dates": _dates(old), "new_dates": _dates(change.value)}
        case "assignee":
            return {"assignee": person(str(change.value))}
        case "label":
            return {"tag": _tag(str(change.value))}
        case "link" | "unlink" if isinstance(change.value, Link):
            other = change.value.dependent if change.value.blocker is work else change.value.blocker
            return {"dependency": _named(other.key, other.title, "task")}
    return {}


def _dates(day: Any) -> dict[str, Any]:
    return {"due_on": day.isoformat() if isinstance(day, date) else None, "due_at": None, "start_on": None}
