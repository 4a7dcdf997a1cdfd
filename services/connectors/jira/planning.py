"""What was planned for an issue at a time: due date, releases, owner, labels, estimate, chosen custom fields."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from schemas.work_items import Actor, DueSource, FixVersion
from services.connectors.jira.changelog import Entry
from services.connectors.jira.people import actor_of
from services.connectors.jira.raw import Issue
from services.connectors.mapped import MappingOptions, actor_kind, is_wanted
from services.connectors.reading import identity, mapping, number, sequence, spoken, text, texts
from services.connectors.times import day_of

START_NAMES: Final = ("Start date",)
ESTIMATE_NAMES: Final = ("Story Points", "Story point estimate")
"""What Jira calls these fields where nobody has configured any."""


@dataclass(frozen=True, slots=True)
class Due:
    """When the issue is due, and who says so."""

    day: date | None = None
    source: DueSource | None = None


def due_of(issue: Issue, versions: tuple[FixVersion, ...]) -> Due:
    """Return the issue's own due date, else the earliest release date among its fix versions."""
    undone = issue.undone("duedate")
    own = day_of(undone.old or undone.old_text) if undone else day_of(issue.fields.get("duedate"))
    if own is not None:
        return Due(own, DueSource.ITEM)
    released = release_of(versions)
    return Due(released, DueSource.FIX_VERSION) if released else Due()


def release_of(versions: Iterable[FixVersion]) -> date | None:
    """Return the day of the earliest of these releases that has one."""
    return min((version.release_on for version in versions if version.release_on), default=None)


def fix_versions_of(issue: Issue) -> tuple[FixVersion, ...]:
    """Return the releases that the issue is planned for."""
    found: dict[str, FixVersion] = {}
    for raw in map(mapping, sequence(issue.fields.get("fixVersions"))):
        name = text(raw.get("name"), 200)
        id_ = identity(raw.get("id")) or name
        if id_ and name:
            found[id_] = FixVersion(
                id=id_, name=name, released=raw.get("released") is True, release_on=day_of(raw.get("releaseDate"))
            )
    for entry in issue.later("fix version", "fixversions"):
        found.pop(entry.new or "", None)
        if entry.old and entry.old_text:
            found[entry.old] = FixVersion(id=entry.old, name=entry.old_text)
    return tuple(found.values())


def components_of(issue: Issue) -> tuple[str, ...]:
    """Return the names of the issue's components."""
    names = dict.fromkeys(texts(issue.fields.get("components"), "name"))
    for entry in issue.later("component", "components"):
        names.pop(entry.new_text or "", None)
        if entry.old_text:
            names[entry.old_text] = None
    return tuple(names)


def labels_of(issue: Issue) -> tuple[str, ...]:
    """Return the labels; a changelog writes all of them in one text, and no label holds a space."""
    undone = issue.undone("labels")
    return tuple(dict.fromkeys((undone.old_text or "").split())) if undone else texts(issue.fields.get("labels"))


def person_of(issue: Issue, field: str) -> Actor | None:
    """Return the assignee or the reporter."""
    undone = issue.undone(field)
    return _person_before(undone, issue.options) if undone else actor_of(issue.fields.get(field), issue.options)


def _person_before(undone: Entry, options: MappingOptions) -> Actor | None:
    if undone.old is None:
        return None
    name = undone.old_text or undone.old
    return Actor(
        id=undone.old,
        name=name,
        kind=actor_kind((undone.old, name), options.bots, options.leeway_account, is_app=False),
    )


def named_of(issue: Issue, field: str) -> str | None:
    """Return the name of a field's value, such as the priority's."""
    undone = issue.undone(field)
    return undone.old_text if undone else text(mapping(issue.fields.get(field)).get("name"), 200)


def start_of(issue: Issue) -> date | None:
    """Return the issue's own start date, from the fields configured for it or one of that name."""
    return next(
        filter(
            None, (day_of(issue.fields.get(id_)) for id_ in _ids(issue.names, issue.options.start_fields, *START_NAMES))
        ),
        None,
    )


def estimate_of(issue: Issue) -> float | None:
    """Return the story points, from the fields configured for them or those of the two names that Jira gives them."""
    ids = _ids(issue.names, issue.options.estimate_fields, *ESTIMATE_NAMES)
    return next((found for id_ in ids if (found := number(issue.fields.get(id_))) is not None), None)


def _ids(names: Mapping[str, Any], configured: frozenset[str], *shown: str) -> Iterable[str]:
    return (*sorted(configured), *(id_ for id_, name in names.items() if name in shown))


def is_flagged(issue: Issue) -> bool:
    """Tell whether somebody raised the impediment flag: a truth in the agile shape, a custom field elsewhere."""
    if undone := issue.undone("flagged"):
        return bool(undone.old or undone.old_text)
    if "flagged" in issue.fields:
        return issue.fields["flagged"] is True
    if issue.options.flagged_fields:
        return any(issue.fields.get(field) for field in issue.options.flagged_fields)
    return any(
        mapping(each).get("value") == "Impediment"
        for field, value in issue.fields.items()
        if field.startswith("customfield_")
        for each in sequence(value)
    )


def custom_fields_of(issue: Issue) -> dict[str, str | tuple[str, ...]]:
    """Return the custom fields that were asked for, and those that name the item's objective, by the name they show."""
    found: dict[str, str | tuple[str, ...]] = {}
    for field, raw in issue.fields.items():
        if raw and field.startswith("customfield_") and (value := spoken(raw)):
            name = text(issue.names.get(field), 200)
            if is_wanted(value, (field, name), issue.options):
                found[name or text(field, 200) or "unknown"] = value
    return found
