"""Selectors that match nothing in an export, with the nearest names that it does hold."""

from collections.abc import Iterable, Iterator
from typing import Final

from schemas.strategy import Selector, Strategy
from schemas.work_items import WorkItem
from services.mapper.selectors import CUSTOM_FIELD, Condition, Entry, SelectorIndex, entries, values_of
from services.mapper.strategy_lint import Problem, Severity, problem_at
from services.runtime.closed_yaml import Loaded, Location
from services.runtime.wording import nearest

MOST_NAMES: Final = 50_000
"""So many names of a field are remembered for suggestions, so that memory stays flat."""
_PARTS: Final = (("teams", "owns"), ("objectives", "work"), ("capacity", "work"))


def unmatched(loaded: Loaded[Strategy], items: Iterable[WorkItem]) -> list[Problem]:
    """Return a warning for each selector that matches none of the items."""
    given = entries(_selectors(loaded.value))
    index = SelectorIndex(given)
    waiting = {entry.position: entry for entry in given if entry.conditions}
    seen: dict[str, set[str]] = {name: set() for entry in given for name, _ in entry.conditions}
    for item in items:
        for entry in index.matches(item):
            waiting.pop(entry.position, None)
        for name, names in seen.items():
            if len(names) < MOST_NAMES:
                names.update(values_of(item, name))
    return [_warning(loaded, entry, seen) for entry in waiting.values()]


def _selectors(strategy: Strategy) -> Iterator[tuple[Location, Selector]]:
    for kind, field in _PARTS:
        for place, part in enumerate(getattr(strategy, kind)):
            for at, selector in enumerate(getattr(part, field)):
                yield (kind, place, field, at), selector


def _warning(loaded: Loaded[Strategy], entry: Entry[Location], seen: dict[str, set[str]]) -> Problem:
    strange = [hint for condition in entry.conditions if (hint := _hint(condition, seen))]
    hint = "; ".join(strange) if strange else "each value occurs, but no item has all of them at once"
    message = f"the selector {entry.text} matches nothing in the export:"
    return problem_at(loaded, Severity.WARNING, entry.owner, message, f"{hint}.")


def _hint(condition: Condition, seen: dict[str, set[str]]) -> str:
    """Return which values of a condition occur nowhere, with the nearest that do; empty if one of them occurs."""
    name, values = condition
    names = seen[name]
    if not values.isdisjoint(names):
        return ""
    near = sorted({close for value in values for close in nearest(value, names, 3)})
    shown = name.replace(CUSTOM_FIELD, "field ")
    told = f"no {shown} is {' or '.join(f'`{value}`' for value in sorted(values))}"
    return f"{told} (nearest: {', '.join(f'`{one}`' for one in near)})" if near else told
