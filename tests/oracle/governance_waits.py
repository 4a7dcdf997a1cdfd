"""The rules on dependencies, as FINDINGS words them."""

from collections.abc import Iterator

from tests.oracle.governance_raw import Item
from tests.oracle.governance_world import Found, World


def waits(world: World) -> Iterator[Found]:
    """Give all findings on dependencies, on rings of them and on teams that many wait for."""
    for blocker, dependent in sorted(world.live):
        yield from _pair(world, world.items[blocker], world.items[dependent])
    for ring in rings(world):
        yield from world.found("dependency-cycle", ring, "high", None, None)
    for team in sorted({item.team for item in world.items.values()}):
        waiting = {world.items[right].team for left, right in world.live if world.items[left].team == team} - {team}
        if len(waiting) >= world.plan.policy("bottleneck_teams", team, None):
            yield from world.found("bottleneck-team", (f"team:{team}",), "high", team, None)


def _pair(world: World, blocker: Item, dependent: Item) -> Iterator[Found]:
    team, objective = blocker.team, dependent.objective or blocker.objective
    policy = world.plan.policy
    apart = blocker.team != dependent.team
    waiting = {world.items[right].team for left, right in world.live if left == blocker.ref} - {blocker.team}
    many = len(waiting) >= policy("raise_waiting_teams", team, objective)
    near = world.r2(dependent, team, objective)
    subjects = (blocker.ref, dependent.ref)
    if blocker.due and dependent.due:
        too_late = blocker.due > dependent.due or (dependent.start is not None and blocker.due > dependent.start)
        if too_late:
            yield from world.found("dependency-date-conflict", subjects, "high", team, objective, apart, near, many)
    days = policy("undated_within_working_days", team, objective)
    if blocker.due is None and world.is_near(dependent.due, dependent.team, days):
        yield from world.found("undated-blocker", subjects, "medium", team, objective, apart, near, many)
    days = policy("due_within_working_days", team, objective)
    if blocker.category == "todo" and (
        dependent.category == "in_progress" or world.is_near(dependent.due, blocker.team, days)
    ):
        yield from world.found("late-start", subjects, "high", team, objective, apart, many)
    if blocker.assignee is None:
        yield from world.found("unowned-blocker", subjects, "medium", team, objective, apart, near, many)


def rings(world: World) -> list[tuple[str, ...]]:
    """Return the sets of more than one item that all wait for each other, by who can be reached from whom."""
    reached: dict[str, set[str]] = {}
    for start in {end for pair in world.live for end in pair}:
        seen: set[str] = set()
        ahead = [start]
        while ahead:
            here = ahead.pop()
            for left, right in world.live:
                if left == here and right not in seen:
                    seen.add(right)
                    ahead.append(right)
        reached[start] = seen
    return sorted({
        tuple(sorted(other for other in reached if other in reached[one] and one in reached[other]))
        for one in reached
        if one in reached[one]
    })  # fmt: skip
