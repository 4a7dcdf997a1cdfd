"""`data-gap` of items and objectives: what others rest on is out of sight, or no work is known."""

from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from schemas.work_items import Absence
from services.detector.facts import DependencyFacts, ItemFacts, ItemNeighbourhood, ObjectiveFacts
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
from services.detector.rules.data_gap import watches
from services.detector.verdict import NOTHING, Draft
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
    waiting,
)  # fmt: skip

RULE = "data-gap"
REF = "jira:made:1"


def lost(*dependents: ItemFacts, blockers: tuple[ItemFacts, ...] = (), **fields: Any) -> ItemNeighbourhood:
    waits = tuple(DependencyFacts(dependent) for dependent in dependents)
    return ItemNeighbourhood(item(1, **({"visible": False} | fields)), blockers, waits)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "medium"),
        ({"absence": Absence.MOVED}, "medium"),
        ({"absence": Absence.UNREACHABLE}, "medium"),
        ({"absence": Absence.DELETED}, None),
        ({"absence": Absence.ARCHIVED}, None),
        ({"status_category": IN_PROGRESS}, "medium"),
        ({"status_category": DONE}, None),
        ({"visible": True}, None),
    ],
)
def test_an_item_is_out_of_sight_and_not_done(fields: dict[str, Any], expected: str | None) -> None:
    facts = lost(objective="easy", **fields)
    assert severity(RULE, facts) == expected
    assert watches(facts.item) == (expected is not None)
    assert judged(RULE, facts).check_after is None
    asked(RULE, facts, REF)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (lost(), None),
        (lost(objective="easy"), "medium"),
        (lost(objective="forgotten"), "medium"),
        (lost(item(2)), "medium"),
        (lost(item(2, status_category=DONE)), None),
        (lost(item(2, visible=False)), None),
        (lost(blockers=(item(3),)), "medium"),
        (lost(blockers=(item(3, status_category=DONE),)), None),
    ],
)
def test_an_objective_or_an_open_item_at_the_other_end_rests_on_it(
    facts: ItemNeighbourhood, expected: str | None
) -> None:
    assert severity(RULE, facts) == expected
    asked(RULE, facts, REF)


def test_neither_the_day_nor_the_team_matters_to_an_item() -> None:
    for moment in ("2026-03-29T01:00", "2026-05-25", "2026-10-25T01:00", "2026-06-14"):
        assert severity(RULE, lost(item(2), team="pay"), at(moment)) == "medium"


def test_the_whole_finding_of_an_item() -> None:
    facts = lost(
        item(4), item(2), item(5, status_category=DONE), blockers=(item(3), item(4)), team="pay", objective="safe",
        absence=Absence.MOVED, status_category=IN_PROGRESS, touched=at("2026-06-08"),
    )  # fmt: skip
    (draft,) = judged(RULE, facts).findings
    assert draft == Draft(
        rule=RULE,
        subjects=(REF,),
        severity=Severity.MEDIUM,
        team="pay",
        objective="safe",
        since=None,
        evidence=(
            Evidence(fact="last-seen", ref=REF, at=at("2026-06-08"), value="in_progress"),
            Evidence(fact="absence", ref=REF, value="moved"),
            Evidence(fact="open-end", ref="jira:made:2", value="APP-2"),
            Evidence(fact="open-end", ref="jira:made:3", value="APP-3"),
            Evidence(fact="open-end", ref="jira:made:4", value="APP-4"),
        ),
    )
    assert in_words(RULE, facts) == Text(
        title="PAY-1 “Item 1” can no longer be seen.",
        why="It is out of sight (moved); when seen last it was in progress, touched 8 June. "
        "It matters to “No order is lost”, APP-2, APP-3 and APP-4, of which less can be told meanwhile.",
        question="Where has PAY-1 gone, and who could let Leeway see it?",
        clears_when="Clears when PAY-1 can be seen again, or is deleted, or when nothing open rests on it.",
    )


