"""A made-up item as Jira Cloud's REST API, version 3, gives it: issue, comments, links and whole changelog."""

from datetime import date, datetime
from functools import cache
from typing import Any, Final

from services.sandbox.strategy import ASANA_PROJECTS, JIRA_SITE
from services.sandbox.work import WONT_DO, Change, Link, Sprint, State, Status, Work, state_at

BASE: Final = f"https://{JIRA_SITE}.example"
PROJECTS: Final = {
    "GROW": ("10001", "Growth"), "MOB": ("10002", "Mobile"),
    "PLAT": ("10003", "Platform"), "DATA": ("10004", "Insights"),
}  # fmt: skip
TYPES: Final = {"Story": ("10011", 0), "Bug": ("10012", 0), "Sub-task": ("10013", -1), "Epic": ("10010", 1)}
STATUSES: Final = {
    Status.TODO: ("10021", {"id": 2, "key": "new", "name": "To Do", "colorName": "blue-gray"}),
    Status.DOING: ("10022", {"id": 4, "key": "indeterminate", "name": "In Progress", "colorName": "yellow"}),
    Status.DONE: ("10023", {"id": 3, "key": "done", "name": "Done", "colorName": "green"}),
}
RESOLUTIONS: Final = {Status.DONE: "10000", WONT_DO: "10001"}
"""Ids by name."""
BLOCKS: Final = {"id": "10050", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
INSTANT_LENGTH: Final = len("2026-11-20T09:30:00.000")
SPRINT_FIELD: Final = "customfield_10020"
POINTS_FIELD: Final = "customfield_10016"


def jira_issue(work: Work, moment: datetime) -> dict[str, Any]:
    """Return the issue as it stands at a moment."""
    state = state_at(work, moment)
    return {
        "id": work.id,
        "key": work.key,
        "self": f"{BASE}/rest/api/3/issue/{work.id}",
        "fields": _fields(work, state, moment),
        "changelog": _changelog(work, state),
    }


def _fields(work: Work, state: State, moment: datetime) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "summary": work.title,
        "description": _document(f"Asked for in {_address(work.twin)}") if work.twin else None,
        "issuetype": _type(work),
        "project": _project(work),
        "status": _status(state.status),
        "resolution": {"id": RESOLUTIONS[state.resolution], "name": state.resolution} if state.resolution else None,
        "resolutiondate": _instant(state.done) if state.done else None,
        "created": _instant(work.created),
        "updated": _instant(state.updated),
        "duedate": state.due.isoformat() if state.due else None,
        "assignee": jira_person(state.assignee) if state.assignee else None,
        "reporter": jira_person(work.reporter),
        "creator": jira_person(work.reporter),
        "priority": {"id": "3", "name": "Medium"},
        "labels": list(state.labels),
        "components": [{"id": str(sum(map(ord, work.component))), "name": work.component}] if work.component else [],
        "fixVersions": [],
        "issuelinks": [_link(work, link, moment) for link in state.links],
        "subtasks": [],
        "comment": _comments(state),
    }
    if state.parent is not None:
        fields["parent"] = _far_end(state.parent, moment)
    if work.estimate is not None:
        fields[POINTS_FIELD] = work.estimate
    if state.sprints:
        fields[SPRINT_FIELD] = [_sprint(sprint, state.updated) for sprint in state.sprints]
    return fields


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")[:INSTANT_LENGTH] + "+0000"


@cache
def account_of(name: str) -> str:
    """Return the account id of one of our people: their name, in the form that Jira gives ids."""
    return "5f" + name.encode().hex()[:22].ljust(22, "0")


def jira_person(name: str) -> dict[str, Any]:
    """Return one of our people as Jira Cloud shows them."""
    return {"accountId": account_of(name), "accountType": "atlassian", "displayName": name, "active": True}


def _type(work: Work) -> dict[str, Any]:
    id_, level = TYPES[work.kind]
    return {"id": id_, "name": work.kind, "subtask": level < 0, "hierarchyLevel": level}


def _project(work: Work) -> dict[str, Any]:
    id_, name = PROJECTS[work.project]
    return {"id": id_, "key": work.project, "name": name, "projectTypeKey": "software"}


def _status(status: Status) -> dict[str, Any]:
    id_, category = STATUSES[status]
    return {"id": id_, "name": status.value, "statusCategory": category}


def _far_end(work: Work, moment: datetime) -> dict[str, Any]:
    status = _status(state_at(work, moment).status)
    return {
        "id": work.id,
        "key": work.key,
        "fields": {"summary": work.title, "status": status, "issuetype": _type(work)},
    }


def _link(work: Work, link: Link, moment: datetime) -> dict[str, Any]:
    """The issue that blocks shows the other as outward; the same link has the same id on both."""
    side, other = ("outwardIssue", link.dependent) if link.blocker is work else ("inwardIssue", link.blocker)
    return {"id": str(20_000 + link.id), "type": BLOCKS, side: _far_end(other, moment)}


