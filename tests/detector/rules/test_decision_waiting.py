"""`decision-waiting`: what asks for a decision by its label or its type is open for more than 2 working days."""

from datetime import date
from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from schemas.work_items import Absence
from services.detector.facts import ItemNeighbourhood
from services.detector.policy import compile_strategy, parse_policy
from services.detector.rule import Condition, Text
from services.detector.rules.decision_waiting import DecisionPolicy, is_decision, watches
from services.detector.verdict import NOTHING, Draft
from services.runtime.errors import Misconfigured
from tests.detector.made import (
    CONTEXT,
    DONE,
    IN_PROGRESS,
    MONDAY,
    asked,
    at,
    begins_at,
    in_words,
    item,
    judged,
    severity,
    strategy,
)  # fmt: skip

RULE = "decision-waiting"
REF = "jira:made:1"


def decision(created: str = "2026-06-10", **fields: Any) -> ItemNeighbourhood:
    values = {"created": at(created), "labels": ("decision",), "type_name": "Task"} | fields
    return ItemNeighbourhood(item(1, **values))


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        ("2026-06-15T08:00", None),
        ("2026-06-12", None),
        ("2026-06-11", None),
        ("2026-06-11T00:00", None),
        ("2026-06-10T23:59", "high"),
        ("2026-06-10", "high"),
        ("2026-01-05", "high"),
    ],
)
def test_from_the_3rd_working_day_on(created: str, expected: str | None) -> None:
    assert severity(RULE, decision(created)) == expected


@pytest.mark.parametrize(
    ("team", "created", "moment"),
    [
        ("app", "2026-05-21", "2026-05-26T00:00"),
        ("pay", "2026-05-21", "2026-05-26T22:00"),  # 25 May 2026 is a holiday in Berlin
        ("pay", "2026-03-25T23:00", "2026-03-30T22:00"),  # the clocks went on on 29 March
        ("pay", "2026-03-25T22:59", "2026-03-29T22:00"),
        ("pay", "2026-10-21T22:00", "2026-10-26T23:00"),  # and back on 25 October
        ("pay", "2026-10-21T21:59", "2026-10-25T23:00"),
        ("tokyo", "2026-06-10T14:59", "2026-06-14T15:00"),
        ("tokyo", "2026-06-10T15:00", "2026-06-15T15:00"),
        ("gulf", "2026-06-10", "2026-06-15T00:00"),
    ],
)
def test_the_days_are_those_of_its_team(team: str, created: str, moment: str) -> None:
    assert begins_at(RULE, decision(created, team=team), at(moment)).since == at(created)


@pytest.mark.parametrize(
    ("labels", "type_name", "expected"),
    [
        (("decision",), "", True),
        (("night", "decision"), "Task", True),
        ((), "Decision", True),
        (("DECISION",), "Task", True),
        ((), "decision", True),
        (("decisions",), "", False),
        ((), "", False),
        ((), "Task", False),
    ],
)
def test_a_decision_is_one_by_its_label_or_its_type_in_any_case(
    labels: tuple[str, ...],
    type_name: str,
    expected: bool,
) -> None:
    facts = decision(labels=labels, type_name=type_name)
    assert is_decision(facts.item, CONTEXT.policy(DecisionPolicy)) == expected
    assert (severity(RULE, facts) == "high") == expected
    assert not expected or watches(facts.item)
    assert asked(RULE, facts, REF)[0].holds == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"status_category": IN_PROGRESS}, True),
        ({"status_category": DONE}, False),
        ({"visible": False}, False),
        ({"visible": False, "absence": Absence.DELETED}, False),
        ({"labels": (), "type_name": "Story"}, False),
    ],
)
def test_only_an_open_item_of_a_kind_of_its_own_is_watched(fields: dict[str, Any], expected: bool) -> None:
    facts = decision(**fields)
    assert (severity(RULE, facts) == "high") == expected
    assert watches(facts.item) == expected


def test_out_of_sight_it_is_unknown_unless_it_was_done() -> None:
    (draft,) = judged(RULE, decision()).findings
    assert judged(RULE, decision(visible=False)).unknown == {draft.fingerprint}
    assert judged(RULE, decision(visible=False, status_category=DONE)) == NOTHING
    assert judged(RULE, decision(visible=False, absence=Absence.DELETED)) == NOTHING
    assert judged(RULE, decision(visible=False, labels=("night",))) == NOTHING


