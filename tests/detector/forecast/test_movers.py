from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.detector.facts import Mover
from services.detector.forecast import movers
from services.detector.forecast.movers import MOST_MOVERS, Asked, movers_of
from services.detector.forecast.reading import BASE, Reading
from services.detector.forecast.trials import Trials
from services.detector.forecast.work import Dependency, needed, work_of
from tests.detector.forecast import plain
from tests.detector.forecast.made_forecast import leaves
from tests.detector.forecast.test_trials import HORIZON, SAMPLES, SIZE, drawn, plans


def moved(trials: Trials, asked: Asked, due: int = 20) -> list[Mover]:
    work = work_of(asked.leaves, asked.dependencies)
    return list(movers_of(trials, asked, work, trials.ends(work), Reading(due, trials.horizon)))


def expected(trials: Trials, asked: Asked, due: int = 20) -> list[Mover]:
    """Return the same from simulations day by day of everything that is left, without asking what can matter."""
    found: list[Mover] = []
    edges = needed(asked.leaves, asked.dependencies)
    ends = [plain.simulate(counts, asked.leaves, edges) for counts in drawn(trials)]
    rests: list[tuple[tuple[str, ...], frozenset[str], list[Dependency]]]
    rests = [(edge, asked.leaves, [other for other in edges if other != edge]) for edge in edges]
    rests += [((leaf,), asked.leaves - {leaf}, [edge for edge in edges if leaf not in edge]) for leaf in asked.unowned]
    for subjects, left, kept in rests:
        without = [end_without(counts, asked.leaves, edges, left, kept) for counts in drawn(trials)]
        then, earlier = probability(without, due), reading_day(ends) - reading_day(without)
        if then > probability(ends, due) or earlier > 0:
            found.append(Mover(subjects, then, earlier))
    return sorted(found, key=lambda one: (-one.probability, -one.days_earlier, one.subjects))[:MOST_MOVERS]


def end_without(
    counts: list[int],
    leaves: frozenset[str],
    edges: tuple[Dependency, ...],
    left: frozenset[str],
    kept: list[Dependency],
) -> int:
    """Return when the rest ends: in its own best order, or in the order of before where that is better."""
    linked = {ref for edge in edges for ref in edge}
    before = plain.days(counts, leaves, edges)
    todo = plain.with_blockers(left, set(kept))
    enough = next((day for day, total in enumerate(accumulate(counts), 1) if total >= len(todo)), HORIZON + 1)
    by_the_old_order = max([enough, *(before[ref] for ref in linked)])
    return min(plain.simulate(counts, left, kept), by_the_old_order)


def probability(ends: list[int], due: int) -> float:
    return (sum(end <= due for end in ends) + 1) / (len(ends) + 2)


def reading_day(ends: list[int]) -> int:
    rank = -int(-BASE * len(ends) // 1)
    return sorted(ends)[rank - 1]


@given(plans(), st.sets(st.integers(0, 14), max_size=8), SAMPLES, st.integers(0, 2**48 - 1))
@settings(max_examples=60)
def test_what_is_left_out_as_what_cannot_matter_does_not_matter(
    plan: tuple[frozenset[str], set[Dependency]], unowned: set[int], sample: list[int], seed: int
) -> None:
    refs, edges = plan
    asked = Asked(refs, frozenset(leaf for number, leaf in enumerate(sorted(refs)) if number in unowned), tuple(edges))
    trials = Trials(sample, SIZE, HORIZON, seed)
    assert moved(trials, asked) == expected(trials, asked)


def test_what_breaks_a_circle_moves_the_end_from_never() -> None:
    circle = (("a", "b"), ("b", "c"), ("c", "a"))
    found = moved(Trials([1], SIZE, HORIZON, 1), Asked(frozenset("abc"), frozenset("b"), circle))
    assert [one.subjects for one in found] == [("b",), *circle]
    assert {one.days_earlier for one in found} == {HORIZON + 1 - 3, HORIZON + 1 - 2}
    assert all(one.probability == 41 / 42 for one in found)


def test_of_two_circles_neither_moves_the_end_alone() -> None:
    circles = (("a", "b"), ("b", "a"), ("c", "d"), ("d", "c"))
    assert moved(Trials([1], SIZE, HORIZON, 1), Asked(frozenset("abcd"), frozenset("abcd"), circles)) == []


def test_a_dependency_that_takes_work_from_outside_with_it_moves_as_much_as_that_work() -> None:
    trials = Trials([1], SIZE, HORIZON, 1)
    found = moved(trials, Asked(frozenset("ab"), frozenset(), (("x", "a"), ("y", "x"), ("z", "y"))), due=3)
    assert [(one.subjects, one.days_earlier) for one in found] == [
        (("x", "a"), 3),
        (("y", "x"), 2),
        (("z", "y"), 1),
    ]
    assert [round(one.probability, 2) for one in found] == [0.98, 0.98, 0.02]


def test_a_leaf_somebody_has_is_not_taken_out() -> None:
    found = moved(Trials([1], SIZE, HORIZON, 1), Asked(frozenset("abc"), frozenset("b"), ()))
    assert [one.subjects for one in found] == [("b",)]
    assert found[0].days_earlier == 1


def test_no_more_than_ten_are_told() -> None:
    many = frozenset(leaves(30))
    assert len(moved(Trials([1], SIZE, HORIZON, 1), Asked(many, many, ()))) == MOST_MOVERS


def test_beyond_what_may_be_followed_the_longest_chains_are_tried_first(monkeypatch: pytest.MonkeyPatch) -> None:
    refs = leaves(8)
    edges = (*pairwise(refs[:5]), (refs[5], refs[6]))
    asked, trials = Asked(frozenset(refs), frozenset(), edges), Trials([3], SIZE, HORIZON, 1)
    whole = moved(trials, asked)
    assert {one.subjects for one in whole} == set(edges[:4]), "the short chain delays nothing"
    monkeypatch.setattr(movers, "MOST_TAKEN", 7 * SIZE)
    assert [one.subjects for one in moved(trials, asked)] == [edges[0]]


def test_of_two_blockers_of_one_leaf_neither_dependency_moves_the_end_alone() -> None:
    edges = (("a", "c"), ("b", "c"))
    assert moved(Trials([3], SIZE, HORIZON, 1), Asked(frozenset("abc"), frozenset(), edges)) == []


def test_of_leaves_that_others_wait_for_only_the_one_in_the_way_moves_the_end() -> None:
    edges = (("a", "e"), ("b", "c"), ("c", "d"))
    found = moved(Trials([3], SIZE, HORIZON, 1), Asked(frozenset("abcde"), frozenset("ab"), edges), due=2)
    assert [(one.subjects, one.days_earlier) for one in found] == [(("b",), 1), (("b", "c"), 1), (("c", "d"), 1)]
