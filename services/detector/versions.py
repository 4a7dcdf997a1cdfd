"""What the versions of a strategy tell when they are laid side by side: pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from schemas.strategy import StrategyApplied
from services.detector.facts import DueMove


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