def test_raised_by_its_due_or_its_objectives_that_is_near() -> None:
    assert severity(RULE, decision(due=date(2026, 6, 29))) == "critical"
    assert severity(RULE, decision(due=date(2026, 6, 30))) == "high"
    assert severity(RULE, decision(due=date(2025, 6, 30))) == "critical"
    near = {"id": "near", "title": "Near", "team": "app", "due_on": "2026-06-29"}
    context = compile_strategy(strategy(objectives=[near]))
    assert severity(RULE, decision(objective="near"), context=context) == "critical"
    verdict = judged(RULE, decision(due=date(2026, 6, 30)))
    assert verdict.check_after == at("2026-06-16T00:00")
    assert judged(RULE, decision()).check_after is None


def test_words_and_days_are_the_policys_of_team_and_objective() -> None:
    parts = strategy({"decision_labels": ["ask"], "decision_types": [], "due_within_working_days": 0}).model_dump()
    parts["teams"][1]["policy"] = {"decision_after_working_days": 1}
    parts["objectives"][0]["policy"] = {"decision_after_working_days": 0, "decision_types": ["Choice"]}
    context = compile_strategy(strategy().model_validate(parts))
    assert severity(RULE, decision(), context=context) is None
    assert severity(RULE, decision(type_name="Decision"), context=context) is None
    assert severity(RULE, decision(labels=("ask",)), context=context) == "high"
    assert severity(RULE, decision(labels=("ask",), due=date(2026, 6, 16)), context=context) == "high"
    assert severity(RULE, decision("2026-06-11", labels=("ask",)), context=context) is None
    assert severity(RULE, decision("2026-06-11", labels=("ask",), team="pay"), context=context) == "high"
    assert severity(RULE, decision("2026-06-12", labels=("ask",), team="pay"), context=context) is None
    easy = decision("2026-06-12", labels=(), type_name="Choice", objective="easy")
    assert severity(RULE, easy, context=context) == "high"


@pytest.mark.parametrize("field", ["decision_types", "escalation_types", "discovery_types"])
@pytest.mark.parametrize("name", ["Task", "story", "EPIC"])
def test_a_type_of_plain_work_is_no_decision_no_escalation_and_no_discovery(field: str, name: str) -> None:
    with pytest.raises(
        Misconfigured, match=f"{name} is a type of plain work; give what is meant a type or a label of its own"
    ):
        parse_policy({field: ["Decision", name]})


def test_the_whole_finding() -> None:
    facts = decision("2026-06-08", team="pay", objective="safe", due=date(2026, 6, 22))
    (draft,) = judged(RULE, facts).findings
    assert draft == Draft(
        rule=RULE,
        subjects=(REF,),
        severity=Severity.CRITICAL,
        team="pay",
        objective="safe",
        since=at("2026-06-08"),
        evidence=(
            Evidence(fact="created", ref=REF, at=at("2026-06-08")),
            Evidence(fact="due", ref=REF, value="2026-06-22"),
            Evidence(fact="raised-by", value=["due-soon"]),
        ),
    )
    assert in_words(RULE, facts) == Text(
        title="PAY-1 “Item 1” has been undecided for 5 working days.",
        why="PAY-1 (due 22 June) asks for a decision and has been open since 8 June.",
        question="What is still needed to decide PAY-1, and who can decide it?",
        clears_when="Clears when PAY-1 is done, or no longer asks for a decision.",
    )
    assert judged(RULE, decision()).findings[0].evidence == (Evidence(fact="created", ref=REF, at=at("2026-06-10")),)
    long = decision(ref="asana:1", title="Which bank do we take for this")
    assert in_words(RULE, long).title == "“Which bank do we take…” has been undecided for 3 working days."


def test_its_conditions_in_words() -> None:
    assert asked(RULE, decision("2026-06-11", labels=("decision", "night")), REF) == (
        Condition(
            "APP-1 has the type Task and decision and night; of a decision are decision and Decision.", holds=True
        ),
        Condition("APP-1 is to do; it has to be open, and in sight.", holds=True),
        Condition(
            "APP-1 was created 2 working days ago; 3 are needed.", holds=False, changes_at=at("2026-06-16T00:00")
        ),
    )
    plain = asked(RULE, decision(labels=(), type_name="", status_category=DONE), REF)
    assert plain == (
        Condition("APP-1 has the type unknown and no label; of a decision are decision and Decision.", holds=False),
        Condition("APP-1 is done; it has to be open, and in sight.", holds=False),
        Condition("APP-1 was created 3 working days ago; 3 are needed.", holds=True),
    )
    nothing = compile_strategy(
        strategy({"decision_labels": [], "decision_types": [], "decision_after_working_days": 0})
    )
    told = asked(RULE, decision("2026-06-12"), REF, context=nothing, now=MONDAY)
    assert told[0].says.endswith("of a decision are none, so nothing is a decision.")
    assert told[2] == Condition("APP-1 was created 1 working day ago; 1 is needed.", holds=True)
    assert asked(RULE, decision(), "x") == (Condition("Nothing is known here of x, but of jira:made:1.", holds=False),)
