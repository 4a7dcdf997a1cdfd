"""`ambiguous-alignment`: an open item that two objectives claim with equal right."""

from typing import Any

import pytest

from schemas.aligned_items import Claim
from schemas.findings import Evidence, Severity
from schemas.work_items import Absence
from services.detector.facts import ItemNeighbourhood
from services.detector.rule import Condition, Text
from services.detector.rules.ambiguous_alignment import watches
from services.detector.verdict import NOTHING, Draft
from tests.detector.made import DONE, asked, at, in_words, item, judged, severity, told

RULE = "ambiguous-alignment"
TIE = Claim(objective="safe", selector="label: night", fields=1, position=1)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"ties": ()}, None),
        ({"ties": (TIE,)}, "low"),
        ({"ties": (TIE, TIE)}, "low"),
        ({"ties": (TIE,), "status_category": DONE}, None),
        ({"ties": (TIE,), "visible": False}, None),
    ],
)
def test_it_holds_while_the_item_is_open(fields: dict[str, Any], expected: str | None) -> None:
    assert severity(RULE, ItemNeighbourhood(item(objective="easy", **fields))) == expected


def test_it_names_both_objectives_once() -> None:
    facts = ItemNeighbourhood(item(objective="easy", ties=(TIE, TIE)))
    (draft,) = judged(RULE, facts).findings
    text = told(draft, facts.item)
    assert (draft.team, draft.objective, draft.since) == ("app", "easy", None)
    assert text.title == "APP-1 “Item 1” could serve 2 objectives."
    assert text.why.startswith("“Buyers pay in one step” and “No order is lost” claim APP-1")


def tied(**fields: Any) -> ItemNeighbourhood:
    return ItemNeighbourhood(item(1, **({"ties": (TIE,), "objective": "easy"} | fields)))


def test_out_of_sight_it_is_unknown_and_gone_it_is_over() -> None:
    (draft,) = judged(RULE, tied()).findings
    assert judged(RULE, tied(visible=False)).unknown == {draft.fingerprint}
    assert judged(RULE, tied(visible=False, absence=Absence.DELETED)) == NOTHING
    assert judged(RULE, tied(visible=False, ties=())) == NOTHING


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({}, True), ({"ties": ()}, False), ({"status_category": DONE}, False), ({"visible": False}, False)],
)
def test_an_open_item_with_two_claims_is_watched(fields: dict[str, Any], expected: bool) -> None:
    assert watches(tied(**fields).item) == expected
    asked(RULE, tied(**fields), "jira:made:1")


@pytest.mark.parametrize("now", ["2026-03-29T01:00", "2026-05-25", "2026-06-14", "2026-10-25T01:00"])
def test_a_tie_is_one_on_every_day(now: str) -> None:
    verdict = judged(RULE, tied(team="pay"), at(now))
    assert (len(verdict.findings), verdict.check_after) == (1, None)


def test_the_whole_finding() -> None:
    facts = tied(team="pay")
    (draft,) = judged(RULE, facts).findings
    assert draft == Draft(
        rule=RULE,
        subjects=("jira:made:1",),
        severity=Severity.LOW,
        team="pay",
        objective="easy",
        since=None,
        evidence=(
            Evidence(fact="serves", ref="objective:easy"),
            Evidence(fact="also-claimed-by", ref="objective:safe", value="label: night"),
        ),
    )
    assert in_words(RULE, facts) == Text(
        title="PAY-1 “Item 1” could serve 2 objectives.",
        why="“Buyers pay in one step” and “No order is lost” claim PAY-1 with selectors of the same number of fields; "
        "it counts for “Buyers pay in one step”.",
        question="Which objective is PAY-1 meant to serve?",
        clears_when="Clears when one selector is more exact, or PAY-1 has a label that names its objective.",
    )
    unaligned = tied(objective=None)
    assert judged(RULE, unaligned).findings[0].evidence == draft.evidence[1:]
    assert in_words(RULE, unaligned).title == "APP-1 “Item 1” could serve 1 objective."


def test_its_conditions_in_words() -> None:
    assert asked(RULE, tied(), "jira:made:1") == (
        Condition("APP-1 is to do; it has to be open, and in sight.", holds=True),
        Condition("1 other selector of as many fields as the one that won claim APP-1; 1 is needed.", holds=True),
    )
    assert asked(RULE, tied(ties=(), status_category=DONE), "jira:made:1") == (
        Condition("APP-1 is done; it has to be open, and in sight.", holds=False),
        Condition("0 other selectors of as many fields as the one that won claim APP-1; 1 is needed.", holds=False),
    )
    assert asked(RULE, tied(), "x") == (Condition("Nothing is known here of x, but of jira:made:1.", holds=False),)
