"""`objective-idle`: open items, and none of its items touched for four working days; high from ten."""

import pytest

from services.detector.facts import ObjectiveFacts
from services.detector.policy import compile_strategy
from services.detector.verdict import NOTHING
from tests.detector.group_made import changes, draft_of, evidence, refuses_others, sentences
from tests.detector.made import CONTEXT, MONDAY, at, judged, severity, strategy, told

RULE = "objective-idle"


@pytest.mark.parametrize(
    ("last_touch", "expected"),
    [
        ("2026-06-10", None),
        ("2026-06-09", "medium"),
        ("2026-06-02", "medium"),
        ("2026-06-01", "high"),
        ("2026-06-14", None),
    ],
)
def test_medium_from_4_working_days_and_high_from_10(last_touch: str, expected: str | None) -> None:
    assert severity(RULE, ObjectiveFacts("easy", 3, at(last_touch))) == expected


def test_without_open_items_or_known_to_nobody_it_rests_in_peace() -> None:
    assert severity(RULE, ObjectiveFacts("easy", 0, at("2026-01-05"))) is None
    assert severity(RULE, ObjectiveFacts("easy", 0, None)) is None
    assert severity(RULE, ObjectiveFacts("forgotten", 3, at("2026-01-05"))) is None


def test_the_days_are_those_of_the_objectives_team() -> None:
    """25 May 2026 was a holiday in Berlin."""
    assert severity(RULE, ObjectiveFacts("easy", 1, at("2026-05-21")), at("2026-05-27")) == "medium"
    assert severity(RULE, ObjectiveFacts("safe", 1, at("2026-05-21")), at("2026-05-27")) is None


@pytest.mark.parametrize(
    ("last_touch", "check_after"),
    [("2026-06-12", "2026-06-18T00:00"), ("2026-06-09", "2026-06-23T00:00"), ("2026-01-05", None)],
)
def test_it_is_asked_again_when_a_threshold_is_reached(last_touch: str, check_after: str | None) -> None:
    verdict = judged(RULE, ObjectiveFacts("easy", 1, at(last_touch)))
    assert verdict.check_after == (at(check_after) if check_after else None)


def test_it_asks_what_it_waits_for() -> None:
    (draft,) = judged(RULE, ObjectiveFacts("easy", 1, at("2026-06-09"))).findings
    assert (draft.subjects, draft.team, draft.objective) == (("objective:easy",), "app", "easy")
    assert told(draft).title == "“Buyers pay in one step”: no work for 4 working days."
    assert told(draft).why.startswith("Last touched 9 June; 1 open item still serves it")


def test_it_says_what_waits_and_how_it_clears() -> None:
    draft = draft_of(RULE, ObjectiveFacts("easy", 2, at("2026-06-01")), MONDAY, CONTEXT)
    assert (draft.rule, str(draft.severity), draft.since) == (RULE, "high", at("2026-06-01"))
    assert evidence(draft) == [
        ("last-touch", "objective:easy", at("2026-06-01"), None),
        ("open-items", "objective:easy", None, 2),
    ]
    text = told(draft)
    assert text.why == "Last touched 1 June; 2 open items still serve it, and none of its items has moved since."
    assert text.question == "What does “Buyers pay in one step” wait for, and is it still what we want now?"
    assert text.clears_when == "Clears when somebody touches any of its items, or none of them is open."
    long = [{"id": "easy", "title": "Buyers pay in one step and never look back again", "team": "app"}]
    context = compile_strategy(strategy(objectives=long))
    assert told(draft, context=context).title == "“Buyers pay in one step and…”: no work for 10 working days."


@pytest.mark.parametrize(
    ("objective", "last_touch", "now", "check_after"),
    [
        ("safe", "2026-03-25", "2026-03-29", "2026-03-30T22:00"),  # clocks go forward in the night before
        ("safe", "2026-03-24", "2026-03-27", "2026-03-29T22:00"),
        ("safe", "2026-10-21", "2026-10-25", "2026-10-26T23:00"),
        ("safe", "2026-10-20", "2026-10-23", "2026-10-25T23:00"),
    ],
)
def test_a_night_in_which_clocks_change_is_a_night(objective: str, last_touch: str, now: str, check_after: str) -> None:
    verdict = judged(RULE, ObjectiveFacts(objective, 1, at(last_touch)), at(now))
    assert (verdict.findings, verdict.check_after) == ((), at(check_after))
    assert severity(RULE, ObjectiveFacts(objective, 1, at(last_touch)), at(check_after)) == "medium"


def test_the_policy_may_be_the_teams_or_the_objectives() -> None:
    policy = {"idle_after_working_days": 1, "idle_high_after_working_days": 2}
    own = compile_strategy(strategy(objectives=[{"id": "easy", "title": "Easy", "team": "app", "policy": policy}]))
    expected = {"2026-06-15": None, "2026-06-12": "medium", "2026-06-11": "high"}
    assert {day: severity(RULE, ObjectiveFacts("easy", 1, at(day)), MONDAY, own) for day in expected} == expected
    team = compile_strategy(strategy(teams=[{"id": "app", "policy": policy}]))
    assert severity(RULE, ObjectiveFacts("easy", 1, at("2026-06-12")), MONDAY, team) == "medium"
    assert judged(RULE, ObjectiveFacts("easy", 1, None)) is NOTHING


def test_its_conditions_say_how_it_stands() -> None:
    facts = ObjectiveFacts("easy", 3, at("2026-06-10"))
    opened = ("It has 3 open items; at least 1 is needed.", True)
    rests = "One of its items was last touched {} working days ago; 4 are needed."
    assert sentences(RULE, facts, MONDAY, "objective:easy", CONTEXT) == [opened, (rests.format(3), False)]
    assert changes(RULE, facts, MONDAY, "objective:easy", CONTEXT) == [None, at("2026-06-16T00:00")]
    old = ObjectiveFacts("easy", 3, at("2026-06-09"))
    assert sentences(RULE, old, MONDAY, "objective:easy", CONTEXT) == [opened, (rests.format(4), True)]
    assert changes(RULE, old, MONDAY, "objective:easy", CONTEXT) == [None, None]
    closed = sentences(RULE, ObjectiveFacts("easy", 0, at("2026-06-09")), MONDAY, "objective:easy", CONTEXT)
    assert closed == [("It has 0 open items; at least 1 is needed.", False), (rests.format(4), True)]
    never = sentences(RULE, ObjectiveFacts("easy", 3), MONDAY, "objective:easy", CONTEXT)
    assert never == [opened, ("None of its items was ever touched.", False)]
    refuses_others(RULE, facts, MONDAY, "objective:easy", CONTEXT)
    gone = sentences(RULE, ObjectiveFacts("gone", 3, at("2026-06-09")), MONDAY, "objective:gone", CONTEXT)
    assert gone == [("The strategy does not name objective:gone.", False)]
