"""`aging-work`: in progress for longer than the 85th percentile of at least 11 items that its team finished."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from schemas.work_items import Absence, ItemType
from services.detector.facts import ItemNeighbourhood, PaceFacts
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
from services.detector.rules.aging_work import watches
from services.detector.verdict import Draft
from tests.detector.made import (
    DONE,
    MONDAY,
    TODO,
    asked,
    at,
    begins_at,
    begun,
    in_words,
    item,
    judged,
    severity,
    strategy,
)  # fmt: skip

RULE = "aging-work"
REF = "jira:made:1"
MOMENT = timedelta(microseconds=1)
DAYS = timedelta(days=9)


def aging(
    finished: int = 11, percentile: timedelta | None = DAYS, seen: Any = None, **fields: Any
) -> ItemNeighbourhood:
    return ItemNeighbourhood(begun(1, **fields), pace=PaceFacts(finished, percentile), seen_from=seen)


@pytest.mark.parametrize(
    ("lasts", "expected"),
    [
        (DAYS - MOMENT, None),
        (DAYS, None),
        (DAYS + MOMENT, "medium"),
        (DAYS * 100, "medium"),
    ],
)
def test_strictly_longer_than_the_percentile(lasts: timedelta, expected: str | None) -> None:
    assert severity(RULE, aging(started=MONDAY - lasts)) == expected


@pytest.mark.parametrize(("finished", "expected"), [(0, None), (10, None), (11, "medium"), (12, "medium")])
def test_a_pace_is_told_from_11_finished_items_on(finished: int, expected: str | None) -> None:
    assert severity(RULE, aging(finished)) == expected


def test_without_a_pace_or_a_beginning_nothing_is_told() -> None:
    assert judged(RULE, aging(percentile=None)).findings == ()
    verdict = judged(RULE, aging(started=None))
    assert (verdict.findings, verdict.check_after, verdict.unknown) == ((), None, frozenset())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"status_category": TODO}, False),
        ({"status_category": DONE}, False),
        ({"type": ItemType.SUBTASK}, False),
        ({"type": ItemType.EPIC}, False),
        ({"type": ItemType.INITIATIVE}, True),
        ({"type": ItemType.BUG}, True),
        ({"visible": False}, False),
        ({"visible": False, "absence": Absence.DELETED}, False),
    ],
)
def test_work_in_progress_ages_and_is_watched(fields: dict[str, Any], expected: bool) -> None:
    facts = aging(**fields)
    assert (severity(RULE, facts) == "medium") == expected
    assert watches(facts.item) == expected
    assert all(condition.holds for condition in asked(RULE, facts, REF)) == expected


def test_out_of_sight_it_is_unknown_and_gone_it_is_over() -> None:
    (draft,) = judged(RULE, aging()).findings
    assert judged(RULE, aging(visible=False)).unknown == {draft.fingerprint}
    assert judged(RULE, aging(visible=False, absence=Absence.DELETED)).unknown == frozenset()
    assert judged(RULE, aging(visible=False, type=ItemType.EPIC)).unknown == frozenset()


@pytest.mark.parametrize(("team", "started"), [("app", "2026-03-28T23:30"), ("pay", "2026-03-28T23:30"), ("tokyo", "2026-10-24T22:30")])  # fmt: skip # noqa: E501 -- one line reads better
def test_a_length_is_of_true_hours_whatever_the_clocks_do(team: str, started: str) -> None:
    facts = aging(percentile=timedelta(hours=30), started=at(started), team=team)
    begins_at(RULE, facts, at(started) + timedelta(hours=30) + MOMENT)
    assert judged(RULE, facts, at(started) + timedelta(hours=31)).check_after is None


def test_how_many_are_needed_is_the_policys_of_team_and_objective() -> None:
    parts = strategy({"aging_min_finished": 4}).model_dump()
    parts["teams"][1]["policy"] = {"aging_min_finished": 3}
    parts["objectives"][0]["policy"] = {"aging_min_finished": 2}
    context = compile_strategy(strategy().model_validate(parts))
    assert severity(RULE, aging(4), context=context) == "medium"
    assert severity(RULE, aging(3), context=context) is None
    assert severity(RULE, aging(3, team="pay"), context=context) == "medium"
    assert severity(RULE, aging(2, team="pay"), context=context) is None
    assert severity(RULE, aging(2, objective="easy"), context=context) == "medium"


def test_the_whole_finding() -> None:
    facts = aging(14, team="pay", objective="safe")
    (draft,) = judged(RULE, facts).findings
    assert draft == Draft(
        rule=RULE,
        subjects=(REF,),
        severity=Severity.MEDIUM,
        team="pay",
        objective="safe",
        since=at("2026-06-01"),
        evidence=(
            Evidence(fact="started", ref=REF, at=at("2026-06-01")),
            Evidence(fact="pace-seconds", value=9 * 86400.0),
            Evidence(fact="finished-items", value=14),
        ),
    )
    assert in_words(RULE, facts) == Text(
        title="PAY-1 “Item 1” has been in progress for 14 days.",
        why="Begun 1 June; 85 % of the 14 items that Pay finished in the last 90 days took at most 9 days.",
        question="What makes PAY-1 take longer, and could a part of it be finished first?",
        clears_when="Clears when PAY-1 is done or goes back to be done later, or when Pay usually takes as long.",
    )


def test_what_rests_on_what_was_seen_says_so() -> None:
    facts = aging(seen=at("2026-05-20"))
    (draft,) = judged(RULE, facts).findings
    assert draft.evidence[-1] == Evidence(fact="seen-from", at=at("2026-05-20"))
    assert in_words(RULE, facts).why.startswith("Begun 1 June, as far as seen since 20 May; 85 % of the 11 items")
    long = aging(ref="asana:1", title="Agree with the bank on how we will pay")
    assert in_words(RULE, long).title == "“Agree with the bank on…” has been in progress for 14 days."


def test_its_conditions_in_words() -> None:
    assert asked(RULE, aging(), REF) == (
        Condition("APP-1 (task) is in progress; work in progress ages, sub-tasks and epics aside.", holds=True),
        Condition("App finished 11 items in the last 90 days; 11 are needed.", holds=True),
        Condition("APP-1 was begun 14 days ago; longer than 9 days is needed.", holds=True),
    )
    late = asked(RULE, aging(1, started=MONDAY - DAYS), REF)
    assert late[1] == Condition("App finished 1 item in the last 90 days; 11 are needed.", holds=False)
    assert late[2] == Condition(
        "APP-1 was begun 9 days ago; longer than 9 days is needed.", holds=False, changes_at=MONDAY + MOMENT
    )
    assert asked(RULE, aging(started=None), REF)[2] == Condition(
        "Nobody told when APP-1 was begun; that is needed.", holds=False
    )
    assert [condition.holds for condition in asked(RULE, aging(11, None), REF)] == [True, False]
    others = asked(RULE, ItemNeighbourhood(item(1)), "jira:made:7")
    assert others == (Condition("Nothing is known here of jira:made:7, but of jira:made:1.", holds=False),)
