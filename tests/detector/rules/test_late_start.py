"""`late-start`: the blocker is to do, and the dependent is in progress or due within 10 working days."""

from datetime import date
from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from services.detector.facts import ItemNeighbourhood
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
from services.detector.verdict import Draft
from tests.detector.made import (
    DONE,
    IN_PROGRESS,
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
    waiting,
)  # fmt: skip

RULE = "late-start"
PAIR = ("jira:made:1", "jira:made:2")


def needed(blocker: Any = None, **dependent: Any) -> ItemNeighbourhood:
    return waiting(item(1, **(blocker or {})), item(2, **dependent))


@pytest.mark.parametrize(
    ("blocker", "dependent", "expected"),
    [
        (TODO, {"status_category": IN_PROGRESS}, "high"),
        (TODO, {"status_category": TODO}, None),
        (TODO, {"status_category": DONE, "due": date(2026, 6, 16)}, None),
        (IN_PROGRESS, {"status_category": IN_PROGRESS}, None),
        (DONE, {"status_category": IN_PROGRESS}, None),
        (TODO, {"due": date(2026, 6, 30)}, None),
        (TODO, {"due": date(2026, 6, 29)}, "high"),
        (TODO, {"due": date(2026, 6, 28)}, "high"),
        (TODO, {"due": date(2026, 6, 15)}, "high"),
        (TODO, {"due": date(2025, 1, 1)}, "high"),
        (TODO, {"status_category": IN_PROGRESS, "due": date(2026, 6, 30)}, "high"),
    ],
)
def test_the_dependent_is_begun_or_due_within_10_working_days(
    blocker: Any, dependent: dict[str, Any], expected: str | None
) -> None:
    assert severity(RULE, needed({"status_category": blocker}, **dependent)) == expected


@pytest.mark.parametrize(
    ("team", "day", "moment"),
    [
        ("app", date(2026, 6, 1), "2026-05-18T00:00"),
        ("pay", date(2026, 6, 1), "2026-05-14T22:00"),  # 25 May 2026 is a holiday in Berlin, and so is 14 May
        ("pay", date(2026, 4, 15), "2026-03-29T22:00"),  # the clocks went on in the night before
        ("pay", date(2026, 11, 9), "2026-10-25T23:00"),  # and back
        ("tokyo", date(2026, 6, 1), "2026-05-17T15:00"),
        ("gulf", date(2026, 6, 1), "2026-05-18T00:00"),
    ],
)
def test_the_days_are_those_of_the_blockers_team(team: str, day: date, moment: str) -> None:
    assert begins_at(RULE, needed({"team": team}, due=day), at(moment)).since == at(moment)
    later = at("2026-05-18T00:00") if day == date(2026, 6, 1) else None
    assert later is None or begins_at(RULE, needed({}, team=team, due=day), later).since == later


def test_a_due_that_comes_near_weighs_no_more_for_it() -> None:
    verdict = judged(RULE, needed(status_category=IN_PROGRESS, due=date(2026, 8, 1)))
    assert (str(verdict.findings[0].severity), verdict.check_after) == ("high", None)
    assert judged(RULE, needed(due=date(2026, 6, 29))).check_after is None
    assert judged(RULE, needed()).check_after is None


def test_raised_by_another_team_and_when_many_teams_wait_only() -> None:
    assert severity(RULE, needed({"team": "pay"}, due=date(2026, 6, 16))) == "critical"
    others = [begun(number, team=team) for number, team in enumerate(("app", "pay", "gulf", "tokyo"), start=2)]
    drafts = judged(RULE, waiting(item(1), *others)).findings
    assert [str(draft.severity) for draft in drafts] == ["critical"] * 4
    assert [str(draft.severity) for draft in judged(RULE, waiting(item(1), *others[:3])).findings] == [
        "high", "critical", "critical",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("dependent", "since"),
    [
        ({"due": date(2026, 6, 22)}, "2026-06-08T00:00"),
        ({"due": date(2026, 6, 22), "created": at("2026-06-10")}, "2026-06-10"),
        ({"status_category": IN_PROGRESS, "started": at("2026-06-03")}, "2026-06-03"),
        ({"status_category": IN_PROGRESS, "started": at("2026-06-03"), "created": at("2026-06-04")}, "2026-06-04"),
        ({"status_category": IN_PROGRESS, "started": at("2026-06-12"), "due": date(2026, 6, 22)}, "2026-06-08T00:00"),
        ({"status_category": IN_PROGRESS, "started": at("2026-06-03"), "due": date(2026, 6, 22)}, "2026-06-03"),
        ({"status_category": IN_PROGRESS, "due": date(2026, 6, 22)}, None),
        ({"status_category": IN_PROGRESS}, None),
    ],
)
def test_it_holds_since_the_dependent_began_or_came_to_be_due_soon(dependent: dict[str, Any], since: str) -> None:
    (draft,) = judged(RULE, needed(**dependent)).findings
    assert draft.since == (at(since) if since else None)


