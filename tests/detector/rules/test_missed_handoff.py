"""`missed-handoff`: all known blockers are done, and the item rests in to do for three working days."""

from datetime import date
from typing import Any

import pytest

from services.detector.facts import ItemFacts, ItemNeighbourhood
from tests.detector.made import DONE, IN_PROGRESS, MONDAY, at, item, judged, severity, told

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
