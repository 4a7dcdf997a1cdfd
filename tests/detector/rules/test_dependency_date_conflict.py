"""`dependency-date-conflict`: the blocker is due after the dependent means to start, or to be done."""

from datetime import date

import pytest

from tests.detector.made import at, item, judged, severity, told, waiting

RULE = "dependency-date-conflict"
FAR = date(2027, 3, 10)


@pytest.mark.parametrize(
    ("blocker_due", "start", "due", "expected"),
    [
        (date(2027, 3, 11), None, FAR, "high"),
        (date(2027, 3, 10), None, FAR, None),
        (date(2027, 3, 2), date(2027, 3, 1), FAR, "high"),
        (date(2027, 3, 1), date(2027, 3, 1), FAR, None),
        (None, date(2027, 3, 1), FAR, None),
        (date(2027, 3, 2), date(2027, 3, 1), None, None),
        (date(2026, 6, 30), None, date(2026, 6, 29), "critical"),
    ],
)
def test_both_need_a_due_and_one_must_break(
    blocker_due: date | None, start: date | None, due: date | None, expected: str | None
) -> None:
    assert severity(RULE, waiting(item(1, due=blocker_due), item(2, start=start, due=due))) == expected


def test_it_weighs_more_from_the_day_on_which_the_due_is_near() -> None:
    facts = waiting(item(1, due=date(2026, 7, 1)), item(2, due=date(2026, 6, 30)))
    verdict = judged(RULE, facts)
    assert verdict.check_after == at("2026-06-16T00:00")
    assert severity(RULE, facts, at("2026-06-16T00:00")) == "critical"


@pytest.mark.parametrize(
    ("start", "title"),
    [
        (None, "APP-2 is due 10 March 2027, but waits for APP-1, due 1 April 2027."),
        (date(2027, 3, 1), "APP-2 starts 1 March 2027, but waits for APP-1, due 1 April 2027."),
    ],
)
def test_it_reads_with_both_dates(start: date | None, title: str) -> None:
    blocker, dependent = item(1, due=date(2027, 4, 1)), item(2, start=start, due=FAR)
    (draft,) = judged(RULE, waiting(blocker, dependent)).findings
    text = told(draft, blocker, dependent, now=at("2027-01-04"))
    assert text.title == title.replace(" 2027", "")
