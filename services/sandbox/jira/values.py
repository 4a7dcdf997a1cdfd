"""Reads the values that clients send for fields, into those that are kept; refuses what is not there, as Jira does."""

from collections.abc import Callable
from typing import Any, Final

from services.sandbox.jira.catalogue import EPIC_LINK, SPRINT, Catalogue, Known, addressed_person, named
from services.sandbox.jira.records import Json
from services.sandbox.jira.rich_text import as_document

NOT_ON_SCREEN: Final = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
READ_ONLY: Final = frozenset(
    {"status", "created", "updated", "resolutiondate", "creator", "comment", "issuelinks", "subtasks"}
)

Reader = Callable[[Catalogue, str, Any], Any]


class Refused(Exception):  # noqa: N818 -- what Jira does, and the answer that it gives
    """A request that Jira refuses, with the answer's status, its messages and its messages by field."""

    def __init__(self, status: int, *messages: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(*messages, *(fields or {}).values())
        self.status = status
        self.messages = list(messages)
        self.fields = fields or {}


def wrong(field: str, message: str) -> Refused:
    """Return the refusal of a field's value."""
    return Refused(400, fields={field: message})


def read_value(known: Catalogue, project: str, name: str, value: Any) -> Any:
    """Return a field's value as it is kept; `parent` and the epic link are not read here."""
    reader = READERS.get(name)
    if name in READ_ONLY:
        raise wrong(name, NOT_ON_SCREEN.format(name))
    if reader is not None:
        return reader(known, project, value)
    if not name.startswith("customfield_") or name == EPIC_LINK:
        raise wrong(name, NOT_ON_SCREEN.format(name))
    return value


def _summary(_known: Catalogue, _project: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise wrong("summary", "You must specify a summary of the issue.")
    return value


def _rich(_known: Catalogue, _project: str, value: Any) -> Any:
    return as_document(value)


def _day(_known: Catalogue, _project: str, value: Any) -> Any:
    if value is not None and (not isinstance(value, str) or len(value) != len("2026-01-31")):
        raise wrong("duedate", "Error parsing date string: " + str(value))
    return value


def _labels(_known: Catalogue, _project: str, value: Any) -> list[str]:
    if any(" " in label for label in value or ()):
        raise wrong("labels", "The label contains spaces which is invalid.")
    return list(dict.fromkeys(value or ()))


def _person(known: Catalogue, _project: str, value: Any) -> Json | None:
    told = value and (value.get("accountId") or value.get("id") or value.get("key") or value.get("name"))
    if not told:
        return None
    found = known.users.get(told) or next(
        (each for each in known.users.values() if told in (each.get("name"), each["displayName"])), None
    )
    if found is None:
        raise wrong("assignee", "Specify a valid value for assignee")
    return addressed_person(found)


def _one_of(field: str, kinds: Callable[[Catalogue], Known]) -> Reader:
    def read(known: Catalogue, _project: str, value: Any) -> Json | None:
        if not value:
            return None
        found = named(kinds(known).values(), str(value.get("id") or value.get("name")))
        if found is None:
            raise wrong(field, f"Specify a valid value for {field}")
        return found

    return read


def _several(
    field: str, places: Callable[[Catalogue], dict[str, Known]]
) -> Callable[[Catalogue, str, Any], list[Json]]:
    def read(known: Catalogue, project: str, value: Any) -> list[Json]:
        found = []
        for each in value or ():
            wanted = str(each.get("id") or each.get("name"))
            one = named(places(known).get(project, {}).values(), wanted)
            if one is None:
                raise wrong(field, f"{field} with name/ID '{wanted}' does not exist.")
            found.append(one)
        return found

    return read


def _sprint(known: Catalogue, _project: str, value: Any) -> list[Json] | None:
    """A client sets the number of one sprint; the issue keeps those it was in."""
    if value is None:
        return None
    ids = [
        str(each["id"] if isinstance(each, dict) else each) for each in (value if isinstance(value, list) else [value])
    ]
    missing = [id_ for id_ in ids if id_ not in known.sprints]
    if missing:
        raise wrong(SPRINT, f"Sprint with id '{missing[0]}' does not exist.")
    return [known.sprints[id_] for id_ in ids]


READERS: Final[dict[str, Reader]] = {
    "summary": _summary, "description": _rich, "environment": _rich, "duedate": _day, "labels": _labels,
    "assignee": _person, "reporter": _person, SPRINT: _sprint,
    "priority": _one_of("priority", lambda known: known.priorities),
    "resolution": _one_of("resolution", lambda known: known.resolutions),
    "issuetype": _one_of("issuetype", lambda known: known.types),
    "components": _several("components", lambda known: known.components),
    "fixVersions": _several("fixVersions", lambda known: known.versions),
    "versions": _several("versions", lambda known: known.versions),
}  # fmt: skip
