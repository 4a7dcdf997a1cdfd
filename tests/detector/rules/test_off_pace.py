"""`off-pace`: what is gone of the way lags what is gone of the time by over 16.5 points; high from 33."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.detector.facts import KeyResultFacts
from services.detector.verdict import NOTHING
from tests.detector.group_made import (
    CYCLE,
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

RULE = "off-pace"
START = at("2026-03-16T00:00")
EASY = "key-result:easy/steps"
FIRST = "2026-03-16T00:00"


def day(points: float) -> datetime:
    """Return the moment at which so many points of the cycle's 100 days are gone."""
    return START + timedelta(days=points)


@pytest.mark.parametrize(
    ("value", "now", "expected"),
    [
        (10, day(16.5), None),
        (10, day(16.5) + MICROSECOND, "medium"),
        (10, day(33) - MICROSECOND, "medium"),
        (10, day(33), "high"),
        (10, day(100), "high"),
        (10, day(400), "high"),
        (10, START, None),
        (10, START - timedelta(days=1), None),
        (30, day(66.5), None),  # 30 is half of the way from 10 to 50
        (30, day(66.5) + MICROSECOND, "medium"),
        (30, day(83) - MICROSECOND, "medium"),
        (30, day(83), "high"),
        (18, day(36.5), None),
        (18, day(36.5) + MICROSECOND, "medium"),
        (0, day(16.5), None),  # back behind the baseline counts as nothing gone
        (0, day(16.5) + MICROSECOND, "medium"),
        (43.4, day(200), None),
        (43.39, day(200), "medium"),
        (43.39, day(99), None),
        (36.8, day(100), "high"),
        (36.81, day(100), "medium"),
        (60, day(200), None),
    ],
)
def test_more_than_16_and_a_half_points_and_high_from_33(value: float, now: datetime, expected: str | None) -> None:
    if now >= at(FIRST):
        assert severity(RULE, measured((FIRST, value)), now, GROUPS) == expected
    assert severity(RULE, measured(("2026-03-01", value)), now, GROUPS) == expected


@pytest.mark.parametrize(
    ("value", "now", "expected"),
    [
        (40, day(16.6), "medium"),
        (30, day(66.5), None),
        (30, day(66.6), "medium"),
        (45, day(34), "high"),
        (20, day(150), None),
    ],
)
def test_a_way_may_lead_down(value: float, now: datetime, expected: str | None) -> None:
    assert severity(RULE, measured((FIRST, value), key_result="fewer"), now, GROUPS) == expected


def test_numbers_count_as_they_are_written() -> None:
    """0.3 of the way from 0.1 to 0.4 is 0.19; in binary fractions it is not."""
    own = context(steps={"baseline": 0.1, "target": 0.4})
    facts = measured((FIRST, 0.19))
    assert severity(RULE, facts, day(46.5), own) is None
    assert severity(RULE, facts, day(46.5) + MICROSECOND, own) == "medium"
    assert severity(RULE, facts, day(63) - MICROSECOND, own) == "medium"
    assert severity(RULE, facts, day(63), own) == "high"


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], None),
        ([("2026-04-20T00:00", 10)], "high"),
        ([("2026-04-25T00:00", 10)], "high"),
        ([("2026-04-25T00:00", 50), ("2026-04-20T00:00", 10)], None),
        ([("2026-04-26T00:00", 50), ("2026-04-20T00:00", 10)], "high"),
        ([("2026-04-26T00:00", 10)], None),
        ([("2026-04-20T00:00", 10), ("2026-04-20T12:00", 24), ("2026-04-19T00:00", 10)], None),
        ([("2026-04-20T00:00", 10), ("2026-04-21T00:00", float("inf"))], "high"),
        ([("2026-04-20T00:00", float("nan"))], None),
    ],
)
def test_the_latest_measurement_up_to_now_counts(pairs: list[tuple[str, float]], expected: str | None) -> None:
    assert severity(RULE, measured(*pairs), day(40), GROUPS) == expected


def test_without_a_way_it_cannot_be_told() -> None:
    for steps in (
        {"baseline": None},
        {"target": None},
        {"target": 10},
        {"target": float("inf")},
        {"baseline": float("nan")},
    ):
        assert judged(RULE, measured((FIRST, 10)), day(50), context(steps=steps)) is NOTHING
    assert judged(RULE, measured((FIRST, 10), key_result="open"), day(50), GROUPS) is NOTHING
    assert judged(RULE, measured((FIRST, 10), key_result="gone"), day(50), GROUPS) is NOTHING
    assert judged(RULE, measured((FIRST, 10), objective="gone"), day(50), GROUPS) is NOTHING


