"""`leeway demo` shows alerts with why and question, ends by itself, and prints what the README shows of it."""

import re
import time

import pytest

from tests.commands.typed import Answer, ended, readme, started

DEMO_SECONDS = 120.0


@pytest.fixture(scope="module")
def demo() -> Answer:
    began = time.monotonic()
    with started("demo") as process:
        told = ended(process)
    assert time.monotonic() - began < DEMO_SECONDS
    assert told.code == 0, told.err
    return told


def test_each_alert_says_why_and_asks_a_question(demo: Answer) -> None:
    heads = re.findall(r"^\w{3} \d\d \w{3}   (LOW|MEDIUM|HIGH|CRITICAL)  .*$\n^    \S.*$", demo.out, re.MULTILINE)
    questions = re.findall(r"^    \? .*", demo.out, re.MULTILINE)
    assert len(heads) > 5
    assert len(questions) >= len(heads)


def test_it_ends_with_what_to_do_next(demo: Answer) -> None:
    assert "Next: try it on an export of your own" in demo.out
    assert demo.err == ""


def test_the_readme_shows_lines_that_it_printed(demo: Answer) -> None:
    (shown,) = re.findall(r"<!-- demo -->\n```text\n(.*?)```\n<!-- /demo -->", readme(), re.DOTALL)
    printed = {line.rstrip() for line in demo.out.splitlines()}
    assert [line for line in shown.splitlines() if line not in printed] == []
