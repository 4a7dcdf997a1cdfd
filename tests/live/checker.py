"""Compares what the sandbox's sites hold with what our tables hold: items, fields, dependencies and changes.

The sites are read in their own shapes, by nothing of the mapping: a fault of the mapping cannot hide in here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sandbox.asana.site import AsanaSite
from services.sandbox.jira.shapes import EPIC_LINK_DATACENTER
from services.sandbox.jira.site import JiraSite

_CATEGORIES: Final = {"new": "todo", "undefined": "todo", "indeterminate": "in_progress", "done": "done"}
_DOING: Final = frozenset({"in progress", "doing", "in review", "review", "in development"})
UNTOLD: Final = "seen:"
"""How the ids of changes begin that nobody told and that we saw by comparing."""


@dataclass(frozen=True)
class Fact:
    """What both sides say of an item. `blockers` and `dependents` are refs."""

    title: str
    category: str
    assignee: str | None
    due: str | None
    parent: str | None
    project: str
    labels: frozenset[str]
    blockers: frozenset[str]
    dependents: frozenset[str]


@dataclass
class Truth:
    """What a site holds now, and all changes that it ever told: `(item's ref, the tracker's change)`."""

    connection: str
    items: dict[str, Fact] = field(default_factory=dict)
    changes: set[tuple[str, str]] = field(default_factory=set)
    ever: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Kept:
    """What our tables hold of a connection."""

    items: dict[str, Fact] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    changes: set[tuple[str, str]] = field(default_factory=set)


def read_jira(site: JiraSite, truth: Truth) -> None:
    """Read a Jira site; what was told before stays told."""
    truth.items, truth.changes = {}, set()
    hidden = site.known.hidden
    for id_, issue in site.issues.items():
        if issue.project in hidden:
            continue
        raw = site.raw(id_)
        ref = f"jira:{truth.connection}:{id_}"
        truth.items[ref] = _jira_fact(raw, truth.connection, _above(raw["fields"], site))
        truth.changes |= {(ref, one) for one in _jira_changes(raw)}
    truth.ever |= truth.changes


def _above(fields: Mapping[str, Any], site: JiraSite) -> str | None:
    """Return the id of what the issue is a part of; a Data Center tells an epic by its key, in a field of its own."""
    if parent := fields.get("parent"):
        return str(parent["id"])
    epic = fields.get(EPIC_LINK_DATACENTER) if site.is_datacenter else None
    return site.store.keys.get(epic) if epic else None


def _jira_fact(raw: Mapping[str, Any], connection: str, above: str | None) -> Fact:
    fields = raw["fields"]
    links = [link for link in fields["issuelinks"] if link["type"]["name"] == "Blocks"]
    assignee = fields.get("assignee") or {}
    return Fact(
        title=fields["summary"],
        category=_CATEGORIES[fields["status"]["statusCategory"]["key"]],
        assignee=assignee.get("accountId") or assignee.get("key"),
        due=fields.get("duedate"),
        parent=f"jira:{connection}:{above}" if above else None,
        project=fields["project"]["id"],
        labels=frozenset(fields["labels"]),
        blockers=frozenset(f"jira:{connection}:{link['inwardIssue']['id']}" for link in links if "inwardIssue" in link),
        dependents=frozenset(
            f"jira:{connection}:{link['outwardIssue']['id']}" for link in links if "outwardIssue" in link
        ),
    )


def _jira_changes(raw: Mapping[str, Any]) -> Iterator[str]:
    """Give each entry of each history, and each comment; several links in one history are told apart by the far key."""
    for history in raw["changelog"]["histories"]:
        for item in history["items"]:
            is_link = item["field"].casefold() == "link"
            which = f"link:{item['to'] or item['from']}" if is_link else item.get("fieldId") or item["field"].casefold()
            yield f"{history['id']}:{which}"
    yield from (f"comment:{comment['id']}" for comment in raw["fields"]["comment"]["comments"])


def read_asana(site: AsanaSite, truth: Truth) -> None:
    """Read an Asana workspace; what was told before stays told."""
    truth.items, truth.changes = {}, set()
    for gid, task in site.tasks.items():
        if not _is_in_sight(task, site):
            continue
        raw = site.raw(gid)
        ref = f"asana:{truth.connection}:{gid}"
        truth.items[ref] = _asana_fact(raw, task, truth.connection)
        truth.changes |= {(ref, story["gid"]) for story in raw["stories"]}
    truth.ever |= truth.changes


def _is_in_sight(task: Mapping[str, Any], site: AsanaSite) -> bool:
    """Tell whether the task, or the one that it is a part of, lies in a project that may be seen."""
    places = [*task.get("memberships", ()), *_top(task).get("memberships", ())]
    return any(place["project"]["gid"] not in site.store.hidden for place in places)


def _top(task: Mapping[str, Any]) -> Mapping[str, Any]:
    while task.get("parent"):
        task = task["parent"]
    return task


def _asana_fact(raw: Mapping[str, Any], task: Mapping[str, Any], connection: str) -> Fact:
    """A subtask lies in no project of its own by default: it counts to that of the task it is a part of."""
    places = raw["memberships"] or _top(task)["memberships"]
    sections = {place["section"]["name"].casefold() for place in raw["memberships"] if place.get("section")}
    doing = bool(sections & _DOING)
    return Fact(
        title=raw["name"],
        category="done" if raw["completed"] else "in_progress" if doing else "todo",
        assignee=(raw.get("assignee") or {}).get("gid"),
        due=raw.get("due_on") or (raw.get("due_at") or "")[:10] or None,
        parent=f"asana:{connection}:{raw['parent']['gid']}" if raw.get("parent") else None,
        project=places[0]["project"]["gid"],
        labels=frozenset(tag["name"] for tag in raw["tags"]),
        blockers=frozenset(f"asana:{connection}:{one['gid']}" for one in raw["dependencies"]),
        dependents=frozenset(f"asana:{connection}:{one['gid']}" for one in raw["dependents"]),
    )


async def kept_of(conn: AsyncConnection, connection: str) -> Kept:
    """Read the connectors' tables; the connection is the one of the room."""
    kept = Kept()
    rows = await conn.execute(text("SELECT ref, body FROM snapshots WHERE connection = :one"), {"one": connection})
    for ref, body in rows:
        item = orjson.loads(body)
        if item.get("visible", True):
            kept.items[ref] = _kept_fact(item)
        else:
            kept.hidden.add(ref)
    told = await conn.execute(text("SELECT ref, change_id FROM changes WHERE split_part(ref, ':', 2) = :one"),
                              {"one": connection})  # fmt: skip
    kept.changes = {(ref, change) for ref, change in told}
    return kept


