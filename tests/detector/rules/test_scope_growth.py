"""`scope-growth`: leaves added since the baseline, over those that were to do at it."""

from typing import Any

import pytest

from schemas.work_items import Resolution
from services.detector.facts import ObjectiveFacts
from services.detector.rules.scope_growth import CANCELLED, is_cancelled
from tests.detector.made import CONTEXT, DONE, at, item, judged, severity, told

RULE = "scope-growth"


@pytest.mark.parametrize(
    ("base", "added", "expected"),
    [
        (0, 9, None), (3, 3, None), (4, 0, None), (4, 1, "medium"), (5, 1, None), (8, 2, "medium"),
        (8, 3, "medium"), (8, 4, "high"), (9, 4, "medium"), (100, 24, None), (100, 25, "medium"),
    ],
)  # fmt: skip
def test_a_quarter_of_at_least_4_and_high_from_a_half(base: int, added: int, expected: str | None) -> None:
    assert severity(RULE, ObjectiveFacts("easy", 1, leaves_base=base, leaves_added=added)) == expected


def test_the_baseline_is_midnight_in_the_zone_of_the_objectives_team() -> None:
    """Team pay works in Berlin, two hours before UTC in summer; easy has no baseline, so the cycle's start counts."""
    assert CONTEXT.objectives["safe"].baseline == at("2026-05-03T22:00")
    assert CONTEXT.objectives["easy"].baseline == at("2026-05-01T00:00")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status_category": DONE, "resolution_name": "Won't Fix"}, True),
        ({"status_category": DONE, "resolution_name": "Fixed"}, False),
        ({"status_category": DONE, "resolution_name": "won't fix"}, False),
        ({"status_category": DONE, "resolution_name": "Fixed", "resolution": Resolution.CANCELLED}, False),
        ({"status_category": DONE, "resolution": Resolution.CANCELLED}, True),
        ({"status_category": DONE}, False),
        ({"resolution_name": "Won't Fix"}, False),
    ],
)
def test_cancelled_is_done_with_a_resolution_that_does_not_mean_success(fields: dict[str, Any], expected: bool) -> None:
    assert is_cancelled(item(**fields), CANCELLED) is expected


def test_it_gives_both_counts() -> None:
    (draft,) = judged(RULE, ObjectiveFacts("safe", 1, leaves_base=7, leaves_added=3)).findings
    assert (draft.team, draft.objective, draft.since) == ("pay", "safe", at("2026-05-03T22:00"))
    assert told(draft).title == "“No order is lost” has grown by 42 %."
    assert told(draft).why == "On 4 May it had 7 items to do; 3 more came since, 42 % of that."