def test_the_words_where_nobody_says_why() -> None:
    facts = lost(item(2), touched=at("2026-06-08"))
    assert judged(RULE, facts).findings[0].evidence[1] == Evidence(fact="absence", ref=REF, value=None)
    assert in_words(RULE, facts).why == (
        "It is out of sight; when seen last it was to do, touched 8 June. "
        "It matters to APP-2, of which less can be told meanwhile."
    )
    long = lost(item(2), ref="asana:1", title="Agree with the bank on how we pay back")
    assert in_words(RULE, long).title == "“Agree with the bank on how we…” can no longer be seen."


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (ObjectiveFacts("easy", items=3, last_touch=MONDAY), None),
        (ObjectiveFacts("easy", items=3, last_touch=MONDAY, hidden=1), "medium"),
        (ObjectiveFacts("easy", hidden=1), "medium"),
        (ObjectiveFacts("easy"), "medium"),
        (ObjectiveFacts("easy", items=1), None),
        (ObjectiveFacts("easy", last_touch=MONDAY), None),
        (ObjectiveFacts("gone"), None),
        (ObjectiveFacts("gone", hidden=1), None),
    ],
)
def test_an_objectives_items_are_out_of_sight_or_it_has_none(facts: ObjectiveFacts, expected: str | None) -> None:
    assert severity(RULE, facts) == expected
    assert judged(RULE, facts).check_after is None
    asked(RULE, facts, f"objective:{facts.objective}")


@pytest.mark.parametrize(
    ("team", "baseline_on", "moment"),
    [
        ("app", "2026-05-01", "2026-05-04T00:00"),
        ("app", "2026-05-04", "2026-05-05T00:00"),
        ("pay", "2026-05-22", "2026-05-25T22:00"),  # 25 May 2026 is a holiday in Berlin
        ("pay", "2026-03-27", "2026-03-29T22:00"),  # the clocks went on on 29 March
        ("pay", "2026-10-23", "2026-10-25T23:00"),  # and back on 25 October
        ("tokyo", "2026-05-04", "2026-05-04T15:00"),
        ("gulf", "2026-05-07", "2026-05-10T00:00"),
    ],
)
def test_an_objective_without_work_is_told_of_a_working_day_after_its_baseline(
    team: str, baseline_on: str, moment: str
) -> None:
    one = {"id": "easy", "title": "Easy", "team": team, "baseline_on": baseline_on}
    context = compile_strategy(strategy(objectives=[one]))
    draft = begins_at(RULE, ObjectiveFacts("easy"), at(moment), context)
    assert draft.since == context.objectives["easy"].baseline
    early = at(moment.replace("T22", "T21").replace("T23", "T22").replace("T15", "T14"))
    asked(RULE, ObjectiveFacts("easy"), "objective:easy", now=early, context=context)


def test_what_is_hidden_is_told_of_at_once() -> None:
    assert severity(RULE, ObjectiveFacts("safe", hidden=1), at("2026-05-01")) == "medium"


def test_the_whole_finding_of_hidden_items() -> None:
    facts, ref = ObjectiveFacts("safe", hidden=2), "objective:safe"
    (draft,) = judged(RULE, facts).findings
    evidence = (Evidence(fact="hidden-items", ref=ref, value=2),)
    assert draft == Draft(RULE, (ref,), Severity.MEDIUM, "pay", "safe", None, evidence)
    assert in_words(RULE, facts) == Text(
        title="“No order is lost”: 2 items out of sight.",
        why="2 items of “No order is lost” are out of sight and not known to be done; "
        "what is told of it may be too little.",
        question="Who could let Leeway see these items, or are they gone?",
        clears_when="Clears when they can be seen again, are deleted, or serve something else.",
    )
    one = in_words(RULE, ObjectiveFacts("safe", hidden=1))
    assert one.title == "“No order is lost”: 1 item out of sight."
    assert one.why.startswith("1 item of “No order is lost” is out of sight")


