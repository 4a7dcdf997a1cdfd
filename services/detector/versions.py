"""What the versions of a strategy tell when they are laid side by side: pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from schemas.strategy import Objective, Strategy, StrategyApplied, Team
from services.detector.facts import DueMove


@dataclass(frozen=True, slots=True)
class Differing:
    """The teams and objectives of which two strategies say something different, with those that only one has."""

    teams: frozenset[str] = frozenset()
    objectives: frozenset[str] = frozenset()

    def __or__(self, other: "Differing") -> "Differing":
        """Return both."""
        return Differing(self.teams | other.teams, self.objectives | other.objectives)


def differing_between(versions: Sequence[Strategy]) -> Differing | None:
    """Return who may be judged otherwise by the last of these versions than by the first; none: anybody.

    `versions` are in their order, those between that never held too: the moves of dues are counted over all of them.
    What the strategy says of which work serves whom does not count, because an item that this moves is news by itself.
    """
    found = Differing()
    for before, after in pairwise(versions):
        if _of_all(before) != _of_all(after):
            return None
        teams = _different(_teams(before), _teams(after))
        objectives = _different(_objectives(before), _objectives(after))
        found |= Differing(teams, objectives | _led_by(teams, (*before.objectives, *after.objectives)))
    return found


def _of_all(strategy: Strategy) -> Strategy:
    """Return what the strategy says of nobody in particular."""
    capacity = tuple(one.model_copy(update={"work": ()}) for one in strategy.capacity)
    return strategy.model_copy(update={"teams": (), "objectives": (), "capacity": capacity})


def _teams(strategy: Strategy) -> dict[str, Team]:
    return {one.id: one.model_copy(update={"owns": ()}) for one in strategy.teams}


def _objectives(strategy: Strategy) -> dict[str, Objective]:
    return {one.id: one.model_copy(update={"work": ()}) for one in strategy.objectives}


def _different(before: Mapping[str, Team | Objective], after: Mapping[str, Team | Objective]) -> frozenset[str]:
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _led_by(teams: frozenset[str], objectives: Iterable[Objective]) -> frozenset[str]:
    """Return the objectives whose days and numbers are those of one of these teams."""
    return frozenset(one.id for one in objectives if one.team in teams)


def moves_of_objectives(versions: Sequence[StrategyApplied]) -> Mapping[str, tuple[DueMove, ...]]:
    """Return how the due of each objective moved, oldest first, within the cycle of the last of these versions.

    `versions` are in their order. One that a version left out is compared with what it was before.
    """
    moves: defaultdict[str, list[DueMove]] = defaultdict(list)
    known: dict[str, date] = {}
    for applied in versions:
        cycle = applied.strategy.cycle
        if cycle.id != versions[-1].strategy.cycle.id:
            continue
        for objective in applied.strategy.objectives:
            due = objective.due_on or cycle.ends_on
            was = known.get(objective.id, due)
            if was != due:
                moves[objective.id].append(DueMove(applied.applied_at, was, due))
            known[objective.id] = due
    return {objective: tuple(found) for objective, found in moves.items()}
