"""`unaligned-work`: of five or more active items, more than a fifth serve no objective; high from one half."""

import pytest

from services.detector.facts import TeamFacts
from services.detector.rules.unaligned_work import active_since
from tests.detector.made import CONTEXT, MONDAY, at, judged, severity, told

RULE = "unaligned-work"


@pytest.mark.parametrize(
    ("active", "unaligned", "expected"),
    [
        (0, 0, None), (4, 4, None), (5, 1, None), (5, 2, "medium"), (10, 2, None), (10, 3, "medium"),
        (35, 7, None), (35, 8, "medium"), (10, 4, "medium"), (10, 5, "high"), (11, 5, "medium"), (5, 5, "high"),
    ],
)  # fmt: skip
def test_more_than_20_percent_of_at_least_5_items(active: int, unaligned: int, expected: str | None) -> None:
    assert severity(RULE, TeamFacts("app", active, unaligned)) == expected


@pytest.mark.parametrize(
    ("team", "now", "since"),
    [
        ("app", "2026-06-15", "2026-06-01T00:00"),
        ("app", "2026-06-14", "2026-05-29T00:00"),
        ("pay", "2026-06-05", "2026-05-20T22:00"),
    ],
)
def test_a_touch_within_10_working_days_keeps_an_item_active(team: str, now: str, since: str) -> None:
    assert active_since(CONTEXT, team, at(now)) == at(since)


@pytest.mark.parametrize("unaligned", [0, 5])
def test_it_is_asked_again_when_the_first_item_ceases_to_be_active(unaligned: int) -> None:
    facts = TeamFacts("app", 5, unaligned, next_to_lapse=at("2026-06-01"))
    lapses = judged(RULE, facts, MONDAY).check_after
    assert lapses == at("2026-06-16T00:00")
    assert active_since(CONTEXT, "app", lapses) > at("2026-06-01")


def test_it_gives_the_share() -> None:
    (draft,) = judged(RULE, TeamFacts("app", 9, 4)).findings
    assert told(draft).title == "App: 44 % of active work serves no objective."
    assert told(draft).why == "4 of 9 active items of App (44 %) have no objective."
    assert draft.since is None
