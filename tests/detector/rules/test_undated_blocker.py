"""`undated-blocker`: the dependent is due within 20 working days of its own team, and its blocker has no due."""

from datetime import date
from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from services.detector.facts import ItemNeighbourhood
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
from services.detector.verdict import Draft
from tests.detector.made import (
    DONE,
    IN_PROGRESS,
    MONDAY,
    asked,
    at,
    begins_at,
    in_words,
    item,
    judged,
    severity,
    strategy,
    told,
    waiting,
)  # fmt: skip

RULE = "undated-blocker"
PAIR = ("jira:made:1", "jira:made:2")


def due(day: date | None, blocker: Any = None, **fields: Any) -> ItemNeighbourhood:
    return waiting(item(1, **(blocker or {})), item(2, due=day, **fields))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 7, 14), None),
        (date(2026, 7, 13), "medium"),
        (date(2026, 7, 12), "medium"),
        (date(2026, 7, 11), "medium"),
        (date(2026, 7, 10), "medium"),
        (date(2026, 6, 30), "medium"),
        (date(2026, 6, 29), "high"),
        (date(2026, 6, 15), "high"),
        (date(2025, 1, 1), "high"),
        (None, None),
    ],
)
def test_20_working_days_and_high_from_10_or_when_overdue(day: date | None, expected: str | None) -> None:
    assert severity(RULE, due(day)) == expected


@pytest.mark.parametrize(
    ("team", "day", "moment"),
    [
        ("app", date(2026, 6, 1), "2026-05-04T00:00"),
        ("pay", date(2026, 6, 3), "2026-05-03T22:00"),  # 14 and 25 May 2026 are holidays in Berlin
        ("pay", date(2026, 4, 29), "2026-03-29T22:00"),  # the clocks went on in the night before
        ("pay", date(2026, 11, 23), "2026-10-25T23:00"),  # and back
        ("tokyo", date(2026, 6, 1), "2026-05-03T15:00"),
        ("gulf", date(2026, 6, 1), "2026-05-04T00:00"),
    ],
)
def test_the_days_are_those_of_the_dependents_team(team: str, day: date, moment: str) -> None:
    assert begins_at(RULE, due(day, {"team": "app"}, team=team), at(moment)).since == at(moment)


def test_the_blockers_calendar_does_not_count() -> None:
    """Of the days between 4 May and 2 June 2026 team app works 21, team pay 19."""
    assert severity(RULE, due(date(2026, 6, 2), {"team": "pay"}), at("2026-05-04")) is None
    assert severity(RULE, due(date(2026, 6, 2), {"team": "app"}, team="pay"), at("2026-05-04")) == "high"


def test_a_blocker_with_a_due_is_left_to_the_dates() -> None:
    assert judged(RULE, due(date(2026, 6, 20), {"due": date(2026, 8, 1)})).findings == ()


@pytest.mark.parametrize("end", [{"status_category": DONE}, {"visible": False}])
def test_only_a_live_dependency_counts(end: dict[str, Any]) -> None:
    assert judged(RULE, due(date(2026, 6, 20), end)).findings == ()
    assert judged(RULE, due(date(2026, 6, 20), **end)).findings == ()


def test_an_end_out_of_sight_is_unknown() -> None:
    (draft,) = judged(RULE, due(date(2026, 6, 20))).findings
    assert judged(RULE, due(date(2026, 6, 20), visible=False)).unknown == {draft.fingerprint}
    assert judged(RULE, due(date(2026, 6, 20), {"visible": False})).unknown == {draft.fingerprint}
    assert judged(RULE, due(date(2026, 6, 20))).unknown == frozenset()


def test_raised_by_other_teams_by_a_near_due_and_when_many_teams_wait() -> None:
    far, near = date(2026, 7, 10), date(2026, 6, 29)
    assert severity(RULE, due(far, {"team": "pay"})) == "high"
    assert severity(RULE, due(near, {"team": "pay"})) == "critical"
    others = [item(number, team=team) for number, team in enumerate(("pay", "gulf", "tokyo"), start=3)]
    (draft,) = judged(RULE, waiting(item(1), item(2, due=far), *others)).findings
    assert (str(draft.severity), draft.evidence[-1].value) == ("high", ["many-teams-wait"])
    (draft,) = judged(RULE, waiting(item(1), item(2, due=far), *others[:2])).findings
    assert str(draft.severity) == "medium"


def test_it_is_asked_again_when_the_due_weighs_more() -> None:
    facts = due(date(2026, 7, 13))
    assert judged(RULE, facts).check_after == at("2026-06-29T00:00")
    assert severity(RULE, facts, at("2026-06-28T23:59")) == "medium"
    assert severity(RULE, facts, at("2026-06-29T00:00")) == "high"
    assert judged(RULE, facts, at("2026-06-29T00:00")).check_after is None
    assert judged(RULE, due(None)).check_after is None


def test_the_first_of_all_moments_is_asked_for() -> None:
    facts = waiting(item(1), item(2, due=date(2026, 8, 3)), item(3, due=date(2026, 7, 20)), item(4))
    assert judged(RULE, facts).check_after == at("2026-06-22T00:00")


