"""`missed-handoff`: all known blockers are done, and the item rests in to do for three working days."""

from datetime import date
from typing import Any

import pytest

from schemas.findings import Evidence, Severity
from schemas.work_items import Absence
from services.detector.facts import ItemFacts, ItemNeighbourhood
from services.detector.policy import compile_strategy
from services.detector.rule import Condition, Text
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
    told,
)  # fmt: skip

RULE = "missed-handoff"


def done(number: int, on: str, **fields: Any) -> ItemFacts:
    return item(number, status_category=DONE, done=at(on), touched=at(on), **fields)


def unblocked(*blockers: ItemFacts, **fields: Any) -> ItemNeighbourhood:
    return ItemNeighbourhood(item(1, **fields), blockers=blockers)


@pytest.mark.parametrize(
    ("on", "expected"),
    [("2026-06-11", None), ("2026-06-10", "medium"), ("2026-06-09", "medium"), ("2026-06-12", None)],
)
def test_it_holds_from_3_working_days_after_the_blocker_was_done(on: str, expected: str | None) -> None:
    assert severity(RULE, unblocked(done(2, on))) == expected


def test_the_last_blocker_and_the_items_own_touch_count() -> None:
    assert severity(RULE, unblocked(done(2, "2026-05-01"), done(3, "2026-06-11"))) is None
    assert severity(RULE, unblocked(done(2, "2026-05-01"), touched=at("2026-06-11"))) is None
    (draft,) = judged(RULE, unblocked(done(2, "2026-05-01"), done(3, "2026-06-01"), touched=at("2026-05-04"))).findings
    assert draft.since == at("2026-06-01")
    assert draft.subjects == ("jira:made:1",)


@pytest.mark.parametrize("status", [IN_PROGRESS, DONE])
def test_only_an_item_that_is_to_do_is_missed(status: Any) -> None:
    assert severity(RULE, unblocked(done(2, "2026-05-01"), status_category=status)) is None


def test_one_open_blocker_or_none_at_all_is_no_handoff() -> None:
    assert severity(RULE, unblocked(done(2, "2026-05-01"), item(3))) is None
    assert severity(RULE, unblocked()) is None


def test_an_item_that_is_linked_to_itself_does_not_wait_for_itself() -> None:
    itself = item(1)
    assert severity(RULE, unblocked(itself, done(2, "2026-06-01"))) == "medium"
    assert severity(RULE, unblocked(itself)) is None


def test_a_blocker_out_of_sight_makes_it_unknown() -> None:
    verdict = judged(RULE, unblocked(done(2, "2026-05-01"), item(3, visible=False)))
    assert (verdict.findings, len(verdict.unknown)) == ((), 1)


def test_the_days_are_those_of_the_items_own_team() -> None:
    """Friday 22 to Thursday 28 May 2026: Monday 25 May was a holiday in Berlin, where team pay works."""
    facts = unblocked(done(2, "2026-05-22"), team="pay")
    assert severity(RULE, facts, at("2026-05-27")) is None
    assert severity(RULE, facts, at("2026-05-28")) == "medium"
    assert severity(RULE, unblocked(done(2, "2026-05-22", team="pay")), at("2026-05-27")) == "medium"


def test_raised_only_by_a_due_that_is_near() -> None:
    assert severity(RULE, unblocked(done(2, "2026-05-01", team="pay"), due=date(2026, 6, 29))) == "high"
    assert severity(RULE, unblocked(done(2, "2026-05-01", team="pay"), due=date(2026, 6, 30))) == "medium"


@pytest.mark.parametrize(
    ("on", "check_after"), [("2026-06-11", "2026-06-16T00:00"), ("2026-05-01", "2026-06-17T00:00")]
)
def test_it_is_asked_again_when_it_is_missed_and_when_its_due_is_near(on: str, check_after: str) -> None:
    assert judged(RULE, unblocked(done(2, on), due=date(2026, 7, 1))).check_after == at(check_after)


def test_it_says_what_was_done_and_when() -> None:
    facts = unblocked(done(2, "2026-06-01"))
    (draft,) = judged(RULE, facts).findings
    text = told(draft, facts.item, now=MONDAY)
    assert text.title == "APP-1 is unblocked and has not begun for 10 working days."
    assert text.why.startswith("The last that it waited for, APP-2, was done 1 June; APP-1 is still to do")


@pytest.mark.parametrize(
    ("team", "on", "moment"),
    [
        ("app", "2026-05-22", "2026-05-27T00:00"),
        ("pay", "2026-05-22", "2026-05-27T22:00"),  # 25 May 2026 is a holiday in Berlin
        ("pay", "2026-03-25T23:00", "2026-03-30T22:00"),  # the clocks went on on 29 March
        ("pay", "2026-10-21T21:59", "2026-10-25T23:00"),  # and back on 25 October
        ("tokyo", "2026-06-10T14:59", "2026-06-14T15:00"),
        ("gulf", "2026-06-10", "2026-06-15T00:00"),
    ],
)
def test_it_is_missed_from_midnight_of_its_team_on(team: str, on: str, moment: str) -> None:
    assert begins_at(RULE, unblocked(done(2, on), team=team), at(moment)).since == at(on)


