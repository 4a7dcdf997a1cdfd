"""The fields that JQL knows: what an issue has in each, as the names and ids that a query may say."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from services.sandbox.jira.catalogue import CATEGORIES, SPRINT, Catalogue, Known
from services.sandbox.jira.records import Json, Stored, millis_of
from services.sandbox.jira.rich_text import plain
from services.sandbox.jira.store import Store


@dataclass
class View:
    """An issue while a query looks at it; its fields are read once, and only where the query needs them."""

    issue: Stored
    store: Store
    known: Catalogue

    @cached_property
    def fields(self) -> Json:
        """The fields as they are kept."""
        return self.issue.read_fields()

    def key_of(self, id_: str) -> str:
        """Return the key of another issue."""
        other = self.store.issues.get(id_)
        return other.key if other else str(self.store.far.get(id_, {}).get("key", id_))


Names = Callable[[View], frozenset[str]]
Folded = frozenset[str]


def _spoken(raw: Any) -> Iterable[str]:
    if isinstance(raw, dict):
        told = (raw.get(name) for name in ("id", "name", "value", "key", "accountId", "displayName"))
        yield from (str(each).casefold() for each in told if each is not None)
    elif isinstance(raw, list):
        for each in raw:
            yield from _spoken(each)
    elif raw is not None:
        yield str(raw).casefold()


def said_in(*path: str) -> Names:
    """Return a reader of all names and ids in a field, or in a part of it."""

    def read(view: View) -> Folded:
        value: Any = view.fields
        for name in path:
            value = (value or {}).get(name)
        return frozenset(_spoken(value))

    return read


def _project(view: View) -> Folded:
    return frozenset(_spoken(view.known.projects[view.issue.project]))


def _own(view: View) -> Folded:
    return frozenset((view.issue.id, view.issue.key.casefold()))


def _parent(view: View) -> Folded:
    parent = view.issue.parent
    return frozenset((parent, view.key_of(parent).casefold())) if parent else frozenset()


def _category(view: View) -> Folded:
    return frozenset(_spoken(view.fields["status"].get("statusCategory")))


def _linked(view: View) -> Folded:
    others = [view.store.links[each].other(view.issue.id) for each in view.issue.links]
    return frozenset((*others, *(view.key_of(each).casefold() for each in others)))


NAMES: Final[dict[str, Names]] = {
    **dict.fromkeys(("project",), _project),
    **dict.fromkeys(("key", "issuekey", "id", "issue"), _own),
    **dict.fromkeys(("parent", "epic link", "parentepic", "cf[10014]", "cf[10101]"), _parent),
    **dict.fromkeys(("issuetype", "type"), said_in("issuetype")),
    "status": said_in("status"),
    "statuscategory": _category,
    **{name: said_in(name) for name in ("assignee", "reporter", "creator", "priority", "resolution", "labels")},
    **dict.fromkeys(("component", "components"), said_in("components")),
    **dict.fromkeys(("fixversion", "fixversions"), said_in("fixVersions")),
    "affectedversion": said_in("versions"),
    "sprint": said_in(SPRINT),
    "issuelink": _linked,
}
TEXTS: Final[dict[str, Callable[[View], str]]] = {
    "summary": lambda view: str(view.fields["summary"]),
    "description": lambda view: str(plain(view.fields["description"]) or ""),
    "text": lambda view: f"{view.fields['summary']} {plain(view.fields['description']) or ''}",
    "comment": lambda view: " ".join(str(plain(each["body"])) for each in view.issue.read_comments()),
}


def _resolved(view: View) -> int | None:
    text = view.fields.get("resolutiondate")
    return millis_of(text) if text else None


TIMES: Final[dict[str, Callable[[View], int | None]]] = {
    **dict.fromkeys(("updated", "updateddate"), lambda view: view.issue.updated),
    **dict.fromkeys(("created", "createddate"), lambda view: view.issue.created),
    **dict.fromkeys(("resolved", "resolutiondate"), _resolved),
}
DAYS: Final = {"due": "duedate", "duedate": "duedate"}


def known_names(known: Catalogue, field: str) -> Known | None:
    """Return what a field may be compared with; none where anything goes."""
    return {
        "project": {id_: each for id_, each in known.projects.items() if id_ not in known.hidden},
        "status": known.statuses, "statuscategory": CATEGORIES, "issuetype": known.types, "type": known.types,
        "priority": known.priorities, "resolution": known.resolutions,
    }.get(field)  # fmt: skip
