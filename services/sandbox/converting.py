"""A Jira issue as the Asana task that somebody would make of it.

Projects stay projects, statuses become sections, blocking links dependencies (at most thirty a task, as Asana has it),
an epic becomes a tag of what is in it, a sub-task stays one, and comments and the main changes become stories.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final

from services.sandbox.asana.placing import MOST_DEPENDENCIES
from services.sandbox.jira.rich_text import plain

Raw = dict[str, Any]

SUBTYPES: Final = {"status": "section_changed", "assignee": "assigned", "duedate": "due_date_changed"}
BLOCKING: Final = "Blocks"


def gid_of(kind: str, id_: Any) -> str:
    """Return the gid of what has an id in Jira; ids of the same kind never meet."""
    first = {"task": "2", "comment": "3", "history": "4", "project": "5", "section": "6", "user": "7", "tag": "8"}[kind]
    text = str(id_)
    number = int(text) if text.isdigit() and len(text) <= 15 else _hashed(text)  # noqa: PLR2004 -- digits that fit
    return f"{first}{number:015}"


def _hashed(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest(), "big")


class Converter:
    """Converts the issues of one load; `known` are the ids of all of them, as nothing else can be linked to."""

    def __init__(self, known: Collection[str]) -> None:
        self._known = known
        self._links: set[tuple[str, str]] = set()
        self._degree: Counter[str] = Counter()

    def task(self, issue: Raw) -> Raw:
        """Return the task, with its stories."""
        fields = issue["fields"]
        done = _is_done(fields["status"])
        parent = self._parent(fields)
        ends = fields.get("resolutiondate") or fields.get("updated") or fields["created"]
        waits, blocks = self._dependencies(issue)
        return {
            "gid": gid_of("task", issue["id"]),
            "resource_type": "task",
            "resource_subtype": "default_task",
            "name": fields.get("summary") or "",
            "notes": _text(fields.get("description")),
            "completed": done,
            "completed_at": _instant(ends) if done else None,
            "created_at": _instant(fields["created"]),
            "modified_at": _instant(fields.get("updated") or fields["created"]),
            "created_by": _person(fields.get("reporter")),
            "assignee": _person(fields.get("assignee")),
            "due_on": fields.get("duedate"),
            "parent": {"gid": gid_of("task", parent), "resource_type": "task"} if parent else None,
            "memberships": [] if parent else [_membership(fields)],
            "tags": [_tag(name) for name in dict.fromkeys((*(fields.get("labels") or ()), *_epic(fields)))],
            "dependencies": [{"gid": gid} for gid in waits],
            "dependents": [{"gid": gid} for gid in blocks],
            "stories": sorted(_stories(issue), key=lambda story: story["created_at"]),
        }

    def _parent(self, fields: Raw) -> str | None:
        """Return the id of the issue that a sub-task is of."""
        parent = fields.get("parent") or {}
        is_here = fields["issuetype"].get("subtask") and str(parent.get("id")) in self._known
        return str(parent["id"]) if is_here else None

    def _dependencies(self, issue: Raw) -> tuple[list[str], list[str]]:
        """Return the gids of blockers and of dependents."""
        waits, blocks = [], []
        for link in issue["fields"].get("issuelinks") or ():
            side = "inwardIssue" if "inwardIssue" in link else "outwardIssue"
            other = str((link.get(side) or {}).get("id"))
            if (link.get("type") or {}).get("name") != BLOCKING or other not in self._known:
                continue
            if side == "inwardIssue" and self._takes(other, str(issue["id"])):
                waits.append(gid_of("task", other))
            elif side == "outwardIssue" and self._takes(str(issue["id"]), other):
                blocks.append(gid_of("task", other))
        return list(dict.fromkeys(waits)), list(dict.fromkeys(blocks))

    def _takes(self, blocker: str, dependent: str) -> bool:
        """Take a link if both of its ends have room; the end that is met second goes by what the first one got."""
        pair = (blocker, dependent)
        if pair in self._links:
            return True
        if blocker == dependent or max(self._degree[blocker], self._degree[dependent]) >= MOST_DEPENDENCIES:
            return False
        self._links.add(pair)
        self._degree.update(pair)
        return True


def _is_done(status: Raw) -> bool:
    category = status.get("statusCategory") or {}
    return category.get("key") == "done" or str(category.get("id")) == "3"


def _instant(text: str) -> str:
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _text(value: Any) -> str:
    found = plain(value)
    return found if isinstance(found, str) else ""


def _person(raw: Any) -> Raw | None:
    if not isinstance(raw, dict):
        return None
    account = str(raw.get("accountId") or raw.get("key") or raw.get("name") or raw.get("displayName"))
    return {"gid": gid_of("user", account), "resource_type": "user", "name": str(raw.get("displayName") or account)}


def _membership(fields: Raw) -> Raw:
    project = {"gid": gid_of("project", fields["project"]["id"]), "name": str(fields["project"].get("name") or "")}
    return {"project": project, "section": _section(fields, fields["status"].get("id"), fields["status"].get("name"))}


def _section(fields: Raw, id_: Any, name: Any) -> Raw:
    gid = gid_of("section", f"{fields['project']['id']}/{id_}")
    return {"gid": gid, "resource_type": "section", "name": str(name)}


def _tag(name: str) -> Raw:
    return {"gid": gid_of("tag", f"tag {name}"), "name": name}


def _epic(fields: Raw) -> Iterator[str]:
    above = fields.get("epic") or (None if fields["issuetype"].get("subtask") else fields.get("parent"))
    if isinstance(above, dict) and above.get("key"):
        yield f"epic {above['key']}"


def _stories(issue: Raw) -> Iterator[Raw]:
    fields = issue["fields"]
    for comment in (fields.get("comment") or {}).get("comments") or ():
        told = {"resource_subtype": "comment_added", "type": "comment", "text": _text(comment.get("body"))}
        yield _story(gid_of("comment", comment["id"]), comment["created"], comment.get("author"), told)
    for history in (issue.get("changelog") or {}).get("histories") or ():
        for number, item in enumerate(history.get("items") or ()):
            if item.get("field") in SUBTYPES:
                gid = gid_of("history", f"{history['id']}{number:02}")
                yield _story(gid, history["created"], history.get("author"), _change(fields, item))


def _story(gid: str, at: Any, by: Any, told: Raw) -> Raw:
    created = at if isinstance(at, str) else datetime.fromtimestamp(at / 1000, UTC).isoformat()
    return {"gid": gid, "created_at": _instant(created), "created_by": _person(by), **told}


def _change(fields: Raw, item: Raw) -> Raw:
    told: Raw = {"resource_subtype": SUBTYPES[item["field"]], "type": "system", "text": ""}
    match item["field"]:
        case "status":
            told["old_section"] = _section(fields, item.get("from"), item.get("fromString"))
            told["new_section"] = _section(fields, item.get("to"), item.get("toString"))
        case "duedate":
            told["old_dates"], told["new_dates"] = {"due_on": item.get("from")}, {"due_on": item.get("to")}
        case "assignee" if item.get("to"):
            told["assignee"] = _person({"name": item["to"], "displayName": item.get("toString")})
        case "assignee":
            told["resource_subtype"] = "unassigned"
    return told
