"""Findings read alike: digits, the right number of the noun, days with a year only where it is another one."""

from datetime import date

import pytest

from services.detector.texts import TITLE_WORDS, counted, day, listed, percent, shortened, title


def test_counts_and_days() -> None:
    assert counted(1, "item") == "1 item"
    assert counted(2, "dependency", "dependencies") == "2 dependencies"
    assert day(date(2026, 6, 8), date(2026, 6, 15)) == "8 June"
    assert day(date(2025, 12, 31), date(2026, 1, 1)) == "31 December 2025"


@pytest.mark.parametrize(
    ("share", "text"), [(0.2, "20 %"), (0.29, "29 %"), (0.4999, "49 %"), (0.5, "50 %"), (1.9, "190 %")]
)
def test_a_share_never_reads_as_a_limit_that_it_has_not_reached(share: float, text: str) -> None:
    assert percent(share) == text


def test_lists_and_names() -> None:
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert len(shortened("word " * 40)) <= 60


def test_a_title_takes_the_first_way_that_fits() -> None:
    long = "word " * (TITLE_WORDS + 1)
    assert title(long, "short", "shorter") == "short"
    assert title("word " * TITLE_WORDS, "short") == "word " * TITLE_WORDS
