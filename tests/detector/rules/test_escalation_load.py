"""`escalation-load`: over a fifth of a team's active items are customer escalations, or one is open over five days."""

from datetime import datetime
from typing import Any

import pytest

from services.detector.facts import TeamFacts
from services.detector.policy import compile_strategy
from services.detector.rules.escalation_load import EscalationPolicy, is_escalation
from tests.detector.group_made import changes, draft_of, evidence, refuses_others, sentences
from tests.detector.made import CONTEXT, MONDAY, at, item, judged, severity, strategy, told

RULE = "escalation-load"
OLD = "2026-06-05"
"""Friday: on Monday the 15th that is 6 working days ago."""


def load(
    escalated: int, active: int, *created: str, team: str = "app", lapsing: str | None = None, **fields: Any
) -> TeamFacts:
    escalations = tuple(item(number, team=team, created=at(day), **fields) for number, day in enumerate(created, 1))
    lapses = at(lapsing) if lapsing else None
    return TeamFacts(team, active, next_to_lapse=lapses, escalations=escalations, active_escalations=escalated)


@pytest.mark.parametrize(
    ("escalated", "active", "expected"),
    [
        (0, 0, None), (0, 5, None), (1, 5, None), (2, 10, None), (3, 10, "high"), (1, 4, "high"), (1, 1, "high"),
        (7, 35, None), (8, 35, "high"), (2, 2, "high"),
    ],
)  # fmt: skip
def test_more_than_a_fifth_of_the_active_items(escalated: int, active: int, expected: str | None) -> None:
    assert severity(RULE, load(escalated, active)) == expected


@pytest.mark.parametrize(
    ("team", "created", "now", "expected"),
    [
        ("app", "2026-06-08", "2026-06-15", None),
        ("app", "2026-06-07", "2026-06-15", "high"),
        ("app", "2026-06-06", "2026-06-14", None),
        ("app", "2026-06-05", "2026-06-12", None),
        ("app", "2026-06-05", "2026-06-14", None),
        ("app", "2026-06-05", "2026-06-15T00:00", "high"),
        ("pay", "2026-05-20", "2026-05-28", None),  # 25 May was a holiday in Berlin
        ("pay", "2026-05-20", "2026-05-28T22:00", "high"),
        ("pay", "2026-05-20", "2026-05-28T21:59", None),
        ("tokyo", "2026-06-05T14:59", "2026-06-14T14:59", None),
        ("tokyo", "2026-06-05T14:59", "2026-06-14T15:00", "high"),
        ("tokyo", "2026-06-05T15:00", "2026-06-14T15:00", "high"),
        ("pay", "2026-03-20", "2026-03-29T22:00", "high"),  # clocks go forward in the night before
        ("pay", "2026-03-20", "2026-03-29T21:59", None),
        ("pay", "2026-10-16", "2026-10-25T23:00", "high"),
        ("pay", "2026-10-16", "2026-10-25T22:59", None),
    ],
)
def test_one_open_beyond_5_working_days_of_its_team(team: str, created: str, now: str, expected: str | None) -> None:
    assert severity(RULE, load(0, 9, created, team=team), at(now)) == expected


def test_the_oldest_counts_in_whatever_order_they_are_given() -> None:
    assert severity(RULE, load(0, 9, "2026-06-12", OLD)) == "high"
    assert severity(RULE, load(0, 9, OLD, "2026-06-12")) == "high"
    draft = draft_of(RULE, load(0, 9, OLD, OLD), MONDAY, CONTEXT)
    assert draft == draft_of(RULE, load(0, 9, OLD, OLD), MONDAY, CONTEXT)
    assert draft.evidence[-1].ref == "jira:made:1"