@pytest.mark.parametrize(
    ("pairs", "now", "check_after"),
    [
        ([], day(10), None),
        ([("2026-04-01T00:00", 10)], day(10), at("2026-04-01T00:00")),
        ([(FIRST, 10)], day(10), day(16.5) + MICROSECOND),
        ([(FIRST, 10), ("2026-04-01T00:00", 20)], day(10), at("2026-04-01T00:00")),
        ([(FIRST, 10)], day(16.5) + MICROSECOND, day(33)),
        ([(FIRST, 10), ("2026-04-05T00:00", 20)], day(17), at("2026-04-05T00:00")),
        ([(FIRST, 10)], day(33), None),
        ([(FIRST, 10), ("2026-05-05T00:00", 20)], day(33), at("2026-05-05T00:00")),
        ([(FIRST, 43.4)], day(10), None),
        ([(FIRST, 43)], day(10), day(99) + MICROSECOND),
        ([(FIRST, 43)], day(99.5), None),
    ],
)
def test_it_is_asked_again_at_the_instant_at_which_it_falls_behind(
    pairs: list[tuple[str, float]], now: datetime, check_after: datetime | None
) -> None:
    assert judged(RULE, measured(*pairs), now, GROUPS).check_after == check_after


@pytest.mark.parametrize(
    ("objective", "start", "end"),
    [
        ("easy", "2026-03-16T00:00", "2026-06-24T00:00"),
        ("safe", "2026-03-15T23:00", "2026-06-23T22:00"),  # Berlin: its clocks went forward on 29 March
        ("far", "2026-03-15T15:00", "2026-06-23T15:00"),
    ],
)
def test_time_goes_from_the_cycles_first_day_to_the_end_of_its_due_day_in_the_teams_zone(
    objective: str, start: str, end: str
) -> None:
    facts = measured(("2026-03-01", 10), objective=objective)
    behind = judged(RULE, facts, at(start), GROUPS).check_after
    assert behind == at(start) + (at(end) - at(start)) * 0.165 + MICROSECOND
    draft = draft_of(RULE, facts, at(end))
    assert [one.at for one in draft.evidence[-2:]] == [at(start), at(end)]


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "hours"), [("2026-03-29", "2026-03-29", 23), ("2026-10-25", "2026-10-25", 25)]
)
def test_a_day_on_which_clocks_change_has_as_many_hours_as_it_has(starts_on: str, ends_on: str, hours: int) -> None:
    own = context(cycle={"id": "one", "starts_on": starts_on, "ends_on": ends_on})
    facts = measured(("2026-03-01", 10), objective="safe")
    start = own.teams["pay"].calendar.start_of(own.cycle.starts_on)
    assert judged(RULE, facts, start, own).check_after == start + timedelta(hours=hours) * 0.165 + MICROSECOND


def test_a_due_of_its_own_ends_its_time_even_before_the_cycle_begins() -> None:
    facts = measured(("2026-03-01", 10))
    near = context(steps={"due_on": "2026-04-04"})  # 20 days
    assert judged(RULE, facts, START, near).check_after == day(3.3) + MICROSECOND
    past = context(steps={"due_on": "2026-03-10"})
    assert judged(RULE, facts, at("2026-03-10T12:00"), past).check_after == at("2026-03-11T00:00")
    assert severity(RULE, facts, at("2026-03-11T00:00"), past) == "high"
    far = context(steps={"due_on": "9999-12-31"})
    assert severity(RULE, facts, day(100), far) is None


def test_the_policy_may_be_the_teams_or_the_objectives() -> None:
    facts = measured((FIRST, 10))
    easy = {"id": "easy", "title": "Easy", "team": "app", "policy": {"pace_points": 0.1, "pace_high_points": 0.2}}
    steps = {"id": "steps", "title": "Steps", "baseline": 10, "target": 50}
    own = context(objectives=[easy | {"key_results": [steps]}])
    expected = {day(10): None, day(10.1): "medium", day(19.9): "medium", day(20): "high"}
    assert {now: severity(RULE, facts, now, own) for now in expected} == expected
    team = context(
        teams=[{"id": "app", "policy": {"pace_points": 0.5, "pace_high_points": 0.6}}, {"id": "pay"}, {"id": "tokyo"}]
    )
    assert severity(RULE, facts, day(50), team) is None
    assert sentences(RULE, facts, day(15), EASY, own)[2][0].endswith("more than 10 points on.")
    assert sentences(RULE, facts, day(15), EASY, team)[2][0].endswith("more than 50 points on.")


