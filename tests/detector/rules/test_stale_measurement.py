"""`stale-measurement`: no measurement for two cadences, from the cycle's start to the end of the due day."""

from datetime import datetime, timedelta

import pytest

from services.detector.facts import KeyResultFacts
from services.detector.verdict import NOTHING
from tests.detector.group_made import (
    GROUPS,
    MICROSECOND,
    changes,
    context,
    draft_of,
    evidence,
    measured,
    refuses_others,
    sentences,
)
from tests.detector.made import at, judged, severity, told

RULE = "stale-measurement"
EASY = "key-result:easy/steps"
START, END = at("2026-03-16T00:00"), at("2026-06-24T00:00")
FORTNIGHT = timedelta(days=14)


@pytest.mark.parametrize(
    ("pairs", "now", "expected"),
    [
        ([("2026-05-01T09:30", 1)], at("2026-05-15T09:30") - MICROSECOND, None),
        ([("2026-05-01T09:30", 1)], at("2026-05-15T09:30"), "medium"),
        ([("2026-05-01T09:30", 1)], END - MICROSECOND, "medium"),
        ([("2026-05-01T09:30", 1)], END, None),
        ([("2026-05-01T09:30", 1)], at("2026-09-01"), None),
        ([("2026-05-01T09:30", 1), ("2026-05-15T09:30", 2)], at("2026-05-15T09:30"), None),
        ([("2026-05-16T09:30", 2), ("2026-05-01T09:30", 1)], at("2026-05-15T09:30"), "medium"),
        ([("2026-05-16T09:30", 2), ("2026-05-01T09:30", 1)], at("2026-05-17"), None),
        ([], START + FORTNIGHT - MICROSECOND, None),
        ([], START + FORTNIGHT, "medium"),
        ([("2026-02-01", 1)], START - MICROSECOND, None),
        ([("2026-02-01", 1)], START, "medium"),
        ([("2026-03-10", 1)], START, None),
        ([("2026-03-10", 1)], at("2026-03-24T12:00"), "medium"),
        ([("2026-06-10T00:00", 1)], END - MICROSECOND, None),
        ([("2026-05-01T09:30", float("nan")), ("2026-04-01", 1)], at("2026-05-02"), "medium"),
    ],
)
def test_two_cadences_of_days_within_the_cycle(
    pairs: list[tuple[str, float]], now: datetime, expected: str | None
) -> None:
    assert severity(RULE, measured(*pairs), now, GROUPS) == expected


@pytest.mark.parametrize(
    ("pairs", "now", "check_after"),
    [
        ([("2026-05-01", 1)], at("2026-05-02"), at("2026-05-15")),
        ([("2026-05-01", 1), ("2026-05-03", 1)], at("2026-05-02"), at("2026-05-03")),
        ([("2026-05-01", 1)], at("2026-05-15"), END),
        ([("2026-05-01", 1), ("2026-05-20", 1)], at("2026-05-15"), at("2026-05-20")),
        ([("2026-05-01", 1)], END, None),
        ([("2026-06-09T12:00", 1)], at("2026-06-10"), at("2026-06-23T12:00")),
        ([("2026-06-10T00:00", 1)], at("2026-06-10"), None),
        ([("2026-02-01", 1)], at("2026-03-01"), START),
        ([], at("2026-03-01"), START + FORTNIGHT),
        ([], START + FORTNIGHT, END),
    ],
)
def test_it_is_asked_again_when_that_is_so_or_the_due_has_passed(
    pairs: list[tuple[str, float]], now: datetime, check_after: datetime | None
) -> None:
    assert judged(RULE, measured(*pairs), now, GROUPS).check_after == check_after


@pytest.mark.parametrize(
    ("objective", "stale_from", "end"),
    [
        ("easy", "2026-03-30T00:00", "2026-06-24T00:00"),
        ("safe", "2026-03-29T23:00", "2026-06-23T22:00"),  # 14 days of 24 hours, one night of 23 hours among them
        ("far", "2026-03-29T15:00", "2026-06-23T15:00"),
    ],
)
def test_the_cycle_and_the_due_are_days_of_the_objectives_team(objective: str, stale_from: str, end: str) -> None:
    facts = measured(objective=objective)
    before = judged(RULE, facts, at("2026-03-20"), GROUPS)
    assert (before.findings, before.check_after) == ((), at(stale_from))
    verdict = judged(RULE, facts, at(stale_from), GROUPS)
    assert (len(verdict.findings), verdict.check_after) == (1, at(end))


@pytest.mark.parametrize(("due", "ends"), [("2026-03-29", "2026-03-29T22:00"), ("2026-10-25", "2026-10-25T23:00")])
def test_a_due_day_ends_at_its_midnight_whatever_the_clocks_do(due: str, ends: str) -> None:
    own = context(steps={"due_on": due}, cycle={"id": "year", "starts_on": "2026-01-01", "ends_on": "2026-12-31"})
    facts = measured(("2026-01-02", 1), objective="safe")
    assert judged(RULE, facts, at("2026-02-01"), own).check_after == at(ends)
    assert severity(RULE, facts, at(ends) - MICROSECOND, own) == "medium"
    assert severity(RULE, facts, at(ends), own) is None


