"""`tracker-disagreement`: twins whose status, due or assignee have differed for more than an hour."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from schemas.work_items import Absence, ChangeAspect
from services.detector.facts import Difference, ItemNeighbourhood, TwinFacts
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
from services.detector.verdict import NOTHING, Draft
from tests.detector.made import (
    DONE,
    IN_PROGRESS,
    MONDAY,
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

RULE = "tracker-disagreement"
OURS, THEIRS = "asana:1", "jira:made:1"
PAIR = (OURS, THEIRS)
MOMENT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def differs(
    aspect: ChangeAspect = ChangeAspect.STATUS,
    ours: str | None = "todo",
    theirs: str | None = "in_progress",
    since: Any = None,
) -> Difference:
    return Difference(aspect, ours, theirs, since or at("2026-06-10"))


def twins(*differences: Difference, twin: Any = None, **fields: Any) -> ItemNeighbourhood:
    item_ = item(1, ref=OURS, title="Pay by card", **fields)
    return ItemNeighbourhood(item_, twins=(TwinFacts(begun(1, **(twin or {})), differences),))


@pytest.mark.parametrize(
    ("lasts", "expected"),
    [(timedelta(0), None), (HOUR - MOMENT, None), (HOUR, None), (HOUR + MOMENT, "medium"), (9 * HOUR, "medium")],
)
def test_for_more_than_an_hour(lasts: timedelta, expected: str | None) -> None:
    assert severity(RULE, twins(differs(since=MONDAY - lasts))) == expected


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        (differs(ChangeAspect.STATUS, "todo", "done"), "medium"),
        (differs(ChangeAspect.DUE, "2026-06-30", None), "medium"),
        (differs(ChangeAspect.DUE, None, "2026-06-30"), "medium"),
        (differs(ChangeAspect.ASSIGNEE, "Ana", "Ben"), "medium"),
        (differs(ChangeAspect.ASSIGNEE, "Ana", None), "medium"),
        (differs(ChangeAspect.ASSIGNEE, None, "Ana"), "medium"),
        (differs(ChangeAspect.ASSIGNEE, "Ana STRASSE", "ana straße"), None),
        (differs(ChangeAspect.ASSIGNEE, None, None), None),
        (differs(ChangeAspect.ESTIMATE, "1", "2"), None),
        (differs(ChangeAspect.START, "2026-06-01", None), None),
    ],
)
def test_status_due_and_assignee_count_and_names_in_any_case(difference: Difference, expected: str | None) -> None:
    assert severity(RULE, twins(difference)) == expected


def test_twins_that_agree_say_nothing() -> None:
    assert judged(RULE, twins()).findings == ()
    assert judged(RULE, ItemNeighbourhood(item(1))) == NOTHING


def test_a_pair_is_told_of_once_with_the_ref_that_comes_first() -> None:
    other = ItemNeighbourhood(begun(1), twins=(TwinFacts(item(1, ref=OURS), (differs(),)),))
    assert judged(RULE, other) == NOTHING
    assert judged(RULE, ItemNeighbourhood(item(1), twins=(TwinFacts(item(1), (differs(),)),))) == NOTHING


def test_each_pair_is_a_finding_of_its_own() -> None:
    pair = (TwinFacts(begun(1), (differs(),)), TwinFacts(begun(2), (differs(),)), TwinFacts(begun(3)))
    drafts = judged(RULE, ItemNeighbourhood(item(1, ref=OURS), twins=pair)).findings
    assert [draft.subjects for draft in drafts] == [PAIR, (OURS, "jira:made:2")]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [(DONE, DONE, None), (DONE, IN_PROGRESS, "medium"), (IN_PROGRESS, DONE, "medium")],
)
def test_two_that_are_both_done_agree_that_the_work_is_over(ours: Any, theirs: Any, expected: str | None) -> None:
    due = differs(ChangeAspect.DUE, "2026-06-30", None)
    assert severity(RULE, twins(due, status_category=ours, twin={"status_category": theirs})) == expected


def test_two_that_were_both_done_when_one_went_out_of_sight_are_no_question() -> None:
    hidden = {"status_category": DONE, "visible": False}
    due = differs(ChangeAspect.DUE, "2026-06-30", None)
    assert judged(RULE, twins(due, status_category=DONE, twin=hidden)) == NOTHING


@pytest.mark.parametrize(
    ("end", "is_unknown"),
    [
        ({"visible": False}, True),
        ({"visible": False, "absence": Absence.MOVED}, True),
        ({"visible": False, "absence": Absence.DELETED}, False),
    ],
)
def test_where_one_is_out_of_sight_nothing_can_be_told(end: dict[str, Any], is_unknown: bool) -> None:
    (draft,) = judged(RULE, twins(differs())).findings
    for verdict in (judged(RULE, twins(differs(), **end)), judged(RULE, twins(differs(), twin=end))):
        assert (verdict.findings, verdict.unknown) == ((), {draft.fingerprint} if is_unknown else frozenset())
    assert not all(condition.holds for condition in asked(RULE, twins(differs(), **end), *PAIR))


@pytest.mark.parametrize("team", ["app", "pay", "tokyo"])
@pytest.mark.parametrize("since", ["2026-03-29T00:30", "2026-10-25T00:30", "2026-05-25"])
def test_an_hour_is_an_hour_in_every_night_and_on_every_day(team: str, since: str) -> None:
    begins_at(RULE, twins(differs(since=at(since)), team=team), at(since) + HOUR + MOMENT)


def test_it_is_asked_again_for_each_difference_that_is_young() -> None:
    young = differs(ChangeAspect.DUE, None, "2026-06-30", since=MONDAY - timedelta(minutes=20))
    facts = twins(young, differs())
    verdict = judged(RULE, facts)
    assert verdict.check_after == MONDAY + timedelta(minutes=40) + MOMENT
    assert [evidence.fact for evidence in verdict.findings[0].evidence] == ["differs-status"]
    assert verdict.findings[0].since == at("2026-06-10")
    later = judged(RULE, facts, MONDAY + HOUR)
    assert [evidence.fact for evidence in later.findings[0].evidence] == ["differs-status", "differs-due"]
    assert later.check_after is None


def test_for_how_long_is_the_policys_of_the_team_and_the_objective() -> None:
    parts = strategy({"disagreement_minutes": 30}).model_dump()
    parts["teams"][1]["policy"] = {"disagreement_minutes": 20}
    parts["objectives"][0]["policy"] = {"disagreement_minutes": 0}
    context = compile_strategy(strategy().model_validate(parts))

    def after(minutes: int, **fields: Any) -> str | None:
        return severity(
            RULE, twins(differs(since=MONDAY - timedelta(minutes=minutes) - MOMENT), **fields), MONDAY, context
        )

    assert (after(30), after(29)) == ("medium", None)
    assert (after(20, team="pay"), after(19, team="pay")) == ("medium", None)
    assert after(0, objective="easy") == "medium"


def test_the_whole_finding() -> None:
    facts = twins(
        differs(ChangeAspect.ASSIGNEE, "Ana", None, since=at("2026-06-09")),
        differs(ChangeAspect.DUE, None, "2026-06-30", since=at("2026-06-08")),
        differs(ChangeAspect.STATUS, "todo", "in_progress"),
        team="pay",
        objective="safe",
    )
    (draft,) = judged(RULE, facts).findings
    assert draft == Draft(
        rule=RULE,
        subjects=PAIR,
        severity=Severity.MEDIUM,
        team="pay",
        objective="safe",
        since=at("2026-06-08"),
        evidence=(
            Evidence(fact="differs-status", ref=OURS, at=at("2026-06-10"), value=["todo", "in_progress"]),
            Evidence(fact="differs-due", ref=OURS, at=at("2026-06-08"), value=[None, "2026-06-30"]),
            Evidence(fact="differs-assignee", ref=OURS, at=at("2026-06-09"), value=["Ana", None]),
        ),
    )
    assert in_words(RULE, facts, facts.twins[0].item) == Text(
        title="“Pay by card” and its twin differ in status, due and assignee.",
        why="They stand for the same work and have differed since 8 June: “Pay by card” against APP-1 has "
        "status to do against in progress; due none against 30 June; assignee Ana against none.",
        question="Which of “Pay by card” and APP-1 is right, and who could bring the other in line?",
        clears_when="Clears when “Pay by card” and APP-1 say the same, or when both are done.",
    )


def test_the_title_names_both_where_that_fits() -> None:
    facts = twins(differs())
    assert (
        in_words(RULE, facts, facts.twins[0].item).title
        == "“Pay by card” and its twin APP-1 “Item 1” differ in status."
    )
    long = ItemNeighbourhood(item(1, ref=OURS, title="Agree with the bank on how to pay"), twins=facts.twins)
    assert in_words(RULE, long, begun(1)).title == "“Agree with the…” and its twin APP-1 “Item 1” differ in status."


def test_its_conditions_in_words() -> None:
    facts = twins(
        differs(ChangeAspect.ASSIGNEE, "Ana", None), differs(since=at("2026-06-12")), twin={"status_category": DONE}
    )
    assert asked(RULE, facts, *PAIR) == (
        Condition(
            "“Pay by card” is to do, APP-1 is done; both have to be in sight, and at most one of them done.", holds=True
        ),
        Condition("They differ in status and assignee; status, due or assignee is needed.", holds=True),
        Condition("They have differed for 5 days; more than 60 minutes is needed.", holds=True),
    )
    young = twins(differs(since=MONDAY - HOUR), status_category=IN_PROGRESS)
    assert asked(RULE, young, *PAIR)[2] == Condition(
        "They have differed for 60 minutes; more than 60 minutes is needed.", holds=False, changes_at=MONDAY + MOMENT
    )
    assert asked(RULE, twins(), *PAIR)[1:] == (
        Condition("They differ in nothing; status, due or assignee is needed.", holds=False),
    )
    assert asked(RULE, twins(), OURS, "jira:made:9") == (
        Condition("Nothing is known here of asana:1 and jira:made:9, but of asana:1 and jira:made:1.", holds=False),
    )
    turned = ItemNeighbourhood(begun(1), twins=(TwinFacts(item(1, ref=OURS), (differs(),)),))
    assert not asked(RULE, turned, THEIRS, OURS)[0].holds
