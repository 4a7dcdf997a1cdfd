"""Reads an issue in any of the shapes that Jira gives it, into the one in which it is kept: Cloud's, version 3."""

from dataclasses import dataclass
from typing import Any, Final

from services.sandbox.jira.catalogue import ADDRESSES, FLAGGED, SPRINT, Catalogue, addressed, addressed_person
from services.sandbox.jira.records import Json, Link, millis_of
from services.sandbox.jira.rich_text import as_document

APART: Final = frozenset(
    {"comment", "issuelinks", "parent", "subtasks", "updated", "worklog", "attachment", "votes", "watches"}
)
"""Fields that are kept elsewhere, or made up when the issue is shown."""
AGILE: Final = frozenset({"epic", "sprint", "closedSprints", "flagged", "mentions"})
"""Fields that only the agile API gives, and what an export made of texts."""
ALWAYS: Final[Json] = {
    "description": None, "environment": None, "duedate": None, "priority": None, "resolution": None,
    "resolutiondate": None, "assignee": None, "reporter": None, "creator": None, "labels": [], "components": [],
    "fixVersions": [], "versions": [], SPRINT: None, FLAGGED: None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """An issue as it was given. `histories` is none where it came without a changelog; `far` are its far ends."""

    id: str
    key: str
    project: Json
    created: int
    updated: int
    fields: Json
    parent: str | None
    links: tuple[Link, ...]
    comments: list[Json]
    histories: list[Json] | None
    far: dict[str, Json]


def take(raw: Json, known: Catalogue) -> Taken:
    """Read an issue, and have the catalogue learn from it."""
    given = raw["fields"]
    fields = _canonical(given, known)
    project = fields["project"]
    known.learn_fields(str(project["id"]), fields)
    far: dict[str, Json] = {}
    parent = _parent(given, far)
    links = tuple(_link(str(raw["id"]), each, known, far) for each in given.get("issuelinks") or ())
    return Taken(
        id=str(raw["id"]), key=raw["key"], project=project, fields=fields, parent=parent, links=links, far=far,
        created=millis_of(given["created"]), updated=millis_of(given.get("updated") or given["created"]),
        comments=[_comment(each, known) for each in (given.get("comment") or {}).get("comments", ())],
        histories=_histories(raw.get("changelog"), known),
    )  # fmt: skip


def _canonical(given: Json, known: Catalogue) -> Json:
    fields = {**ALWAYS, **{name: value for name, value in given.items() if name not in APART and name not in AGILE}}
    for role in ("assignee", "reporter", "creator"):
        fields[role] = addressed_person(known.person(fields[role]))
    for name, kind in ADDRESSES.items():
        if value := fields[name]:
            several = isinstance(value, list)
            fields[name] = [addressed(kind, each) for each in value] if several else addressed(kind, value)
    for name in ("description", "environment"):
        fields[name] = as_document(fields[name])
    sprints = [*(given.get("closedSprints") or ()), *([given["sprint"]] if given.get("sprint") else ())]
    if sprints:
        fields[SPRINT] = [_sprint(each) for each in sprints]
    if given.get("flagged") is True:
        fields[FLAGGED] = [{"id": "10019", "value": "Impediment"}]
    return fields


def _sprint(raw: Json) -> Json:
    """The agile API says `originBoardId` where a field says `boardId`."""
    kept = {name: value for name, value in raw.items() if name not in {"originBoardId", "self"}}
    return {**kept, "boardId": raw.get("boardId", raw.get("originBoardId", 1)), "goal": raw.get("goal", "")}


def _parent(given: Json, far: dict[str, Json]) -> str | None:
    raw = given.get("parent") or given.get("epic")
    if not raw:
        return None
    id_ = str(raw["id"])
    far[id_] = {"id": id_, "key": raw["key"], "fields": raw.get("fields") or {"summary": raw.get("summary", "")}}
    return id_


def _link(id_: str, raw: Json, known: Catalogue, far: dict[str, Json]) -> Link:
    kind = {name: str(raw["type"][name]) for name in ("id", "name", "inward", "outward")}
    known.link_types.setdefault(kind["id"], kind)
    outward = "outwardIssue" in raw
    stub = raw["outwardIssue" if outward else "inwardIssue"]
    other = str(stub["id"])
    far[other] = {"id": other, "key": stub["key"], "fields": stub.get("fields", {})}
    source, destination = (id_, other) if outward else (other, id_)
    return Link(str(raw["id"]), kind["id"], source, destination)


def _comment(raw: Json, known: Catalogue) -> Json:
    author = known.person(raw.get("author"))
    return {
        "id": str(raw["id"]),
        "author": author,
        "updateAuthor": known.person(raw.get("updateAuthor")) or author,
        "body": as_document(raw.get("body", "")),
        "created": raw["created"],
        "updated": raw.get("updated") or raw["created"],
        "jsdPublic": True,
    }


def _histories(changelog: Any, known: Catalogue) -> list[Json] | None:
    """Return the histories newest first, whatever order they came in."""
    if changelog is None:
        return None
    found = [
        {**each, "id": str(each["id"]), "author": known.person(each.get("author"))} for each in changelog["histories"]
    ]
    for each in found:
        if each["author"] is None:  # a rule's own doing: Jira leaves the author out
            del each["author"]
    found.sort(key=newest_first, reverse=True)
    return found


def newest_first(history: Json) -> tuple[int, int]:
    """Return what histories and comments are sorted by."""
    return millis_of(history["created"]), int(history["id"])
