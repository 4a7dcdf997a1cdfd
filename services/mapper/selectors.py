"""Which selectors match an item, found without asking each of them.

Each selector is filed under the value of one of its fields, the one that the fewest others share; an item is then
compared only with the selectors that are filed under values which it has itself.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from schemas.strategy import FieldIs, Selector
from schemas.work_items import Project, WorkItem

Owner = TypeVar("Owner")
Values = tuple[str, ...]
Condition = tuple[str, frozenset[str]]

CUSTOM_FIELD: Final = "field "
"""Before the name of a custom field, so that it can never be taken for one of our own fields."""


def _of_project(project: Project) -> Iterator[str]:
    if project.key is not None:
        yield project.key
    yield project.name


def _projects(item: WorkItem) -> Values:
    if not item.other_projects:
        return tuple(_of_project(item.project))
    return tuple(name for project in (item.project, *item.other_projects) for name in _of_project(project))


def _given(value: str | None) -> Values:
    return () if value is None else (value,)


FACTS: Final[dict[str, Callable[[WorkItem], Values]]] = {
    "field": lambda _: (),
    "epic": lambda item: (*_given(item.epic_key), item.key),
    "parent": lambda item: _given(item.parent_key),
    "fix_version": lambda item: tuple(version.name for version in item.fix_versions),
    "label": lambda item: item.labels,
    "tag": lambda item: item.labels,
    "section": lambda item: item.sections,
    "component": lambda item: item.components,
    "project": _projects,
    "type": lambda item: (item.type_name,),
    "site": lambda item: (site_of(item.ref),),
    "tracker": lambda item: (tracker_of(item.ref),),
}
"""What an item has to show for each field of a selector; narrow fields first. Asana's tags are an item's labels."""


def tracker_of(ref: str) -> str:
    """Return the tracker that a ref names."""
    return ref.partition(":")[0]


def site_of(ref: str) -> str:
    """Return the site, which is the connection's name, that a ref names."""
    return ref.split(":", 2)[1]


def values_of(item: WorkItem, name: str) -> Values:
    """Return what the item has to show for a field, `name` as in `Condition`."""
    if (shown := FACTS.get(name)) is not None:
        return shown(item)
    return _listed(item.custom_fields.get(name.removeprefix(CUSTOM_FIELD), ()))


def _listed(value: str | Iterable[str]) -> Values:
    return (str(value),) if isinstance(value, str) else tuple(map(str, value))


def named_fields(selector: Selector) -> dict[str, object]:
    """Return the fields that a selector names, as written, narrow fields first; one set to nothing is not named."""
    return {name: value for name in FACTS if (value := getattr(selector, name)) is not None}


def conditions_of(selector: Selector) -> tuple[Condition, ...]:
    """Return the conjunction: for each field the values of which the item must have one."""
    return tuple(_condition(name, value) for name, value in named_fields(selector).items())


def _condition(name: str, value: object) -> Condition:
    if isinstance(value, FieldIs):
        return CUSTOM_FIELD + value.name, frozenset(_listed(value.value))
    return name, frozenset(_listed(value))  # type: ignore[arg-type]  # the model allows only text and lists of it


def describe(selector: Selector) -> str:
    """Return the selector as it could stand in the file, on one line and with its fields in the order of the model."""
    named = named_fields(selector)
    return "{" + ", ".join(f"{name}: {_shown(named[name])}" for name in Selector.model_fields if name in named) + "}"


def _shown(value: object) -> str:
    if isinstance(value, FieldIs):
        return f"{{name: {value.name}, value: {_shown(value.value)}}}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(str, value)) + "]"
    return str(value)


@dataclass(frozen=True, slots=True)
class Entry(Generic[Owner]):
    """A selector with whom it speaks for, and where it stands in the file."""

    owner: Owner
    position: int
    text: str
    conditions: tuple[Condition, ...]

    @property
    def fields(self) -> int:
        """How many fields it names; a list counts as one."""
        return len(self.conditions)

    @property
    def rank(self) -> tuple[int, int]:
        """What decides between selectors that match: most fields, then the first in the file. The lowest rank wins."""
        return -len(self.conditions), self.position


def entries(selectors: Iterable[tuple[Owner, Selector]]) -> tuple[Entry[Owner], ...]:
    """Return the selectors with their places in the file."""
    return tuple(
        Entry(owner, position, describe(selector), conditions_of(selector))
        for position, (owner, selector) in enumerate(selectors)
    )


@dataclass(slots=True)
class _Shelf(Generic[Owner]):
    """One field, and the selectors that are filed under its values."""

    name: str
    by_value: dict[str, list[Entry[Owner]]] = field(default_factory=dict)


class SelectorIndex(Generic[Owner]):
    """Selectors, filed so that an item meets few of them. A selector that names no field matches nothing."""

    def __init__(self, given: Iterable[Entry[Owner]]) -> None:
        usable = [entry for entry in given if entry.conditions]
        shared = Counter((name, value) for entry in usable for name, values in entry.conditions for value in values)
        shelves: dict[str, _Shelf[Owner]] = {}
        for entry in usable:
            name, values = min(entry.conditions, key=lambda c: max((shared[c[0], value] for value in c[1]), default=0))
            shelf = shelves.setdefault(name, _Shelf(name))
            for value in values:
                shelf.by_value.setdefault(value, []).append(entry)
        self._shelves = tuple(shelves.values())

    def matches(self, item: WorkItem) -> list[Entry[Owner]]:
        """Return the selectors that match the item, the winner first."""
        shown: dict[str, Values] = {}
        found = {entry.position: entry for entry in self._candidates(item, shown) if _holds(entry, item, shown)}
        return sorted(found.values(), key=lambda entry: entry.rank) if len(found) > 1 else list(found.values())

    def _candidates(self, item: WorkItem, shown: dict[str, Values]) -> Iterator[Entry[Owner]]:
        for shelf in self._shelves:
            for value in _value(item, shelf.name, shown):
                if filed := shelf.by_value.get(value):
                    yield from filed


def _value(item: WorkItem, name: str, shown: dict[str, Values]) -> Values:
    values = shown.get(name)
    if values is None:
        values = shown[name] = values_of(item, name)
    return values


def _holds(entry: Entry[Owner], item: WorkItem, shown: dict[str, Values]) -> bool:
    return all(not values.isdisjoint(_value(item, name, shown)) for name, values in entry.conditions)