@pytest.mark.parametrize(
    ("facts", "now", "check_after"),
    [
        (load(0, 9), MONDAY, None),
        (load(0, 9, "2026-06-12"), MONDAY, at("2026-06-22T00:00")),
        (load(0, 9, "2026-06-12", lapsing="2026-06-01"), MONDAY, at("2026-06-22T00:00")),
        (load(1, 9, "2026-06-12", lapsing="2026-06-01"), MONDAY, at("2026-06-16T00:00")),
        (load(1, 9, "2026-06-12", lapsing="2026-06-12"), MONDAY, at("2026-06-22T00:00")),
        (load(1, 9, OLD, lapsing="2026-06-01"), MONDAY, at("2026-06-16T00:00")),
        (load(0, 9, OLD, lapsing="2026-06-01"), MONDAY, None),
        (load(3, 9), MONDAY, None),
    ],
)
def test_it_is_asked_again_when_one_is_open_too_long_or_the_share_may_change(
    facts: TeamFacts, now: datetime, check_after: datetime | None
) -> None:
    assert judged(RULE, facts, now).check_after == check_after


def test_the_policy_may_be_the_teams() -> None:
    own = {"escalation_share": 0.5, "escalation_after_working_days": 0}
    teams = [{"id": "app", "policy": own}, {"id": "pay"}]
    context = compile_strategy(strategy(teams=teams))
    assert severity(RULE, load(5, 10), MONDAY, context) is None
    assert severity(RULE, load(6, 10), MONDAY, context) == "high"
    assert severity(RULE, load(0, 10, "2026-06-15T00:00"), MONDAY, context) is None
    assert severity(RULE, load(0, 10, "2026-06-14"), MONDAY, context) == "high"
    assert severity(RULE, load(3, 10, team="pay"), MONDAY, context) == "high"
    for facts in (load(5, 10), load(6, 10), load(0, 10, "2026-06-15T00:00"), load(0, 10, "2026-06-14")):
        ((said, _),) = sentences(RULE, facts, MONDAY, "team:app", context)
        assert said.endswith("more than 50 %, or more than 0 working days, are needed.")
    text = told(draft_of(RULE, load(5, 10, "2026-06-12"), MONDAY, context), context=context)
    assert text.why == "The oldest, APP-1, has been open since 12 June, for 1 working day."
    assert text.clears_when.endswith("and none is open for more than 0 working days.")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, False),
        ({"labels": ("escalation",)}, True),
        ({"labels": ("web", "Customer-Escalation")}, True),
        ({"labels": ("escalations",)}, False),
        ({"type_name": "Escalation"}, True),
        ({"type_name": "ESCALATION"}, True),
        ({"type_name": "Escalation path"}, False),
        ({"type_name": "Bug", "labels": ("web",)}, False),
    ],
)
def test_a_label_or_a_type_makes_an_escalation(fields: dict[str, Any], expected: bool) -> None:
    assert is_escalation(item(**fields), EscalationPolicy()) is expected


def test_labels_and_types_are_the_policys() -> None:
    policy = EscalationPolicy(escalation_labels=("Fire",), escalation_types=("Incident",))
    assert is_escalation(item(labels=("fire",)), policy)
    assert is_escalation(item(type_name="incident"), policy)
    assert not is_escalation(item(labels=("escalation",), type_name="Escalation"), policy)


def test_a_finding_has_the_counts_and_the_oldest() -> None:
    draft = draft_of(RULE, load(3, 10, "2026-06-12", OLD), MONDAY, CONTEXT)
    assert (draft.rule, draft.subjects, draft.team, draft.objective) == (RULE, ("team:app",), "app", None)
    assert (draft.since, str(draft.severity)) == (at("2026-06-15T00:00"), "high")
    assert evidence(draft) == [
        ("active-items", None, None, 10),
        ("active-escalations", None, None, 3),
        ("open-escalations", None, None, 2),
        ("oldest-escalation", "jira:made:2", at(OLD), "APP-2"),
    ]
    share = draft_of(RULE, load(3, 10), MONDAY, CONTEXT)
    assert (share.since, len(share.evidence)) == (None, 3)
    young = draft_of(RULE, load(3, 10, "2026-06-12"), MONDAY, CONTEXT)
    assert young.since is None


