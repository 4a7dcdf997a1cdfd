"""Plain builders of tracker payloads and work items: keyword defaults that mean something, and no magic.

All people, projects and companies in here are invented.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from schemas.work_items import (
    Actor,
    Dependency,
    DueSource,
    FixVersion,
    ItemType,
    Project,
    Resolution,
    StatusCategory,
    WorkItem,
    WorkItemSnapshot,
)

Json = dict[str, Any]
CREATED = datetime(2026, 4, 20, 12, tzinfo=UTC)
ANA = Actor(id="ana", name="Ana")
BO = Actor(id="bo", name="Bo")

JIRA_CATEGORIES: dict[str, Json] = {
    "new": {"id": 2, "key": "new", "name": "To Do"},
    "indeterminate": {"id": 4, "key": "indeterminate", "name": "In Progress"},
    "done": {"id": 3, "key": "done", "name": "Done"},
}
JIRA_LINK_TYPES: dict[str, Json] = {
    "Blocks": {"id": "10000", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"},
    "Depends": {"id": "10020", "name": "Depends", "inward": "is dependent of", "outward": "depends on"},
    "Relates": {"id": "10003", "name": "Relates", "inward": "relates to", "outward": "relates to"},
}


def ref_of(number: int | str, site: str = "archive", tracker: str = "jira") -> str:
    """Return the ref of the item with this number."""
    return f"{tracker}:{site}:{number}"


def work_item(number: int | str = 1, *, project: str = "APP", **fields: Any) -> WorkItem:
    """Return an item `<project>-<number>`, a story in `todo`, created on 2026-04-20 and touched only then.

    `blocked_by` and `blocks` take numbers or refs of the far ends; all else are fields of `WorkItem`. A done item is
    delivered, and done when it was last updated, unless told otherwise.
    """
    blocked_by, blocks = fields.pop("blocked_by", ()), fields.pop("blocks", ())
    site = fields.pop("site", "archive")
    created = fields.get("created", CREATED)
    me = ref_of(number, site)
    values: Json = {
        "ref": me,
        "key": f"{project}-{number}",
        "title": f"Item {number}",
        "type": ItemType.STORY,
        "type_name": "Story",
        "status": "Open",
        "status_category": StatusCategory.TODO,
        "created": created,
        "updated": fields.get("touched", created),
        "touched": created,
        "assignee": ANA,
        "reporter": ANA,
        "project": Project(id=project.lower(), key=project, name=project.title()),
        "dependencies": dependencies_of(me, site, blocked_by, blocks),
    }
    if fields.get("status_category") == StatusCategory.DONE:
        done = fields.get("done", fields.get("updated", values["updated"]))
        values |= {"status": "Closed", "done": done, "resolution": Resolution.DELIVERED, "resolution_name": "Done"}
    if fields.get("due"):
        values["due_source"] = DueSource.ITEM
    return WorkItem(**(values | fields))


def dependencies_of(
    me: str, site: str, blocked_by: Sequence[int | str], blocks: Sequence[int | str]
) -> tuple[Dependency, ...]:
    """Return the dependencies that one item tells: first what blocks it, then what it blocks."""
    far = [str(end) if ":" in str(end) else ref_of(end, site) for end in (*blocked_by, *blocks)]
    waits, holds = far[: len(blocked_by)], far[len(blocked_by) :]
    return (
        *(Dependency(blocker=end, dependent=me) for end in waits),
        *(Dependency(blocker=me, dependent=end) for end in holds),
    )


def snapshot(item: WorkItem, revision: int = 1, *, connection: str = "archive", flow: str | None = None,
             seen_at: datetime = CREATED) -> WorkItemSnapshot:  # fmt: skip
    """Return the item as the connectors publish it."""
    return WorkItemSnapshot(item=item, revision=revision, connection=connection, seen_at=seen_at, flow=flow)


def fix_version(name: str, release_on: date | None = None, *, released: bool = False) -> FixVersion:
    """Return a release."""
    return FixVersion(id=name, name=name, released=released, release_on=release_on)


def jira_time(instant: datetime | str) -> str:
    """Return an instant as Jira writes it: milliseconds, and an offset without a colon."""
    if isinstance(instant, str):
        instant = datetime.fromisoformat(instant)
    instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}" + instant.strftime("%z")


def jira_person(name: str, **more: Any) -> Json:
    """Return a user as Jira Data Center writes it; give `accountId` and `accountType` for one of Cloud."""
    return {"name": name, "key": name, "displayName": name.title(), "active": True, **more}


def jira_comment(number: int | str, at: datetime | str, author: Json | None, body: Any = "") -> Json:
    """Return a comment; an author of none is what Jira gives for a deleted or anonymous one."""
    return {"id": str(number), "author": author, "created": jira_time(at), "updated": jira_time(at), "body": body}


def jira_link(number: int | str, type_name: str, *, inward: int | None = None, outward: int | None = None,
              project: str = "APP") -> Json:  # fmt: skip
    """Return an issue link; exactly one of `inward` and `outward` is the number of the far end."""
    side, far = ("inwardIssue", inward) if inward is not None else ("outwardIssue", outward)
    return {"id": str(number), "type": JIRA_LINK_TYPES[type_name], side: {"id": str(far), "key": f"{project}-{far}"}}


def jira_history(number: int | str, at: datetime | str, author: Json | None, *items: Json) -> Json:
    """Return one history of a changelog; each item as `{"field": ..., "from": ..., "toString": ...}`."""
    return {"id": str(number), "created": jira_time(at), "author": author, "items": list(items)}


def jira_issue(number: int | str = 1, *, project: str = "APP", category: str = "new", type_name: str = "Story",
               subtask: bool = False, created: datetime | str = CREATED, histories: list[Json] | None = None,
               **fields: Any) -> Json:  # fmt: skip
    """Return an issue as Jira's REST API gives it; `fields` are added to, or replace, those of the issue.

    `category` is the key of its status category; with `histories` it comes with a whole changelog.
    """
    status = {"new": "Open", "indeterminate": "In Progress", "done": "Closed"}[category]
    at = jira_time(created)
    issue: Json = {"id": str(number), "key": f"{project}-{number}", "fields": {
        "summary": f"Item {number}",
        "issuetype": {"id": "7", "name": type_name, "subtask": subtask},
        "project": {"id": project.lower(), "key": project, "name": project.title()},
        "status": {"id": category, "name": status, "statusCategory": JIRA_CATEGORIES[category]},
        "created": at, "updated": at, "labels": [], "components": [], "issuelinks": [],
        "creator": jira_person("ana"), "reporter": jira_person("ana"), "assignee": jira_person("ana"),
        "comment": {"comments": [], "startAt": 0},
    } | fields}  # fmt: skip
    if histories is not None:
        total = len(histories)
        issue["changelog"] = {"startAt": 0, "maxResults": total, "total": total, "histories": histories}
    return issue


def asana_person(gid: int | str, name: str) -> Json:
    """Return a user as Asana writes it."""
    return {"gid": str(gid), "resource_type": "user", "name": name}


def asana_story(gid: int | str, subtype: str, at: str, by: Json | None, **more: Any) -> Json:
    """Return a story of a task; `more` holds what its subtype brings, such as `old_dates`."""
    kind = "comment" if subtype == "comment_added" else "system"
    return {"gid": str(gid), "type": kind, "resource_subtype": subtype, "created_at": at, "created_by": by, **more}


def asana_task(gid: int | str = 1, *, project: str = "Onboarding", section: str = "To do", **fields: Any) -> Json:
    """Return a task as Asana's API gives it with the `opt_fields` that the connector asks for."""
    home = {"gid": "900", "resource_type": "project", "name": project}
    return {
        "gid": str(gid), "resource_type": "task", "resource_subtype": "default_task", "name": f"Task {gid}",
        "created_at": "2026-04-20T12:00:00.000Z", "modified_at": "2026-04-20T12:00:00.000Z",
        "created_by": asana_person(11, "Ana"), "assignee": asana_person(11, "Ana"),
        "completed": False, "completed_at": None, "due_on": None, "due_at": None, "start_on": None,
        "projects": [home], "memberships": [{"project": home, "section": {"gid": "901", "name": section}}],
        "parent": None, "tags": [], "custom_fields": [], "dependencies": [], "dependents": [],
        "permalink_url": f"https://app.asana.com/0/900/{gid}", "workspace": {"gid": "800", "name": "Invented Ltd"},
        "stories": [],
    } | fields  # fmt: skip