def _kept_fact(item: Mapping[str, Any]) -> Fact:
    dependencies = item.get("dependencies", [])
    return Fact(
        title=item["title"],
        category=item["status_category"],
        assignee=(item.get("assignee") or {}).get("id"),
        due=item.get("due"),
        # What Jira calls a parent is the epic where it is one.
        parent=item.get("parent") or item.get("epic"),
        project=item["project"]["id"],
        labels=frozenset(item.get("labels", [])),
        blockers=frozenset(one["blocker"] for one in dependencies if one["dependent"] == item["ref"]),
        dependents=frozenset(one["dependent"] for one in dependencies if one["blocker"] == item["ref"]),
    )


def differences(truth: Truth, kept: Kept) -> list[str]:
    """Return what is lost, invented or different, a line each; empty when both are equal."""
    found = [f"lost item {ref}" for ref in sorted(truth.items.keys() - kept.items.keys())]
    found += [f"invented item {ref}" for ref in sorted(kept.items.keys() - truth.items.keys())]
    for ref in sorted(truth.items.keys() & kept.items.keys()):
        if truth.items[ref] != kept.items[ref]:
            found.append(f"{ref}: there {truth.items[ref]}, here {kept.items[ref]}")
    told = {(ref, change) for ref, change in kept.changes if not change.startswith(UNTOLD)}
    found += _named("lost change", truth.changes - told)
    found += _named("invented change", told - truth.ever)
    return found


def _named(what: str, changes: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{what} {change} of {ref}" for ref, change in sorted(changes)]