def test_a_finding_has_the_measurement_and_the_way_and_the_time() -> None:
    draft = draft_of(RULE, measured(("2026-04-01T09:00", 14)), day(40))
    assert (draft.rule, draft.subjects, draft.team, draft.objective) == (RULE, (EASY,), "app", "easy")
    assert (draft.since, str(draft.severity)) == (None, "medium")
    assert evidence(draft) == [
        ("measured", EASY, at("2026-04-01T09:00"), 14),
        ("baseline", EASY, None, 10),
        ("target", EASY, None, 50),
        ("unit", EASY, None, "%"),
        ("time-begins", EASY, START, None),
        ("time-ends", EASY, at("2026-06-24T00:00"), "2026-06-23"),
    ]
    assert "unit" not in {
        one.fact for one in draft_of(RULE, measured((FIRST, 40), key_result="fewer"), day(40)).evidence
    }


def test_it_gives_the_way_and_the_time_that_are_gone() -> None:
    text = told(draft_of(RULE, measured(("2026-04-01T09:00", 14)), day(40)), now=day(41.9), context=GROUPS)
    assert text.title == "“Buyers who pay in one step” is 31 points behind its pace."
    assert text.why == (
        "Measured 1 April: 14 %, 10 % of the way from 10 % to 50 %; 41 % of the time until 23 June is gone."
    )
    assert text.question == "What has moved it so far, and what would move it more, or is another target right?"
    assert text.clears_when == (
        "Clears when a measurement is nearer to its pace, or when its target or its due changes."
    )
    fewer = told(draft_of(RULE, measured((FIRST, 1000.5), key_result="fewer"), day(40)), now=day(40), context=GROUPS)
    assert fewer.title == "“Minutes until an order is found…” is 40 points behind its pace."
    assert fewer.why.startswith("Measured 16 March: 1,000.5, 0 % of the way from 40 to 20; 40 % of the time")


def said(facts: KeyResultFacts, now: datetime, **more: Any) -> list[tuple[str, bool]]:
    return sentences(RULE, facts, now, f"key-result:{facts.objective}/{facts.key_result}", **more)


def test_its_conditions_give_the_way_the_measurements_and_the_lag() -> None:
    way, once = ("Its way is from 10 % to 50 %.", True), ("It was measured 1 time; 1 is needed.", True)
    lag = (
        "0 % of its way and {} % of its time are gone, so it is {} points behind; "
        "it counts from more than 16.5 points on."
    )
    assert said(measured((FIRST, 10)), day(16.5)) == [way, once, (lag.format(16, "16.5"), False)]
    assert said(measured((FIRST, 10)), day(40)) == [way, once, (lag.format(40, "40.0"), True)]
    assert said(measured(), day(40)) == [way, ("It was measured 0 times; 1 is needed.", False)]
    ahead = said(measured((FIRST, 50), ("2026-03-17", 50)), day(40))
    assert ahead[1:] == [
        ("It was measured 2 times; 1 is needed.", True),
        (("100 % of its way and 40 % of its time are gone, so it is 0.0 points behind; "
         "it counts from more than 16.5 points on."), False),
    ]  # fmt: skip
    assert said(measured((FIRST, 10), key_result="open"), day(40)) == [
        ("A baseline and another number as its target are needed; it has 10.0 and None.", False),
        once,
    ]


def test_its_conditions_say_when_they_change() -> None:
    facts = measured((FIRST, 10), ("2026-04-20T00:00", 20))
    assert changes(RULE, facts, day(10), EASY) == [None, at("2026-04-20T00:00"), day(16.5) + MICROSECOND]
    assert changes(RULE, facts, day(20), EASY) == [None, at("2026-04-20T00:00"), at("2026-04-20T00:00")]
    assert changes(RULE, facts, day(40), EASY) == [None, None, day(41.5) + MICROSECOND]
    assert changes(RULE, facts, day(50), EASY) == [None, None, None]


def test_conditions_are_of_its_own_key_result_and_of_those_that_the_strategy_names() -> None:
    refuses_others(RULE, measured((FIRST, 10)), day(40), EASY)
    gone = said(measured((FIRST, 10), key_result="gone"), day(40))
    assert gone == [("The strategy does not name key-result:easy/gone.", False)]


def test_the_cycle_of_these_tests_has_100_days() -> None:
    assert CYCLE["starts_on"] == "2026-03-16"
    assert at("2026-06-24T00:00") - START == timedelta(days=100)