def test_the_whole_finding_of_an_objective_without_work() -> None:
    facts, ref = ObjectiveFacts("safe"), "objective:safe"
    (draft,) = judged(RULE, facts).findings
    begun = at("2026-05-03T22:00")
    evidence = (Evidence(fact="baseline", ref=ref, at=begun, value=0),)
    assert draft == Draft(RULE, (ref,), Severity.MEDIUM, "pay", "safe", begun, evidence)
    assert in_words(RULE, facts) == Text(
        title="“No order is lost”: no work is known.",
        why="Its baseline was 4 May, 28 working days ago, and no item that serves it is known, "
        "so nothing can be told of it.",
        question="Which work serves “No order is lost”, and does a selector of it name that work?",
        clears_when="Clears when an item that serves “No order is lost” is known.",
    )


def test_a_long_name_leaves_the_title_to_the_id() -> None:
    one = {"id": "easy", "title": "More buyers pay by card than by bill in all", "team": "app"}
    context = compile_strategy(strategy(objectives=[one]))
    assert (
        in_words(RULE, ObjectiveFacts("easy"), context=context).title
        == "“More buyers pay by card than by bill…”: no work is known."
    )
    hidden = ObjectiveFacts("easy", hidden=3)
    assert in_words(RULE, hidden, context=context).title == "“More buyers pay by card than by…”: 3 items out of sight."


def test_the_conditions_of_an_item_in_words() -> None:
    assert asked(RULE, lost(item(2)), REF) == (
        Condition("APP-1 is out of sight; it has to be out of sight, and not done.", holds=True),
        Condition(
            "APP-1 serves no objective and has 1 open item at the other end of a dependency; 1 of either is needed.",
            holds=True,
        ),
    )
    assert asked(RULE, waiting(item(1, objective="easy")), REF) == (
        Condition("APP-1 is to do; it has to be out of sight, and not done.", holds=False),
        Condition(
            "APP-1 serves easy and has 0 open items at the other end of a dependency; 1 of either is needed.",
            holds=True,
        ),
    )
    gone = asked(RULE, lost(absence=Absence.DELETED), REF)
    assert gone[0].says == "APP-1 is gone; it has to be out of sight, and not done."
    assert not gone[1].holds
    assert asked(RULE, lost(), "x") == (Condition("Nothing is known here of x, but of jira:made:1.", holds=False),)


def test_the_conditions_of_an_objective_in_words() -> None:
    def says(hidden: int, known: int, begun: str = "5 May") -> str:
        counts = f"{hidden} of its items are out of sight and {known} are known"
        return f"{counts}; 1 and more out of sight are needed, or 0 known from {begun} on."

    safe = "objective:safe"
    assert asked(RULE, ObjectiveFacts("safe"), safe) == (Condition(says(0, 0), holds=True),)
    assert asked(RULE, ObjectiveFacts("safe", hidden=2, items=3), safe) == (Condition(says(2, 3), holds=True),)
    assert asked(RULE, ObjectiveFacts("safe", items=3), safe) == (Condition(says(0, 3), holds=False),)
    early = at("2026-05-04")
    assert asked(RULE, ObjectiveFacts("safe"), safe, now=early) == (
        Condition(says(0, 0), holds=False, changes_at=at("2026-05-04T22:00")),
    )
    assert asked(RULE, ObjectiveFacts("safe", hidden=1), safe, now=early) == (Condition(says(1, 0), holds=True),)
    assert asked(RULE, ObjectiveFacts("safe", items=1), safe, now=early) == (Condition(says(0, 1), holds=False),)
    assert asked(RULE, ObjectiveFacts("gone", hidden=1), "objective:gone") == (
        Condition("The strategy does not name gone; it has to.", holds=False),
    )
    assert judged(RULE, ObjectiveFacts("gone", hidden=1)) == NOTHING
