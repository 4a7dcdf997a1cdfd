"""`rework`: of what moved on in four weeks, ten items or more, over a fifth went back."""

from dataclasses import replace

import pytest

from services.detector.facts import ObjectiveFacts
from services.detector.policy import compile_strategy
from services.detector.verdict import NOTHING
from tests.detector.group_made import changes, draft_of, evidence, refuses_others, sentences
from tests.detector.made import CONTEXT, MONDAY, at, judged, severity, strategy, told

RULE = "rework"
LAPSE = at("2026-06-20T08:00")


def moved(on: int, back: int, objective: str = "easy") -> ObjectiveFacts:
    return ObjectiveFacts(objective, 3, moved_on=on, went_back=back, moves_lapse=LAPSE)


@pytest.mark.parametrize(
    ("on", "back", "expected"),
    [
        (0, 0, None), (0, 3, None), (9, 9, None), (10, 0, None), (10, 2, None), (10, 3, "medium"), (11, 3, "medium"),
        (15, 3, None), (14, 3, "medium"), (100, 20, None), (100, 21, "medium"), (10, 12, "medium"),
    ],
)  # fmt: skip
def test_more_than_a_fifth_of_at_least_10(on: int, back: int, expected: str | None) -> None:
    assert severity(RULE, moved(on, back)) == expected


@pytest.mark.parametrize(
    ("on", "back", "check_after"),
    [(9, 9, None), (10, 0, None), (10, 1, LAPSE), (10, 2, LAPSE), (10, 3, LAPSE)],
)
def test_it_is_asked_again_when_a_move_lapses_that_could_matter(on: int, back: int, check_after: object) -> None:
    """Moves only ever leave the window by themselves, so what is too little stays so."""
    assert judged(RULE, moved(on, back)).check_after == check_after
    assert judged(RULE, moved(on, back), LAPSE).check_after is None


def test_the_policy_may_be_the_teams_or_the_objectives() -> None:
    own = [{"id": "easy", "title": "Easy", "team": "app", "policy": {"rework_share": 0.3, "rework_min_moved": 5}}]
    context = compile_strategy(strategy(objectives=own))
    expected = {(10, 3): None, (10, 4): "medium", (5, 2): "medium", (4, 4): None}
    assert {(on, back): severity(RULE, moved(on, back), MONDAY, context) for on, back in expected} == expected
    team = compile_strategy(strategy(teams=[{"id": "app", "policy": {"rework_min_moved": 11}}]))
    assert severity(RULE, moved(10, 3), MONDAY, team) is None
    for context_ in (context, team):
        for pair in expected:
            sentences(RULE, moved(*pair), MONDAY, "objective:easy", context_)  # they agree with what is judged


def test_a_finding_has_both_counts_and_what_they_go_by() -> None:
    draft = draft_of(RULE, replace(moved(10, 3, "safe"), seen_from=at("2026-05-30")), MONDAY, CONTEXT)
    assert (draft.rule, draft.subjects, draft.team, draft.objective) == (RULE, ("objective:safe",), "pay", "safe")
    assert draft.since is None
    assert evidence(draft) == [
        ("moved-on", "objective:safe", None, 10),
        ("went-back", "objective:safe", None, 3),
        ("seen-from", "objective:safe", at("2026-05-30"), None),
    ]
    assert len(draft_of(RULE, moved(10, 3), MONDAY, CONTEXT).evidence) == 2
    assert judged(RULE, moved(10, 3, "gone")) is NOTHING


def test_it_gives_both_counts_and_asks_what_is_learned_late() -> None:
    text = told(draft_of(RULE, moved(11, 3), MONDAY, CONTEXT))
    assert text.title == "“Buyers pay in one step”: 27 % of work goes back."
    assert text.why == (
        "In the last 4 weeks 11 items moved on, and 3 went back from done, or from in progress to to do: 27 % of that."
    )
    assert text.question == "What do we learn late that could be known before work begins or is called done?"
    assert text.clears_when == "Clears when a smaller share of what moves on in 4 weeks goes back."


def test_it_says_where_it_was_seen() -> None:
    long = [{"id": "easy", "title": "Buyers pay in one step and never look back", "team": "app"}]
    context = compile_strategy(strategy({"rework_min_moved": 1}, objectives=long))
    facts = replace(moved(1, 1), seen_from=at("2026-05-30"))
    text = told(draft_of(RULE, facts, MONDAY, context), context=context)
    assert text.title == "“Buyers pay in one step and…”: 100 % of work goes back."
    assert text.why == (
        "In the last 4 weeks 1 item moved on, and 1 went back from done, or from in progress to to do: 100 % of that. "
        "It goes by what was seen since 30 May; nobody told what was before."
    )


@pytest.mark.parametrize(
    ("on", "back", "says"),
    [
        (0, 0, [("0 items moved on in the last 4 weeks; at least 10 are needed.", False),
                ("0 went back, beside 0 items that moved on; more than 20 % of those count.", False)]),
        (1, 1, [("1 item moved on in the last 4 weeks; at least 10 are needed.", False),
                ("1 went back, beside 1 item that moved on; more than 20 % of those count.", True)]),
        (10, 2, [("10 items moved on in the last 4 weeks; at least 10 are needed.", True),
                 ("2 went back, beside 10 items that moved on; more than 20 % of those count.", False)]),
        (10, 3, [("10 items moved on in the last 4 weeks; at least 10 are needed.", True),
                 ("3 went back, beside 10 items that moved on; more than 20 % of those count.", True)]),
    ],
)  # fmt: skip
def test_its_conditions_give_the_numbers(on: int, back: int, says: list[tuple[str, bool]]) -> None:
    assert sentences(RULE, moved(on, back), MONDAY, "objective:easy", CONTEXT) == says
    assert changes(RULE, moved(on, back), MONDAY, "objective:easy", CONTEXT) == [LAPSE, LAPSE]
    assert changes(RULE, moved(on, back), LAPSE, "objective:easy", CONTEXT) == [None, None]


def test_conditions_are_of_its_own_objective_and_of_those_that_the_strategy_names() -> None:
    refuses_others(RULE, moved(10, 3), MONDAY, "objective:easy", CONTEXT)
    gone = sentences(RULE, moved(10, 3, "gone"), MONDAY, "objective:gone", CONTEXT)
    assert gone == [("The strategy does not name objective:gone.", False)]