def test_the_limit_is_the_policys_of_the_blockers_team_and_of_the_objective() -> None:
    parts = strategy({"undated_within_working_days": 4}).model_dump()
    parts["teams"][1]["policy"] = {"undated_within_working_days": 3}
    parts["objectives"][0]["policy"] = {"undated_within_working_days": 0}
    context = compile_strategy(strategy().model_validate(parts))
    assert severity(RULE, due(date(2026, 6, 19)), context=context) == "high"
    assert severity(RULE, due(date(2026, 6, 22)), context=context) is None
    assert severity(RULE, due(date(2026, 6, 19), {"team": "pay"}), context=context) is None
    assert severity(RULE, due(date(2026, 6, 18), {"team": "pay"}), context=context) == "critical"
    assert severity(RULE, due(date(2026, 6, 16), objective="easy"), context=context) is None
    assert severity(RULE, due(date(2026, 6, 15), objective="easy"), context=context) == "high"


def test_the_whole_finding() -> None:
    facts = waiting(item(1, team="pay", objective="safe"), item(2, due=date(2026, 6, 30)), made=at("2026-06-10"))
    (draft,) = judged(RULE, facts).findings
    assert draft == Draft(
        rule=RULE,
        subjects=PAIR,
        severity=Severity.HIGH,
        team="pay",
        objective="safe",
        since=at("2026-06-10"),
        evidence=(
            Evidence(fact="due", ref=PAIR[0], value=None),
            Evidence(fact="blocking-team", ref=PAIR[0], value="pay"),
            Evidence(fact="waiting-team", ref=PAIR[1], value="app"),
            Evidence(fact="due", ref=PAIR[1], value="2026-06-30"),
            Evidence(fact="link-made", at=at("2026-06-10")),
            Evidence(fact="raised-by", value=["different-teams"]),
        ),
    )
    assert told(draft, facts.item, facts.waiting[0].dependent) == Text(
        title="APP-2 is due 30 June and waits for PAY-1, without a due.",
        why="APP-2 of App is due 30 June and depends on PAY-1 of Pay, for which no due is set.",
        question="By when could PAY-1 be there, and does that suit APP-2?",
        clears_when="Clears when PAY-1 has a due or is done, or when APP-2 no longer waits on it.",
    )


def test_within_one_team_it_is_named_once_and_a_long_name_leaves_room() -> None:
    blocker = item(1, ref="asana:1", title="Agree with the bank on how we pay")
    dependent = item(2, due=date(2026, 6, 30))
    text = in_words(RULE, waiting(blocker, dependent), dependent)
    assert text.title == "“Agree with the bank on how we pay” has no due."
    assert text.why == (
        "APP-2 of App is due 30 June and depends on “Agree with the bank on how we pay”, for which no due is set."
    )


def test_its_conditions_in_words() -> None:
    live = Condition("APP-2 (to do) depends on APP-1 (to do); both have to be open.", holds=True)
    undated = Condition("APP-1 has no due; it must have none.", holds=True)
    assert asked(RULE, due(date(2026, 7, 13)), *PAIR) == (
        live, undated, Condition(
            "APP-2 is due 13 July, 20 working days from now; it counts within 20 working days.", holds=True),
    )  # fmt: skip
    assert asked(RULE, due(date(2026, 7, 14), {"due": date(2027, 1, 4)}), *PAIR) == (
        live,
        Condition("APP-1 is due 4 January 2027; it must have none.", holds=False),
        Condition(
            "APP-2 is due 14 July, 21 working days from now; it counts within 20 working days.",
            holds=False,
            changes_at=at("2026-06-16T00:00"),
        ),
    )
    assert asked(RULE, due(date(2026, 6, 12)), *PAIR)[2].says == (
        "APP-2 is due 12 June, which is past; it counts within 20 working days."
    )
    assert asked(RULE, due(MONDAY.date()), *PAIR)[2].says == (
        "APP-2 is due 15 June, 0 working days from now; it counts within 20 working days."
    )
    assert asked(RULE, due(None), *PAIR)[2] == Condition(
        "APP-2 has no due; one within 20 working days is needed.", holds=False
    )


def test_conditions_of_a_dependency_that_is_not_known_or_not_live() -> None:
    assert asked(RULE, due(None), "jira:made:1", "jira:made:9") == (
        Condition("Nothing known says that jira:made:9 depends on jira:made:1: 1 depend on APP-1.", holds=False),
    )
    assert asked(RULE, due(None), "jira:made:9", "jira:made:2")[0].holds is False
    to_itself = waiting(item(1, due=None), item(1, due=date(2026, 6, 20)))
    assert asked(RULE, to_itself, PAIR[0], PAIR[0])[0] == Condition(
        "APP-1 (to do) depends on itself, which never counts.", holds=False
    )
    ends = due(date(2026, 6, 20), {"status_category": DONE}, status_category=IN_PROGRESS)
    says = "APP-2 (in progress) depends on APP-1 (done); both have to be open."
    assert asked(RULE, ends, *PAIR)[0] == Condition(says, holds=False)
