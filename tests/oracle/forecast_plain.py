"""How likely an objective is done by its due, trial by trial, day by day, leaf by leaf, as FINDINGS word it.

Where they are silent (what counts of today, whose pace a foreign blocker goes at, who comes first) the docstring of
`services/detector/forecast` decides.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from tests.oracle.governance_raw import Item
from tests.oracle.governance_world import World

DAY = timedelta(days=1)
SAMPLED, ACTIVE_NEEDED, NEVER = 60, 5, 5 * 366


@dataclass(frozen=True)
class Odds:
    """In how many working days after today each trial ended, sorted, `NEVER` for never; and until the due there are."""

    ends: tuple[int, ...]
    until_due: int

    @property
    def in_time(self) -> float:
        """The share of trials that end by the due."""
        return self.by(self.until_due)

    def by(self, days: int) -> float:
        """Return the share of trials that have ended after so many working days."""
        return sum(end <= days for end in self.ends) / len(self.ends)


def odds(world: World, objective: str, trials: int, seed: int) -> Odds | None:
    """Return the ends of so many trials; none where too little was delivered, or where nothing is left to do."""
    leaves = [one for one in world.serving(objective) if is_leaf(world, one)]
    drawn_from = sample(world, objective, leaves)
    todo = {one.ref for one in leaves if one.is_open}
    if sum(count > 0 for count in drawn_from) < ACTIVE_NEEDED or not todo:
        return None
    blockers = needed(world, todo)
    random = Random(seed)  # noqa: S311 -- the same seed, the same trials
    ranks = rank(blockers)
    ends = sorted(_trial(random, drawn_from, blockers, ranks) for _ in range(trials))
    return Odds(tuple(ends), working_days_until(world, objective, world.plan.due(objective)))


def is_leaf(world: World, item: Item) -> bool:
    """Tell whether it is no epic or initiative, and has no children, whoever they serve; a sub-task is a leaf."""
    return item.kind == "subtask" or (item.kind == "other" and not world.children(item.ref))


def sample(world: World, objective: str, leaves: Sequence[Item]) -> list[int]:
    """Return how many leaves were delivered on each of the last working days before today."""
    team, plan = world.plan.objectives[objective]["team"], world.plan
    days: Counter[date] = Counter()
    for one in leaves:
        if world.is_delivered(one, one.team, objective) and one.done:
            on = plan.date_of(team, one.done)
            while not plan.is_worked(team, on):
                on += DAY
            days[on] += 1
    began = min((plan.date_of(team, one.created) for one in leaves), default=world.today(team))
    found: list[int] = []
    day = world.today(team) - DAY
    while len(found) < SAMPLED and day >= began:
        if plan.is_worked(team, day):
            found.append(days[day])
        day -= DAY
    return found


def needed(world: World, todo: set[str]) -> dict[str, set[str]]:
    """Return who has to be delivered, and after whom: the leaves, and all that they wait for, however far."""
    found: dict[str, set[str]] = {}
    ahead = sorted(todo)
    while ahead:
        ref = ahead.pop()
        if ref not in found:
            found[ref] = {left for left, right in world.live if right == ref}
            ahead += sorted(found[ref])
    return found


def rank(blockers: Mapping[str, set[str]]) -> list[str]:
    """Return all in the order in which they are taken when ready; nobody where some wait in a ring."""
    behind: dict[str, int] = {}

    def chain(ref: str, seen: tuple[str, ...]) -> int:
        if ref in seen:
            raise RecursionError
        if ref not in behind:
            waiting = [one for one, needs in blockers.items() if ref in needs]
            behind[ref] = 1 + max((chain(one, (*seen, ref)) for one in waiting), default=0)
        return behind[ref]

    try:
        return sorted(blockers, key=lambda ref: (-chain(ref, ()), ref))
    except RecursionError:
        return []


def _trial(random: Random, drawn_from: Sequence[int], blockers: Mapping[str, set[str]], ranks: Sequence[str]) -> int:
    if not ranks:
        return NEVER
    left, done, day = list(ranks), set[str](), 0
    while left and day < NEVER:
        day += 1
        count = random.choice(drawn_from)
        if count:
            ready = [ref for ref in left if blockers[ref] <= done][:count]
            done.update(ready)
            left = [ref for ref in left if ref not in done]
    return NEVER if left else day


def working_days_until(world: World, objective: str, day: date) -> int:
    """Return how many working days after today are over when this day is."""
    team = world.plan.objectives[objective]["team"]
    return world.plan.days_between(team, world.today(team), day)
