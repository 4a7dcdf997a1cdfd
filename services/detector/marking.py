"""Which items stand out by a label or by a type of their tracker's own, as decisions and escalations do.

Few items do, so whoever looks for those that a policy names by label or by type need not look at the others. A policy
that names one of the usual types would ask for all items of that type, and finds only those with a label.
"""

from collections.abc import Iterable
from typing import Final

from services.detector.facts import ItemFacts

USUAL_TYPES: Final = frozenset(
    {
        *("initiative", "epic", "story", "task", "bug", "milestone", "sub-task", "subtask", "technical task"),
        *("improvement", "new feature", "feature", "default_task", "default task"),
    }
)
"""The types that plain work has in Jira and Asana, in lower case, beside those of `ItemType`."""


def is_marked(item: ItemFacts) -> bool:
    """Tell whether the item has a label, or a type that is none of the usual ones."""
    return bool(item.labels) or item.type_name.casefold() not in USUAL_TYPES


def bears(item: ItemFacts, labels: Iterable[str], types: Iterable[str]) -> bool:
    """Tell whether the item has one of these labels, or one of these types of its tracker's own, in any case."""
    return item.type_name.casefold() in _folded(types) or not _folded(labels).isdisjoint(_folded(item.labels))


def unusual(types: tuple[str, ...]) -> tuple[str, ...]:
    """Return the types of a policy; raises `ValueError` for those of plain work: nobody looks at an item for these."""
    for name in types:
        if name.casefold() in USUAL_TYPES:
            raise ValueError(f"{name} is a type of plain work; give what is meant a type or a label of its own")
    return types


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)
