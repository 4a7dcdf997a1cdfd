"""The fields of a site as `/field` tells them: names, kinds, and how queries call them."""

from typing import Final

from services.sandbox.jira.catalogue import EPIC_LINK, FLAGGED, POINTS, SPRINT, START_DATE
from services.sandbox.jira.records import Json
from services.sandbox.jira.shapes import EPIC_LINK_DATACENTER, NOT_NAVIGABLE

SYSTEM: Final[dict[str, tuple[str, str, str | None]]] = {
    "summary": ("Summary", "string", None), "description": ("Description", "string", None),
    "environment": ("Environment", "string", None), "issuetype": ("Issue Type", "issuetype", None),
    "project": ("Project", "project", None), "status": ("Status", "status", None),
    "resolution": ("Resolution", "resolution", None), "resolutiondate": ("Resolved", "datetime", None),
    "created": ("Created", "datetime", None), "updated": ("Updated", "datetime", None),
    "duedate": ("Due date", "date", None), "assignee": ("Assignee", "user", None),
    "reporter": ("Reporter", "user", None), "creator": ("Creator", "user", None),
    "priority": ("Priority", "priority", None), "labels": ("Labels", "array", "string"),
    "components": ("Components", "array", "component"), "fixVersions": ("Fix versions", "array", "version"),
    "versions": ("Affects versions", "array", "version"), "issuelinks": ("Linked Issues", "array", "issuelinks"),
    "subtasks": ("Sub-tasks", "array", "issuelinks"), "parent": ("Parent", "issuelink", None),
    "comment": ("Comment", "comments-page", None), "attachment": ("Attachment", "array", "attachment"),
    "worklog": ("Log Work", "array", "worklog"), "votes": ("Votes", "votes", None),
    "watches": ("Watchers", "watches", None), "timetracking": ("Time tracking", "timetracking", None),
}  # fmt: skip
GREENHOPPER: Final = "com.pyxis.greenhopper.jira:"
BUILT_IN: Final = "com.atlassian.jira.plugin.system.customfieldtypes:"
CUSTOM: Final[dict[str, tuple[str, str, str | None, str]]] = {
    SPRINT: ("Sprint", "array", "json", f"{GREENHOPPER}gh-sprint"),
    FLAGGED: ("Flagged", "array", "option", f"{BUILT_IN}multicheckboxes"),
    START_DATE: ("Start date", "date", None, f"{BUILT_IN}datepicker"),
}
POINTS_CLOUD: Final = ("Story point estimate", "number", None, f"{GREENHOPPER}jsw-story-points")
POINTS_DATACENTER: Final = ("Story Points", "number", None, f"{BUILT_IN}float")
EPIC: Final = ("Epic Link", "any", None, f"{GREENHOPPER}gh-epic-link")


def described(*, datacenter: bool) -> list[Json]:
    """Return all fields; the epic link has another number on Data Center, as on every site."""
    found = [_system(id_, *about) for id_, about in SYSTEM.items() if not (datacenter and id_ == "parent")]
    custom = {**CUSTOM, POINTS: POINTS_DATACENTER if datacenter else POINTS_CLOUD}
    custom[EPIC_LINK_DATACENTER if datacenter else EPIC_LINK] = EPIC
    return found + [_custom(id_, *about, datacenter=datacenter) for id_, about in custom.items()]


def _system(id_: str, name: str, kind: str, items: str | None) -> Json:
    schema = {"type": kind, "system": id_, **({"items": items} if items else {})}
    return {
        "id": id_, "key": id_, "name": name, "custom": False, "orderable": True, "searchable": True,
        "navigable": id_ not in NOT_NAVIGABLE, "clauseNames": [id_], "schema": schema,
    }  # fmt: skip


def _custom(id_: str, name: str, kind: str, items: str | None, custom: str, *, datacenter: bool) -> Json:
    number = int(id_.rpartition("_")[2])
    schema = {"type": kind, "custom": custom, "customId": number, **({"items": items} if items else {})}
    shown = {
        "id": id_, "key": id_, "name": name, "custom": True, "orderable": True, "searchable": True, "navigable": True,
        "clauseNames": [f"cf[{number}]", name], "schema": schema,
    }  # fmt: skip
    if datacenter:
        shown.pop("key")
    return shown
