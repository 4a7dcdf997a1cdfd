"""`ambiguous-alignment`: an open item that two objectives claim with equal right."""

from typing import Any

import pytest

from schemas.aligned_items import Claim
from services.detector.facts import ItemNeighbourhood
from tests.detector.made import DONE, item, judged, severity, told

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
    assert text.title == "APP-1 could serve 2 objectives."
    assert text.why.startswith("“Buyers pay in one step” and “No order is lost” claim APP-1")
