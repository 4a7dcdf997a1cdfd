"""Why a finding ended is what ended it: an item that is done, the strategy, or that it no longer holds."""

from typing import Any

import pytest

from schemas.findings import Evidence, FindingState, Severity
from services.detector.facts import ItemFacts
from services.detector.judging import Known, Scene, differences, told
from services.detector.verdict import NOTHING, Draft
from tests.detector.made import CONTEXT, DONE, IN_PROGRESS, MONDAY, item

OURS, THEIRS = "asana:1", "jira:made:1"


def resolved_because(rule: str, *now: ItemFacts) -> str | None:
    """Return why a finding of this rule on these items is resolved once they are so."""
    subjects = tuple(one.ref for one in now)
    values = (Evidence(fact="differs-due", ref=subjects[0], at=MONDAY, value=[None, None]),)
    evidence = (*values, Evidence(fact="waiting-team", ref=subjects[-1], value="app"))
    draft = Draft(rule, subjects, Severity.MEDIUM, "app", None, MONDAY, evidence)
    scene = Scene({one.ref: one for one in now}, CONTEXT, MONDAY)
    before = Known(told(draft, scene, MONDAY).model_dump_json(), FindingState.OPEN, 1, CONTEXT.version)
    (change,) = differences(subjects[0], NOTHING, {draft.fingerprint: before}, scene, "").changes
    return change.finding.resolved_because


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (DONE, IN_PROGRESS, "cleared"),
        (IN_PROGRESS, DONE, "cleared"),
        (DONE, DONE, "item done"),
        (IN_PROGRESS, IN_PROGRESS, "cleared"),
    ],
)
def test_twins_no_longer_disagree_for_being_done_only_where_both_are(ours: Any, theirs: Any, expected: str) -> None:
    pair = (item(2, ref=OURS, status_category=ours), item(1, ref=THEIRS, status_category=theirs))
    assert resolved_because("tracker-disagreement", *pair) == expected


@pytest.mark.parametrize(
    ("blocker", "dependent", "expected"),
    [(DONE, IN_PROGRESS, "item done"), (IN_PROGRESS, DONE, "item done"), (IN_PROGRESS, IN_PROGRESS, "cleared")],
)
def test_a_dependency_ends_for_being_done_where_either_end_is(blocker: Any, dependent: Any, expected: str) -> None:
    pair = (item(1, status_category=blocker), item(2, status_category=dependent))
    assert resolved_because("stalled-dependency", *pair) == expected
