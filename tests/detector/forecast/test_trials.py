from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.detector.forecast.trials import Trials
from services.detector.forecast.work import Dependency, work_of
from tests.detector.forecast import plain
from tests.detector.forecast.made_forecast import leaves

SAMPLES = st.lists(st.integers(0, 6), min_size=1, max_size=8).filter(any)
SIZE, HORIZON = 40, 70


def drawn(trials: Trials) -> list[list[int]]:
    """Return what was drawn of each day, trial by trial."""
    counts: list[list[int]] = trials.counts(trials.horizon).T.tolist()
    return counts


@st.composite
def plans(draw: st.DrawFn) -> tuple[frozenset[str], set[Dependency]]:
    """Make some leaves, of the first of which some wait for others, or for some from outside; seldom in a circle."""
    refs = leaves(draw(st.integers(1, 9)))
    ends = st.sampled_from((*refs, "outside:1", "outside:2", "outside:3"))
    edges = draw(st.sets(st.tuples(ends, ends), max_size=draw(st.integers(0, 14))))
    if draw(st.integers(0, 9)):
        edges = {(min(edge), max(edge)) for edge in edges}
    return frozenset((*refs, *leaves(draw(st.integers(0, 6)), "more"))), edges


@given(plans(), SAMPLES, st.integers(0, 2**48 - 1))
@settings(max_examples=300)
def test_every_trial_ends_as_a_simulation_day_by_day_does(
    plan: tuple[frozenset[str], set[Dependency]], sample: list[int], seed: int
) -> None:
    trials = Trials(sample, SIZE, HORIZON, seed)
    assert trials.ends(work_of(*plan)).tolist() == [plain.simulate(counts, *plan) for counts in drawn(trials)]


@given(plans(), SAMPLES, st.integers(0, 2**48 - 1))
@settings(max_examples=200)
def test_where_there_is_always_something_ready_dependencies_delay_no_trial(
    plan: tuple[frozenset[str], set[Dependency]], sample: list[int], seed: int
) -> None:
    trials, work = Trials(sample, SIZE, HORIZON, seed), work_of(*plan)
    if trials.is_never_idle(work):
        assert (trials.last_linked(work) <= trials.enough(work.count)).all()


@given(plans(), SAMPLES, st.integers(0, 2**48 - 1))
def test_some_trials_are_followed_as_all_are(
    plan: tuple[frozenset[str], set[Dependency]], sample: list[int], seed: int
) -> None:
    trials, work = Trials(sample, SIZE, HORIZON, seed), work_of(*plan)
    among = np.arange(SIZE) % 3 == 0
    if work.order:
        assert trials.last_linked(work, among).tolist() == trials.last_linked(work)[among].tolist()


def test_the_same_seed_draws_the_same_days_whatever_was_asked_before() -> None:
    one, other = Trials([0, 1, 2], SIZE, HORIZON, 7), Trials([0, 1, 2], SIZE, HORIZON, 7)
    other.enough(3)
    other.enough(40)
    assert drawn(one) == drawn(other)
    assert drawn(one) != drawn(Trials([0, 1, 2], SIZE, HORIZON, 8))


def test_each_sampled_day_is_drawn_as_often_as_the_others() -> None:
    sample = [0, 1, 2, 3, 4]
    values, times = np.unique(Trials(sample, 10_000, 50, 1).counts(50), return_counts=True)
    assert values.tolist() == sample
    assert (abs(times / 100_000 - 1) < 0.015).all(), "five standard deviations"


def test_constant_deliveries_end_on_the_day_that_division_says() -> None:
    for count in (1, 2, 3, 4, 49, 50):
        ends = Trials([3, 3], 10, HORIZON, 1).ends(work_of(set(leaves(count)), ()))
        assert set(ends.tolist()) == {-(-count // 3)}


def test_a_chain_takes_a_day_each_however_much_is_drawn() -> None:
    refs = leaves(12)
    chain = list(pairwise(refs))
    assert set(Trials([5], 10, HORIZON, 1).ends(work_of(set(refs), chain)).tolist()) == {12}


def test_the_other_work_goes_on_beside_a_chain() -> None:
    refs = leaves(12)
    chain = list(pairwise(refs))
    trials = Trials([5], 10, HORIZON, 1)
    assert set(trials.ends(work_of({*refs, *leaves(48, "more")}, chain)).tolist()) == {12}
    assert set(trials.ends(work_of({*refs, *leaves(49, "more")}, chain)).tolist()) == {13}


def test_what_does_not_end_by_the_horizon_is_never() -> None:
    trials = Trials([1], 10, 20, 1)
    assert set(trials.ends(work_of(set(leaves(20)), ())).tolist()) == {20}
    assert set(trials.ends(work_of(set(leaves(21)), ())).tolist()) == {21}
    refs = leaves(21)
    chain = list(pairwise(refs))
    assert set(Trials([2], 10, 20, 1).ends(work_of(set(refs), chain)).tolist()) == {21}


def test_nothing_ends_that_waits_in_a_circle() -> None:
    trials = Trials([5], 10, 20, 1)
    assert set(trials.ends(work_of({"a", "b"}, [("a", "b"), ("b", "a")])).tolist()) == {21}
