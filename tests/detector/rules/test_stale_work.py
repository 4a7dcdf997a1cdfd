"""`stale-work`: in progress, waiting on nothing, and untouched for five working days; high from 45 full days."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from schemas.work_items import Absence
from services.detector.facts import ItemFacts, ItemNeighbourhood
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
from services.detector.rules.stale_work import watches
from services.detector.verdict import NOTHING, Draft
from tests.detector.made import (
    DONE,
    IN_PROGRESS,
    MONDAY,
    TODO,
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

RULE = "stale-work"


def begun(touched: Any, *blockers: ItemFacts, **fields: Any) -> ItemNeighbourhood:
    values = {"status_category": IN_PROGRESS, "touched": touched} | fields
    return ItemNeighbourhood(item(1, **values), blockers=blockers)


@pytest.mark.parametrize(
    ("touched", "expected"),
    [
        (at("2026-06-09"), None),
        (at("2026-06-08"), "medium"),
        (at("2026-06-07"), "medium"),
        (MONDAY - timedelta(days=45) + timedelta(seconds=1), "medium"),
        (MONDAY - timedelta(days=45), "high"),
    ],
)
def test_5_working_days_and_45_full_days(touched: Any, expected: str | None) -> None:
    assert severity(RULE, begun(touched)) == expected


@pytest.mark.parametrize("status", [TODO, DONE])
def test_only_work_in_progress_is_stale(status: Any) -> None:
    assert severity(RULE, begun(at("2026-06-01"), status_category=status)) is None


def test_blocked_and_stale_exclude_each_other() -> None:
    assert severity(RULE, begun(at("2026-06-01"), item(2))) is None
    assert severity(RULE, begun(at("2026-06-01"), item(2, status_category=DONE))) == "medium"
    assert severity(RULE, begun(at("2026-06-01"), item(1, status_category=IN_PROGRESS))) == "medium"


def test_an_item_out_of_sight_is_unknown() -> None:
    assert len(judged(RULE, begun(at("2026-06-01"), visible=False)).unknown) == 1


def test_the_days_are_those_of_its_team_and_neither_team_nor_due_raises_it() -> None:
    assert severity(RULE, begun(at("2026-05-18"), team="pay"), at("2026-05-25")) is None
    assert severity(RULE, begun(at("2026-05-18"), due=MONDAY.date()), at("2026-05-25")) == "medium"


@pytest.mark.parametrize(
    ("touched", "check_after"),
    [("2026-06-09", "2026-06-16T00:00"), ("2026-06-08", "2026-07-23T12:00"), ("2026-01-05", None)],
)
def test_it_is_asked_again_when_a_threshold_is_reached(touched: str, check_after: str | None) -> None:
    assert judged(RULE, begun(at(touched))).check_after == (at(check_after) if check_after else None)


def test_it_reads_as_an_offer() -> None:
    facts = begun(at("2026-06-08"))
    (draft,) = judged(RULE, facts).findings
    assert told(draft, facts.item).title == "APP-1 “Item 1” is in progress, untouched for 5 working days."


@pytest.mark.parametrize(
    ("team", "touched", "moment"),
    [
        ("app", "2026-05-18", "2026-05-25T00:00"),
        ("pay", "2026-05-18", "2026-05-25T22:00"),  # 25 May 2026 is a holiday in Berlin
        ("pay", "2026-03-22T22:59", "2026-03-26T23:00"),
        ("pay", "2026-03-22T23:00", "2026-03-29T22:00"),  # the clocks went on on 29 March
        ("pay", "2026-10-18T22:00", "2026-10-25T23:00"),  # and back on 25 October
        ("tokyo", "2026-06-08T14:59", "2026-06-14T15:00"),
        ("gulf", "2026-06-08", "2026-06-15T00:00"),
    ],
)
def test_it_is_stale_from_midnight_of_its_team_on(team: str, touched: str, moment: str) -> None:
    assert begins_at(RULE, begun(at(touched), team=team), at(moment)).since == at(touched)


def test_the_limits_are_the_policys_of_team_and_objective() -> None:
    parts = strategy({"stale_after_working_days": 4}).model_dump()
    parts["teams"][1]["policy"] = {"stale_after_working_days": 3, "stale_high_after_days": 6}
    parts["objectives"][0]["policy"] = {"stale_after_working_days": 2}
    context = compile_strategy(strategy().model_validate(parts))

    def stale(touched: str, **fields: Any) -> str | None:
        return severity(RULE, begun(at(touched), **fields), context=context)

    assert (stale("2026-06-09"), stale("2026-06-10")) == ("medium", None)
    assert (stale("2026-06-10", team="pay"), stale("2026-06-11", team="pay")) == ("medium", None)
    assert (stale("2026-06-09", team="pay"), stale("2026-06-09T12:01", team="pay")) == ("high", "medium")
    assert stale("2026-06-11", objective="easy") == "medium"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"status_category": TODO}, False),
        ({"status_category": DONE}, False),
        ({"visible": False}, False),
        ({"visible": False, "absence": Absence.DELETED}, False),
    ],
)
def test_work_in_progress_is_watched(fields: dict[str, Any], expected: bool) -> None:
    facts = begun(at("2026-06-01"), **fields)
    assert watches(facts.item) == expected
    assert (severity(RULE, facts) is not None) == expected
    asked(RULE, facts, "jira:made:1")


def test_gone_it_is_over() -> None:
    assert judged(RULE, begun(at("2026-06-01"), visible=False, absence=Absence.DELETED)) == NOTHING
    (draft,) = judged(RULE, begun(at("2026-06-01"))).findings
    assert judged(RULE, begun(at("2026-06-01"), visible=False)).unknown == {draft.fingerprint}


def test_the_whole_finding() -> None:
    facts = begun(at("2026-06-01"), team="pay", objective="safe")
    (draft,) = judged(RULE, facts).findings
    evidence = (Evidence(fact="last-touch", ref="jira:made:1", at=at("2026-06-01")),)
    assert draft == Draft(RULE, ("jira:made:1",), Severity.MEDIUM, "pay", "safe", at("2026-06-01"), evidence)
    assert in_words(RULE, facts) == Text(
        title="PAY-1 “Item 1” is in progress, untouched for 10 working days.",
        why="Last touched 1 June; it is in progress and waits on nothing that is open.",
        question="What would help PAY-1 along, or should it make room for something else?",
        clears_when="Clears when somebody touches PAY-1, when it is done, or when it goes back to be done later.",
    )
    long = begun(at("2026-06-01"), ref="asana:1", title="Agree with the bank")
    assert in_words(RULE, long).title == "“Agree with the bank” is in progress, untouched for 10 working days."


def test_its_conditions_in_words() -> None:
    assert asked(RULE, begun(at("2026-06-09")), "jira:made:1") == (
        Condition("APP-1 is in progress; it has to be in progress.", holds=True),
        Condition("APP-1 waits on 0 open items; it must wait on none.", holds=True),
        Condition(
            "APP-1 was last touched 4 working days ago; 5 are needed.", holds=False, changes_at=at("2026-06-16T00:00")
        ),
    )
    blocked = asked(RULE, begun(at("2026-06-08"), item(2), item(3, status_category=DONE)), "jira:made:1")
    assert blocked[1:] == (
        Condition("APP-1 waits on 1 open item; it must wait on none.", holds=False),
        Condition("APP-1 was last touched 5 working days ago; 5 are needed.", holds=True),
    )
    assert asked(RULE, begun(at("2026-06-08"), status_category=TODO), "jira:made:1")[0] == Condition(
        "APP-1 is to do; it has to be in progress.", holds=False
    )
    assert asked(RULE, begun(at("2026-06-08")), "x") == (
        Condition("Nothing is known here of x, but of jira:made:1.", holds=False),
    )