def _sprint(sprint: Sprint, moment: datetime) -> dict[str, Any]:
    """Tell of a sprint as it stood when its issue changed last: the end of a sprint changes no issue."""
    state = "closed" if sprint.ends <= moment else "active" if sprint.starts <= moment else "future"
    told = {
        "id": sprint.id, "name": sprint.name, "state": state, "boardId": sprint.board, "goal": "",
        "startDate": _sprint_instant(sprint.starts), "endDate": _sprint_instant(sprint.ends),
    }  # fmt: skip
    return {**told, "completeDate": _sprint_instant(sprint.ends)} if state == "closed" else told


def _sprint_instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _comments(state: State) -> dict[str, Any]:
    comments = [
        {
            "id": str(30_000 + change.id),
            "author": jira_person(change.by),
            "updateAuthor": jira_person(change.by),
            "created": _instant(change.at),
            "updated": _instant(change.at),
            "body": _document(str(change.value)),
        }
        for change in state.comments
    ]
    return {"comments": comments, "maxResults": len(comments), "total": len(comments), "startAt": 0}


def _document(text: str) -> dict[str, Any]:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
    return {"type": "doc", "version": 1, "content": [paragraph]}


def _address(twin: Work) -> str:
    return f"https://app.asana.com/0/{ASANA_PROJECTS[twin.project]}/{twin.key}"


def _changelog(work: Work, state: State) -> dict[str, Any]:
    """Newest first, as `expand=changelog` gives it."""
    before: dict[str, Any] = {"status": Status.TODO, "label": work.labels, "parent": work.parent, "sprint": ()}
    histories = []
    for change in state.history:
        if change.field == "resolution":
            before["resolution"] = change.value  # told with the status, as Jira does
            continue
        entry = {"id": str(40_000 + change.id), "author": jira_person(change.by), "created": _instant(change.at)}
        histories.append({**entry, "items": _items(work, change, before)})
    histories.reverse()
    return {"startAt": 0, "maxResults": len(histories), "total": len(histories), "histories": histories}


def _items(work: Work, change: Change, before: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of one history, and note what it changed to. Finishing sets the resolution as well."""
    value = change.value
    if isinstance(value, Link):
        return [_link_item(work, change, value)]
    old: Any = before.get(change.field)
    before[change.field] = (*old, value) if change.field in {"label", "sprint"} else value
    if isinstance(value, Status):
        moved = _item("status", STATUSES[old][0], old.value, STATUSES[value][0], value.value)
        return [moved, _resolved(before.get("resolution", "Done"))] if value is Status.DONE else [moved]
    if isinstance(value, Sprint):
        return [_sprint_item(old, (*old, value))]
    return _parent_items(old, value) if change.field == "parent" else [_plain_item(change, old, value)]


def _resolved(name: str) -> dict[str, Any]:
    return _item("resolution", None, None, RESOLUTIONS[name], name)


def _plain_item(change: Change, old: Any, value: Any) -> dict[str, Any]:
    if change.field == "label":
        return _item("labels", None, " ".join(old), None, " ".join((*old, str(value))))
    if change.field == "due":
        return _item("duedate", *_twice(old), *_twice(value))
    return _item("assignee", account_of(old) if old else None, old, account_of(str(value)), str(value))


def _twice(day: Any) -> tuple[str | None, str | None]:
    return (day.isoformat(), f"{day} 00:00:00.0") if isinstance(day, date) else (None, None)


def _item(field: str, old: str | None, old_text: str | None, new: str | None, new_text: str | None) -> dict[str, Any]:
    return {
        "field": field, "fieldtype": "jira", "fieldId": field,
        "from": old, "fromString": old_text, "to": new, "toString": new_text,
    }  # fmt: skip


def _link_item(work: Work, change: Change, link: Link) -> dict[str, Any]:
    """A link's entry has no field id, and tells its direction in prose only."""
    phrase, other = ("blocks", link.dependent) if link.blocker is work else ("is blocked by", link.blocker)
    told = (other.key, f"This issue {phrase} {other.key}")
    old, new = (told, (None, None)) if change.field == "unlink" else ((None, None), told)
    return {
        "field": "Link", "fieldtype": "jira",
        "from": old[0], "fromString": old[1], "to": new[0], "toString": new[1],
    }  # fmt: skip


def _parent_items(old: Work | None, new: Any) -> list[dict[str, Any]]:
    """A new parent is told twice where it is an epic: by its old name as well."""
    ends = {
        "from": old.id if old else None, "fromString": old.key if old else None,
        "to": new.id if new else None, "toString": new.key if new else None,
    }  # fmt: skip
    told = [{"field": "IssueParentAssociation", "fieldtype": "jira", **ends}]
    if any(end is not None and end.kind == "Epic" for end in (old, new)):
        told.insert(0, {"field": "Epic Link", "fieldtype": "custom", "fieldId": "customfield_10014", **ends})
    return told


def _sprint_item(old: tuple[Sprint, ...], new: tuple[Sprint, ...]) -> dict[str, Any]:
    return {
        "field": "Sprint", "fieldtype": "custom", "fieldId": SPRINT_FIELD,
        "from": ", ".join(str(sprint.id) for sprint in old), "fromString": ", ".join(sprint.name for sprint in old),
        "to": ", ".join(str(sprint.id) for sprint in new), "toString": ", ".join(sprint.name for sprint in new),
    }  # fmt: skip