def test_an_end_out_of_sight_is_unknown() -> None:
    (draft,) = judged(RULE, needed(due=date(2026, 6, 20))).findings
    verdict = judged(RULE, needed(due=date(2026, 6, 20), visible=False))
    assert verdict.findings == ()
    assert verdict.unknown == {draft.fingerprint}
    assert judged(RULE, needed({"visible": False}, due=date(2026, 6, 20))).unknown == {draft.fingerprint}


def test_how_near_is_the_policys_of_the_blockers_team_and_of_the_objective() -> None:
    parts = strategy({"due_within_working_days": 4}).model_dump()
    parts["teams"][1]["policy"] = {"due_within_working_days": 3}
    parts["objectives"][0]["policy"] = {"due_within_working_days": 0}
    context = compile_strategy(strategy().model_validate(parts))
    assert severity(RULE, needed(due=date(2026, 6, 19)), context=context) == "high"
    assert severity(RULE, needed(due=date(2026, 6, 22)), context=context) is None
    assert severity(RULE, needed({"team": "pay"}, due=date(2026, 6, 19)), context=context) is None
    assert severity(RULE, needed({"team": "pay"}, due=date(2026, 6, 18)), context=context) == "critical"
    assert severity(RULE, needed(due=date(2026, 6, 16), objective="easy"), context=context) is None
    assert severity(RULE, needed(due=date(2026, 6, 15), objective="easy"), context=context) == "high"


def test_the_whole_finding_of_begun_work() -> None:
    facts = waiting(item(1, team="pay"), begun(2, due=date(2026, 6, 30), objective="easy"))
    (draft,) = judged(RULE, facts).findings
    assert draft == Draft(
        rule=RULE,
        subjects=PAIR,
        severity=Severity.CRITICAL,
        team="pay",
        objective="easy",
        since=at("2026-06-01"),
        evidence=(
            Evidence(fact="status-category", ref=PAIR[0], value="todo"),
            Evidence(fact="status-category", ref=PAIR[1], at=at("2026-06-01"), value="in_progress"),
            Evidence(fact="blocking-team", ref=PAIR[0], value="pay"),
            Evidence(fact="waiting-team", ref=PAIR[1], value="app"),
            Evidence(fact="due", ref=PAIR[1], value="2026-06-30"),
            Evidence(fact="raised-by", value=["different-teams"]),
        ),
    )
    assert in_words(RULE, facts, facts.waiting[0].dependent) == Text(
        title="APP-2 is in progress, but needs PAY-1, which is to do.",
        why="APP-2 (due 30 June) is in progress since 1 June and depends on PAY-1 of Pay, which is still to do.",
        question="What would it take to begin PAY-1 now, or what could APP-2 do without it?",
        clears_when="Clears when PAY-1 is begun or done, or when APP-2 no longer waits on it or can wait.",
    )


def test_the_words_for_work_that_is_due_soon_or_was_begun_nobody_knows_when() -> None:
    due = needed(due=date(2026, 6, 29), started=at("2026-05-04"))
    text = in_words(RULE, due, item(2))
    assert text.title == "APP-2 is due 29 June, but needs APP-1, which is to do."
    assert text.why == "APP-2 is due 29 June and depends on APP-1 of App, which is still to do."
    assert judged(RULE, due).findings[0].evidence[1] == Evidence(fact="status-category", ref=PAIR[1], value="todo")
    unknown = in_words(RULE, needed(status_category=IN_PROGRESS), item(2))
    assert unknown.why == "APP-2 is in progress and depends on APP-1 of App, which is still to do."
    long = item(1, ref="asana:1", title="Agree with the bank on how we pay")
    assert (
        in_words(RULE, waiting(long, begun(2)), item(2)).title == "“Agree with the bank on how we pay” has not begun."
    )


def test_its_conditions_in_words() -> None:
    live = Condition("APP-2 (to do) depends on APP-1 (to do); both have to be open.", holds=True)
    to_do = Condition("APP-1 is to do; it has to be to do.", holds=True)
    assert asked(RULE, needed(due=date(2026, 6, 30)), *PAIR) == (
        live,
        to_do,
        Condition(
            "APP-2 is to do, where in progress is enough. "
            "APP-2 is due 30 June, 11 working days from now; it counts within 10 working days.",
            holds=False,
            changes_at=at("2026-06-16T00:00"),
        ),
    )
    assert asked(RULE, needed(status_category=IN_PROGRESS), *PAIR)[2] == Condition(
        "APP-2 is in progress, where in progress is enough. APP-2 has no due; one within 10 working days is needed.",
        holds=True,
    )
    begun_and_due = needed(status_category=IN_PROGRESS, due=date(2026, 8, 3))
    assert asked(RULE, begun_and_due, *PAIR)[2].changes_at is None
    assert asked(RULE, needed({"status_category": IN_PROGRESS}, due=date(2026, 6, 16)), *PAIR)[1] == Condition(
        "APP-1 is in progress; it has to be to do.", holds=False
    )
    assert asked(RULE, needed(), "jira:made:2", "jira:made:1") == (
        Condition("Nothing known says that jira:made:1 depends on jira:made:2: 1 depend on APP-1.", holds=False),
    )
