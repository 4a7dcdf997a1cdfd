from hypothesis import given
from hypothesis import strategies as st

from services.detector.forecast.work import Dependency, needed, work_of
from tests.detector.forecast import plain

REFS = st.sampled_from("abcdefgh")
EDGES = st.sets(st.tuples(REFS, REFS), max_size=14)
LEAVES = st.frozensets(REFS, max_size=8)


def test_a_blocker_from_outside_is_one_more_piece_with_its_own_blockers() -> None:
    work = work_of({"a", "b"}, [("x", "a"), ("y", "x"), ("z", "q")])
    assert work.count == 4
    assert set(work.order) == {"a", "x", "y"}
    assert work.free == 1


def test_what_waits_for_a_leaf_without_being_one_is_none_of_its_work() -> None:
    assert work_of({"a"}, [("a", "x")]) == work_of({"a"}, [])


def test_the_longest_chain_behind_it_comes_first_then_the_ref() -> None:
    work = work_of(set("abcdef"), [("f", "e"), ("e", "d"), ("b", "a")])
    assert work.order == ("f", "b", "e", "a", "d")
    assert work.longest == 3
    assert work.blockers == ((), (), (0,), (1,), (2,))
    assert work.through == (3, 2, 3, 2, 3)


def test_an_item_does_not_wait_for_itself() -> None:
    assert work_of({"a"}, [("a", "a")]) == work_of({"a"}, [])


def test_a_circle_holds_its_members_and_those_behind_them() -> None:
    work = work_of(set("abcd"), [("a", "b"), ("b", "a"), ("b", "c"), ("d", "a")])
    assert work.stuck == {"a", "b", "c"}
    assert work.order == ()


def test_a_circle_that_no_leaf_waits_for_holds_nobody() -> None:
    assert not work_of({"a"}, [("x", "y"), ("y", "x")]).stuck
    assert not work_of({"a"}, [("a", "x"), ("x", "y"), ("y", "x")]).stuck


@given(LEAVES, EDGES)
def test_what_is_needed_is_all_that_a_leaf_waits_for_however_far(
    leaves: frozenset[str], edges: set[Dependency]
) -> None:
    todo = plain.with_blockers(leaves, edges)
    assert set(needed(leaves, edges)) == {(a, b) for a, b in edges if a != b and b in todo}
    assert work_of(leaves, edges).count == len(todo)


@given(LEAVES, EDGES)
def test_pieces_never_come_before_their_blockers(leaves: frozenset[str], edges: set[Dependency]) -> None:
    work = work_of(leaves, edges)
    assert bool(work.stuck) == plain.is_circular(set(needed(leaves, edges)))
    for number, blockers in enumerate(work.blockers):
        assert all(blocker < number for blocker in blockers)
        assert {work.order[blocker] for blocker in blockers} == {
            blocker for blocker, dependent in needed(leaves, edges) if dependent == work.order[number]
        }
