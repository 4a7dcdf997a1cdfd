"""`missing-owner`: an objective, a key result or an epic that is active in this cycle and that nobody owns."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from schemas.work_items import Absence, ItemType
from services.detector.context import Context
from services.detector.facts import ItemNeighbourhood, KeyResultFacts, ObjectiveFacts
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
from services.detector.rules.missing_owner import watches
from services.detector.verdict import NOTHING, Draft
from tests.detector.made import (
    ANSWERED,
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

RULE = "missing-owner"
REF = "jira:made:1"
SALES = {"id": "sales", "title": "More buyers pay by card", "owner": "ana"}


def owned(owner: str | None = None, team: str = "app", key_result: Any = None, **cycle: Any) -> Context:
    """Return a context with an objective of this team; it has the key result `sales`."""
    results = [SALES | (key_result or {})]
    one = {"id": "easy", "title": "Buyers pay", "team": team, "key_results": results} | ANSWERED | {"owner": owner}
    days = {"id": "c", "starts_on": "2026-05-01", "ends_on": "2027-06-30"} | cycle
    return compile_strategy(strategy(objectives=[one], cycle=days))


def epic(**fields: Any) -> ItemNeighbourhood:
    values = {"type": ItemType.EPIC, "assignee": None, "touched": at("2026-06-01")} | fields
    return ItemNeighbourhood(item(1, **values))


EASY, SALE = ObjectiveFacts("easy"), KeyResultFacts("easy", "sales")


def test_who_has_an_owner_lacks_none() -> None:
    assert severity(RULE, EASY, context=owned(None)) == "medium"
    assert judged(RULE, EASY, context=owned("ana")) == NOTHING
    assert severity(RULE, SALE, context=owned(key_result={"owner": None})) == "medium"
    assert judged(RULE, SALE, context=owned()) == NOTHING
    assert severity(RULE, epic()) == "medium"
    assert judged(RULE, epic(assignee="Ana")) == NOTHING


@pytest.mark.parametrize("facts", [EASY, SALE])
@pytest.mark.parametrize(
    ("team", "starts_on", "ends_on", "begins", "ends"),
    [
        ("app", "2026-05-01", "2026-06-30", "2026-05-01T00:00", "2026-07-01T00:00"),
        ("pay", "2026-05-01", "2026-06-30", "2026-04-30T22:00", "2026-06-30T22:00"),
        ("pay", "2026-03-29", "2026-10-25", "2026-03-28T23:00", "2026-10-25T23:00"),
        ("tokyo", "2026-05-01", "2026-06-30", "2026-04-30T15:00", "2026-06-30T15:00"),
    ],
)
def test_the_strategy_is_active_on_the_cycles_days_of_the_objectives_team(
    facts: Any, team: str, starts_on: str, ends_on: str, begins: str, ends: str
) -> None:
    context = owned(None, team, {"owner": None}, starts_on=starts_on, ends_on=ends_on)
    begins_at(RULE, facts, at(begins), context)
    assert judged(RULE, facts, at(begins), context).check_after == at(ends)
    last = judged(RULE, facts, at(ends) - timedelta(microseconds=1), context)
    assert (len(last.findings), last.check_after) == (1, at(ends))
    assert judged(RULE, facts, at(ends), context) == NOTHING
    subjects = ("objective:easy",) if facts is EASY else ("key-result:easy/sales",)
    for moment in (at(begins) - timedelta(microseconds=1), at(begins), at(ends)):
        asked(RULE, facts, *subjects, now=moment, context=context)


def test_what_the_strategy_does_not_name_is_nobodys() -> None:
    assert judged(RULE, ObjectiveFacts("gone")) == NOTHING
    assert judged(RULE, KeyResultFacts("gone", "sales")) == NOTHING
    assert judged(RULE, KeyResultFacts("easy", "gone"), context=owned()) == NOTHING


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"touched": at("2026-05-01T00:00")}, True),
        ({"touched": at("2026-04-30T23:59")}, False),
        ({"touched": at("2026-04-30T23:59"), "status_category": IN_PROGRESS}, True),
        ({"touched": at("2026-04-30T15:00"), "team": "tokyo"}, True),
        ({"touched": at("2026-04-30T14:59"), "team": "tokyo"}, False),
        ({"touched": at("2026-04-30T22:00"), "team": "pay", "objective": "easy"}, True),
        ({"touched": at("2026-04-30T21:59"), "team": "pay", "objective": "safe"}, False),
        ({"status_category": DONE}, False),
        ({"type": ItemType.STORY}, False),
        ({"type": ItemType.INITIATIVE}, False),
        ({"assignee": "Ana"}, False),
        ({"visible": False}, False),
        ({"visible": False, "absence": Absence.DELETED}, False),
    ],
)
def test_an_epic_is_active_in_progress_or_touched_since_the_cycle_began(fields: dict[str, Any], expected: bool) -> None:
    facts = epic(**fields)
    assert (severity(RULE, facts) == "medium") == expected
    assert judged(RULE, facts).check_after is None
    assert all(condition.holds for condition in asked(RULE, facts, REF)) == expected
    assert watches(facts.item) or not expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"touched": at("2026-01-05")}, True),
        ({"assignee": "Ana"}, False),
        ({"type": ItemType.STORY}, False),
        ({"status_category": DONE}, False),
        ({"visible": False}, False),
    ],
)
def test_only_an_open_epic_without_one_is_watched(fields: dict[str, Any], expected: bool) -> None:
    assert watches(epic(**fields).item) == expected


def test_an_epic_out_of_sight_is_unknown_unless_it_was_done() -> None:
    (draft,) = judged(RULE, epic()).findings
    assert judged(RULE, epic(visible=False)).unknown == {draft.fingerprint}
    assert judged(RULE, epic(visible=False, status_category=DONE)) == NOTHING
    assert judged(RULE, epic(visible=False, assignee="Ana")) == NOTHING
    assert judged(RULE, epic(visible=False, absence=Absence.DELETED)) == NOTHING


def whole(ref: str, team: str, objective: str | None) -> Draft:
    evidence = (Evidence(fact="owner", ref=ref, value=None),)
    return Draft(RULE, (ref,), Severity.MEDIUM, team, objective, None, evidence)


def test_the_whole_finding_of_each_kind() -> None:
    context = owned(None, "pay", {"owner": None})
    (of_objective,) = judged(RULE, EASY, context=context).findings
    (of_key_result,) = judged(RULE, SALE, context=context).findings
    (of_epic,) = judged(RULE, epic(team="pay", objective="safe")).findings
    assert of_objective == whole("objective:easy", "pay", "easy")
    assert of_key_result == whole("key-result:easy/sales", "pay", "easy")
    assert of_epic == whole(REF, "pay", "safe")
    assert told(of_objective, context=context) == Text(
        title="“Buyers pay” has no owner.",
        why="The objective “Buyers pay” of Pay is part of this cycle, and nobody is named to answer for it.",
        question="Who could answer for “Buyers pay”, and what would they need?",
        clears_when="Clears when “Buyers pay” has an owner, or is no longer active in this cycle.",
    )
    assert told(of_key_result, context=context).why == (
        "The key result “More buyers pay by card” of Pay is part of this cycle, and nobody is named to answer for it."
    )
    assert in_words(RULE, epic(team="pay")) == Text(
        title="PAY-1 “Item 1” has no assignee.",
        why="The epic PAY-1 of Pay is open, and was worked on in this cycle, and nobody is named to answer for it.",
        question="Who could answer for PAY-1, and what would they need?",
        clears_when="Clears when PAY-1 has an assignee, or is no longer active in this cycle.",
    )


@pytest.mark.parametrize("facts", [EASY, SALE])
def test_a_long_name_is_cut_and_still_names_what_it_is_of(facts: Any) -> None:
    words = "More buyers pay by card than by bill in all shops"
    results = [{"id": "sales", "title": words}]
    one = {"id": "easy", "title": words, "team": "app", "key_results": results}
    context = compile_strategy(strategy(objectives=[one]))
    assert in_words(RULE, facts, context=context).title == "“More buyers pay by card than by bill in…” has no owner."
    asana = epic(ref="asana:1", title=words)
    assert in_words(RULE, asana).title == "“More buyers pay by card than by bill in…” has no assignee."


def test_its_conditions_in_words() -> None:
    cycle = Condition("It is 15 June; the cycle c goes from 1 May to 30 June 2027.", True, at("2027-07-01T00:00"))
    nobody = Condition("Its owner is nobody; it has to be nobody.", holds=True)
    assert asked(RULE, EASY, "objective:easy", context=owned(None)) == (cycle, nobody)
    assert asked(RULE, EASY, "objective:easy", context=owned("ana")) == (
        cycle, Condition("Its owner is ana; it has to be nobody.", holds=False),
    )  # fmt: skip
    early = asked(RULE, EASY, "objective:easy", now=at("2026-04-30"), context=owned(None))
    assert early[0] == Condition(
        "It is 30 April; the cycle c goes from 1 May to 30 June 2027.", holds=False, changes_at=at("2026-05-01T00:00")
    )
    late = asked(RULE, SALE, "key-result:easy/sales", now=at("2027-07-01"), context=owned(None))
    assert late == (
        Condition("It is 1 July; the cycle c goes from 1 May 2026 to 30 June.", holds=False),
        Condition("Its owner is ana; it has to be nobody.", holds=False),
    )
    assert asked(RULE, ObjectiveFacts("gone"), "objective:gone") == (
        Condition("The strategy does not name objective:gone; it has to.", holds=False),
    )
    assert asked(RULE, KeyResultFacts("easy", "gone"), "key-result:easy/gone")[0].says == (
        "The strategy does not name key-result:easy/gone; it has to."
    )
    assert asked(RULE, EASY, "objective:safe") == (
        Condition("Nothing is known here of objective:safe, but of objective:easy.", holds=False),
    )


def test_the_conditions_of_an_epic_in_words() -> None:
    assert asked(RULE, epic(), REF) == (
        Condition("APP-1 is of type epic; an epic is asked.", holds=True),
        Condition("APP-1 is to do; it has to be open, and in sight.", holds=True),
        Condition("APP-1 is to do, last touched 1 June; it counts in progress, or touched since 1 May.", holds=True),
        Condition("Its owner is nobody; it has to be nobody.", holds=True),
    )
    story = asked(RULE, epic(type=ItemType.STORY, touched=at("2026-04-30")), REF)
    assert story == (
        Condition("APP-1 is of type story; an epic is asked.", holds=False),
        Condition("APP-1 is to do; it has to be open, and in sight.", holds=True),
        Condition("APP-1 is to do, last touched 30 April; it counts in progress, or touched since 1 May.", holds=False),
    )
