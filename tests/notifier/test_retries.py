"""When a delivery is tried again."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.retries import HOUR, JITTER, LONGEST_RETRY_AFTER, STANDARD_WAITS, Schedule
from tests.notifier.findings import NOON


def waited(schedule: Schedule, attempts: int, retry_after: float | None = None, seed: int = 1) -> float | None:
    moment = schedule.next_try(attempts, NOON, Random(seed), retry_after)  # noqa: S311 -- jitter
    return None if moment is None else (moment - NOON).total_seconds()


def test_waits_grow_and_end() -> None:
    waits = [waited(Schedule(), attempts) for attempts in range(1, len(STANDARD_WAITS) + 2)]
    assert waits[-1] is None
    grown = [wait for wait in waits if wait is not None]
    assert grown == sorted(grown)
    assert sum(grown) > 48 * HOUR, "a receiver that is down over a weekend still hears"


@given(st.integers(1, len(STANDARD_WAITS)), st.integers())
def test_jitter_stays_within_a_fifth(attempts: int, seed: int) -> None:
    wait = waited(Schedule(), attempts, seed=seed)
    assert wait is not None
    assert abs(wait / STANDARD_WAITS[attempts - 1] - 1) <= JITTER + 1e-6


@pytest.mark.parametrize(
    ("asked", "wait"),
    [(None, 10), (0, 10), (3, 10), (40, 40), (LONGEST_RETRY_AFTER, LONGEST_RETRY_AFTER), (1e12, LONGEST_RETRY_AFTER)],
)
def test_retry_after_lengthens_up_to_a_limit_and_never_shortens(asked: float | None, wait: float) -> None:
    assert waited(Schedule((10.0,)), 1, asked) == pytest.approx(wait, rel=JITTER)


def test_no_schedule_means_one_attempt() -> None:
    assert waited(Schedule(()), 1) is None
