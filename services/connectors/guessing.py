"""How a site's items are probably read: which fields, link types and statuses mean what. Pure; a person confirms it.

A field is known by its schema first, which no language changes, then by its name. Of several that could be meant, those
that somebody fills in come out; where nobody fills in any, all of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.work_items import StatusCategory, Tracker
from services.connectors.catalogue import FieldFound, LinkTypeFound, SiteCatalogue, StatusFound
from services.connectors.guessing_words import (
    BLOCKER_SAYS,
    BUSY_WORDS,
    DEPENDENT_SAYS,
    DONE_WORDS,
    IMPEDIMENT,
    MEANINGS,
    NOT_BUSY,
    SAYS_NO,
    Meaning,
)
from services.connectors.reading import identity, mapping, sequence
from services.runtime.connections import DependencyLink, OutwardEnd, Reading

Raw = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A field that was chosen for a meaning, and in how many of the sample's items it is filled in."""

    id: str
    name: str
    filled: int


@dataclass(frozen=True, slots=True)
class Guess:
    """What was found; `fields` gives each meaning's fields for showing, `sampled` how many items were looked at."""

    reading: Reading
    dependency_links: tuple[DependencyLink, ...]
    fields: Mapping[str, tuple[Chosen, ...]] = field(default_factory=dict)
    sampled: int = 0


def guess(tracker: Tracker, catalogue: SiteCatalogue, raws: Sequence[Raw]) -> Guess:
    """Return how the site's items are probably read, from its catalogue and some of its items."""
    held = [_values(tracker, raw) for raw in raws]
    filled = {one.id: sum(bool(values.get(one.id)) for values in held) for one in catalogue.fields}
    found = {
        name: _chosen(meaning, name, catalogue.fields, filled, held) for name, meaning in MEANINGS[tracker].items()
    }
    ids: dict[str, Any] = {name: tuple(one.id for one in chosen) for name, chosen in found.items()}
    busy = busy_sections(one.name for one in catalogue.statuses if one.category is None)
    reading = Reading(
        **ids,
        statuses=unsaid_statuses(catalogue.statuses) if tracker is Tracker.JIRA else {},
        in_progress_sections=busy if tracker is Tracker.ASANA else (),
    )
    return Guess(reading, dependencies_among(catalogue.link_types), found, len(raws))


def dependencies_among(types: Iterable[LinkTypeFound]) -> tuple[DependencyLink, ...]:
    """Return the link types that make somebody wait, by their ids, as the labels of their sides tell."""
    found = ((one, _outward_end(one)) for one in types)
    return tuple(DependencyLink(type=one.id, outward_is=end) for one, end in found if end is not None)


def busy_sections(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names, of sections and of values of a status field, that mean that somebody is at work."""
    return tuple(dict.fromkeys(name for name in names if _is_busy(name)))


def unsaid_statuses(statuses: Iterable[StatusFound]) -> dict[str, StatusCategory]:
    """Return a category for each status that the site gives none, by its name."""
    return {one.id: _category(one.name) for one in statuses if one.category is None}


def _outward_end(one: LinkTypeFound) -> OutwardEnd | None:
    """The outward label is read by the issue that the link goes out from; the inward one says it of the other."""
    outward, inward = _folded(one.outward), _folded(one.inward)
    if outward in BLOCKER_SAYS or (inward in DEPENDENT_SAYS and outward not in DEPENDENT_SAYS):
        return OutwardEnd.BLOCKER
    if outward in DEPENDENT_SAYS or inward in BLOCKER_SAYS:
        return OutwardEnd.DEPENDENT
    return None


def _is_busy(name: str) -> bool:
    folded = _folded(name)
    if any(word in folded for word in NOT_BUSY):
        return False
    return folded in BUSY_WORDS or folded.startswith(("in ", "under "))


def _category(name: str) -> StatusCategory:
    folded = _folded(name)
    if folded in DONE_WORDS:
        return StatusCategory.DONE
    return StatusCategory.IN_PROGRESS if _is_busy(name) else StatusCategory.TODO


def _chosen(
    meaning: Meaning, name: str, fields: Sequence[FieldFound], filled: Mapping[str, int], held: Sequence[Raw]
) -> tuple[Chosen, ...]:
    refuse: Callable[[FieldFound], bool] = _says_no if name == "flagged" else lambda _: False
    could = [one for one in fields if _fits(one, meaning) and not refuse(one)]
    if name == "flagged":
        could += [one for one in fields if one not in could and any(_holds_flag(values.get(one.id)) for values in held)]
    used = [one for one in could if filled[one.id]] or could
    return tuple(Chosen(one.id, one.name, filled[one.id]) for one in used)


def _fits(one: FieldFound, meaning: Meaning) -> bool:
    schema = (one.schema or "").casefold()
    if schema and schema.endswith(meaning.schemas):
        return True
    may_hold = not meaning.holds or not schema or any(part in schema for part in meaning.holds)
    return may_hold and _folded(one.name) in meaning.names


def _says_no(one: FieldFound) -> bool:
    """A choice between yes and no is no flag: any value in a flag's field counts."""
    return any(_folded(choice) in SAYS_NO for choice in one.choices)


def _holds_flag(value: object) -> bool:
    return any(mapping(each).get("value") == IMPEDIMENT for each in sequence(value))


def _values(tracker: Tracker, raw: Raw) -> Raw:
    """Return what an item holds in its custom fields, by their ids."""
    if tracker is Tracker.JIRA:
        return mapping(raw.get("fields"))
    fields = map(mapping, sequence(raw.get("custom_fields")))
    return {gid: one.get("display_value") for one in fields if (gid := identity(one.get("gid"))) is not None}


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
