"""The rules on objectives, key results and epics, as FINDINGS words them."""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

from tests.oracle.governance_raw import Json
from tests.oracle.governance_world import Found, World

FOUR_WEEKS = timedelta(weeks=4)
SECOND = timedelta(seconds=1)


def goals(world: World) -> Iterator[Found]:
    """Give all findings on objectives, key results and epics that the strategy or measurements show."""
    for name, objective in world.plan.objectives.items():
        team = objective["team"]
        is_on = world.plan.starts_on <= world.today(team) <= world.plan.ends_on
        if is_on:
            yield from _missing(world, f"objective:{name}", objective, team, name)
        for one in objective.get("key_results", []):
            ref = f"key-result:{name}/{one['id']}"
            if is_on:
                yield from _missing(world, ref, one, team, name)
            yield from _pace(world, ref, one, name)
            yield from _stale(world, ref, one, name)
            yield from _outcome(world, ref, one, name)
    for item in world.items.values():
        if item.kind == "epic" and item.is_open:
            begin = world.plan.midnight(item.team, world.plan.starts_on)
            if item.category == "in_progress" or item.touched >= begin:
                told: Json = {"owner": item.assignee, "due_on": item.due}
                yield from _missing(world, item.ref, told, item.team, item.objective)


def _missing(world: World, ref: str, told: Json, team: str, objective: str | None) -> Iterator[Found]:
    for rule, name in (("missing-owner", "owner"), ("missing-date", "due_on")):
        if not told.get(name):
            yield from world.found(rule, (ref,), "medium", team, objective)


def _due(world: World, key_result: Json, objective: str) -> date:
    own = key_result.get("due_on")
    return date.fromisoformat(own) if own else world.plan.due(objective)


def _way(key_result: Json) -> Fraction | None:
    baseline, target = key_result.get("baseline"), key_result.get("target")
    return None if baseline is None or target is None or baseline == target else _exact(target) - _exact(baseline)


def _exact(number: float) -> Fraction:
    """Return the number as it is written: 0.05 is a twentieth."""
    return Fraction(str(number))


def _pace(world: World, ref: str, key_result: Json, objective: str) -> Iterator[Found]:
    team = world.plan.objectives[objective]["team"]
    way, values = _way(key_result), world.measured.get(ref.removeprefix("key-result:"), [])
    begin = world.plan.midnight(team, world.plan.starts_on)
    end = world.plan.midnight(team, _due(world, key_result, objective) + timedelta(days=1))
    if way is None or not values or world.now < begin:
        return
    gone = (world.now - begin) // SECOND if end > begin else 1
    elapsed = min(Fraction(1), Fraction(gone, max((end - begin) // SECOND, 1))) if world.now < end else 1
    progress = (_exact(values[-1][1]) - _exact(key_result["baseline"])) / way
    behind = elapsed - min(
        max(progress, Fraction(0)), Fraction(1)
    )  # what went below its baseline has gone none of the way
    if behind > _exact(world.plan.policy("pace_points", team, objective)):
        is_high = behind >= _exact(world.plan.policy("pace_high_points", team, objective))
        yield from world.found("off-pace", (ref,), "high" if is_high else "medium", team, objective)


def _stale(world: World, ref: str, key_result: Json, objective: str) -> Iterator[Found]:
    team = world.plan.objectives[objective]["team"]
    values = world.measured.get(ref.removeprefix("key-result:"), [])
    begin = world.plan.midnight(team, world.plan.starts_on)
    since = values[-1][0] if values else begin
    cadences = world.plan.policy("stale_measurement_cadences", team, objective)
    stale_from = max(begin, since + cadences * timedelta(days=key_result.get("cadence_days", 7)))
    until = world.plan.midnight(team, _due(world, key_result, objective) + timedelta(days=1))
    if stale_from <= world.now < until:
        yield from world.found("stale-measurement", (ref,), "medium", team, objective, since=since)


def _outcome(world: World, ref: str, key_result: Json, objective: str) -> Iterator[Found]:
    team = world.plan.objectives[objective]["team"]
    way, values = _way(key_result), world.measured.get(ref.removeprefix("key-result:"), [])
    if way is None or len(values) < 2 or key_result.get("kind", "outcome") != "outcome":
        return
    until = world.now - timedelta(days=key_result.get("lag_days", 0))
    done = [one for one in world.serving(objective) if world.is_delivered(one, team, objective)]
    delivered = [one for one in done if one.done and until - FOUR_WEEKS < one.done <= until]
    before = [value for at, value in values if at <= world.now - FOUR_WEEKS]
    inside = [value for at, value in values if at > world.now - FOUR_WEEKS]
    if not before or not inside:
        return
    moved = (_exact(inside[-1]) - _exact(before[-1])) / way
    policy = world.plan.policy
    if len(delivered) >= policy("outcome_min_delivered", team, objective) and moved < _exact(
        policy("outcome_moved_share", team, objective)
    ):
        yield from world.found("output-without-outcome", (ref,), "high", team, objective)
