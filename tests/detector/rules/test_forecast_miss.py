"""`forecast-miss`: at most 90 % of the trials of the newest forecast end by the due; high up to 70 %."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.detector.facts import Forecast, Mover, ObjectiveFacts
from services.detector.policy import compile_strategy
from services.detector.verdict import NOTHING
from tests.detector.group_made import draft_of, evidence, refuses_others, sentences
from tests.detector.made import CONTEXT, MONDAY, at, judged, severity, strategy, told

RULE = "forecast-miss"
DUE = date(2027, 6, 30)
WAIT = Mover(("jira:made:1", "jira:made:2"), 0.52, 3, ("APP-1", "APP-2"))
UNOWNED = Mover(("jira:made:3",), 0.4, 1, ("APP-3",))


def forecast(probability: float | None = 0.31, open_items: int = 12, **fields: Any) -> ObjectiveFacts:
    made = Forecast(
        objective="easy",
        as_of=at("2026-06-15T00:00"),
        due=DUE,
        seed=7,
        trials=10_000,
        open_leaves=12,
        sampled_days=60,
        active_days=20,
        probability=probability,
        best=date(2027, 7, 8),
        base=date(2027, 7, 14),
        worst=date(2027, 7, 20),
        movers=(WAIT, UNOWNED),
    )
    return ObjectiveFacts("easy", open_items, forecast=replace(made, **fields))


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (None, None), (0.9999, None), (0.9001, None), (0.9, "medium"), (0.7001, "medium"), (0.7, "high"),
        (0.0001, "high"),
    ],
)  # fmt: skip
def test_up_to_90_percent_and_high_up_to_70(probability: float | None, expected: str | None) -> None:
    assert severity(RULE, forecast(probability)) == expected
    assert judged(RULE, forecast(probability)).check_after is None


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (ObjectiveFacts("easy", 12), None),
        (forecast(0.1, due=date(2027, 6, 29)), None),
        (forecast(0.1, objective="safe"), None),
        (forecast(0.1, open_items=0), None),
        (forecast(0.1, open_items=1), "high"),
        (replace(forecast(0.1), objective="gone"), None),
    ],
)
def test_it_goes_by_a_forecast_of_this_objective_for_its_present_due(
    facts: ObjectiveFacts, expected: str | None
) -> None:
    assert severity(RULE, facts) == expected
    assert expected or judged(RULE, facts) is NOTHING


def test_the_policy_may_be_the_teams_or_the_objectives() -> None:
    policy = {"forecast_probability": 0.8, "forecast_high_probability": 0.5}
    objectives = [{"id": "easy", "title": "Easy", "team": "app", "due_on": "2027-06-30", "policy": policy}]
    own = compile_strategy(strategy(objectives=objectives))
    expected = {0.81: None, 0.8: "medium", 0.51: "medium", 0.5: "high"}
    assert {chance: severity(RULE, forecast(chance), MONDAY, own) for chance in expected} == expected
    team = compile_strategy(strategy(teams=[{"id": "app", "policy": policy}]))
    assert severity(RULE, forecast(0.81), MONDAY, team) is None
    for strategy_ in (own, team):
        assert sentences(RULE, forecast(0.81), MONDAY, "objective:easy", strategy_)[-1][0].endswith(
            "up to 80 % of them."
        )
        text = told(draft_of(RULE, forecast(0.8), MONDAY, strategy_), context=strategy_)
        assert text.clears_when.startswith("Clears when more than 80 % of a newer forecast's trials")


def test_a_finding_has_what_the_forecast_says_and_what_moves_it_first() -> None:
    movers = (WAIT, UNOWNED, replace(UNOWNED, subjects=("jira:made:4",)), replace(UNOWNED, subjects=("jira:made:5",)))
    draft = draft_of(RULE, forecast(movers=movers), MONDAY, CONTEXT)
    assert (draft.rule, draft.subjects, draft.team, draft.objective) == (RULE, ("objective:easy",), "app", "easy")
    assert draft.since is None
    ref = "objective:easy"
    assert evidence(draft) == [
        ("probability", ref, None, 0.31),
        ("trials", ref, None, 10_000),
        ("open-leaves", ref, None, 12),
        ("due", ref, None, "2027-06-30"),
        ("best", ref, None, "2027-07-08"),
        ("base", ref, None, "2027-07-14"),
        ("worst", ref, None, "2027-07-20"),
        *(
            ("mover", mover.subjects[0], None, {
                "subjects": list(mover.subjects),
                "names": list(mover.names),
                "probability": mover.probability,
                "days_earlier": mover.days_earlier,
            })
            for mover in movers[:3]
        ),
    ]  # fmt: skip


def words(facts: ObjectiveFacts) -> Any:
    return told(draft_of(RULE, facts, MONDAY, CONTEXT), context=CONTEXT)


def test_it_counts_trials_and_names_what_moves_it_first() -> None:
    text = words(forecast())
    assert text.title == "“Buyers pay in one step”: in time in 3,100 of 10,000 trials."
    assert text.why == (
        "In 3,100 of 10,000 trials its 12 open items are delivered by 30 June 2027, if work goes on as it did. "
        "Of all trials, half end by 8 July 2027, 85 % end by 14 July 2027 and 95 % end by 20 July 2027. "
        "Without the wait of APP-2 on APP-1, 5,200 would end in time and 85 % would end 3 working days earlier."
    )
    assert text.question == (
        "What could leave, wait or be freed so that it ends by its due, or which day can be promised?"
    )
    assert text.clears_when == (
        "Clears when more than 90 % of a newer forecast's trials end by its due, or when none of its items is open."
    )


def test_a_short_name_stands_in_the_title() -> None:
    objectives = [{"id": "easy", "title": "Easy", "team": "app", "due_on": "2027-06-30"}]
    own = compile_strategy(strategy(objectives=objectives))
    text = told(draft_of(RULE, forecast(), MONDAY, own), context=own)
    assert text.title == "“Easy” ends by 30 June 2027 in 3,100 of 10,000 trials."


@pytest.mark.parametrize(
    ("movers", "end"),
    [
        ((UNOWNED,), "nobody has taken on, 4,000 would end in time and 85 % would end 1 working day earlier."),
        (
            (replace(UNOWNED, names=(), days_earlier=0),),
            " Without made:3, which nobody has taken on, 4,000 would end in time.",
        ),
        (
            (replace(WAIT, probability=0.9999, days_earlier=0),),
            " Without the wait of APP-2 on APP-1, 9,999 would end in time.",
        ),
        (
            (replace(WAIT, probability=0.31),),
            " Without the wait of APP-2 on APP-1, 85 % would end 3 working days earlier.",
        ),
        ((replace(WAIT, probability=0.31, days_earlier=0),), "85 % end by 14 July 2027 and 95 % end by 20 July 2027."),
        ((), "85 % end by 14 July 2027 and 95 % end by 20 July 2027."),
    ],
)
def test_the_first_mover_is_a_wait_or_an_item_that_nobody_has(movers: tuple[Mover, ...], end: str) -> None:
    assert words(forecast(movers=movers)).why.endswith(end)


@pytest.mark.parametrize(
    ("probability", "trials", "counted"),
    [
        (1 / 10_002, 10_000, "1 of 10,000"),
        (0.00001, 10_000, "1 of 10,000"),
        (0.0, 10_000, "1 of 10,000"),
        (0.00026, 10_000, "3 of 10,000"),
        (0.9, 10_000, "9,000 of 10,000"),
        (0.9, 4, "3 of 4"),
    ],
)
def test_it_is_never_none_and_never_all_of_the_trials(probability: float, trials: int, counted: str) -> None:
    text = words(forecast(probability, trials=trials))
    assert text.title == f"“Buyers pay in one step”: in time in {counted} trials."
    assert text.why.startswith(f"In {counted} trials its 12 open items are delivered by 30 June 2027")


def test_trials_that_never_end_have_no_days() -> None:
    none = words(forecast(best=None, base=None, worst=None, movers=(), open_leaves=1))
    assert none.why == (
        "In 3,100 of 10,000 trials its 1 open item is delivered by 30 June 2027, if work goes on as it did. "
        "Half of the trials have no end at all."
    )
    some = words(forecast(base=None, worst=None, movers=()))
    assert some.why.endswith(" Of all trials, half end by 8 July 2027.")
    draft = draft_of(RULE, forecast(best=None, base=None, worst=None), MONDAY, CONTEXT)
    assert {one.fact: one.value for one in draft.evidence if one.fact in {"best", "base", "worst"}} == {
        "best": None, "base": None, "worst": None,
    }  # fmt: skip


def test_a_forecast_that_refuses_leaves_what_was_found_unknown() -> None:
    found = draft_of(RULE, forecast(0.1), MONDAY, CONTEXT).fingerprint
    for refused in (forecast(0.1, refused="4 active days; 5 are needed"), forecast(None, refused="4 active days")):
        verdict = judged(RULE, refused)
        assert (verdict.findings, verdict.check_after, verdict.unknown) == ((), None, frozenset({found}))
    assert judged(RULE, forecast(None, refused="no open leaf", open_leaves=0)) is NOTHING


OPEN = ("It has 12 open items; at least 1 is needed.", True)
FITS = ("Its newest forecast is of easy for 30 June 2027; it is due 30 June 2027.", True)
ENDS = "{} of 10,000 trials end by 30 June 2027; it counts up to 90 % of them."


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (forecast(0.9), [OPEN, FITS, (ENDS.format("9,000"), True)]),
        (forecast(0.95), [OPEN, FITS, (ENDS.format("9,500"), False)]),
        (forecast(0.1, open_items=0), [("It has 0 open items; at least 1 is needed.", False), FITS,
                                       (ENDS.format("1,000"), True)]),
        (forecast(0.1, due=date(2026, 6, 29)), [
            OPEN, ("Its newest forecast is of easy for 29 June; it is due 30 June 2027.", False),
            ("1,000 of 10,000 trials end by 29 June; it counts up to 90 % of them.", True)]),
        (forecast(0.1, objective="safe"), [
            OPEN, ("Its newest forecast is of safe for 30 June 2027; it is due 30 June 2027.", False),
            (ENDS.format("1,000"), True)]),
        (forecast(None, refused="4 active days"), [OPEN, FITS, ("The forecast says nothing: 4 active days.", False)]),
        (forecast(None), [OPEN, FITS, ("The forecast says nothing: no reason given.", False)]),
        (forecast(0.1, refused="why"), [OPEN, FITS, ("The forecast says nothing: why.", False)]),
        (ObjectiveFacts("easy", 12), [OPEN, ("0 forecasts of it were made so far; 1 is needed.", False)]),
    ],
)  # fmt: skip
def test_its_conditions_give_the_numbers(facts: ObjectiveFacts, says: list[tuple[str, bool]]) -> None:
    assert sentences(RULE, facts, MONDAY, "objective:easy", CONTEXT) == says


def test_conditions_are_of_its_own_objective_and_of_those_that_the_strategy_names() -> None:
    refuses_others(RULE, forecast(), MONDAY, "objective:easy", CONTEXT)
    gone = sentences(RULE, replace(forecast(), objective="gone"), MONDAY, "objective:gone", CONTEXT)
    assert gone == [("The strategy does not name objective:gone.", False)]
