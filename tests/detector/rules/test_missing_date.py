"""`missing-date`: an objective, a key result or an epic that is active in this cycle and has no due of its own."""

from datetime import date, timedelta
from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from schemas.work_items import Absence, ItemType
from services.detector.context import Context
from services.detector.facts import ItemNeighbourhood, KeyResultFacts, ObjectiveFacts
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
from services.detector.rules.missing_date import watches
from services.detector.verdict import NOTHING, Draft
from tests.detector.made import (
    DONE,
    IN_PROGRESS,
    asked,
    at,
    begins_at,
    in_words,
    item,
    judged,
    severity,
    strategy,
    told,
)  # fmt: skip

RULE = "missing-date"
REF = "jira:made:1"
EASY, SALE = ObjectiveFacts("easy"), KeyResultFacts("easy", "sales")


def due(objective: str | None = None, key_result: str | None = None, team: str = "app", **cycle: Any) -> Context:
    """Return a context with an objective and its key result, due on these days."""
    results = [{"id": "sales", "title": "More buyers pay by card", "due_on": key_result}]
    one = {"id": "easy", "title": "Buyers pay", "team": team, "due_on": objective, "key_results": results}
    days = {"id": "c", "starts_on": "2026-05-01", "ends_on": "2027-06-30"} | cycle
    return compile_strategy(strategy(objectives=[one], cycle=days))


def epic(**fields: Any) -> ItemNeighbourhood:
    values = {"type": ItemType.EPIC, "touched": at("2026-06-01")} | fields
    return ItemNeighbourhood(item(1, **values))


def test_only_a_due_of_its_own_counts() -> None:
    assert severity(RULE, EASY, context=due()) == "medium"
    assert judged(RULE, EASY, context=due("2026-08-01")) == NOTHING
    assert severity(RULE, SALE, context=due("2026-08-01")) == "medium"
    assert judged(RULE, SALE, context=due(None, "2026-08-01")) == NOTHING
    assert severity(RULE, epic()) == "medium"
    assert judged(RULE, epic(due=date(2026, 8, 1))) == NOTHING


@pytest.mark.parametrize("facts", [EASY, SALE])
@pytest.mark.parametrize(
    ("team", "starts_on", "ends_on", "begins", "ends"),
    [
        ("app", "2026-05-01", "2026-06-30", "2026-05-01T00:00", "2026-07-01T00:00"),
        ("pay", "2026-03-29", "2026-10-25", "2026-03-28T23:00", "2026-10-25T23:00"),
        ("tokyo", "2026-05-01", "2026-06-30", "2026-04-30T15:00", "2026-06-30T15:00"),
    ],
)
def test_it_holds_on_the_cycles_days_of_the_objectives_team(
    facts: Any, team: str, starts_on: str, ends_on: str, begins: str, ends: str
) -> None:
    context = due(team=team, starts_on=starts_on, ends_on=ends_on)
    begins_at(RULE, facts, at(begins), context)
    assert judged(RULE, facts, at(begins), context).check_after == at(ends)
    assert len(judged(RULE, facts, at(ends) - timedelta(microseconds=1), context).findings) == 1
    assert judged(RULE, facts, at(ends), context) == NOTHING


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"touched": at("2026-05-01T00:00")}, True),
        ({"touched": at("2026-04-30T23:59")}, False),
        ({"touched": at("2026-04-30T23:59"), "status_category": IN_PROGRESS}, True),
        ({"status_category": DONE}, False),
        ({"type": ItemType.STORY}, False),
        ({"due": date(2026, 8, 1)}, False),
        ({"visible": False, "absence": Absence.DELETED}, False),
    ],
)
def test_an_epic_is_active_in_progress_or_touched_since_the_cycle_began(fields: dict[str, Any], expected: bool) -> None:
    facts = epic(**fields)
    assert (severity(RULE, facts) == "medium") == expected
    assert all(condition.holds for condition in asked(RULE, facts, REF)) == expected
    assert watches(facts.item) or not expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"assignee": None}, True),
        ({"due": date(2026, 8, 1)}, False),
        ({"type": ItemType.STORY}, False),
        ({"status_category": DONE}, False),
        ({"visible": False}, False),
    ],
)
def test_only_an_open_epic_without_one_is_watched(fields: dict[str, Any], expected: bool) -> None:
    assert watches(epic(**fields).item) == expected


def test_an_epic_out_of_sight_is_unknown() -> None:
    (draft,) = judged(RULE, epic()).findings
    assert judged(RULE, epic(visible=False)).unknown == {draft.fingerprint}
    assert judged(RULE, epic(visible=False, due=date(2026, 8, 1))) == NOTHING


def whole(ref: str, team: str, objective: str | None) -> Draft:
    return Draft(RULE, (ref,), Severity.MEDIUM, team, objective, None, (Evidence(fact="due", ref=ref, value=None),))


def test_the_whole_finding_of_each_kind() -> None:
    context = due(team="pay")
    (of_objective,) = judged(RULE, EASY, context=context).findings
    (of_key_result,) = judged(RULE, SALE, context=context).findings
    (of_epic,) = judged(RULE, epic(team="pay", objective="safe")).findings
    assert of_objective == whole("objective:easy", "pay", "easy")
    assert of_key_result == whole("key-result:easy/sales", "pay", "easy")
    assert of_epic == whole(REF, "pay", "safe")
    assert told(of_objective, context=context) == Text(
        title="“Buyers pay” has no due of its own.",
        why="The objective “Buyers pay” of Pay is part of this cycle, and no day is set for it.",
        question="By when is “Buyers pay” needed, and who could set that day?",
        clears_when="Clears when “Buyers pay” has a due, or is no longer active in this cycle.",
    )
    assert told(of_key_result, context=context).why == (
        "The key result “More buyers pay by card” of Pay is part of this cycle, and no day is set for it."
    )
    assert in_words(RULE, epic()).why == (
        "The epic APP-1 of App is open, and was worked on in this cycle, and no day is set for it."
    )
    long = epic(ref="asana:1", title="More buyers pay by card than by bill in shops")
    assert in_words(RULE, long).title == "“More buyers pay by card than…” has no due of its own."


def test_its_conditions_in_words() -> None:
    cycle = Condition("It is 15 June; the cycle c goes from 1 May to 30 June 2027.", True, at("2027-07-01T00:00"))
    assert asked(RULE, EASY, "objective:easy", context=due()) == (
        cycle, Condition("Its own due is none; it has to be none.", holds=True),
    )  # fmt: skip
    assert asked(RULE, SALE, "key-result:easy/sales", context=due(None, "2026-08-01")) == (
        cycle, Condition("Its own due is 1 August; it has to be none.", holds=False),
    )  # fmt: skip
    assert asked(RULE, epic(), REF)[-1] == Condition("Its own due is none; it has to be none.", holds=True)
    assert len(asked(RULE, epic(type=ItemType.BUG), REF)) == 3
    assert asked(RULE, EASY, REF) == (
        Condition("Nothing is known here of jira:made:1, but of objective:easy.", holds=False),
    )
