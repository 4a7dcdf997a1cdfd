"""`stale-work`: in progress, waiting on nothing, and untouched for five working days; high from 45 full days."""

from datetime import timedelta
from typing import Any

import pytest

from services.detector.facts import ItemFacts, ItemNeighbourhood
from tests.detector.made import DONE, IN_PROGRESS, MONDAY, TODO, at, item, judged, severity, told

RULE = "stale-work"


def begun(touched: Any, *blockers: ItemFacts, **fields: Any) -> ItemNeighbourhood:
    values = {"status_category": IN_PROGRESS, "touched": touched} | fields
    return ItemNeighbourhood(item(1, **values), blockers=blockers)


@pytest.mark.parametrize(
    ("touched", "expected"),
    [
        (at("2026-06-09"), None),
        (at("2026-06-08"), "medium"),
        (at("2026-06-07"), "medium"),
        (MONDAY - timedelta(days=45) + timedelta(seconds=1), "medium"),
        (MONDAY - timedelta(days=45), "high"),
    ],
)
def test_5_working_days_and_45_full_days(touched: Any, expected: str | None) -> None:
    assert severity(RULE, begun(touched)) == expected


@pytest.mark.parametrize("status", [TODO, DONE])
def test_only_work_in_progress_is_stale(status: Any) -> None:
    assert severity(RULE, begun(at("2026-06-01"), status_category=status)) is None


def test_blocked_and_stale_exclude_each_other() -> None:
    assert severity(RULE, begun(at("2026-06-01"), item(2))) is None
    assert severity(RULE, begun(at("2026-06-01"), item(2, status_category=DONE))) == "medium"
    assert severity(RULE, begun(at("2026-06-01"), item(1, status_category=IN_PROGRESS))) == "medium"


def test_an_item_out_of_sight_is_unknown() -> None:
    assert len(judged(RULE, begun(at("2026-06-01"), visible=False)).unknown) == 1


def test_the_days_are_those_of_its_team_and_neither_team_nor_due_raises_it() -> None:
    assert severity(RULE, begun(at("2026-05-18"), team="pay"), at("2026-05-25")) is None
    assert severity(RULE, begun(at("2026-05-18"), due=MONDAY.date()), at("2026-05-25")) == "medium"


@pytest.mark.parametrize(
    ("touched", "check_after"),
    [("2026-06-09", "2026-06-16T00:00"), ("2026-06-08", "2026-07-23T12:00"), ("2026-01-05", None)],
)
def test_it_is_asked_again_when_a_threshold_is_reached(touched: str, check_after: str | None) -> None:
    assert judged(RULE, begun(at(touched))).check_after == (at(check_after) if check_after else None)


def test_it_reads_as_an_offer() -> None:
    facts = begun(at("2026-06-08"))
    (draft,) = judged(RULE, facts).findings
    assert told(draft, facts.item).title == "APP-1 is in progress but has not moved for 5 working days."