def test_cadence_and_policy_are_its_own() -> None:
    facts = measured(("2026-05-01", 1))
    daily = context(steps={"cadence_days": 1})
    assert severity(RULE, facts, at("2026-05-03") - MICROSECOND, daily) is None
    assert severity(RULE, facts, at("2026-05-03"), daily) == "medium"
    patient = context({"stale_measurement_cadences": 3})
    assert severity(RULE, facts, at("2026-05-22") - MICROSECOND, patient) is None
    assert severity(RULE, facts, at("2026-05-22"), patient) == "medium"
    steps = {"id": "steps", "title": "Steps"}
    easy = {"id": "easy", "title": "Easy", "team": "app", "policy": {"stale_measurement_cadences": 1}}
    own = context(objectives=[easy | {"key_results": [steps]}])
    assert severity(RULE, facts, at("2026-05-08"), own) == "medium"
    teams = [{"id": "app", "policy": {"stale_measurement_cadences": 1}}, {"id": "pay"}, {"id": "tokyo"}]
    assert severity(RULE, facts, at("2026-05-08"), context(teams=teams)) == "medium"
    for strategy in (own, context(teams=teams)):
        says = sentences(RULE, facts, at("2026-05-08"), EASY, strategy)
        assert says[1] == ("It was last measured 7 days ago; it counts from 7 days on.", True)


def test_who_is_in_no_strategy_is_not_judged() -> None:
    assert judged(RULE, measured(key_result="gone"), at("2026-05-15"), GROUPS) is NOTHING
    assert judged(RULE, measured(objective="gone"), at("2026-05-15"), GROUPS) is NOTHING


def test_a_finding_holds_since_the_latest_measurement_or_the_cycles_start() -> None:
    draft = draft_of(RULE, measured(("2026-04-20", 14), ("2026-05-01", 12.5)), at("2026-05-15"))
    assert (draft.rule, draft.subjects, draft.team, draft.objective) == (RULE, (EASY,), "app", "easy")
    assert draft.since == at("2026-05-01")
    assert evidence(draft) == [
        ("measured", EASY, at("2026-05-01"), 12.5),
        ("unit", EASY, None, "%"),
        ("cadence-days", EASY, None, 7),
    ]
    never = draft_of(RULE, measured(key_result="fewer"), at("2026-05-15"))
    assert never.since == START
    assert evidence(never) == [("cadence-days", "key-result:easy/fewer", None, 7)]


def test_it_says_for_how_long_and_asks_what_would_make_it_easier() -> None:
    draft = draft_of(RULE, measured(("2026-05-01", 12.5)), at("2026-05-15"))
    text = told(draft, now=at("2026-05-17T11:59"), context=GROUPS)
    assert text.title == "“Buyers who pay in one step”: not measured for 15 days."
    assert text.why == "Last measured 1 May, at 12.5 %; it is meant to be measured every 7 days."
    assert text.question == "What would make it easier to measure, or what could be measured in its place?"
    assert text.clears_when == "Clears when it is measured, or when its due has passed."


def test_it_says_that_it_was_never_measured() -> None:
    daily = context(steps={"cadence_days": 1, "title": "Buyers who pay in one single step of ours"})
    text = told(draft_of(RULE, measured(), at("2026-03-18T00:00"), daily), now=at("2026-03-18T00:00"), context=daily)
    assert text.title == "“Buyers who pay in one single step…”: not measured for 2 days."
    assert text.why == "Not measured in this cycle yet; it is meant to be measured every day."


def said(facts: KeyResultFacts, now: datetime) -> list[tuple[str, bool]]:
    return sentences(RULE, facts, now, f"key-result:{facts.objective}/{facts.key_result}")


def test_its_conditions_give_the_days() -> None:
    facts = measured(("2026-05-01", 1))
    today = "It is to be measured from 16 March to 23 June; today is {}."
    since = "It was last measured {} ago; it counts from 14 days on."
    assert said(facts, at("2026-05-14")) == [(today.format("14 May"), True), (since.format("13 days"), False)]
    assert said(facts, at("2026-05-15")) == [(today.format("15 May"), True), (since.format("14 days"), True)]
    assert said(facts, END) == [(today.format("24 June"), False), (since.format("53 days"), True)]
    assert said(measured(), START - timedelta(days=1)) == [
        (today.format("15 March"), False),
        ("It was not measured yet, and the cycle began 0 minutes ago; it counts from 14 days on.", False),
    ]
    assert changes(RULE, facts, at("2026-05-14"), EASY) == [END, at("2026-05-15")]
    assert changes(RULE, facts, START - FORTNIGHT, EASY) == [START, START + FORTNIGHT]
    assert changes(RULE, facts, at("2026-05-15"), EASY) == [END, None]
    assert changes(RULE, facts, END, EASY) == [None, None]
    later = measured(("2026-05-01", 1), ("2026-05-03", 1))
    assert changes(RULE, later, at("2026-05-02"), EASY) == [END, at("2026-05-03")]


def test_conditions_are_of_its_own_key_result_and_of_those_that_the_strategy_names() -> None:
    refuses_others(RULE, measured(), at("2026-05-15"), EASY)
    assert said(measured(key_result="gone"), at("2026-05-15")) == [
        ("The strategy does not name key-result:easy/gone.", False)
    ]
