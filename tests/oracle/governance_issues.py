"""A Jira issue as it stood at an instant, read the plain way: what TRACKERS (A3) and DESIGN (section 8) say."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.oracle.governance_raw import EPIC_FIELD, START_FIELD, Item, Json, Pair, day, instant, spells

CATEGORY = {"new": "todo", "indeterminate": "in_progress", "done": "done"}
BY_STATUS = {"Open": "todo", "In Progress": "in_progress", "Closed": "done"}
NO_TOUCH = {"rank", "remoteissuelink", "watchers", "watcher"}
PHRASES = {"Blocks": "blocks", "Depends": "depends on", "Dependency": "depends on"}
Log = list[tuple[datetime, Any, Json]]


@dataclass
class _Stood:
    """What an issue said of itself at the time, in Jira's words, and what it said before."""

    category: str
    started: datetime | None
    done: datetime | None
    told: dict[str, str | None]
    past: dict[str, list[tuple[datetime, Any]]] = field(default_factory=dict)


def issue_at(raw: Json, now: datetime) -> Item:
    """Return the issue as it stood at `now`."""
    fields, log = raw["fields"], _log(raw)
    release = min((one["releaseDate"] for one in fields.get("fixVersions", []) if one.get("releaseDate")), default=None)
    stood = _by_log(fields, log, now) if log else _by_dates(fields, now)
    stood.past["duedate"] = [(at, value or release) for at, value in stood.past.get("duedate", [])]
    links = [one for one in fields["issuelinks"] if _link_stood(one, log, now)]
    type_name, is_done = fields["issuetype"]["name"], stood.category == "done"
    kind = type_name.casefold() if type_name in {"Epic", "Initiative"} else "other"
    described = fields.get("description") or ""
    return Item(
        ref=_jira(raw["id"]), key=raw["key"], tracker="jira", type_name=type_name,
        kind="subtask" if fields["issuetype"]["subtask"] else kind, category=stood.category,
        resolution=stood.told["resolution"] if is_done else None, created=instant(fields["created"]),
        touched=_touched(fields, log, now), started=stood.started if stood.category != "todo" else None,
        done=stood.done if is_done else None, due=day(stood.told["duedate"] or release),
        start=day(fields.get(START_FIELD)), assignee=stood.told["assignee"],
        project=(fields["project"]["key"], fields["project"]["name"]),
        labels=tuple((stood.told["labels"] or "").split()),
        components=tuple(one["name"] for one in fields["components"]),
        fix_versions=tuple(one["name"] for one in fields.get("fixVersions", [])),
        pairs=tuple(filter(None, (_pair(_jira(raw["id"]), one) for one in links))),
        links=tuple(_jira(_far(one)["id"]) for one in links),
        twins=tuple(f"asana:archive:{gid}" for gid in re.findall(r"app\.asana\.com/0/\d+/(\d+)", described)),
        history=stood.past, **_above(fields),
    )  # fmt: skip


def _jira(number: object) -> str:
    return f"jira:archive:{number}"


def _log(raw: Json) -> Log:
    histories = raw.get("changelog", {}).get("histories", [])
    found = [(instant(each["created"]), each["author"], one) for each in histories for one in each["items"]]
    return sorted(found, key=lambda one: one[0])


def _told_now(fields: Json) -> dict[str, str | None]:
    return {
        "status": fields["status"]["name"], "resolution": (fields.get("resolution") or {}).get("name"),
        "assignee": (fields.get("assignee") or {}).get("displayName"), "duedate": fields.get("duedate"),
        "labels": " ".join(fields["labels"]),
    }  # fmt: skip


def _resolved(fields: Json) -> datetime | None:
    return instant(fields["resolutiondate"]) if fields.get("resolutiondate") else None


def _by_log(fields: Json, log: Log, now: datetime) -> _Stood:
    created, told, resolved = instant(fields["created"]), _told_now(fields), _resolved(fields)
    past = {}
    for name, last in told.items():
        past[name] = _values(created, [one for one in log if one[2]["field"] == name], name, last)
        told[name] = [value for at, value in past[name] if at <= now][-1]
    started, done = spells([(at, BY_STATUS[value or ""]) for at, value in past["status"] if at <= now])
    category = BY_STATUS[told["status"] or ""]
    if category == "done" and resolved and resolved <= now:
        done = resolved
    return _Stood(category, started, done, told, past)


def _by_dates(fields: Json, now: datetime) -> _Stood:
    category, resolved, done = CATEGORY[fields["status"]["statusCategory"]["key"]], _resolved(fields), None
    ended = resolved or (instant(fields["updated"]) if category == "done" else None)
    if ended and ended <= now:
        category, done = "done", ended
    elif category == "done":
        category = "todo"
    return _Stood(category, None, done, _told_now(fields))


def _touched(fields: Json, log: Log, now: datetime) -> datetime:
    resolved = _resolved(fields)
    touches = [instant(fields["created"]), *([resolved] if resolved else [])]
    touches += [instant(one["created"]) for one in fields["comment"]["comments"] if _is_person(one["author"])]
    touches += [at for at, by, one in log if _is_person(by) and one["field"].casefold() not in NO_TOUCH]
    return max(one for one in touches if one <= now)


def _is_person(author: Json | None) -> bool:
    return author is not None and author.get("accountType") != "app"


def _above(fields: Json) -> Json:
    """Return parent and epic: on Cloud a parent that is an epic is the epic."""
    parent, epic_key = fields.get("parent"), fields.get(EPIC_FIELD)
    epic = _jira(epic_key.rpartition("-")[2]) if epic_key else None
    if parent and ((parent.get("fields") or {}).get("issuetype") or {}).get("name") == "Epic":
        return {"epic": _jira(parent["id"]), "epic_key": parent["key"]}
    above = {"parent": _jira(parent["id"]), "parent_key": parent["key"]} if parent else {}
    return {"epic": epic, "epic_key": epic_key, **above}


def _values(created: datetime, log: Log, name: str, last: str | None) -> list[tuple[datetime, str | None]]:
    sides = ("from", "to") if name == "duedate" else ("fromString", "toString")
    first = log[0][2][sides[0]] if log else last
    return [(created, first), *((at, one[sides[1]]) for at, _, one in log)]


def _far(link: Json) -> Json:
    far: Json = link.get("inwardIssue") or link["outwardIssue"]
    return far


def _link_stood(link: Json, log: Log, now: datetime) -> bool:
    made = [at for at, _, one in log if one["field"] == "Link" and one["to"] == _far(link)["key"]]
    return not made or max(made) <= now


def _pair(me: str, link: Json) -> Pair | None:
    """Read the label that this issue shows towards the far one: "<this> <label> <far>"."""
    label = link["type"]["inward" if "inwardIssue" in link else "outward"]
    other = link["type"]["outward" if "inwardIssue" in link else "inward"]
    far = _jira(_far(link)["id"])
    phrase = PHRASES.get(link["type"]["name"])
    if phrase is None:
        return None
    assert phrase in {label, other}, link
    i_am_blocker = (label == phrase) is (phrase == "blocks")
    return (me, far) if i_am_blocker else (far, me)
