"""How far a key result has come, and how much of its time is gone: shares from 0 to 1, to the microsecond."""

from datetime import timedelta
from fractions import Fraction

import pytest

from services.detector.group_conditions import points
from services.detector.progress import Clock, Way
from tests.detector.made import MONDAY

HOUR, MICROSECOND = timedelta(hours=1), timedelta(microseconds=1)
CLOCK = Clock(MONDAY, MONDAY + 4 * HOUR)
NONE = Clock(MONDAY, MONDAY)
"""A time that is over as it begins."""


@pytest.mark.parametrize(("value", "gone"), [(5, 0), (10, 0), (20, 0.25), (50, 1), (70, 1)])
def test_of_a_way_from_nothing_to_all_of_it_is_gone(value: float, gone: float) -> None:
    assert Way(Fraction(10), Fraction(50)).gone(value) == gone


@pytest.mark.parametrize(("hours", "gone"), [(-1, 0), (0, 0), (1, 0.25), (4, 1), (9, 1)])
def test_of_a_time_from_nothing_to_all_of_it_is_gone(hours: int, gone: float) -> None:
    assert CLOCK.gone(MONDAY + hours * HOUR) == gone


def test_of_no_time_all_is_gone_once_it_is_over() -> None:
    assert [NONE.gone(moment) for moment in (MONDAY - MICROSECOND, MONDAY)] == [0, 1]
    assert NONE.reaches(Fraction(1, 2)) == NONE.exceeds(Fraction(1, 2)) == MONDAY


def test_a_share_is_exceeded_a_microsecond_after_it_is_reached_and_all_of_it_never() -> None:
    quarter = Fraction(1, 4)
    assert (CLOCK.reaches(quarter), CLOCK.exceeds(quarter)) == (MONDAY + HOUR, MONDAY + HOUR + MICROSECOND)
    assert (CLOCK.reaches(Fraction(1)), CLOCK.exceeds(Fraction(1))) == (CLOCK.end, None)
    assert CLOCK.reaches(Fraction(5, 4)) is None


def test_one_point_is_one_and_all_else_are_points() -> None:
    assert [points(share) for share in (0.01, 0.1, 0.165, 1.01)] == [
        "1 point",
        "10 points",
        "16.5 points",
        "101 points",
    ]
