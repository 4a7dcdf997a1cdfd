"""What kind of issue it is, and what it belongs to: parent, epic, project, sprint."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from schemas.work_items import ItemType, Project
from services.connectors.jira.changelog import Entry
from services.connectors.jira.raw import Issue
from services.connectors.reading import identity, mapping, text

EPIC_LINK_SCHEMA: Final = "com.pyxis.greenhopper.jira:gh-epic-link"
_KEY: Final = re.compile(r"[A-Z][A-Z0-9_]+-[0-9]+")
_GREENHOPPER: Final = re.compile(r"\bstate=(\w+),(?:.*?,)?name=(.*?),(?:goal|startDate|endDate|completeDate|sequence)=")
_TYPE_NAMES: Final = {
    "epic": ItemType.EPIC,
    "initiative": ItemType.INITIATIVE,
    "milestone": ItemType.MILESTONE,
    **dict.fromkeys(("bug", "defect"), ItemType.BUG),
    **dict.fromkeys(("story", "user story", "new feature", "feature", "improvement"), ItemType.STORY),
}
_SUBTASK_NAMES: Final = frozenset({"sub-task", "subtask"})
_EPIC_LEVEL: Final = 1
_ABOVE_STORIES: Final = frozenset({ItemType.EPIC, ItemType.INITIATIVE})
ABOVE_FIELDS: Final = ("epic link", "issueparentassociation", "parent")
"""The names under which a changelog tells what an issue belongs to; Cloud writes two of them for one move."""


@dataclass(frozen=True, slots=True)
class Above:
    """The item above, by ref and key; either may be unknown."""

    ref: str | None = None
    key: str | None = None


NOTHING: Final = Above()


def type_of(raw: object) -> tuple[ItemType, str]:
    """Return the kind, and Jira's own name for it. Names may be localised, so flag and level come first."""
    kind = mapping(raw)
    name = text(kind.get("name"), 200) or "unknown"
    level = kind.get("hierarchyLevel")
    if kind.get("subtask") is True or level == -1:
        return ItemType.SUBTASK, name
    known = _TYPE_NAMES.get(name.casefold(), ItemType.TASK)
    if isinstance(level, int) and not isinstance(level, bool) and level >= _EPIC_LEVEL:
        return ItemType.EPIC if level == _EPIC_LEVEL else ItemType.INITIATIVE, name
    return known, name


def kind_of(issue: Issue) -> tuple[ItemType, str]:
    """Return the kind that the issue was, and Jira's own name for it; of what it was before its name alone is told."""
    undone = issue.undone("issuetype")
    if undone is None or undone.old_text is None:
        return type_of(issue.fields.get("issuetype"))
    return type_of({"name": undone.old_text, "subtask": undone.old_text.casefold() in _SUBTASK_NAMES})


def project_of(issue: Issue, key: str) -> Project:
    """Return the project that the issue was in under this key, which names it where nothing else does."""
    raw = mapping(issue.fields.get("project"))
    named, id_, name = text(raw.get("key"), 200), identity(raw.get("id")), text(raw.get("name"), 200)
    if undone := issue.undone("project"):
        named, id_, name = None, undone.old, undone.old_text
    project_key = named or key.rpartition("-")[0] or key
    return Project(id=id_ or project_key, key=project_key, name=name or project_key)


def above_of(issue: Issue, kind: ItemType) -> tuple[Above, Above]:
    """Return (parent, epic). On Cloud a parent that is an epic is the epic; the agile shape names its epic."""
    site = issue.site
    parent, epic = _parent(issue, kind)
    agile = mapping(issue.fields.get("epic"))
    if (agile_id := identity(agile.get("id"))) is not None:
        epic = Above(f"jira:{site}:{agile_id}", text(agile.get("key"), 200) or epic.key)
    elif epic is NOTHING and (linked := _epic_link(issue)):
        epic = Above(_ref_in_log(linked, issue), linked)
    moves = [entry for name in ABOVE_FIELDS if (entry := issue.undone(name))]
    return _rewound(parent, epic, min(moves, key=lambda entry: entry.at), kind, site) if moves else (parent, epic)


def _rewound(parent: Above, epic: Above, undone: Entry, kind: ItemType, site: str) -> tuple[Above, Above]:
    """Return (parent, epic) before this move; what stands in nothing now, and is no epic, was in an epic then."""
    before = _before(undone.old, undone.old_text, site)
    if undone.field == "epic link":
        return parent, before
    if kind is ItemType.SUBTASK or (epic is NOTHING and (parent is not NOTHING or kind in _ABOVE_STORIES)):
        return before, epic
    return parent, before


def _parent(issue: Issue, kind: ItemType) -> tuple[Above, Above]:
    raw = mapping(issue.fields.get("parent"))
    id_, key = identity(raw.get("id")), text(raw.get("key"), 200)
    if id_ is None:
        return NOTHING, NOTHING
    above = Above(f"jira:{issue.site}:{id_}", key)
    parent_kind, _ = type_of(mapping(raw.get("fields")).get("issuetype"))
    is_epic = parent_kind is ItemType.EPIC and kind is not ItemType.SUBTASK
    return (NOTHING, above) if is_epic else (above, NOTHING)


def _before(id_: str | None, key: str | None, site: str) -> Above:
    known = identity(id_)
    return Above(f"jira:{site}:{known}", key) if known else NOTHING


def _epic_link(issue: Issue) -> str | None:
    schema, names = mapping(issue.raw.get("schema")), issue.names
    told = (id_ for id_ in schema if mapping(schema[id_]).get("custom") == EPIC_LINK_SCHEMA)
    named = (id_ for id_ in names if names[id_] == "Epic Link")
    for id_ in (*told, *named, *sorted(issue.options.epic_link_fields)):
        value = text(issue.fields.get(id_), 200)
        if value and _KEY.fullmatch(value):
            return value
    return None


def _ref_in_log(key: str, issue: Issue) -> str | None:
    """Return the ref of an epic of which the issue gives the key only, if the changelog tells its id."""
    ids = [identity(entry.new) for entry in issue.log.of("epic link") if entry.new_text == key]
    return f"jira:{issue.site}:{ids[-1]}" if ids and ids[-1] else None


def sprint_of(issue: Issue) -> str | None:
    """Return the name of the sprint that the issue is in: the active one, else one to come; closed ones are past."""
    if undone := issue.undone("sprint"):
        names = [part.strip() for part in (undone.old_text or "").split(",") if part.strip()]
        return names[-1] if names else None
    known: dict[str, str] = {}
    for state, name in _sprints(issue.fields):
        known.setdefault(state.casefold(), name)
    return known.get("active") or known.get("future")


def _sprints(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    agile = mapping(fields.get("sprint"))
    if name := text(agile.get("name"), 200):
        yield text(agile.get("state")) or "active", name
    for field, value in fields.items():
        if field.startswith("customfield_") and isinstance(value, list):
            for each in value:
                yield from _one_sprint(each)


def _one_sprint(value: object) -> Iterator[tuple[str, str]]:
    """Read one sprint of a custom field: an object on Cloud, the text of a Java object on Data Center."""
    if isinstance(value, dict):
        state, name = text(value.get("state")), text(value.get("name"), 200)
        if state and name and ("boardId" in value or "originBoardId" in value):
            yield state, name
    elif (
        isinstance(value, str)
        and "greenhopper.service.sprint.Sprint@" in value
        and (match := _GREENHOPPER.search(value[:10_000]))
    ):
        yield match[1], text(match[2], 200) or "unknown"
