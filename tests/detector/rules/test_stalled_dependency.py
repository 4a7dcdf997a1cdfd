"""`stalled-dependency`: somebody waits for an item that nobody has touched for five working days."""

from datetime import date, datetime
from typing import Any

import pytest

from schemas.work_items import Absence
from services.detector.policy import compile_strategy
from tests.detector.made import CONTEXT, DONE, IN_PROGRESS, MONDAY, at, item, judged, severity, strategy, told, waiting

RULE = "stalled-dependency"


def stalled(touched: str, **dependent: Any) -> Any:
    return waiting(item(1, touched=at(touched)), item(2, **dependent))


@pytest.mark.parametrize(
    ("touched", "expected"),
    [
        ("2026-06-09", None),
        ("2026-06-08", "medium"),
        ("2026-06-06", "medium"),
        ("2026-06-05", "medium"),
        ("2026-06-02", "medium"),
        ("2026-06-01", "high"),
        ("2026-05-29", "high"),
    ],
)
def test_medium_from_5_working_days_and_high_from_10(touched: str, expected: str | None) -> None:
    assert severity(RULE, stalled(touched)) == expected


@pytest.mark.parametrize(
    ("team", "touched", "now", "expected"),
    [
        ("app", "2026-05-18", "2026-05-25", "medium"),
        ("pay", "2026-05-18", "2026-05-25", None),  # 25 May 2026 is Whit Monday in Berlin
        ("pay", "2026-05-18", "2026-05-26", "medium"),
        ("gulf", "2026-06-08", "2026-06-14", None),
        ("gulf", "2026-06-08", "2026-06-15", "medium"),
        ("tokyo", "2026-06-08T14:59", "2026-06-14T15:00", "medium"),
        ("tokyo", "2026-06-08T15:00", "2026-06-14T15:00", None),
        ("tokyo", "2026-06-08T14:59", "2026-06-14T14:59", None),
    ],
)
def test_the_days_are_those_of_the_blockers_team(team: str, touched: str, now: str, expected: str | None) -> None:
    blocker = item(1, team=team, touched=at(touched))
    assert severity(RULE, waiting(blocker, item(2, team=team)), at(now)) == expected


@pytest.mark.parametrize(
    "late",
    [
        lambda new: waiting(item(1, touched=new), item(2)),
        lambda new: waiting(item(1), item(2, created=new, touched=new)),
        lambda new: waiting(item(1), item(2), made=new),
    ],
    ids=["touch", "dependent created", "link made"],
)
def test_the_count_begins_with_the_last_of_touch_creation_and_link(late: Any) -> None:
    assert severity(RULE, late(at("2026-06-09"))) is None
    (draft,) = judged(RULE, late(at("2026-06-08"))).findings
    assert draft.since == at("2026-06-08")


def test_a_touch_of_the_dependent_does_not_count() -> None:
    assert severity(RULE, waiting(item(1, touched=at("2026-06-08")), item(2, touched=MONDAY))) == "medium"


@pytest.mark.parametrize("end", [{"status_category": DONE}, {"visible": False, "absence": Absence.DELETED}])
def test_only_a_live_dependency_stalls(end: dict[str, Any]) -> None:
    assert judged(RULE, waiting(item(1, **end), item(2))).findings == ()
    assert judged(RULE, waiting(item(1), item(2, **end))).findings == ()


def test_an_item_does_not_wait_for_itself() -> None:
    assert severity(RULE, waiting(item(1), item(1))) is None


def test_an_end_out_of_sight_is_unknown_rather_than_cleared() -> None:
    (draft,) = judged(RULE, waiting(item(1), item(2))).findings
    verdict = judged(RULE, waiting(item(1), item(2, visible=False)))
    assert verdict.findings == ()
    assert verdict.unknown == {draft.fingerprint}


@pytest.mark.parametrize(
    ("dependent", "expected"),
    [
        ({}, "medium"),
        ({"team": "pay"}, "high"),
        ({"due": date(2026, 6, 30)}, "medium"),
        ({"due": date(2026, 6, 29)}, "high"),
        ({"due": date(2026, 6, 28)}, "high"),
        ({"due": date(2025, 1, 1)}, "high"),
        ({"team": "pay", "due": date(2026, 6, 29)}, "critical"),
    ],
)
def test_raised_by_another_team_and_by_a_due_within_10_working_days(dependent: dict[str, Any], expected: str) -> None:
    assert severity(RULE, stalled("2026-06-08", **dependent)) == expected


@pytest.mark.parametrize(("teams", "expected"), [(["pay", "gulf"], "high"), (["pay", "gulf", "tokyo"], "critical")])
def test_raised_when_three_other_teams_wait_for_the_blocker(teams: list[str], expected: str) -> None:
    dependents = [item(number, team=team) for number, team in enumerate(["app", *teams], start=2)]
    drafts = judged(RULE, waiting(item(1, touched=at("2026-06-08")), *dependents)).findings
    assert [str(draft.severity) for draft in drafts][1:] == [expected] * len(teams)


