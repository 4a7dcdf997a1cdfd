"""What a change writes into the changelog: one entry a field, in the words that Jira uses for each."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from services.runtime.connections import JiraKind
from services.sandbox.jira.catalogue import EPIC_LINK, FLAGGED, POINTS, SPRINT, START_DATE
from services.sandbox.jira.records import Json, Link, Stored
from services.sandbox.jira.rich_text import plain

CUSTOM: Final = {
    SPRINT: "Sprint", FLAGGED: "Flagged", EPIC_LINK: "Epic Link", START_DATE: "Start date",
    POINTS: "Story point estimate",
}  # fmt: skip
NAMED: Final = ("status", "resolution", "priority", "issuetype")
SEVERAL: Final = {"components": "Component", "fixVersions": "Fix Version", "versions": "Version"}
SILENT: Final = frozenset({"created", "creator", "updated", "resolutiondate", "project", "statuscategorychangedate"})
"""Fields that change with others and have no entry of their own."""
Pair = tuple[str | None, str | None]
NOTHING: Final[Pair] = (None, None)


def item(field: str, old: Pair, new: Pair, field_id: str | None = None, fieldtype: str = "jira") -> Json:
    """Return one entry; each side is an id and the text that people see."""
    entry: Json = {"field": field, "fieldtype": fieldtype}
    if field_id is not None:
        entry["fieldId"] = field_id
    return {**entry, "from": old[0], "fromString": old[1], "to": new[0], "toString": new[1]}


def differences(old: Json, new: Json) -> list[Json]:
    """Return the entries for all fields that differ."""
    changed = [name for name in {**old, **new} if name not in SILENT and old.get(name) != new.get(name)]
    return [entry for name in changed for entry in _entries(name, old.get(name), new.get(name))]


def _entries(name: str, old: Any, new: Any) -> Iterator[Json]:
    if name in SEVERAL:
        yield from _each(name, old or [], new or [])
    elif name in {"assignee", "reporter"}:
        yield item(name, _person(old), _person(new), name)
    elif name == "labels":
        yield item(name, (None, " ".join(old or [])), (None, " ".join(new or [])), name)
    elif name == "duedate":
        yield item(name, _day(old), _day(new), name)
    elif name.startswith("customfield_"):
        yield item(CUSTOM.get(name, name), _custom(old), _custom(new), name, "custom")
    else:
        yield item(name, _named(old), _named(new), name)


def _each(name: str, old: list[Json], new: list[Json]) -> Iterator[Json]:
    """A list's entries are one for each that came or went."""
    before, after = ({str(each["id"]): each["name"] for each in side} for side in (old, new))
    for id_ in before.keys() - after.keys():
        yield item(SEVERAL[name], (id_, before[id_]), NOTHING, name)
    for id_ in after.keys() - before.keys():
        yield item(SEVERAL[name], NOTHING, (id_, after[id_]), name)


def _person(value: Json | None) -> Pair:
    return (value["accountId"], value["displayName"]) if value else NOTHING


def _day(value: str | None) -> Pair:
    return (value, f"{value} 00:00:00.0") if value else NOTHING


def _named(value: Any) -> Pair:
    if isinstance(value, dict) and "id" in value:
        return str(value["id"]), value.get("name") or value.get("value")
    shown = plain(value)
    return (None, None if shown is None else str(shown))


def _custom(value: Any) -> Pair:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        ids = ", ".join(str(each.get("id", "")) for each in value)
        return ids, ", ".join(str(each.get("name") or each.get("value")) for each in value)
    if isinstance(value, list | None):
        return ("", "") if not value else (None, " ".join(map(str, value)))
    return _named(value)


def link_item(kind: Json, link: Link, seen_from: str, other: str, *, made: bool) -> Json:
    """Return the entry of a link in one of its issues: no field id, and its direction in prose only."""
    phrase = kind["outward"] if seen_from == link.source else kind["inward"]
    told = (other, f"This issue {phrase} {other}")
    return item("Link", NOTHING, told) if made else item("Link", told, NOTHING)


def parent_items(kind: JiraKind, old: Stored | None, new: Stored | None, *, subtask: bool) -> list[Json]:
    """Return the entries of a new parent: on Cloud two of them, unless the child is a sub-task."""
    before, after = ((each.id, each.key) if each else NOTHING for each in (old, new))
    if subtask:
        return [item("Parent" if kind is JiraKind.DATACENTER else "IssueParentAssociation", before, after)]
    epic = item("Epic Link", before, after, EPIC_LINK, "custom")
    if kind is JiraKind.DATACENTER:
        return [item("Epic Link", before, after, None, "custom")]
    return [item("IssueParentAssociation", before, after), epic]


def child_item(child: Stored, *, joined: bool) -> Json:
    """Return what an epic writes when an issue joins or leaves it."""
    told = (child.id, child.key)
    return (
        item("Epic Child", NOTHING, told, None, "custom")
        if joined
        else item("Epic Child", told, NOTHING, None, "custom")
    )


def event_type(kind: JiraKind, items: Iterable[Json]) -> str:
    """Return the name that Jira gives to an update of these fields."""
    names = [entry["field"] for entry in items]
    if "Key" in names:
        return "issue_moved"
    if names == ["assignee"]:
        return "issue_assigned"
    if "status" in names:
        return "issue_resolved" if "resolution" in names and kind is JiraKind.DATACENTER else "issue_generic"
    return "issue_updated"
