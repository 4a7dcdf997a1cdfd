"""What the rules on dependencies and items have in common: what is live, who must act, what raises severity."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from services.detector.context import Context, PolicyFields
from services.detector.facts import DependencyFacts, ItemFacts, ItemNeighbourhood


class RaisePolicy(PolicyFields):
    """When a finding weighs more. The defaults are two working weeks, and more teams than can settle it in a talk."""

    due_within_working_days: Annotated[
        int,
        Field(ge=0, description="Severity rises when the due is this near. Unit: working days. Source: two work weeks."),
    ] = 10
    raise_waiting_teams: Annotated[
        int,
        Field(ge=1, description="Severity rises when so many other teams wait. Unit: teams. Source: as bottleneck_teams."),
    ] = 3


@dataclass(frozen=True, slots=True)
class LiveDependency:
    """A dependency with both ends open; `waiting_teams` are the other teams with a live dependent of its blocker."""

    blocker: ItemFacts
    dependent: ItemFacts
    made: datetime | None
    waiting_teams: frozenset[str]

    @property
    def subjects(self) -> tuple[str, str]:
        """The refs: blocker, then dependent."""
        return (self.blocker.ref, self.dependent.ref)

    @property
    def objective(self) -> str | None:
        """The dependent's objective, else the blocker's."""
        return self.dependent.objective or self.blocker.objective

    @property
    def began(self) -> datetime:
        """When both ends and, as far as known, the link existed."""
        ends = max(self.blocker.created, self.dependent.created)
        return ends if self.made is None else max(ends, self.made)


def is_live(blocker: ItemFacts, dependent: ItemFacts) -> bool:
    """Tell whether one waits on the other: both open, and not the same item."""
    return blocker.is_open and dependent.is_open and blocker.ref != dependent.ref


def live_dependencies(facts: ItemNeighbourhood) -> Iterator[LiveDependency]:
    """Yield the live dependencies in which the item is the blocker."""
    live = [wait for wait in facts.waiting if is_live(facts.item, wait.dependent)]
    teams = frozenset(wait.dependent.team for wait in live) - {facts.item.team}
    for wait in live:
        yield LiveDependency(facts.item, wait.dependent, wait.made, teams)


def untold_dependencies(facts: ItemNeighbourhood) -> Iterator[tuple[str, str]]:
    """Yield the subjects of dependencies that nobody can judge now, because an end is out of sight."""
    for wait in facts.waiting:
        if _is_untold(facts.item, wait):
            yield (facts.item.ref, wait.dependent.ref)


def _is_untold(blocker: ItemFacts, wait: DependencyFacts) -> bool:
    ends = (blocker, wait.dependent)
    return any(end.is_missing for end in ends) and all(end.is_missing or end.is_open for end in ends)


def is_due_soon(context: Context, now: datetime, due: date | None, team: str, within: int) -> bool:
    """Tell whether this day is within so many working days of the team, or past."""
    return due is not None and context.calendar(team).days_to(now, due) <= within