def test_a_done_dependent_of_a_third_team_raises_nothing() -> None:
    dependents = [item(2, team="pay"), item(3, team="gulf"), item(4, team="tokyo", status_category=DONE)]
    drafts = judged(RULE, waiting(item(1, touched=at("2026-06-08")), *dependents)).findings
    assert [str(draft.severity) for draft in drafts] == ["high", "high"]


def test_raised_by_the_due_of_the_findings_objective() -> None:
    easy = {"id": "easy", "title": "Easy", "team": "app", "due_on": "2026-06-29"}
    context = compile_strategy(strategy(objectives=[easy]))
    assert severity(RULE, stalled("2026-06-08", objective="easy"), MONDAY, context) == "high"
    assert severity(RULE, stalled("2026-06-08", objective="easy"), at("2026-06-14"), context) is None
    assert severity(RULE, stalled("2026-06-05", objective="easy"), at("2026-06-12"), context) == "medium"


def test_each_due_is_counted_in_the_calendar_of_its_own_team() -> None:
    """Between 15 May and 1 June 2026 team pay has 10 working days, for 25 May was a holiday; team app has 11."""
    safe = {"id": "safe", "title": "Safe", "team": "pay", "due_on": "2026-06-01"}
    context, now = compile_strategy(strategy(objectives=[safe])), at("2026-05-15")
    blocker = item(1, touched=at("2026-05-08"))
    near, far = item(2, objective="safe"), item(3, due=date(2026, 6, 1))
    assert severity(RULE, waiting(blocker, near), now, context) == "high"
    assert severity(RULE, waiting(blocker, far), now, context) == "medium"


def test_without_a_due_of_its_own_an_objective_is_due_at_the_end_of_the_cycle() -> None:
    cycle = {"id": "c", "starts_on": "2026-05-01", "ends_on": "2026-06-29"}
    easy = {"id": "easy", "title": "Easy", "team": "app"}
    context = compile_strategy(strategy(cycle=cycle, objectives=[easy]))
    assert severity(RULE, stalled("2026-06-08", objective="easy"), MONDAY, context) == "high"


def test_the_blockers_team_must_act_and_the_dependents_objective_counts_first() -> None:
    blocker = item(1, team="pay", objective="safe")
    (first,) = judged(RULE, waiting(blocker, item(2, objective="easy"))).findings
    (second,) = judged(RULE, waiting(blocker, item(2))).findings
    assert (first.team, first.objective, second.objective) == ("pay", "easy", "safe")
    assert first.subjects == (blocker.ref, "jira:made:2")


@pytest.mark.parametrize(
    ("touched", "check_after"),
    [("2026-06-09", "2026-06-16T00:00"), ("2026-06-08", "2026-06-22T00:00"), ("2026-05-01", None)],
)
def test_it_is_asked_again_when_a_threshold_is_reached(touched: str, check_after: str | None) -> None:
    expected: datetime | None = at(check_after) if check_after else None
    assert judged(RULE, stalled(touched)).check_after == expected


def test_the_objectives_policy_holds_over_the_teams_over_everybodys() -> None:
    parts = strategy({"stalled_after_working_days": 4}).model_dump()
    parts["teams"][0]["policy"] = {"stalled_after_working_days": 3}
    parts["objectives"][0]["policy"] = {"stalled_after_working_days": 2}
    context = compile_strategy(strategy().model_validate(parts))
    assert severity(RULE, stalled("2026-06-10"), MONDAY, context) == "medium"
    assert severity(RULE, stalled("2026-06-11"), MONDAY, context) is None
    assert severity(RULE, stalled("2026-06-11", objective="easy"), MONDAY, context) == "medium"
    gulf = waiting(item(1, team="gulf", touched=at("2026-06-10")), item(2, team="gulf"))
    assert severity(RULE, gulf, MONDAY, context) is None
    assert severity(RULE, stalled("2026-06-08"), MONDAY, CONTEXT) == "medium"


def test_it_reads_as_a_question_with_the_numbers() -> None:
    blocker = item(1, team="pay", touched=at("2026-06-08"))
    dependent = item(2, due=date(2026, 6, 30))
    (draft,) = judged(RULE, waiting(blocker, dependent)).findings
    text = told(draft, blocker, dependent)
    assert text.title == "App waits on Pay: PAY-1 has not moved for 5 working days."
    assert text.why == "Last touched 8 June; APP-2 (due 30 June) depends on it."
    assert text.question == "What would it take to start PAY-1 this week, and who could help?"


def test_a_day_later_the_same_draft_counts_one_day_more() -> None:
    (draft,) = judged(RULE, stalled("2026-06-08")).findings
    (later,) = judged(RULE, stalled("2026-06-08"), at("2026-06-16")).findings
    assert later == draft
    assert "6 working days" in told(draft, item(1), item(2), now=at("2026-06-16")).title


def test_begun_work_is_asked_what_would_move_it() -> None:
    facts = waiting(item(1, status_category=IN_PROGRESS), item(2))
    (draft,) = judged(RULE, facts).findings
    assert told(draft, item(1), item(2)).question.startswith("What would it take to move APP-1")
