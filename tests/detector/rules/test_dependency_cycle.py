"""`dependency-cycle`: one finding for all items that wait for each other, and no team alone to act."""

import pytest

from schemas.findings import Evidence, Severity
from services.detector.facts import CycleFacts
from services.detector.rule import Condition, Text
from services.detector.verdict import Draft
from tests.detector.made import asked, at, item, judged, told

RULE = "dependency-cycle"


def test_subjects_are_sorted_by_ref_whatever_the_order() -> None:
    members = (item(3), item(1, team="pay"), item(2))
    (draft,) = judged(RULE, CycleFacts(members)).findings
    (again,) = judged(RULE, CycleFacts(members[::-1])).findings
    assert draft == again
    assert draft.subjects == ("jira:made:1", "jira:made:2", "jira:made:3")
    assert (str(draft.severity), draft.team, draft.objective) == ("high", None, None)


def test_it_began_when_its_last_member_was_created_and_never_needs_a_second_look() -> None:
    verdict = judged(RULE, CycleFacts((item(1), item(2, created=at("2026-06-01")))))
    assert verdict.findings[0].since == at("2026-06-01")
    assert verdict.check_after is None


def test_a_large_ring_is_counted_rather_than_listed() -> None:
    members = tuple(item(number) for number in range(1, 10))
    (draft,) = judged(RULE, CycleFacts(members)).findings
    text = told(draft, *members)
    assert text.title == "APP-1 “Item 1” and 8 other items wait for each other."
    assert text.why.startswith("9 items of App wait for each other in a ring: APP-1, APP-2")


def test_the_whole_finding() -> None:
    members = (item(2, team="pay", created=at("2026-05-11")), item(1))
    verdict = judged(RULE, CycleFacts(members))
    assert verdict.findings == (
        Draft(
            rule=RULE,
            subjects=("jira:made:1", "jira:made:2"),
            severity=Severity.HIGH,
            team=None,
            objective=None,
            since=at("2026-05-11"),
            evidence=(
                Evidence(fact="member", ref="jira:made:1", value="app"),
                Evidence(fact="member", ref="jira:made:2", value="pay"),
            ),
        ),
    )
    assert told(verdict.findings[0], *members) == Text(
        title="APP-1 “Item 1” and PAY-2 “Item 2” wait for each other.",
        why="2 items of App and Pay wait for each other in a ring: APP-1 and PAY-2.",
        question="Which of these waits could be dropped or split, so that one item can go first?",
        clears_when="Clears when one of the dependencies is removed, or one of the items is done.",
    )


@pytest.mark.parametrize(
    ("size", "ring"),
    [
        (6, "APP-1, APP-2, APP-3, APP-4, APP-5 and APP-6"),
        (7, "APP-1, APP-2, APP-3, APP-4, APP-5, APP-6 and 1 more"),
    ],
)
def test_at_most_6_members_are_named(size: int, ring: str) -> None:
    members = tuple(item(number) for number in range(1, size + 1))
    (draft,) = judged(RULE, CycleFacts(members)).findings
    assert told(draft, *members).why == f"{size} items of App wait for each other in a ring: {ring}."


@pytest.mark.parametrize("now", ["2026-03-29T01:00", "2026-05-25", "2026-06-14", "2026-10-25T01:00"])
def test_a_ring_is_one_on_every_day(now: str) -> None:
    assert judged(RULE, CycleFacts((item(1, team="pay"), item(2, team="tokyo"))), at(now)).findings


def test_its_condition_in_words() -> None:
    facts = CycleFacts((item(2), item(1)))
    assert asked(RULE, facts, "jira:made:1", "jira:made:2") == (
        Condition("2 open items wait for each other in a ring: APP-1 and APP-2; 2 are needed.", holds=True),
    )
    assert asked(RULE, facts, "jira:made:2", "jira:made:1") == (
        Condition(
            "Nothing is known here of jira:made:2 and jira:made:1, but of jira:made:1 and jira:made:2.", holds=False
        ),
    )
