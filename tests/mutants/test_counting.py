"""What counts as killed, and what is printed of it."""

from tests.mutants.__main__ import report


def test_a_mutant_lives_if_all_its_tests_pass_or_it_has_none_and_what_was_skipped_is_not_counted() -> None:
    told = report(
        {("a.py", "a.1"): 1, ("a.py", "a.2"): 0, ("a.py", "a.3"): 36, ("b.py", "b.1"): 33, ("b.py", "b.2"): 34}
    )
    assert (told.mutants, told.killed, told.share) == (4, 2, 0.5)
    assert told.files == {"a.py": [3, 2], "b.py": [1, 0]}
    assert told.alive == ["a.2", "b.1"]


def test_nothing_mutated_is_nothing_killed() -> None:
    assert report({}).share == 0.0