def test_a_blocker_that_is_gone_neither_blocks_nor_was_done() -> None:
    gone = item(3, visible=False, absence=Absence.DELETED)
    assert severity(RULE, unblocked(done(2, "2026-05-01"), gone)) == "medium"
    assert severity(RULE, unblocked(gone)) is None
    hidden = done(3, "2026-06-11", visible=False)
    assert severity(RULE, unblocked(done(2, "2026-05-01"), hidden)) is None
    for blockers in ((done(2, "2026-05-01"), gone), (gone,), (hidden,), (item(4, visible=False),)):
        asked(RULE, unblocked(*blockers), "jira:made:1")


def test_out_of_sight_it_is_unknown_and_gone_it_is_over() -> None:
    (draft,) = judged(RULE, unblocked(done(2, "2026-05-01"))).findings
    assert judged(RULE, unblocked(done(2, "2026-05-01"), visible=False)).unknown == {draft.fingerprint}
    gone = unblocked(done(2, "2026-05-01"), visible=False, absence=Absence.DELETED)
    assert judged(RULE, gone) == NOTHING


def test_the_limits_are_the_policys_of_team_and_objective() -> None:
    parts = strategy({"handoff_after_working_days": 4}).model_dump()
    parts["teams"][1]["policy"] = {"handoff_after_working_days": 2, "due_within_working_days": 1}
    parts["objectives"][0]["policy"] = {"handoff_after_working_days": 1}
    context = compile_strategy(strategy().model_validate(parts))

    def missed(on: str, **fields: Any) -> str | None:
        return severity(RULE, unblocked(done(2, on), **fields), context=context)

    assert (missed("2026-06-09"), missed("2026-06-10")) == ("medium", None)
    assert (missed("2026-06-11", team="pay"), missed("2026-06-12", team="pay")) == ("medium", None)
    assert missed("2026-06-11", team="pay", due=date(2026, 6, 17)) == "medium"
    assert missed("2026-06-11", team="pay", due=date(2026, 6, 16)) == "high"
    assert missed("2026-06-12", objective="easy") == "medium"


def test_raised_by_the_objectives_due() -> None:
    near = {"id": "near", "title": "Near", "team": "app", "due_on": "2026-06-29"}
    context = compile_strategy(strategy(objectives=[near]))
    assert severity(RULE, unblocked(done(2, "2026-06-01"), objective="near"), context=context) == "high"


def test_of_blockers_done_at_once_the_last_by_ref_is_named_and_who_lacks_a_day_was_done_when_touched() -> None:
    two = unblocked(done(3, "2026-06-01"), done(2, "2026-06-01"))
    assert judged(RULE, two).findings[0].evidence[0].value == "APP-3"
    undated = item(2, status_category=DONE, touched=at("2026-06-02"))
    assert judged(RULE, unblocked(undated)).findings[0].since == at("2026-06-02")


def test_the_whole_finding() -> None:
    facts = unblocked(
        done(2, "2026-06-01"), team="pay", objective="safe", due=date(2026, 6, 22), touched=at("2026-06-02")
    )
    (draft,) = judged(RULE, facts).findings
    assert draft == Draft(
        rule=RULE,
        subjects=("jira:made:1",),
        severity=Severity.HIGH,
        team="pay",
        objective="safe",
        since=at("2026-06-02"),
        evidence=(
            Evidence(fact="blocker-done", ref="jira:made:2", at=at("2026-06-01"), value="APP-2"),
            Evidence(fact="last-touch", ref="jira:made:1", at=at("2026-06-02")),
            Evidence(fact="due", ref="jira:made:1", value="2026-06-22"),
            Evidence(fact="raised-by", value=["due-soon"]),
        ),
    )
    assert in_words(RULE, facts) == Text(
        title="PAY-1 is unblocked and has not begun for 9 working days.",
        why="The last that it waited for, APP-2, was done 1 June; PAY-1 (due 22 June) is still to do, "
        "last touched 2 June.",
        question="Does everybody know that PAY-1 can begin, and what else does it need?",
        clears_when="Clears when PAY-1 is begun, done or touched, or when it waits on something open again.",
    )
    long = unblocked(done(2, "2026-06-01"), ref="asana:1", title="Agree with the bank")
    assert in_words(RULE, long).title == "“Agree with the bank” could have begun 10 working days ago."


def test_its_conditions_in_words() -> None:
    assert asked(RULE, unblocked(done(2, "2026-06-11")), "jira:made:1") == (
        Condition("APP-1 is to do; it has to be to do.", holds=True),
        Condition(
            "APP-1 waits on 1 known item, 1 of them done; 1 or more are needed, and all of them done.", holds=True
        ),
        Condition(
            "APP-1 was unblocked, or touched after that, 2 working days ago; 3 are needed.",
            holds=False,
            changes_at=at("2026-06-16T00:00"),
        ),
    )
    open_, begun = unblocked(done(2, "2026-06-01"), item(3)), unblocked(status_category=IN_PROGRESS)
    assert asked(RULE, open_, "jira:made:1")[1] == Condition(
        "APP-1 waits on 2 known items, 1 of them done; 1 or more are needed, and all of them done.", holds=False
    )
    assert asked(RULE, begun, "jira:made:1") == (
        Condition("APP-1 is in progress; it has to be to do.", holds=False),
        Condition(
            "APP-1 waits on 0 known items, 0 of them done; 1 or more are needed, and all of them done.", holds=False
        ),
    )
    assert asked(RULE, begun, "x") == (Condition("Nothing is known here of x, but of jira:made:1.", holds=False),)
