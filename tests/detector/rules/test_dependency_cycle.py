"""`dependency-cycle`: one finding for all items that wait for each other, and no team alone to act."""

from services.detector.facts import CycleFacts
from tests.detector.made import at, item, judged, told

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
    assert text.title == "9 items wait for each other."
    assert text.why.startswith("9 items of App wait for each other in a ring: APP-1, APP-2")
