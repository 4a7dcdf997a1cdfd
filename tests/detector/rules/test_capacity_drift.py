"""`capacity-drift`: a share of four weeks' item-days over ten points outside of what is meant; high from 20."""

from dataclasses import replace

import pytest

from services.detector.facts import CapacityFacts
from services.detector.verdict import NOTHING
from tests.detector.group_made import GROUPS, changes, context, draft_of, evidence, refuses_others, sentences
from tests.detector.made import MONDAY, at, judged, severity, told

RULE = "capacity-drift"
TOMORROW = at("2026-06-16T00:00")


def took(item_days: float, total: float = 100, subject: str = "category:keep") -> CapacityFacts:
    """Meant: 20 to 30 % for `keep`, 50 % for `grow`, 40 % for the bet `self-serve`, nothing for the bet `free`."""
    return CapacityFacts(subject, item_days, total, at("2026-05-18T00:00"), TOMORROW)


@pytest.mark.parametrize(
    ("subject", "item_days", "expected"),
    [
        ("category:keep", 0, "high"), ("category:keep", 0.1, "medium"), ("category:keep", 9.9, "medium"),
        ("category:keep", 10, None), ("category:keep", 20, None), ("category:keep", 30, None),
        ("category:keep", 40, None), ("category:keep", 40.1, "medium"), ("category:keep", 49.9, "medium"),
        ("category:keep", 50, "high"), ("category:keep", 100, "high"),
        ("category:grow", 40, None), ("category:grow", 39.9, "medium"), ("category:grow", 60.1, "medium"),
        ("category:grow", 60, None), ("category:grow", 30, "high"), ("category:grow", 30.1, "medium"),
        ("bet:self-serve", 30, None), ("bet:self-serve", 29.9, "medium"), ("bet:self-serve", 50.1, "medium"),
        ("bet:self-serve", 20, "high"), ("bet:free", 0, None), ("category:gone", 0, None),
    ],
)  # fmt: skip
def test_more_than_10_points_outside_and_high_from_20(subject: str, item_days: float, expected: str | None) -> None:
    assert severity(RULE, took(item_days, 100, subject), MONDAY, GROUPS) == expected


@pytest.mark.parametrize(
    ("item_days", "total", "expected"),
    [
        (9.9, 9.9, None),
        (0, 0, None),
        (10, 10, "high"),
        (4.5, 9.9999999, "medium"),
        (4.5, 9.999, None),
        (12, 30, None),
        (4.00000001, 10, None),
        (4.0001, 10, "medium"),
        (1 / 3 + 1 / 3 + 1 / 3 + 3, 10, None),
    ],
)
def test_from_10_item_days_on_and_what_comes_of_adding_up_is_no_day(
    item_days: float, total: float, expected: str | None
) -> None:
    assert severity(RULE, took(item_days, total), MONDAY, GROUPS) == expected


def test_it_is_asked_again_when_the_next_day_begins() -> None:
    for facts in (took(25), took(50), took(1, 2)):
        assert judged(RULE, facts, MONDAY, GROUPS).check_after == TOMORROW
        assert judged(RULE, facts, TOMORROW, GROUPS).check_after is None
    assert judged(RULE, took(0, 100, "bet:free"), MONDAY, GROUPS) is NOTHING


def test_the_policy_is_everybodys() -> None:
    own = context({"capacity_drift_points": 0.05, "capacity_high_points": 0.1, "capacity_min_item_days": 40})
    expected = {35: None, 36: "medium", 39.9: "medium", 40: "high"}
    assert {days: severity(RULE, took(days), MONDAY, own) for days in expected} == expected
    assert severity(RULE, took(39, 39), MONDAY, own) is None
    assert severity(RULE, took(40, 40), MONDAY, own) == "high"
    assert sentences(RULE, took(36), MONDAY, "category:keep", own)[1][0].endswith("more than 5 points outside of that.")
    assert told(draft_of(RULE, took(36), MONDAY, own), context=own).clears_when.endswith(
        "5 points outside of what is meant."
    )


def test_a_finding_is_nobodys_and_has_the_days() -> None:
    draft = draft_of(RULE, replace(took(41.23456789), seen_from=at("2026-06-01")), MONDAY)
    assert (draft.rule, draft.subjects, draft.team, draft.objective) == (RULE, ("category:keep",), None, None)
    assert draft.since is None
    assert evidence(draft) == [
        ("item-days", "category:keep", None, 41.234568),
        ("all-item-days", None, None, 100),
        ("meant", "category:keep", None, [0.2, 0.3]),
        ("seen-from", "category:keep", at("2026-06-01"), None),
    ]
    assert len(draft_of(RULE, took(41), MONDAY).evidence) == 3


def test_it_speaks_of_the_category_and_its_share() -> None:
    text = told(draft_of(RULE, took(17.56, 40.04), MONDAY), context=GROUPS)
    assert text.title == "“keep” takes 43 % of capacity; 20 to 30 % is meant."
    assert text.why == (
        "It took 17.6 of 40 item-days in the last 4 weeks (43 %); 20 to 30 % is meant. "
        "A working day of one person is one item-day."
    )
    assert text.question == "Which should change, the work or the share that is meant, and what would that take?"
    assert text.clears_when == "Clears when its share of 4 weeks is at most 10 points outside of what is meant."


def test_it_speaks_of_a_bet_by_its_id_where_its_statement_is_long() -> None:
    facts = replace(took(0, 1200, "bet:self-serve"), seen_from=at("2026-06-01"))
    text = told(draft_of(RULE, facts, MONDAY), context=GROUPS)
    assert text.title == "“Shops help themselves” takes 0 % of capacity; 40 % is meant."
    assert text.why.startswith("It took 0 of 1,200 item-days in the last 4 weeks (0 %); 40 % is meant. A working day")
    assert text.why.endswith(" It goes by what was seen since 1 June; nobody told what was before.")
    long = context(bets=[{"id": "help", "statement": "Shops help themselves to all that they need", "budget": 0.4}])
    assert told(draft_of(RULE, took(0, 12, "bet:help"), MONDAY, long), context=long).title == (
        "“Shops help themselves…” takes 0 % of capacity; 40 % is meant."
    )


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (took(40), [("The last 4 weeks had 100 item-days; at least 10 are needed.", True),
                    (("It took 40 of 100 item-days in the last 4 weeks (40 %); 20 to 30 % is meant, and it counts from "
                     "more than 10 points outside of that."), False)]),
        (took(41), [("The last 4 weeks had 100 item-days; at least 10 are needed.", True),
                    (("It took 41 of 100 item-days in the last 4 weeks (41 %); 20 to 30 % is meant, and it counts from "
                     "more than 10 points outside of that."), True)]),
        (took(0, 0), [("The last 4 weeks had 0 item-days; at least 10 are needed.", False),
                      (("It took 0 of 0 item-days in the last 4 weeks; 20 to 30 % is meant, and it counts from "
                       "more than 10 points outside of that."), False)]),
    ],
)  # fmt: skip
def test_its_conditions_give_the_days(facts: CapacityFacts, says: list[tuple[str, bool]]) -> None:
    assert sentences(RULE, facts, MONDAY, "category:keep") == says
    assert changes(RULE, facts, MONDAY, "category:keep") == [TOMORROW, TOMORROW]


def test_conditions_are_of_its_own_subject_and_of_shares_that_are_meant() -> None:
    refuses_others(RULE, took(1), MONDAY, "category:keep")
    free = sentences(RULE, took(0, 100, "bet:free"), MONDAY, "bet:free")
    assert free == [("The strategy means no share for bet:free.", False)]
