"""`unowned-blocker`: somebody waits for an item that nobody is assigned to."""

from datetime import date
from typing import Any

import pytest

from tests.detector.made import DONE, at, item, judged, severity, told, waiting

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
    assert text.title == "Pay waits on App: APP-1 has no assignee."
    assert text.question == "Who could take APP-1 on, and what would they need?"
