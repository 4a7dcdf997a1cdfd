"""`objective-starved`: open items, none in progress, for five working days; raised when the objective is due soon."""

from dataclasses import replace
from typing import Any

import pytest

from services.detector.facts import ObjectiveFacts
from services.detector.policy import compile_strategy
from services.detector.verdict import NOTHING
from tests.detector.group_made import draft_of, evidence, refuses_others, sentences
from tests.detector.made import CONTEXT, MONDAY, at, judged, severity, strategy, told

RULE = "objective-starved"
SAFE = ObjectiveFacts("safe", 2, open_from=at("2026-01-05"))


def starved(ended: str | None, opened: str | None = "2026-01-05", **fields: Any) -> ObjectiveFacts:
    progress_ended, open_from = (at(moment) if moment else None for moment in (ended, opened))
    return replace(ObjectiveFacts("easy", 2, progress_ended=progress_ended, open_from=open_from), **fields)


@pytest.mark.parametrize(
    ("ended", "opened", "expected"),
    [
        ("2026-06-09", "2026-01-05", None),
        ("2026-06-08", "2026-01-05", "medium"),
        ("2026-06-05", "2026-01-05", "medium"),
        ("2026-01-06", "2026-06-09", None),
        ("2026-01-06", "2026-06-08", "medium"),
        (None, "2026-06-09", None),
        (None, "2026-06-08", "medium"),
        ("2026-06-08", None, "medium"),
        (None, None, None),
    ],
)
def test_it_is_5_working_days_since_work_ended_or_the_first_item_came(
    ended: str | None, opened: str | None, expected: str | None
) -> None:
    assert severity(RULE, starved(ended, opened)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"open_items": 0}, None),
        ({"open_items": 1}, "medium"),
        ({"in_progress": 1}, None),
        ({"objective": "gone"}, None),
    ],
)
def test_something_is_open_and_nothing_in_progress(fields: dict[str, Any], expected: str | None) -> None:
    assert severity(RULE, starved("2026-06-01", **fields)) == expected
    assert judged(RULE, starved("2026-06-12", open_items=0)) is NOTHING


def test_an_item_out_of_sight_might_be_in_progress_so_it_cannot_be_told() -> None:
    finding = draft_of(RULE, starved("2026-06-01"), MONDAY, CONTEXT)
    hidden = judged(RULE, starved("2026-06-01", hidden=1))
    assert (hidden.findings, hidden.check_after, hidden.unknown) == ((), None, frozenset({finding.fingerprint}))
    assert judged(RULE, starved("2026-06-01", hidden=1, in_progress=1)).unknown == frozenset()


@pytest.mark.parametrize(
    ("ended", "now", "expected"),
    [
        ("2026-05-20", "2026-05-27", None),  # 25 May was a holiday in Berlin
        ("2026-05-20", "2026-05-28", "medium"),
        ("2026-05-20T22:30", "2026-05-27T21:59", None),
        ("2026-05-20T22:30", "2026-05-28T21:59", None),
        ("2026-05-20T22:30", "2026-05-28T22:00", "medium"),
    ],
)
def test_the_days_are_those_of_the_objectives_team(ended: str, now: str, expected: str | None) -> None:
    assert severity(RULE, starved(ended, objective="safe"), at(now)) == expected


@pytest.mark.parametrize(
    ("objective", "ended", "check_after"),
    [
        ("easy", "2026-06-12", "2026-06-19T00:00"),
        ("easy", "2026-06-14", "2026-06-19T00:00"),
        ("easy", "2026-06-15", "2026-06-22T00:00"),
        ("safe", "2026-06-12", "2026-06-18T22:00"),
    ],
)
def test_it_is_asked_again_when_5_working_days_have_passed(objective: str, ended: str, check_after: str) -> None:
    verdict = judged(RULE, starved(ended, objective=objective))
    assert (verdict.findings, verdict.check_after) == ((), at(check_after))


@pytest.mark.parametrize(
    ("ended", "now", "check_after"),
    [
        ("2026-03-24", "2026-03-27", "2026-03-30T22:00"),  # clocks go forward on 29 March: two hours before UTC then
        ("2026-03-20", "2026-03-25", "2026-03-26T23:00"),
        ("2026-10-20", "2026-10-23", "2026-10-26T23:00"),  # and back on 25 October
        ("2026-10-16", "2026-10-21", "2026-10-22T22:00"),
    ],
)
def test_a_night_in_which_clocks_change_is_a_night(ended: str, now: str, check_after: str) -> None:
    assert judged(RULE, starved(ended, objective="safe"), at(now)).check_after == at(check_after)


def due_on(day: str, **policy: Any) -> Any:
    objectives = [{"id": "easy", "title": "Buyers pay in one step", "team": "app", "due_on": day, "policy": policy}]
    return compile_strategy(strategy(objectives=objectives))


@pytest.mark.parametrize(
    ("due", "expected", "check_after"),
    [
        ("2026-06-30", "medium", "2026-06-16T00:00"),
        ("2026-06-29", "high", None),
        ("2026-06-01", "high", None),
        ("2026-07-10", "medium", "2026-06-26T00:00"),
    ],
)
def test_it_is_raised_when_the_objective_is_due_within_10_working_days(
    due: str, expected: str, check_after: str | None
) -> None:
    verdict = judged(RULE, starved("2026-06-01"), MONDAY, due_on(due))
    assert str(verdict.findings[0].severity) == expected
    assert verdict.check_after == (at(check_after) if check_after else None)
    raised = [one.value for one in verdict.findings[0].evidence if one.fact == "raised-by"]
    assert raised == ([["due-soon"]] if expected == "high" else [])


