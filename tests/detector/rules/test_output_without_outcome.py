"""`output-without-outcome`: five items delivered in four weeks, and under 5 % of the way gone in them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

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

RULE = "output-without-outcome"
EASY = "key-result:easy/steps"
NOW = at("2026-05-29")
WINDOW = timedelta(days=28)
OPENS = NOW - WINDOW
"""28 days before now: what is of this moment has just left the window, what is of a microsecond later is in it."""
DAY = timedelta(days=1)


def delivered(*moments: datetime, first: float = 20, last: float = 20) -> KeyResultFacts:
    """A key result from 10 to 50 that was measured before the window and in it."""
    facts = measured(("2026-04-20", first), ("2026-05-20", last))
    return replace(facts, delivered=moments)


FIVE = tuple(NOW - n * DAY for n in range(1, 6))


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ((), None),
        (FIVE[:4], None),
        (FIVE, "high"),
        ((*FIVE[:4], NOW), "high"),
        ((*FIVE[:4], NOW + MICROSECOND), None),
        ((*FIVE[:4], OPENS), None),
        ((*FIVE[:4], OPENS + MICROSECOND), "high"),
    ],
)
def test_5_items_in_the_last_28_days(moments: tuple[datetime, ...], expected: str | None) -> None:
    assert severity(RULE, delivered(*moments), NOW, GROUPS) == expected


@pytest.mark.parametrize(
    ("last", "expected"), [(20, "high"), (21.99, "high"), (22, None), (30, None), (19, "high"), (10, "high")]
)
def test_less_than_5_percent_of_the_way(last: float, expected: str | None) -> None:
    assert severity(RULE, delivered(*FIVE, last=last), NOW, GROUPS) == expected


@pytest.mark.parametrize(("first", "last", "expected"), [(30, 29, None), (30, 29.1, "high"), (30, 31, "high")])
def test_a_way_may_lead_down(first: float, last: float, expected: str | None) -> None:
    facts = measured(("2026-04-20", first), ("2026-05-20", last), key_result="fewer")
    assert severity(RULE, replace(facts, delivered=FIVE), NOW, GROUPS) == expected


def test_numbers_count_as_they_are_written() -> None:
    """From 0.2 to 0.225 is 5 % of the way from 0.2 to 0.7; in binary fractions it is less."""
    own = context(steps={"baseline": 0.2, "target": 0.7})
    assert severity(RULE, delivered(*FIVE, first=0.2, last=0.225), NOW, own) is None
    assert severity(RULE, delivered(*FIVE, first=0.2, last=0.2249), NOW, own) == "high"


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], None),
        ([("2026-04-20T00:00", 10)], None),  # nobody measured what came of it
        ([("2026-05-20T00:00", 10)], None),
        ([("2026-04-20T00:00", 10), ("2026-04-30T00:00", 10)], None),
        ([("2026-05-20T00:00", 10), ("2026-05-25T00:00", 10)], None),  # measured for days only
        ([("2026-04-20T00:00", 10), ("2026-05-29T12:00", 10)], "high"),
        ([("2026-04-20T00:00", 10), ("2026-05-29T12:01", 10)], None),
        ([("2026-04-20T00:00", 10), ("2026-04-21T00:00", 20), ("2026-05-02T00:00", 20)], "high"),
        ([("2026-04-20T00:00", 20), ("2026-04-21T00:00", 10), ("2026-05-02T00:00", 20)], None),
        ([("2026-04-20T00:00", 10), ("2026-05-02T00:00", 20), ("2026-05-03T00:00", 20)], None),
        ([("2026-05-01T12:00", 10), ("2026-05-02T00:00", 20), ("2026-05-20T00:00", 10)], "high"),
        ([("2026-05-01T12:00", 10), ("2026-05-01T12:01", 20), ("2026-05-20T00:00", 20)], None),
        ([("2026-05-02T00:00", 10), ("2026-05-20T00:00", 20), ("2026-05-21T00:00", 10)], None),
        ([("2026-05-20T00:00", 20), ("2026-04-20T00:00", 10)], None),
    ],
)
def test_it_moves_from_the_last_measurement_before_the_window_to_the_latest(
    pairs: list[tuple[str, float]], expected: str | None
) -> None:
    assert severity(RULE, replace(measured(*pairs), delivered=FIVE), NOW, GROUPS) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (NOW - 7 * DAY + MICROSECOND, None),
        (NOW - 7 * DAY, "high"),
        (NOW - 35 * DAY + MICROSECOND, "high"),
        (NOW - 35 * DAY, None),
    ],
)
def test_work_counts_once_its_lag_has_passed(moment: datetime, expected: str | None) -> None:
    own = context(steps={"lag_days": 7})
    earlier = tuple(NOW - n * DAY for n in range(10, 14))
    assert severity(RULE, delivered(*earlier, moment), NOW, own) == expected


def test_only_an_outcome_with_a_way_is_judged() -> None:
    for steps in ({"kind": "output"}, {"baseline": None}, {"target": None}, {"target": 10}):
        assert judged(RULE, delivered(*FIVE), NOW, context(steps=steps)) is NOTHING
    assert judged(RULE, replace(delivered(*FIVE), key_result="gone"), NOW, GROUPS) is NOTHING
    assert judged(RULE, replace(delivered(*FIVE), objective="gone"), NOW, GROUPS) is NOTHING


@pytest.mark.parametrize(
    ("facts", "check_after"),
    [
        (measured(), None),
        (measured(("2026-05-20", 20)), at("2026-06-17")),
        (measured(("2026-04-20", 20)), None),
        (measured(("2026-06-01", 20)), at("2026-06-01")),
        (replace(measured(), delivered=(at("2026-05-10"), at("2026-05-09"))), at("2026-06-06")),
        (replace(measured(), delivered=(OPENS,)), None),
        (delivered(*FIVE), at("2026-06-17")),
        (delivered(*FIVE, last=40), at("2026-06-17")),
    ],
)
def test_it_is_asked_again_when_something_enters_or_leaves_the_window(
    facts: KeyResultFacts, check_after: datetime | None
) -> None:
    assert judged(RULE, facts, NOW, GROUPS).check_after == check_after


def test_with_a_lag_it_is_asked_again_when_work_begins_and_ends_to_count() -> None:
    own = context(steps={"lag_days": 7})
    facts = replace(measured(), delivered=(at("2026-05-25"),))
    assert judged(RULE, facts, NOW, own).check_after == at("2026-06-01")
    assert judged(RULE, facts, at("2026-06-01"), own).check_after == at("2026-06-29")
    assert judged(RULE, facts, at("2026-06-29"), own).check_after is None


def test_the_policy_may_be_the_teams_or_the_objectives() -> None:
    easy: dict[str, Any] = {"id": "easy", "title": "Easy", "team": "app"}
    easy |= {"policy": {"outcome_min_delivered": 2, "outcome_moved_share": 0.25}}
    own = context(
        objectives=[easy | {"key_results": [{"id": "steps", "title": "Steps", "baseline": 10, "target": 50}]}]
    )
    assert severity(RULE, delivered(*FIVE[:1]), NOW, own) is None
    assert severity(RULE, delivered(*FIVE[:2], last=29), NOW, own) == "high"
    assert severity(RULE, delivered(*FIVE[:2], last=30), NOW, own) is None
    teams = [{"id": "app", "policy": {"outcome_min_delivered": 6}}, {"id": "pay"}, {"id": "tokyo"}]
    assert severity(RULE, delivered(*FIVE), NOW, context(teams=teams)) is None
    assert sentences(RULE, delivered(*FIVE[:2]), NOW, EASY, own)[2][0].endswith("at least 2 are needed.")
    assert sentences(RULE, delivered(*FIVE), NOW, EASY, context(teams=teams))[2][0].endswith("at least 6 are needed.")


def test_a_finding_has_both_ends_and_the_way() -> None:
    draft = draft_of(RULE, delivered(*FIVE, first=20, last=21), NOW)
    assert (draft.rule, draft.subjects, draft.team, draft.objective) == (RULE, (EASY,), "app", "easy")
    assert draft.since is None
    assert evidence(draft) == [
        ("delivered", EASY, None, 5),
        ("lag-days", EASY, None, 0),
        ("measured-first", EASY, at("2026-04-20"), 20),
        ("measured-last", EASY, at("2026-05-20"), 21),
        ("baseline", EASY, None, 10),
        ("target", EASY, None, 50),
        ("unit", EASY, None, "%"),
    ]


def test_it_gives_both_and_asks_what_people_have_of_it() -> None:
    text = told(draft_of(RULE, delivered(*FIVE, first=20, last=21), NOW), now=NOW, context=GROUPS)
    assert text.title == "5 items delivered, “Buyers who pay in one step” hardly moved."
    assert text.why == (
        "In the last 4 weeks 5 items of its objective came out; it went from 20 % (20 April) to 21 % (20 May), "
        "2 % of its way from 10 % to 50 %."
    )
    assert text.question == "What do people have of these items that does not show yet, or what else would move it?"
    assert text.clears_when == "Clears when it moves further within 4 weeks, or when less is delivered without that."


def test_it_says_that_it_went_back_and_that_its_lag_was_waited_for() -> None:
    own = context(
        {"outcome_min_delivered": 1}, steps={"lag_days": 7, "title": "Buyers who pay in one step of ours", "unit": None}
    )
    facts = delivered(NOW - 10 * DAY, first=20, last=18)
    text = told(draft_of(RULE, facts, NOW, own), now=NOW, context=own)
    assert text.title == "1 item delivered, “Buyers who pay in one step of…” hardly moved."
    assert text.why == (
        "In the 4 weeks up to 22 May 1 item of its objective came out; it went from 20 (20 April) to 18 (20 May), "
        "5 % of its way back from 10 to 50."
    )


def said(facts: KeyResultFacts, **steps: object) -> list[tuple[str, bool]]:
    own = context(steps=steps) if steps else GROUPS
    return sentences(RULE, facts, NOW, f"key-result:{facts.objective}/{facts.key_result}", own)


def test_its_conditions_give_the_numbers() -> None:
    kind = ("It is of the kind outcome; outcome is needed.", True)
    way = ("Its baseline is 10.0 and its target 50.0; two numbers are needed.", True)
    count = "{} of its objective were delivered in 4 weeks, which ended 0 days ago; at least 5 are needed."
    moved = "It went from 20 % to {} % in 4 weeks, {} % of its way; it counts below 5 %."
    assert said(delivered(*FIVE, last=21)) == [kind, way, (count.format("5 items"), True), (moved.format(21, 2), True)]
    assert said(delivered(*FIVE[:1], last=22)) == [
        kind, way, (count.format("1 item"), False), (moved.format(22, 5), False),
    ]  # fmt: skip
    once = replace(measured(("2026-05-20", 20)), delivered=FIVE)
    assert said(once)[3] == (
        "It was measured 1 time; one measurement in the last 4 weeks and one before are needed.", False,
    )  # fmt: skip
    assert said(delivered(*FIVE), kind="output")[0] == ("It is of the kind output; outcome is needed.", False)
    aimless = said(delivered(*FIVE), target=None)
    assert aimless[1] == ("Its baseline is 10.0 and its target None; two numbers are needed.", False)
    assert len(aimless) == 3


def test_its_conditions_say_when_they_change() -> None:
    again = at("2026-06-17")
    assert changes(RULE, delivered(*FIVE), NOW, EASY) == [None, None, again, again]
    once = replace(measured(("2026-05-20", 20)), delivered=FIVE)
    assert changes(RULE, once, NOW, EASY) == [None, None, again, again]


def test_conditions_are_of_its_own_key_result_and_of_those_that_the_strategy_names() -> None:
    refuses_others(RULE, delivered(*FIVE), NOW, EASY)
    gone = said(replace(delivered(*FIVE), key_result="gone"))
    assert gone == [("The strategy does not name key-result:easy/gone.", False)]
