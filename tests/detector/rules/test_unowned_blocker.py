"""`unowned-blocker`: somebody waits for an item that nobody is assigned to."""

from datetime import date, timedelta
from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
from services.detector.verdict import NOTHING, Draft
from tests.detector.made import DONE, asked, at, in_words, item, judged, severity, strategy, told, waiting

RULE = "unowned-blocker"


@pytest.mark.parametrize(
    ("blocker", "dependent", "expected"),
    [
        ({}, {}, None),
        ({"assignee": None}, {}, "medium"),
        ({"assignee": None}, {"assignee": None}, "medium"),
        ({"assignee": None}, {"team": "pay"}, "high"),
        ({"assignee": None}, {"team": "pay", "due": date(2026, 6, 16)}, "critical"),
        ({"assignee": None, "status_category": DONE}, {}, None),
        ({"assignee": None}, {"status_category": DONE}, None),
    ],
)
def test_it_holds_while_the_dependency_is_live(
    blocker: dict[str, Any], dependent: dict[str, Any], expected: str | None
) -> None:
    assert severity(RULE, waiting(item(1, **blocker), item(2, **dependent))) == expected


def test_it_is_asked_again_when_the_dependent_is_due_soon() -> None:
    facts = waiting(item(1, assignee=None), item(2, due=date(2026, 7, 1)))
    assert judged(RULE, facts).check_after == at("2026-06-17T00:00")


def test_it_asks_who_could_and_blames_nobody() -> None:
    blocker, dependent = item(1, assignee=None), item(2, team="pay")
    (draft,) = judged(RULE, waiting(blocker, dependent)).findings
    text = told(draft, blocker, dependent)
    assert text.title == "Pay waits on App: APP-1 “Item 1” has no assignee."
    assert text.question == "Who could take APP-1 on, and what would they need?"


@pytest.mark.parametrize(
    ("team", "day", "moment"),
    [
        ("app", date(2026, 6, 1), "2026-05-18T00:00"),
        ("pay", date(2026, 6, 1), "2026-05-14T22:00"),  # 25 May 2026 is a holiday in Berlin, and so is 14 May
        ("pay", date(2026, 4, 15), "2026-03-29T22:00"),  # the clocks went on in the night before
        ("pay", date(2026, 11, 9), "2026-10-25T23:00"),  # and back
        ("tokyo", date(2026, 6, 1), "2026-05-17T15:00"),
    ],
)
def test_a_due_weighs_from_the_day_of_the_dependents_team(team: str, day: date, moment: str) -> None:
    facts = waiting(item(1, assignee=None, team=team), item(2, due=day, team=team))
    before = at(moment) - timedelta(microseconds=1)
    assert (severity(RULE, facts, before), severity(RULE, facts, at(moment))) == ("medium", "high")
    assert judged(RULE, facts, before).check_after == at(moment)
    assert judged(RULE, facts, at(moment)).check_after is None


def test_an_end_out_of_sight_is_unknown() -> None:
    facts = waiting(item(1, assignee=None), item(2, visible=False))
    (draft,) = judged(RULE, waiting(item(1, assignee=None), item(2))).findings
    assert judged(RULE, facts).unknown == {draft.fingerprint}
    assert judged(RULE, waiting(item(1), item(2))) == NOTHING


def test_how_near_is_the_policys_of_the_blockers_team_and_of_the_objective() -> None:
    parts = strategy({"due_within_working_days": 4}).model_dump()
    parts["teams"][1]["policy"] = {"due_within_working_days": 3}
    parts["objectives"][0]["policy"] = {"due_within_working_days": 0}
    context = compile_strategy(strategy().model_validate(parts))

    def weighs(day: int, team: str = "app", objective: str | None = None) -> str | None:
        dependent = item(2, due=date(2026, 6, day), team=team, objective=objective)
        return severity(RULE, waiting(item(1, assignee=None, team=team), dependent), context=context)

    assert (weighs(19), weighs(22)) == ("high", "medium")
    assert (weighs(18, "pay"), weighs(19, "pay")) == ("high", "medium")
    assert (weighs(15, objective="easy"), weighs(16, objective="easy")) == ("high", "medium")


def test_the_whole_finding() -> None:
    facts = waiting(item(1, assignee=None, team="pay"), item(2, due=date(2026, 6, 30), objective="easy"),
                    made=at("2026-06-05"))  # fmt: skip
    (draft,) = judged(RULE, facts).findings
    assert draft == Draft(
        rule=RULE,
        subjects=("jira:made:1", "jira:made:2"),
        severity=Severity.HIGH,
        team="pay",
        objective="easy",
        since=at("2026-06-05"),
        evidence=(
            Evidence(fact="assignee", ref="jira:made:1", value=None),
            Evidence(fact="blocking-team", ref="jira:made:1", value="pay"),
            Evidence(fact="waiting-team", ref="jira:made:2", value="app"),
            Evidence(fact="due", ref="jira:made:2", value="2026-06-30"),
            Evidence(fact="link-made", at=at("2026-06-05")),
            Evidence(fact="raised-by", value=["different-teams"]),
        ),
    )
    assert in_words(RULE, facts, item(2)) == Text(
        title="App waits on Pay: PAY-1 “Item 1” has no assignee.",
        why="APP-2 (due 30 June) depends on PAY-1 since 5 June, and nobody is assigned to it.",
        question="Who could take PAY-1 on, and what would they need?",
        clears_when="Clears when PAY-1 has an assignee or is done, or when APP-2 no longer waits on it.",
    )
    own = waiting(item(1, assignee=None), item(2))
    assert in_words(RULE, own, item(2)).title == "APP-2 “Item 2” waits on APP-1 “Item 1”, which has no assignee."


def test_its_conditions_in_words() -> None:
    pair = ("jira:made:1", "jira:made:2")
    live = Condition("APP-2 (to do) depends on APP-1 (to do); both have to be open.", holds=True)
    assert asked(RULE, waiting(item(1, assignee=None), item(2)), *pair) == (
        live, Condition("APP-1 is assigned to nobody; it has to be nobody.", holds=True),
    )  # fmt: skip
    assert asked(RULE, waiting(item(1), item(2)), *pair) == (
        live, Condition("APP-1 is assigned to Ana; it has to be nobody.", holds=False),
    )  # fmt: skip
    assert asked(RULE, waiting(item(1)), *pair) == (
        Condition("Nothing known says that jira:made:2 depends on jira:made:1: 0 depend on APP-1.", holds=False),
    )
