"""What an item and the strategy say of its objective by themselves, before anything is inherited."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from schemas.aligned_items import Alignment, AlignmentRule, Claim
from schemas.strategy import Strategy
from schemas.work_items import WorkItem
from services.mapper.selectors import Entry, SelectorIndex, entries
from services.mapper.team import CategoryIndex, TeamChoice, TeamIndex

SAYS_ITSELF: Final = "objective:"
"""A label or the value of a custom field that begins so names the item's objective."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An item's own word about its objective, and where it stands."""

    objective: str
    where: str


def statements(item: WorkItem) -> Iterator[Statement]:
    """Yield what the item says of itself, in its labels and in its custom fields."""
    for label in item.labels:
        if label.startswith(SAYS_ITSELF):
            yield Statement(label.removeprefix(SAYS_ITSELF), f"label {label}")
    for name, value in item.custom_fields.items():
        for text in (value,) if isinstance(value, str) else value:
            if text.startswith(SAYS_ITSELF):
                yield Statement(text.removeprefix(SAYS_ITSELF), f"field {name} = {text}")


class CompiledStrategy:
    """One version of the strategy, made ready to be asked about many items."""

    def __init__(self, version: int, strategy: Strategy) -> None:
        self.version: Final = version
        self._places = {objective.id: place for place, objective in enumerate(strategy.objectives)}
        self._index = SelectorIndex(
            entries((objective.id, selector) for objective in strategy.objectives for selector in objective.work)
        )
        self._teams = TeamIndex(strategy.teams)
        self._categories = CategoryIndex(strategy.capacity)

    def claim(self, item: WorkItem) -> Alignment:
        """Return the item's direct alignment: what it says itself, else what a selector says, else none.

        An objective that the strategy does not know counts as not said, and is noted.
        """
        said = list(statements(item))
        unknown = tuple(sorted({one.objective for one in said if one.objective not in self._places}))
        known = [one for one in said if one.objective in self._places]
        if known:
            first = min(known, key=lambda one: (self._places[one.objective], one.where))
            return Alignment(
                objective=first.objective, rule=AlignmentRule.SELF, selector=first.where, unknown_objectives=unknown
            )
        return self._selected(self._index.matches(item), unknown)

    def team(self, item: WorkItem) -> TeamChoice:
        """Return the team of the item."""
        return self._teams.choose(item)

    def category(self, item: WorkItem) -> str | None:
        """Return the category of capacity of the item."""
        return self._categories.choose(item)

    @staticmethod
    def _selected(found: list[Entry[str]], unknown: tuple[str, ...]) -> Alignment:
        if not found:
            return Alignment(unknown_objectives=unknown) if unknown else UNCLAIMED
        winner = found[0]
        rivals = (entry for entry in found if entry.fields == winner.fields and entry.owner != winner.owner)
        return Alignment(
            objective=winner.owner,
            rule=AlignmentRule.SELECTOR,
            selector=winner.text,
            ties=tuple(
                Claim(objective=rival.owner, selector=rival.text, fields=rival.fields, position=rival.position)
                for rival in rivals
            ),
            unknown_objectives=unknown,
        )


UNCLAIMED: Final = Alignment()
"""Nobody has said anything: the item may still inherit."""
