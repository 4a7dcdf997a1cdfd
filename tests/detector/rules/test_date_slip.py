"""`date-slip`: since the baseline a due moved later twice, or by 10 working days in all; high from 20."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from schemas.work_items import Absence
from services.detector.facts import DueMove, ItemNeighbourhood, ObjectiveFacts
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
from services.detector.rules.date_slip import watches
from services.detector.verdict import NOTHING, Draft
from tests.detector.made import (
    DONE,
    IN_PROGRESS,
    MONDAY,
    asked,
    at,
    in_words,
    item,
    judged,
    severity,
    strategy,
)  # fmt: skip

RULE = "date-slip"
REF = "jira:made:1"


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def moved(*days: str, on: str = "2026-05-11", step: int = 1) -> tuple[DueMove, ...]:
    """Return moves from each of these days to the next one, a day apart."""
    start = at(on)
    return tuple(
        DueMove(start.replace(day=start.day + number * step), day(was), day(becomes))
        for number, (was, becomes) in enumerate(pairwise(days))
    )


def slipped(*days: str, on: str = "2026-05-11", **fields: Any) -> ItemNeighbourhood:
    values = {"due": day(days[-1])} | fields
    return ItemNeighbourhood(item(1, **values), due_moves=moved(*days, on=on))


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (("08-03", "08-04"), None),
        (("08-03", "08-14"), None),
        (("08-03", "08-15"), None),
        (("08-03", "08-16"), None),
        (("08-03", "08-17"), "medium"),
        (("08-03", "08-28"), "medium"),
        (("08-03", "08-30"), "medium"),
        (("08-03", "08-31"), "high"),
        (("08-03", "09-30"), "high"),
        (("08-17", "08-03"), None),
        (("08-31", "08-17", "08-03"), None),
        (("08-03", "08-04", "08-05"), "medium"),
        (("08-03", "08-04", "08-03"), None),
        (("08-03", "08-04", "08-03", "08-04"), "medium"),
        (("08-31", "08-03", "08-28", "08-27"), None),
    ],
)
def test_twice_or_10_working_days_and_high_from_20(days: tuple[str, ...], expected: str | None) -> None:
    assert severity(RULE, slipped(*days)) == expected


def test_in_all_is_up_to_the_present_due_wherever_that_comes_from() -> None:
    assert severity(RULE, slipped("08-03", "08-04", due=day("08-17"))) == "medium"
    assert severity(RULE, slipped("08-03", "08-17", due=day("08-14"))) is None
    assert severity(RULE, slipped("08-03", "08-04", "08-05", due=day("07-01"))) == "medium"


@pytest.mark.parametrize(
    ("team", "days", "expected"),
    [
        ("app", ("05-11", "05-25"), "medium"),
        ("pay", ("05-11", "05-25"), None),  # 14 and 25 May 2026 are holidays in Berlin
        ("pay", ("05-11", "05-26"), None),
        ("pay", ("05-11", "05-27"), "medium"),
        ("pay", ("03-27", "04-13"), None),  # the clocks go on on 29 March; 3 and 6 April are holidays
        ("pay", ("03-29", "04-14"), "medium"),
        ("pay", ("10-25", "11-05"), None),  # and back on 25 October
        ("pay", ("10-25", "11-06"), "medium"),
        ("tokyo", ("05-11", "05-25"), "medium"),
        ("tokyo", ("05-11", "05-24"), None),
        ("gulf", ("08-06", "08-19"), None),
        ("gulf", ("08-06", "08-20"), "medium"),
    ],
)
def test_the_days_are_those_of_the_items_team(team: str, days: tuple[str, ...], expected: str | None) -> None:
    assert severity(RULE, slipped(*days, team=team)) == expected


@pytest.mark.parametrize(
    ("fields", "on", "expected"),
    [
        ({}, "2026-05-01T00:00", "medium"),
        ({}, "2026-04-30T23:59", None),
        ({"objective": "forgotten"}, "2026-05-01T00:00", "medium"),
        ({"objective": "forgotten"}, "2026-04-30T23:59", None),
        ({"team": "tokyo"}, "2026-04-30T15:00", "medium"),
        ({"team": "tokyo"}, "2026-04-30T14:59", None),
        ({"objective": "safe"}, "2026-05-03T22:00", "medium"),
        ({"objective": "safe"}, "2026-05-03T21:59", None),
        ({"objective": "easy", "team": "tokyo"}, "2026-05-01T00:00", "medium"),
        ({"objective": "easy", "team": "tokyo"}, "2026-04-30T20:00", None),
    ],
)
def test_moves_count_from_the_baseline_on(fields: dict[str, Any], on: str, expected: str | None) -> None:
    assert severity(RULE, slipped("08-03", "08-17", on=on, **fields)) == expected


def test_the_first_due_is_that_before_the_first_move_since_the_baseline() -> None:
    before, after = moved("07-01", "08-03", on="2026-04-01"), moved("08-03", "08-14")
    facts = ItemNeighbourhood(item(1, due=day("08-14")), due_moves=before + after)
    assert severity(RULE, facts) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"status_category": IN_PROGRESS}, True),
        ({"status_category": DONE}, False),
        ({"due": None}, False),
        ({"visible": False}, False),
        ({"visible": False, "absence": Absence.ARCHIVED}, False),
    ],
)
def test_only_an_open_item_with_a_due_slips_and_is_watched(fields: dict[str, Any], expected: bool) -> None:
    facts = slipped("08-03", "08-17", **fields)
    assert (severity(RULE, facts) == "medium") == expected
    assert watches(facts.item) == expected
    assert all(condition.holds for condition in asked(RULE, facts, REF)) == expected


def test_out_of_sight_it_is_unknown_unless_it_was_done() -> None:
    (draft,) = judged(RULE, slipped("08-03", "08-17")).findings
    assert judged(RULE, slipped("08-03", "08-17", visible=False)).unknown == {draft.fingerprint}
    assert judged(RULE, slipped("08-03", "08-17", visible=False, status_category=DONE)) == NOTHING
    assert judged(RULE, ItemNeighbourhood(item(1, visible=False, due=day("08-17")))) == NOTHING
    assert judged(RULE, slipped("08-03", "08-17", visible=False, absence=Absence.DELETED)) == NOTHING


@pytest.mark.parametrize(
    ("days", "since"),
    [
        (("08-03", "08-17"), 11),
        (("08-03", "08-04", "08-05"), 12),
        (("08-03", "08-04", "08-05", "08-06"), 12),
        (("08-03", "08-17", "08-18"), 11),
        (("08-18", "08-17", "09-01"), 12),
        (("08-03", "08-17", "08-14", "08-17"), 13),
    ],
)
def test_it_holds_since_the_move_that_made_it_so(days: tuple[str, ...], since: int) -> None:
    (draft,) = judged(RULE, slipped(*days)).findings
    assert draft.since == at(f"2026-05-{since}")


def test_where_no_known_move_made_it_so_nobody_can_say_since_when() -> None:
    (draft,) = judged(RULE, slipped("08-03", "08-04", due=day("08-17"))).findings
    assert draft.since is None


def test_the_limits_are_the_policys_of_team_and_objective() -> None:
    parts = strategy({"slip_moves": 3, "slip_working_days": 4, "slip_high_working_days": 5}).model_dump()
    parts["teams"][1]["policy"] = {"slip_working_days": 3}
    parts["objectives"][0]["policy"] = {"slip_moves": 1}
    context = compile_strategy(strategy().model_validate(parts))
    assert severity(RULE, slipped("08-03", "08-07"), context=context) == "medium"
    assert severity(RULE, slipped("08-03", "08-10"), context=context) == "high"
    assert severity(RULE, slipped("08-03", "08-04", "08-05"), context=context) is None
    assert severity(RULE, slipped("08-03", "08-04", "08-05", "08-06"), context=context) == "medium"
    assert severity(RULE, slipped("08-03", "08-06", team="pay"), context=context) == "medium"
    assert severity(RULE, slipped("08-03", "08-04", objective="easy"), context=context) == "medium"


def test_the_whole_finding_of_an_item() -> None:
    moves = moved("08-03", "08-10", "08-07", "08-19")
    facts = ItemNeighbourhood(
        item(1, team="pay", objective="easy", due=day("08-19")), due_moves=moves, seen_from=at("2026-04-20")
    )
    verdict = judged(RULE, facts)
    assert verdict.check_after is None
    assert verdict.findings == (
        Draft(
            rule=RULE,
            subjects=(REF,),
            severity=Severity.MEDIUM,
            team="pay",
            objective="easy",
            since=at("2026-05-13"),
            evidence=(
                Evidence(fact="baseline", ref=REF, at=at("2026-05-01T00:00")),
                Evidence(fact="due-was", ref=REF, at=at("2026-05-11"), value="2026-08-03"),
                Evidence(fact="due", ref=REF, value="2026-08-19"),
                Evidence(fact="moves-later", ref=REF, at=at("2026-05-13"), value=2),
                Evidence(fact="days-later", ref=REF, value=12),
                Evidence(fact="seen-from", ref=REF, at=at("2026-04-20")),
            ),
        ),
    )
    assert in_words(RULE, facts) == Text(
        title="PAY-1 “Item 1” has slipped by 12 working days.",
        why="Due 3 August at first, 19 August now; 2 moves to a later day since the baseline of 1 May, "
        "as far as seen since 20 April.",
        question="What would make 19 August a day that holds for PAY-1, or what could leave it?",
        clears_when="Clears when PAY-1 is due early enough again, when it is done, or when its objective's baseline is "
        "set anew.",
    )


def objective(*days: str, name: str = "easy", seen: Any = None) -> ObjectiveFacts:
    return ObjectiveFacts(name, due_moves=moved(*days), seen_from=seen)


DUE = compile_strategy(
    strategy(
        objectives=[
            {"id": "easy", "title": "Buyers pay in one step", "team": "pay", "due_on": "2026-08-17"},
            {"id": "free", "title": "Nobody waits for their money for longer than a day or so", "team": "app"},
        ]
    )
)


def test_the_whole_finding_of_an_objective() -> None:
    facts = objective("08-03", "08-17")
    (draft,) = judged(RULE, facts, context=DUE).findings
    ref = "objective:easy"
    assert draft == Draft(
        rule=RULE,
        subjects=(ref,),
        severity=Severity.MEDIUM,
        team="pay",
        objective="easy",
        since=at("2026-05-11"),
        evidence=(
            Evidence(fact="baseline", ref=ref, at=at("2026-04-30T22:00")),
            Evidence(fact="due-was", ref=ref, at=at("2026-05-11"), value="2026-08-03"),
            Evidence(fact="due", ref=ref, value="2026-08-17"),
            Evidence(fact="moves-later", ref=ref, at=at("2026-05-11"), value=1),
            Evidence(fact="days-later", ref=ref, value=10),
        ),
    )
    assert in_words(RULE, facts, context=DUE) == Text(
        title="“Buyers pay in one step” has slipped by 10 working days.",
        why="Due 3 August at first, 17 August now; 1 move to a later day since the baseline of 1 May.",
        question="What would make 17 August a day that holds for “Buyers pay in one step”, or what could leave it?",
        clears_when="Clears when “Buyers pay in one step” is due early enough again, or when its baseline is set anew.",
    )


def test_an_objectives_due_is_its_own_or_the_cycles_end_and_an_unknown_one_has_none() -> None:
    free = ObjectiveFacts("free", due_moves=(DueMove(at("2026-05-11"), date(2027, 6, 1), date(2027, 6, 30)),))
    assert severity(RULE, free, context=DUE) == "high"
    title = in_words(RULE, free, context=DUE).title
    assert title == "“Nobody waits for their money for…” has slipped by 21 working days."
    assert judged(RULE, objective("08-03", "08-17", name="forgotten"), context=DUE) == NOTHING
    assert judged(RULE, ObjectiveFacts("easy"), context=DUE) == NOTHING
    assert severity(RULE, objective("08-04", "08-17"), context=DUE) is None


def test_a_due_that_moves_to_and_fro_is_not_called_late() -> None:
    facts = slipped("08-03", "08-04", "08-03", "08-04", due=day("08-03"))
    assert in_words(RULE, facts).title == "APP-1 “Item 1” has a due that keeps moving."
    long = slipped("08-03", "08-17", ref="asana:1", title="Agree with the bank on how to pay")
    assert in_words(RULE, long).title == "“Agree with the bank on how…” has slipped by 10 working days."


def test_its_conditions_in_words() -> None:
    opened = Condition("APP-1 is to do; it has to be open, and in sight.", holds=True)
    assert asked(RULE, slipped("08-03", "08-14"), REF) == (
        opened,
        Condition(
            "Since 1 May the due of APP-1 has come 9 working days later, with 1 move to a later day; "
            "2 moves or 10 working days are needed.",
            holds=False,
        ),
    )
    assert asked(RULE, ItemNeighbourhood(item(1, due=day("08-14"))), REF)[1].says.startswith(
        "Since 1 May the due of APP-1 has come 0 working days later, with 0 moves"
    )
    assert asked(RULE, ItemNeighbourhood(item(1)), REF) == (
        opened, Condition("jira:made:1 has no due; a due is needed.", holds=False),
    )  # fmt: skip
    assert asked(RULE, objective("08-03", "08-17"), "objective:easy", context=DUE) == (
        Condition(
            "Since 1 May the due of “Buyers pay in one step” has come 10 working days later, with 1 move to a later "
            "day; 2 moves or 10 working days are needed.",
            holds=True,
        ),
    )
    assert asked(RULE, objective("08-03", "08-17", name="gone"), "objective:gone") == (
        Condition("objective:gone has no due; a place in the strategy is needed.", holds=False),
    )
    assert asked(RULE, objective("08-03", "08-17"), REF, now=MONDAY) == (
        Condition("Nothing is known here of jira:made:1, but of objective:easy.", holds=False),
    )
