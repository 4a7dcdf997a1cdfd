"""A made-up item as Jira Cloud's REST API, version 3, gives it: issue, comments, links and whole changelog."""

from datetime import date, datetime
from typing import Any, Final

from services.sandbox.strategy import JIRA_SITE
from services.sandbox.work import Change, Link, State, Status, Work, state_at

BASE: Final = f"https://{JIRA_SITE}.example"
PROJECTS: Final = {"GROW": ("10001", "Growth"), "MOB": ("10002", "Mobile"), "PLAT": ("10003", "Platform")}
TYPES: Final = {"Story": ("10011", 0), "Bug": ("10012", 0), "Sub-task": ("10013", -1), "Epic": ("10010", 1)}
STATUSES: Final = {
    Status.TODO: ("10021", {"id": 2, "key": "new", "name": "To Do", "colorName": "blue-gray"}),
    Status.DOING: ("10022", {"id": 4, "key": "indeterminate", "name": "In Progress", "colorName": "yellow"}),
    Status.DONE: ("10023", {"id": 3, "key": "done", "name": "Done", "colorName": "green"}),
}
BLOCKS: Final = {"id": "10050", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}


def jira_issue(work: Work, moment: datetime) -> dict[str, Any]:
    """Return the issue as it stands at a moment."""
    state = state_at(work, moment)
    fields = {
        "summary": work.title,
        "issuetype": _type(work),
        "project": _project(work),
        "status": _status(state.status),
        "resolution": {"id": "10000", "name": "Done"} if state.done else None,
        "resolutiondate": _instant(state.done) if state.done else None,
        "created": _instant(work.created),
        "updated": _instant(state.updated),
        "duedate": state.due.isoformat() if state.due else None,
        "assignee": _person(state.assignee) if state.assignee else None,
        "reporter": _person(work.reporter),
        "creator": _person(work.reporter),
        "priority": {"id": "3", "name": "Medium"},
        "labels": list(state.labels),
        "components": [{"id": str(sum(map(ord, work.component))), "name": work.component}] if work.component else [],
        "fixVersions": [],
        "issuelinks": [_link(work, link, moment) for link in state.links],
        "subtasks": [],
        "comment": _comments(state),
    }
    if work.parent is not None:
        fields["parent"] = _far_end(work.parent, moment)
    return {
        "id": work.id,
        "key": work.key,
        "self": f"{BASE}/rest/api/3/issue/{work.id}",
        "fields": fields,
        "changelog": _changelog(work, state),
    }


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def account_of(name: str) -> str:
    """Return the account id of one of our people: their name, in the form that Jira gives ids."""
    return "5f" + name.encode().hex()[:22].ljust(22, "0")


def _person(name: str) -> dict[str, Any]:
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


def _comments(state: State) -> dict[str, Any]:
    comments = [
        {
            "id": str(30_000 + change.id),
            "author": _person(change.by),
            "updateAuthor": _person(change.by),
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


def _changelog(work: Work, state: State) -> dict[str, Any]:
    """Newest first, as `expand=changelog` gives it."""
    before: dict[str, Any] = {"status": Status.TODO, "label": work.labels}
    histories = []
    for change in state.history:
        entry = {"id": str(40_000 + change.id), "author": _person(change.by), "created": _instant(change.at)}
        histories.append({**entry, "items": _items(work, change, before)})
    histories.reverse()
    return {"startAt": 0, "maxResults": len(histories), "total": len(histories), "histories": histories}


def _items(work: Work, change: Change, before: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of one history, and note what it changed to. Finishing sets the resolution as well."""
    value = change.value
    if isinstance(value, Link):
        return [_link_item(work, change, value)]
    old: Any = before.get(change.field)
    before[change.field] = (*old, str(value)) if change.field == "label" else value
    if isinstance(value, Status):
        moved = _item("status", STATUSES[old][0], old.value, STATUSES[value][0], value.value)
        return [moved, _item("resolution", None, None, "10000", "Done")] if value is Status.DONE else [moved]
    if change.field == "label":
        return [_item("labels", None, " ".join(old), None, " ".join((*old, str(value))))]
    if change.field == "due":
        return [_item("duedate", *_twice(old), *_twice(value))]
    return [_item("assignee", account_of(old) if old else None, old, account_of(str(value)), str(value))]


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
