"""`scope-growth`: leaves added since the baseline, over those that were to do at it."""

from typing import Any

import pytest

from schemas.work_items import Resolution
from services.detector.facts import ObjectiveFacts
from services.detector.policy import compile_strategy
from services.detector.rules.scope_growth import CANCELLED, cancelled_resolutions, is_cancelled
from services.detector.verdict import NOTHING
from tests.detector.group_made import draft_of, evidence, refuses_others, sentences
from tests.detector.made import CONTEXT, DONE, MONDAY, at, item, judged, severity, strategy, told

RULE = "scope-growth"


@pytest.mark.parametrize(
    ("base", "added", "expected"),
    [
        (0, 9, None), (3, 3, None), (4, 0, None), (4, 1, "medium"), (5, 1, None), (8, 2, "medium"),
        (8, 3, "medium"), (8, 4, "high"), (9, 4, "medium"), (100, 24, None), (100, 25, "medium"),
    ],
)  # fmt: skip
def test_a_quarter_of_at_least_4_and_high_from_a_half(base: int, added: int, expected: str | None) -> None:
    assert severity(RULE, ObjectiveFacts("easy", 1, leaves_base=base, leaves_added=added)) == expected


def test_the_baseline_is_midnight_in_the_zone_of_the_objectives_team() -> None:
    """Team pay works in Berlin, two hours before UTC in summer; easy has no baseline, so the cycle's start counts."""
    assert CONTEXT.objectives["safe"].baseline == at("2026-05-03T22:00")
    assert CONTEXT.objectives["easy"].baseline == at("2026-05-01T00:00")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status_category": DONE, "resolution_name": "Won't Fix"}, True),
        ({"status_category": DONE, "resolution_name": "Fixed"}, False),
        ({"status_category": DONE, "resolution_name": "won't fix"}, False),
        ({"status_category": DONE, "resolution_name": "Fixed", "resolution": Resolution.CANCELLED}, False),
        ({"status_category": DONE, "resolution": Resolution.CANCELLED}, True),
        ({"status_category": DONE}, False),
        ({"resolution_name": "Won't Fix"}, False),
    ],
)
def test_cancelled_is_done_with_a_resolution_that_does_not_mean_success(fields: dict[str, Any], expected: bool) -> None:
    assert is_cancelled(item(**fields), CANCELLED) is expected


def test_it_gives_both_counts() -> None:
    (draft,) = judged(RULE, ObjectiveFacts("safe", 1, leaves_base=7, leaves_added=3)).findings
    assert (draft.team, draft.objective, draft.since) == ("pay", "safe", at("2026-05-03T22:00"))
    assert told(draft).title == "“No order is lost” has grown by 42 %."
    assert told(draft).why == "On 4 May it had 7 items to do; 3 more came since, 42 % of that."


def grown(base: int, added: int, objective: str = "easy") -> ObjectiveFacts:
    return ObjectiveFacts(objective, 1, leaves_base=base, leaves_added=added)


def test_a_finding_has_both_counts_and_never_changes_by_itself() -> None:
    verdict = judged(RULE, grown(8, 4))
    assert verdict.check_after is None
    (draft,) = verdict.findings
    assert (draft.rule, draft.subjects, draft.team, draft.objective) == (RULE, ("objective:easy",), "app", "easy")
    assert evidence(draft) == [
        ("baseline", "objective:easy", at("2026-05-01T00:00"), 8),
        ("added", "objective:easy", None, 4),
    ]
    assert judged(RULE, grown(8, 4, "gone")) is NOTHING
    assert judged(RULE, grown(8, 1)) is NOTHING


def test_it_asks_what_could_leave() -> None:
    draft = draft_of(RULE, grown(8, 4), MONDAY, CONTEXT)
    assert told(draft).question == "Which of the added items has to be part of it, and what could leave or wait?"
    assert told(draft).clears_when == (
        "Clears when enough of the added items are cancelled or serve something else, or when its baseline is set anew."
    )
    long = [{"id": "easy", "title": "Buyers pay in one step and never look back again", "team": "app"}]
    assert (
        told(draft, context=compile_strategy(strategy(objectives=long))).title
        == "“Buyers pay in one step and never…” has grown by 50 %."
    )
    small = compile_strategy(strategy({"scope_min_base": 1}))
    assert told(draft_of(RULE, grown(1, 1), MONDAY, small)).why == (
        "On 1 May it had 1 item to do; 1 more came since, 100 % of that."
    )


def test_the_policy_may_be_the_teams_or_the_objectives() -> None:
    policy = {"scope_min_base": 2, "scope_growth": 0.5, "scope_growth_high": 1, "cancelled_resolutions": ["Dropped"]}
    own = compile_strategy(strategy(objectives=[{"id": "easy", "title": "Easy", "team": "app", "policy": policy}]))
    expected = {(1, 1): None, (4, 1): None, (2, 1): "medium", (4, 3): "medium", (2, 2): "high"}
    assert {pair: severity(RULE, grown(*pair), MONDAY, own) for pair in expected} == expected
    team = compile_strategy(strategy(teams=[{"id": "app", "policy": policy}]))
    assert severity(RULE, grown(4, 1), MONDAY, team) is None
    assert [cancelled_resolutions(one, "easy") for one in (CONTEXT, own, team)] == [
        CANCELLED,
        ("Dropped",),
        ("Dropped",),
    ]
    assert cancelled_resolutions(own, "gone") == CANCELLED


@pytest.mark.parametrize(
    ("base", "added", "says"),
    [
        (0, 9, [("On 1 May it had 0 items to do; at least 4 are needed.", False),
                ("9 items came since; it counts from 25 % on.", False)]),
        (4, 0, [("On 1 May it had 4 items to do; at least 4 are needed.", True),
                ("0 items (0 % of that) came since; it counts from 25 % on.", False)]),
        (4, 1, [("On 1 May it had 4 items to do; at least 4 are needed.", True),
                ("1 item (25 % of that) came since; it counts from 25 % on.", True)]),
        (1, 1, [("On 1 May it had 1 item to do; at least 4 are needed.", False),
                ("1 item (100 % of that) came since; it counts from 25 % on.", True)]),
    ],
)  # fmt: skip
def test_its_conditions_give_both_counts(base: int, added: int, says: list[tuple[str, bool]]) -> None:
    assert sentences(RULE, grown(base, added), MONDAY, "objective:easy", CONTEXT) == says


def test_its_conditions_give_the_baselines_day_in_the_zone_of_the_objectives_team() -> None:
    (first, _), _ = sentences(RULE, grown(8, 4, "safe"), MONDAY, "objective:safe", CONTEXT)
    assert first == "On 4 May it had 8 items to do; at least 4 are needed."


def test_conditions_are_of_its_own_objective_and_of_those_that_the_strategy_names() -> None:
    refuses_others(RULE, grown(8, 4), MONDAY, "objective:easy", CONTEXT)
    gone = sentences(RULE, grown(8, 4, "gone"), MONDAY, "objective:gone", CONTEXT)
    assert gone == [("The strategy does not name objective:gone.", False)]
