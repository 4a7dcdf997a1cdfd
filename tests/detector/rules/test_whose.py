"""Whose calendar tells how near a due is, and whose policy counts: the team's, and the objective's."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from schemas.work_items import ItemType, Resolution
from services.detector.context import Context
from services.detector.facts import (
    CapacityFacts,
    EpicFacts,
    ItemNeighbourhood,
    ObjectiveFacts,
    TeamFacts,
    WaitingTeam,
)
from services.detector.policy import compile_strategy
from tests.detector.group_made import GROUPS, context, sentences
from tests.detector.made import ANSWERED, DONE, MONDAY, at, begun, item, severity, strategy

LATE = at("2026-06-15T15:30")
"""Monday in UTC and in Berlin, Tuesday in Tokyo."""
TENTH = date(2026, 6, 30)
"""The 10th working day from Tuesday 16 June on, the 11th from Monday 15 June on."""


def decision(team: str) -> ItemNeighbourhood:
    return ItemNeighbourhood(item(1, team=team, labels=("decision",), due=TENTH))


def handoff(team: str) -> ItemNeighbourhood:
    done = item(2, status_category=DONE, done=at("2026-05-01"), touched=at("2026-05-01"))
    return ItemNeighbourhood(item(1, team=team, due=TENTH), blockers=(done,))


@pytest.mark.parametrize(
    ("rule", "facts", "far", "near"),
    [("decision-waiting", decision, "high", "critical"), ("missed-handoff", handoff, "medium", "high")],
)
def test_a_due_is_near_by_the_days_of_the_items_team(rule: str, facts: Any, far: str, near: str) -> None:
    assert {team: severity(rule, facts(team), LATE) for team in ("app", "tokyo")} == {"app": far, "tokyo": near}


def test_a_due_is_near_by_the_days_of_the_objectives_team() -> None:
    starved = ObjectiveFacts("one", 2, progress_ended=at("2026-06-01"), open_from=at("2026-01-05"))
    objectives = [
        {"id": team, "title": team, "team": team} | ANSWERED | {"due_on": str(TENTH)} for team in ("app", "tokyo")
    ]
    own = compile_strategy(strategy(objectives=objectives))
    found = {one["id"]: severity("objective-starved", replace(starved, objective=one["id"]), LATE, own)
             for one in objectives}  # fmt: skip
    assert found == {"app": "medium", "tokyo": "high"}


def teams_with(policy: dict[str, Any]) -> Context:
    """Return a strategy whose team pay has this policy of its own, and app has none."""
    teams = [
        {"id": "app", "name": "App", "members": ["Ana"]},
        {"id": "pay", "name": "Pay", "members": ["Bo"], "policy": policy},
        {"id": "tokyo", "name": "Tokyo"},
    ]
    return context(teams=teams)


def test_how_much_is_overload_is_the_teams_to_say() -> None:
    own = teams_with({"overload_objectives": 1, "overload_items_per_member": 1})
    assert severity("overload", TeamFacts("app", in_progress=2), MONDAY, own) is None
    assert severity("overload", TeamFacts("pay", in_progress=2), MONDAY, own) == "medium"
    busy = TeamFacts("pay", in_progress=1, busy_objectives=("easy", "far"))
    assert severity("overload", busy, MONDAY, own) == "medium"
    assert severity("overload", replace(busy, team="app"), MONDAY, own) is None


def test_how_many_teams_make_a_bottleneck_is_the_teams_to_say() -> None:
    own = teams_with({"bottleneck_teams": 1})
    facts = TeamFacts("pay", waiting=(WaitingTeam("app", 2, at("2026-06-01")),))
    assert severity("bottleneck-team", facts, MONDAY, own) == "high"
    assert severity("bottleneck-team", replace(facts, team="app"), MONDAY, own) is None
    assert all(holds for _, holds in sentences("bottleneck-team", facts, MONDAY, "team:pay", own))


def test_what_counts_as_cancelled_discovery_is_the_objectives_to_say() -> None:
    policy = {"cancelled_resolutions": ["Dropped"]}
    objectives = [{"id": "easy", "title": "Easy", "team": "app", "policy": policy}]
    own = compile_strategy(strategy(objectives=objectives))
    found = item(9, status_category=DONE, done=at("2026-05-29"), labels=("discovery",),
                 resolution=Resolution.DELIVERED, resolution_name="Dropped")  # fmt: skip
    epic = ItemNeighbourhood(item(1, type=ItemType.EPIC, objective="easy"), epic=EpicFacts((begun(2),), (found,)))
    assert severity("unvalidated-build", epic, MONDAY, own) == "low"
    other = replace(epic, item=replace(epic.item, objective=None))
    assert severity("unvalidated-build", other, MONDAY, own) is None


def test_exactly_as_many_item_days_as_are_needed_are_enough() -> None:
    facts = CapacityFacts("category:keep", 10, 10, at("2026-05-18T00:00"), at("2026-06-16T00:00"))
    assert all(holds for _, holds in sentences("capacity-drift", facts, MONDAY, "category:keep", GROUPS))
