"""Small files and small functions: who comes after us can hold each in the head."""

import re
from statistics import median, quantiles

import pytest

from tests.project.sources import (
    ALL_CODE,
    SHIPPED,
    broad_excepts,
    functions,
    line_count,
    name_of,
    python_files,
    text_of,
)

MEDIAN_FILE, LONGEST_FILE = 110, 400
MEDIAN_FUNCTION, NINE_IN_TEN_FUNCTIONS, LONGEST_FUNCTION = 8, 30, 60
LINES_A_BROAD_EXCEPT = 1000
REASON = re.compile(r"\w+ \w+ \w+")


@pytest.mark.parametrize("folder", ALL_CODE)
def test_no_file_is_too_long(folder: str) -> None:
    assert not {name_of(path): line_count(path) for path in python_files(folder) if line_count(path) > LONGEST_FILE}


def test_files_are_small_in_the_middle() -> None:
    assert median(line_count(path) for path in python_files(*SHIPPED)) <= MEDIAN_FILE


def test_no_function_is_too_long() -> None:
    found = [function for path in python_files(*ALL_CODE) for function in functions(path)]
    assert not [function for function in found if function.lines > LONGEST_FUNCTION]


def test_functions_are_small_in_the_middle_and_nine_in_ten() -> None:
    lengths = [function.lines for path in python_files(*SHIPPED) for function in functions(path)]
    assert median(lengths) <= MEDIAN_FUNCTION
    assert quantiles(lengths, n=10)[-1] <= NINE_IN_TEN_FUNCTIONS


def test_hardly_anything_catches_everything_and_what_does_says_why() -> None:
    found = [(path, line) for path in python_files(*SHIPPED) for line in broad_excepts(path)]
    lines = sum(line_count(path) for path in python_files(*SHIPPED))
    places = [f"{name_of(path)}:{line}" for path, line in found]
    assert len(found) <= max(1, lines / LINES_A_BROAD_EXCEPT), places
    for path, line in found:
        comment = text_of(path).splitlines()[line - 1].partition("#")[2]
        assert REASON.search(comment), f"{name_of(path)}:{line} gives no reason"