def test_the_policy_may_be_the_teams_or_the_objectives() -> None:
    facts = starved("2026-06-10")
    assert severity(RULE, facts, MONDAY, due_on("2027-01-29", starved_after_working_days=3)) == "medium"
    assert severity(RULE, facts, MONDAY, due_on("2027-01-29", starved_after_working_days=4)) is None
    teams = [{"id": "app", "policy": {"starved_after_working_days": 3}}]
    team = compile_strategy(strategy(teams=teams))
    assert severity(RULE, facts, MONDAY, team) == "medium"
    assert sentences(RULE, facts, MONDAY, "objective:easy", team)[3][0].endswith("3 working days ago; 3 are needed.")
    own = due_on("2027-01-29", starved_after_working_days=4)
    assert sentences(RULE, facts, MONDAY, "objective:easy", own)[3][0].endswith("3 working days ago; 4 are needed.")


def test_a_finding_has_what_it_was_decided_by() -> None:
    facts = starved("2026-06-08", seen_from=at("2026-05-03"))
    draft = draft_of(RULE, facts, MONDAY, due_on("2026-06-26"))
    assert (draft.rule, draft.subjects, draft.team, draft.objective) == (RULE, ("objective:easy",), "app", "easy")
    assert draft.since == at("2026-06-08")
    assert evidence(draft) == [
        ("open-items", "objective:easy", None, 2),
        ("starved-since", "objective:easy", at("2026-06-08"), None),
        ("progress-ended", "objective:easy", at("2026-06-08"), None),
        ("due", "objective:easy", None, "2026-06-26"),
        ("seen-from", "objective:easy", at("2026-05-03"), None),
        ("raised-by", None, None, ["due-soon"]),
    ]
    bare = draft_of(RULE, starved(None, "2026-06-08"), MONDAY, CONTEXT)
    assert [one.fact for one in bare.evidence] == ["open-items", "starved-since", "due"]


def test_it_says_since_when_and_asks_what_it_would_take() -> None:
    text = told(draft_of(RULE, starved("2026-06-08"), MONDAY, CONTEXT))
    assert text.title == "“Buyers pay in one step”: nothing in progress for 5 working days."
    assert text.why == (
        "Work on it ended last 8 June; none of its 2 open items is in progress since 8 June, and it is due "
        "30 June 2027."
    )
    assert text.question == "What would it take to begin on “Buyers pay in one step”, or what should it wait for?"
    assert text.clears_when == "Clears when one of its items is in progress, or none of them is open."


def test_it_says_where_it_was_seen_and_where_nothing_ever_began() -> None:
    facts = starved(None, "2026-06-08", open_items=1, seen_from=at("2026-05-03"))
    long = compile_strategy(
        strategy(objectives=[{"id": "easy", "title": "Buyers pay in one step and never look back", "team": "app"}])
    )
    text = told(draft_of(RULE, facts, MONDAY, long), context=long)
    assert text.title == "“Buyers pay in one step…”: nothing in progress for 5 working days."
    assert text.why == (
        "No work on it is known to have begun; its 1 open item is not in progress since 8 June, and it is due "
        "30 June 2027. It goes by what was seen since 3 May; nobody told what was before."
    )


def test_its_conditions_say_how_it_stands() -> None:
    assert sentences(RULE, starved("2026-06-09"), MONDAY, "objective:easy", CONTEXT) == [
        ("It has 2 open items; at least 1 is needed.", True),
        ("It has 0 items in progress; none may be.", True),
        ("It has 0 items out of sight, of which nobody can say that they rest.", True),
        (
            (
                "The later of two, when work on it ended last and when its first open item came, was 9 June, "
                "4 working days ago; 5 are needed."
            ),
            False,
        ),
    ]
    held = sentences(RULE, starved("2026-06-08"), MONDAY, "objective:easy", CONTEXT)
    assert [holds for _, holds in held] == [True] * 4


@pytest.mark.parametrize(
    ("fields", "place", "says"),
    [
        ({"open_items": 0}, 0, "It has 0 open items; at least 1 is needed."),
        ({"in_progress": 1}, 1, "It has 1 item in progress; none may be."),
        ({"hidden": 1}, 2, "It has 1 item out of sight, of which nobody can say that they rest."),
        (
            {"progress_ended": None, "open_from": None},
            3,
            "It is not known since when something of it is open.",
        ),
    ],
)
def test_each_condition_may_fail_alone(fields: dict[str, Any], place: int, says: str) -> None:
    said = sentences(RULE, starved("2026-06-01", **fields), MONDAY, "objective:easy", CONTEXT)
    assert said[place] == (says, False)
    assert [holds for _, holds in said].count(False) == 1


def test_its_conditions_count_the_days_of_the_objectives_team() -> None:
    """23:00 on Thursday 21 May in UTC is Friday in Berlin, where Monday 25 May 2026 was a holiday."""
    facts = replace(SAFE, progress_ended=at("2026-05-21T23:00"))
    rests = sentences(RULE, facts, at("2026-05-26"), "objective:safe", CONTEXT)[-1]
    assert rests == (
        ("The later of two, when work on it ended last and when its first open item came, was 22 May, "
         "1 working day ago; 5 are needed."),
        False,
    )  # fmt: skip


def test_conditions_are_of_its_own_objective_and_of_those_that_the_strategy_names() -> None:
    refuses_others(RULE, starved("2026-06-01"), MONDAY, "objective:easy", CONTEXT)
    assert sentences(RULE, starved("2026-06-01", objective="gone"), MONDAY, "objective:gone", CONTEXT) == [
        ("The strategy does not name objective:gone.", False)
    ]