def test_it_gives_the_share_and_the_oldest() -> None:
    both = told(draft_of(RULE, load(3, 10, OLD), MONDAY, CONTEXT))
    assert both.title == "App: 30 % of active work is customer escalations."
    assert both.why == (
        "3 of 10 active items of App (30 %) are customer escalations. "
        "The oldest, APP-1, has been open since 5 June, for 6 working days."
    )
    assert both.question == "What do these customers need first, and what else could wait meanwhile?"
    assert both.clears_when == (
        "Clears when fewer of the active items of App are customer escalations, and none is open for more than "
        "5 working days."
    )
    one = told(draft_of(RULE, load(1, 4), MONDAY, CONTEXT))
    assert one.why == "1 of 4 active items of App (25 %) is a customer escalation."


def test_it_gives_the_oldest_alone_where_the_share_is_small() -> None:
    task = told(draft_of(RULE, load(2, 10, OLD, ref="asana:made:7", title="Shop is down"), MONDAY, CONTEXT))
    assert task.title == "App: a customer escalation has been open for 6 working days."
    assert task.why == "The oldest, “Shop is down”, has been open since 5 June, for 6 working days."
    idle = told(draft_of(RULE, load(0, 0, OLD), MONDAY, CONTEXT))
    assert idle.title == task.title
    long = compile_strategy(strategy(teams=[{"id": "app", "name": "All who look after the app"}]))
    short = told(draft_of(RULE, load(2, 10, OLD), MONDAY, long), context=long)
    assert short.title == "All who look after…: an escalation is open for 6 working days."


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (load(2, 10), (("2 of 10 active items are customer escalations, and none is open; "
                       "more than 20 %, or more than 5 working days, are needed."), False)),
        (load(1, 1, "2026-06-08"), (("1 of 1 active item are customer escalations, and the oldest open one, APP-1, has "
                                    "been open for 5 working days; more than 20 %, or more than 5 working days, are "
                                    "needed."), True)),
        (load(2, 10, OLD), (("2 of 10 active items are customer escalations, and the oldest open one, APP-1, has been "
                            "open for 6 working days; more than 20 %, or more than 5 working days, are needed."),
                           True)),
    ],
)  # fmt: skip
def test_its_condition_gives_both(facts: TeamFacts, says: tuple[str, bool]) -> None:
    assert sentences(RULE, facts, MONDAY, "team:app", CONTEXT) == [says]
    refuses_others(RULE, facts, MONDAY, "team:app", CONTEXT)


def test_its_condition_says_when_it_changes() -> None:
    facts = load(2, 10, "2026-06-12", lapsing="2026-06-01")
    assert changes(RULE, facts, MONDAY, "team:app", CONTEXT) == [at("2026-06-16T00:00")]
    assert changes(RULE, load(2, 10, "2026-06-12"), MONDAY, "team:app", CONTEXT) == [at("2026-06-22T00:00")]
    assert changes(RULE, load(2, 10, OLD), MONDAY, "team:app", CONTEXT) == [None]


def test_its_condition_counts_the_days_of_its_team() -> None:
    """Friday 22 to Tuesday 26 May 2026: Monday was a holiday in Berlin, where team pay works."""
    ((says, _),) = sentences(RULE, load(0, 9, "2026-05-22", team="pay"), at("2026-05-26"), "team:pay", CONTEXT)
    assert "PAY-1, has been open for 1 working day;" in says


@pytest.mark.parametrize(
    ("escalated", "active", "title"),
    [
        (1, 1, "App: the only active item is a customer escalation."),
        (2, 2, "App: 100 % of active work is customer escalations."),
        (1, 4, "App: 25 % of active work is customer escalations."),
    ],
)
def test_a_share_of_a_single_item_is_told_as_the_item_that_it_is(escalated: int, active: int, title: str) -> None:
    assert told(draft_of(RULE, load(escalated, active, "2026-06-15"), MONDAY, CONTEXT)).title == title
