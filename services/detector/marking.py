"""Which items stand out by a label or by a type of their tracker's own, as decisions and escalations do.

Few items do, so whoever looks for those that a policy names by label or by type need not look at the others. A policy
that names one of the usual types would ask for all items of that type, and finds only those with a label.
"""

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
