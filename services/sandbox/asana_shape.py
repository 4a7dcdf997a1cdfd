"""A made-up item as Asana's API gives it when asked for all the fields that we want, with its stories."""

from datetime import datetime
from typing import Any, Final

from services.sandbox.strategy import HELP_DESK, REQUESTS
from services.sandbox.work import Change, Link, State, Status, Work, state_at

PROJECTS: Final = {HELP_DESK: "8000000000000001", REQUESTS: "8000000000000002"}
SECTIONS: Final = {Status.TODO: "01", Status.DOING: "02", Status.DONE: "03"}
SUBTYPES: Final = {
    "comment": "comment_added", "assignee": "assigned", "due": "due_date_changed", "label": "added_to_tag",
    "link": "dependency_added", "unlink": "dependency_removed",
}  # fmt: skip


def asana_task(work: Work, moment: datetime) -> dict[str, Any]:
    """Return the task as it stands at a moment, its stories oldest first under `stories`."""
    state = state_at(work, moment)
    project = _named(PROJECTS[work.project], work.project, "project")
    section = _named(PROJECTS[work.project] + SECTIONS[state.status], state.status.value, "section")
    return {
        "gid": work.key,
        "resource_type": "task",
        "resource_subtype": "default_task",
        "name": work.title,
        "completed": state.done is not None,
        "completed_at": _instant(state.done) if state.done else None,
        "created_at": _instant(work.created),
        "modified_at": _instant(state.updated),
        "created_by": _person(work.reporter),
        "assignee": _person(state.assignee) if state.assignee else None,
        "due_on": state.due.isoformat() if state.due else None,
        "due_at": None,
        "start_on": None,
        "parent": None,
        "num_subtasks": 0,
        "projects": [project],
        "memberships": [{"project": project, "section": section}],
        "tags": [_named(_tag_gid(tag), tag, "tag") for tag in state.labels],
        "custom_fields": [],
        "dependencies": [{"gid": link.blocker.key, "resource_type": "task"} for link in _waits(work, state)],
        "dependents": [{"gid": link.dependent.key, "resource_type": "task"} for link in _blocks(work, state)],
        "permalink_url": f"https://app.asana.example/0/{PROJECTS[work.project]}/{work.key}",
        "stories": [_story(change) for change in work.changes if change.at <= moment],
    }


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _tag_gid(tag: str) -> str:
    return "7" + str(int.from_bytes(tag.encode()[:6], "big")).rjust(15, "0")


def _named(gid: str, name: str, kind: str) -> dict[str, Any]:
    return {"gid": gid, "resource_type": kind, "name": name}


def _person(name: str) -> dict[str, Any]:
    return _named("6" + str(int.from_bytes(name.encode()[:6], "big")).rjust(15, "0"), name, "user")


def _waits(work: Work, state: State) -> list[Link]:
    return [link for link in state.links if link.dependent is work]


def _blocks(work: Work, state: State) -> list[Link]:
    return [link for link in state.links if link.blocker is work]


def _story(change: Change) -> dict[str, Any]:
    is_comment = change.field == "comment"
    return {
        "gid": f"5{change.id:015}",
        "resource_type": "story",
        "type": "comment" if is_comment else "system",
        "resource_subtype": _subtype(change),
        "created_at": _instant(change.at),
        "created_by": _person(change.by),
        "text": str(change.value) if is_comment else "",
    }


def _subtype(change: Change) -> str:
    if change.field == "status":
        return "marked_complete" if change.value is Status.DONE else "section_changed"
    return SUBTYPES[change.field]
