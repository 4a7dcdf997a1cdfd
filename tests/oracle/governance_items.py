"""The rules on items, pairs of twins and teams, as FINDINGS words them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.oracle.governance_plan import pairs_of_twins
from tests.oracle.governance_raw import Item
from tests.oracle.governance_world import Found, World


def items(world: World) -> Iterator[Found]:
    """Give all findings on single items and on twins."""
    for item in world.items.values():
        yield from _decision(world, item)
        yield from _unvalidated(world, item)
        if item.is_open and item.tied:
            yield from world.found("ambiguous-alignment", (item.ref,), "low", item.team, item.objective)
    for left, right in pairs_of_twins(world.items):
        yield from _twins(world, world.items[left], world.items[right])


def _decision(world: World, item: Item) -> Iterator[Found]:
    team, objective = item.team, item.objective
    if item.is_open and world.is_of(item, "decision", team, objective):
        waited = world.plan.days_between(team, item.created, world.now)
        if waited > world.plan.policy("decision_after_working_days", team, objective):
            near = world.r2(item, team, objective)
            yield from world.found("decision-waiting", (item.ref,), "high", team, objective, near, since=item.created)


def _unvalidated(world: World, epic: Item) -> Iterator[Found]:
    """Give an open epic whose build has begun without discovery, linked or beneath it, delivered before.

    A tracker tells a link on both of its sides, so the epic's own links are all that there are.
    """
    if epic.kind != "epic" or not epic.is_open:
        return
    team, objective = epic.team, epic.objective
    children = world.children(epic.ref)
    around = [*children, *(world.items[ref] for ref in epic.links if ref in world.items)]
    research = [one for one in around if world.is_of(one, "discovery", team, objective)]
    building = [
        one
        for one in children or [epic]
        if one.category == "in_progress" and not world.is_of(one, "discovery", team, objective)
    ]
    starts = [one.started for one in building if one.started]
    begun = min(starts, default=None)
    if building and not any(
        world.is_delivered(one, team, objective) and one.done and (begun is None or one.done <= begun)
        for one in research
    ):
        yield from world.found("unvalidated-build", (epic.ref,), "low", team, objective, since=begun)


def _twins(world: World, left: Item, right: Item) -> Iterator[Found]:
    """Give twins that differ. FINDINGS is silent on whose they are, and on two that are done: as the rule says."""
    if not (left.is_open or right.is_open):
        return
    team, objective = left.team, left.objective
    allowed = timedelta(minutes=world.plan.policy("disagreement_minutes", team, objective))
    differ = [_differing_since(world, left, right, aspect) for aspect in ("status", "duedate", "assignee")]
    lasting = [since for since in differ if since is not None and world.now - since > allowed]
    if lasting:
        subjects = (left.ref, right.ref)
        yield from world.found("tracker-disagreement", subjects, "medium", team, objective, since=min(lasting))


def _differing_since(world: World, left: Item, right: Item, aspect: str) -> datetime | None:
    """Return since when the two say different things, none if they agree now."""
    moments = {left.created, right.created}
    moments |= {at for one in (left, right) for at, _ in one.history.get(aspect, [])}
    since = None
    for at in sorted(one for one in moments if max(left.created, right.created) <= one <= world.now):
        is_same = _value(left, aspect, at, world.now) == _value(right, aspect, at, world.now)
        since = None if is_same else since or at
    return since


def _value(item: Item, aspect: str, at: datetime, now: datetime) -> Any:
    told = item.history.get(aspect)
    if not told:
        return {"status": item.category, "duedate": str(item.due) if item.due else None,
                "assignee": item.assignee and item.assignee.casefold()}[aspect]  # fmt: skip
    value = [value for when, value in told if when <= min(at, now)][-1]
    names = {"Open": "todo", "In Progress": "in_progress", "Closed": "done"}
    return value and names.get(value, value.casefold())


def teams(world: World) -> Iterator[Found]:
    """Give all findings on teams."""
    for team in sorted({item.team for item in world.items.values()}):
        yield from _overload(world, team)
        yield from _escalations(world, team)


def _overload(world: World, team: str) -> Iterator[Found]:
    policy, members = world.plan.policy, len(world.plan.teams.get(team, {}).get("members", []))
    begun = [one for one in world.in_team(team)
             if one.category == "in_progress" and one.kind not in {"subtask", "epic"}]  # fmt: skip
    objectives = {one.objective for one in begun if one.objective}
    too_many = members and len(begun) > policy("overload_items_per_member", team, None) * members
    if len(objectives) > policy("overload_objectives", team, None) or too_many:
        yield from world.found("overload", (f"team:{team}",), "medium", team, None)


def _escalations(world: World, team: str) -> Iterator[Found]:
    policy = world.plan.policy
    active = [one for one in world.in_team(team) if world.is_active(one)]
    escalated = [one for one in active if world.is_of(one, "escalation", team, None)]
    is_much = len(escalated) > policy("escalation_share", team, None) * len(active)
    is_old = any(
        world.plan.days_between(team, one.created, world.now) > policy("escalation_after_working_days", team, None)
        for one in world.in_team(team)
        if one.is_open and one.kind not in {"subtask", "epic"} and world.is_of(one, "escalation", team, None)
    )
    if is_much or is_old:
        yield from world.found("escalation-load", (f"team:{team}",), "high", team, None)
