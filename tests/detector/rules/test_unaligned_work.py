"""`unaligned-work`: of five or more active items, more than a fifth serve no objective; high from one half."""

import pytest

from services.detector.facts import TeamFacts
from services.detector.policy import compile_strategy
from services.detector.rules.unaligned_work import active_since, next_lapse
from tests.detector.group_made import changes, draft_of, evidence, refuses_others, sentences
from tests.detector.made import CONTEXT, MONDAY, at, in_words, judged, severity, strategy, told

RULE = "unaligned-work"


@pytest.mark.parametrize(
    ("active", "unaligned", "expected"),
    [
        (0, 0, None), (4, 4, None), (5, 1, None), (5, 2, "medium"), (10, 2, None), (10, 3, "medium"),
        (35, 7, None), (35, 8, "medium"), (10, 4, "medium"), (10, 5, "high"), (11, 5, "medium"), (5, 5, "high"),
    ],
)  # fmt: skip
def test_more_than_20_percent_of_at_least_5_items(active: int, unaligned: int, expected: str | None) -> None:
    assert severity(RULE, TeamFacts("app", active, unaligned)) == expected


@pytest.mark.parametrize(
    ("team", "now", "since"),
    [
        ("app", "2026-06-15", "2026-06-01T00:00"),
        ("app", "2026-06-14", "2026-05-29T00:00"),
        ("pay", "2026-06-05", "2026-05-20T22:00"),
    ],
)
def test_a_touch_within_10_working_days_keeps_an_item_active(team: str, now: str, since: str) -> None:
    assert active_since(CONTEXT, team, at(now)) == at(since)


@pytest.mark.parametrize("unaligned", [0, 5])
def test_it_is_asked_again_when_the_first_item_ceases_to_be_active(unaligned: int) -> None:
    facts = TeamFacts("app", 5, unaligned, next_to_lapse=at("2026-06-01"))
    lapses = judged(RULE, facts, MONDAY).check_after
    assert lapses == at("2026-06-16T00:00")
    assert active_since(CONTEXT, "app", lapses) > at("2026-06-01")


def test_it_gives_the_share() -> None:
    (draft,) = judged(RULE, TeamFacts("app", 9, 4)).findings
    assert told(draft).title == "App: 44 % of active work serves no objective."
    assert told(draft).why == "4 of 9 active items of App (44 %) have no objective."
    assert draft.since is None


def test_a_finding_is_the_teams_and_has_both_counts() -> None:
    draft = draft_of(RULE, TeamFacts("pay", 10, 5), MONDAY, CONTEXT)
    assert (draft.rule, draft.subjects, draft.team, draft.objective) == (RULE, ("team:pay",), "pay", None)
    assert evidence(draft) == [("active-items", None, None, 10), ("unaligned-items", None, None, 5)]
    text = told(draft)
    assert text.question == "What is this work for, and which objective is missing, or which of it could wait?"
    assert text.clears_when == "Clears when enough of the active items of Pay serve an objective."
    long = compile_strategy(strategy(teams=[{"id": "pay", "name": "All who look after the money"}]))
    assert told(draft, context=long).title == "All who look after…: 50 % of active work serves no objective."


@pytest.mark.parametrize(
    ("team", "touched", "lapses"),
    [
        ("app", "2026-06-05", "2026-06-22T00:00"),  # the weekend counts nowhere
        ("app", "2026-06-06", "2026-06-22T00:00"),
        ("app", "2026-06-07", "2026-06-22T00:00"),
        ("app", "2026-06-08", "2026-06-23T00:00"),
        ("pay", "2026-05-11", "2026-05-27T22:00"),  # nor do Ascension Day and Whit Monday
        ("pay", "2026-03-13", "2026-03-29T22:00"),
        ("pay", "2026-10-09", "2026-10-25T23:00"),
        ("tokyo", "2026-06-05T15:00", "2026-06-21T15:00"),
    ],
)
def test_an_item_is_active_for_10_working_days_of_its_team(team: str, touched: str, lapses: str) -> None:
    assert next_lapse(TeamFacts(team, 5, next_to_lapse=at(touched)), CONTEXT) == at(lapses)
    assert next_lapse(TeamFacts(team, 5), CONTEXT) is None


def test_the_policy_may_be_the_teams() -> None:
    policy = {"unaligned_min_items": 2, "unaligned_share": 0.5, "unaligned_high_share": 0.75}
    own = compile_strategy(strategy(teams=[{"id": "app", "policy": policy | {"active_within_working_days": 1}}]))
    expected = {(1, 1): None, (2, 1): None, (5, 3): "medium", (4, 3): "high"}
    assert {pair: severity(RULE, TeamFacts("app", *pair), MONDAY, own) for pair in expected} == expected
    assert active_since(own, "app", MONDAY) == at("2026-06-12T00:00")
    assert next_lapse(TeamFacts("app", 5, next_to_lapse=at("2026-06-12")), own) == at("2026-06-16T00:00")


@pytest.mark.parametrize(
    ("active", "unaligned", "says"),
    [
        (0, 0, [("It has 0 active items; at least 5 are needed.", False),
                ("0 of 0 active items have no objective; more than 20 % count.", False)]),
        (5, 1, [("It has 5 active items; at least 5 are needed.", True),
                ("1 of 5 active items has no objective; more than 20 % count.", False)]),
        (1, 1, [("It has 1 active item; at least 5 are needed.", False),
                ("1 of 1 active item has no objective; more than 20 % count.", True)]),
        (5, 2, [("It has 5 active items; at least 5 are needed.", True),
                ("2 of 5 active items have no objective; more than 20 % count.", True)]),
    ],
)  # fmt: skip
def test_its_conditions_give_both_counts(active: int, unaligned: int, says: list[tuple[str, bool]]) -> None:
    facts = TeamFacts("app", active, unaligned, next_to_lapse=at("2026-06-01"))
    assert sentences(RULE, facts, MONDAY, "team:app", CONTEXT) == says
    assert changes(RULE, facts, MONDAY, "team:app", CONTEXT) == [at("2026-06-16T00:00")] * 2
    assert changes(RULE, TeamFacts("app", active, unaligned), MONDAY, "team:app", CONTEXT) == [None, None]
    refuses_others(RULE, facts, MONDAY, "team:app", CONTEXT)


def test_a_share_of_a_single_item_is_told_as_the_item_that_it_is() -> None:
    context = compile_strategy(strategy({"unaligned_min_items": 1}))
    assert in_words(RULE, TeamFacts("app", 1, 1), context=context).title == (
        "App: the only active item serves no objective."
    )
    assert in_words(RULE, TeamFacts("app", 2, 2), context=context).title == (
        "App: 100 % of active work serves no objective."
    )
