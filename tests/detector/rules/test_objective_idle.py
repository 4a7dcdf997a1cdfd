"""`objective-idle`: open items, and none of its items touched for four working days; high from ten."""

import pytest

from services.detector.facts import ObjectiveFacts
from tests.detector.made import at, judged, severity, told

RULE = "objective-idle"


@pytest.mark.parametrize(
    ("last_touch", "expected"),
    [
        ("2026-06-10", None),
        ("2026-06-09", "medium"),
        ("2026-06-02", "medium"),
        ("2026-06-01", "high"),
        ("2026-06-14", None),
    ],
)
def test_medium_from_4_working_days_and_high_from_10(last_touch: str, expected: str | None) -> None:
    assert severity(RULE, ObjectiveFacts("easy", 3, at(last_touch))) == expected


def test_without_open_items_or_known_to_nobody_it_rests_in_peace() -> None:
    assert severity(RULE, ObjectiveFacts("easy", 0, at("2026-01-05"))) is None
    assert severity(RULE, ObjectiveFacts("easy", 0, None)) is None
    assert severity(RULE, ObjectiveFacts("forgotten", 3, at("2026-01-05"))) is None


def test_the_days_are_those_of_the_objectives_team() -> None:
    """25 May 2026 was a holiday in Berlin."""
    assert severity(RULE, ObjectiveFacts("easy", 1, at("2026-05-21")), at("2026-05-27")) == "medium"
    assert severity(RULE, ObjectiveFacts("safe", 1, at("2026-05-21")), at("2026-05-27")) is None


@pytest.mark.parametrize(
    ("last_touch", "check_after"),
    [("2026-06-12", "2026-06-18T00:00"), ("2026-06-09", "2026-06-23T00:00"), ("2026-01-05", None)],
)
def test_it_is_asked_again_when_a_threshold_is_reached(last_touch: str, check_after: str | None) -> None:
    verdict = judged(RULE, ObjectiveFacts("easy", 1, at(last_touch)))
    assert verdict.check_after == (at(check_after) if check_after else None)


def test_it_asks_what_it_waits_for() -> None:
    (draft,) = judged(RULE, ObjectiveFacts("easy", 1, at("2026-06-09"))).findings
    assert (draft.subjects, draft.team, draft.objective) == (("objective:easy",), "app", "easy")
    assert told(draft).title == "“Buyers pay in one step”: no work for 4 working days."
    assert told(draft).why.startswith("Last touched 9 June; 1 open item still serves it")
