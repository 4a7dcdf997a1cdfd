"""`stalled-dependency`: somebody waits for an item that nobody has touched for five working days."""

from datetime import date, datetime
from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from schemas.work_items import Absence
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
from services.detector.verdict import Draft
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
    told,
    waiting,
)  # fmt: skip

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


def test_the_whole_finding() -> None:
    blocker = item(1, team="pay", touched=at("2026-06-01"), objective="safe", status_category=IN_PROGRESS)
    facts = waiting(blocker, item(2, due=date(2026, 6, 29)), made=at("2026-06-05"))
    (draft,) = judged(RULE, facts).findings
    assert draft == Draft(
        rule=RULE,
        subjects=("jira:made:1", "jira:made:2"),
        severity=Severity.CRITICAL,
        team="pay",
        objective="safe",
        since=at("2026-06-05"),
        evidence=(
            Evidence(fact="last-touch", ref="jira:made:1", at=at("2026-06-01")),
            Evidence(fact="status-category", ref="jira:made:1", value="in_progress"),
            Evidence(fact="blocking-team", ref="jira:made:1", value="pay"),
            Evidence(fact="waiting-team", ref="jira:made:2", value="app"),
            Evidence(fact="due", ref="jira:made:2", value="2026-06-29"),
            Evidence(fact="link-made", at=at("2026-06-05")),
            Evidence(fact="raised-by", value=["different-teams", "due-soon"]),
        ),
    )
    assert in_words(RULE, facts, item(2)) == Text(
        title="App waits on Pay: PAY-1 has not moved for 6 working days.",
        why="Last touched 1 June; APP-2 (due 29 June) depends on it since 5 June.",
        question="What would it take to move PAY-1 this week, and who could help?",
        clears_when="Clears when somebody touches PAY-1, when it is done, or when APP-2 no longer waits on it.",
    )


def test_within_one_team_the_dependent_is_named_and_a_long_name_leaves_room() -> None:
    facts = stalled("2026-06-08")
    assert in_words(RULE, facts, item(2)).title == "APP-2 waits: APP-1 “Item 1” has not moved for 5 working days."
    long = waiting(item(1, touched=at("2026-06-08")), item(2, ref="asana:2", title="Pay by card in all shops"))
    title = in_words(RULE, long, long.waiting[0].dependent).title
    assert title == "APP-1 “Item 1” has not moved for 5 working days."


@pytest.mark.parametrize(
    ("since", "moment"),
    [
        ("2026-03-22T23:00", "2026-03-29T22:00"),  # Berlin's clocks go on on 29 March
        ("2026-10-17T22:00", "2026-10-22T22:00"),
        ("2026-10-18T22:00", "2026-10-25T23:00"),  # and back on 25 October
    ],
)
def test_a_day_begins_at_midnight_there_in_the_nights_in_which_clocks_change(since: str, moment: str) -> None:
    begins_at(RULE, waiting(item(1, team="pay", touched=at(since)), item(2, team="pay")), at(moment))


def test_its_conditions_in_words() -> None:
    pair = ("jira:made:1", "jira:made:2")
    assert asked(RULE, stalled("2026-06-09"), *pair) == (
        Condition("APP-2 (to do) depends on APP-1 (to do); both have to be open.", holds=True),
        Condition(
            "APP-1 was last touched 4 working days ago; 5 are needed.", holds=False, changes_at=at("2026-06-16T00:00")
        ),
    )
    assert asked(RULE, stalled("2026-06-08"), *pair)[1] == Condition(
        "APP-1 was last touched 5 working days ago; 5 are needed.", holds=True
    )
    new = waiting(item(1), item(2, created=at("2026-06-10")))
    assert asked(RULE, new, *pair)[1].says == "APP-1 was first waited for 3 working days ago; 5 are needed."
    assert asked(RULE, stalled("2026-06-08", visible=False), *pair)[0] == Condition(
        "APP-2 (out of sight) depends on APP-1 (to do); both have to be open.", holds=False
    )
    assert asked(RULE, stalled("2026-06-08"), "x", "y") == (
        Condition("Nothing known says that y depends on x: 1 depend on APP-1.", holds=False),
    )
