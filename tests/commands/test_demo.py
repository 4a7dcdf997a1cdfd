"""`leeway demo` shows alerts with why and question, ends by itself, and prints what the README shows of it."""

import re

import pytest

from tests.commands.typed import Answer, ended, readme, started

PATIENCE_SECONDS = 800.0
"""Until it is taken for stuck; two minutes are usual, on a machine that has nothing else to do."""

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def demo() -> Answer:
    with started("demo") as process:
        told = ended(process, within=PATIENCE_SECONDS)
    assert told.code == 0, told.err
    return told


def test_each_alert_says_why_and_asks_a_question(demo: Answer) -> None:
    heads = re.findall(r"^\w{3} \d\d \w{3}   (LOW|MEDIUM|HIGH|CRITICAL)  .*$\n^    \S.*$", demo.out, re.MULTILINE)
    questions = re.findall(r"^    \? .*", demo.out, re.MULTILINE)
    assert len(heads) > 5
    assert len(questions) >= len(heads)


def test_what_stood_when_both_trackers_were_first_read_is_told_in_one_digest_each(demo: Answer) -> None:
    assert len(re.findall(r"  OPENING DIGEST  brightmoor(-ops)? is read for the first time", demo.out)) == 2


def test_it_ends_with_what_came_up_and_what_to_do_next(demo: Answer) -> None:
    assert re.search(
        r"^The quarter is over\. \d+ findings came up; \d+ have cleared, \d+ stand\.$", demo.out, re.MULTILINE
    )
    assert "What stalled (" in demo.out
    assert "What drifted (" in demo.out
    assert "Who was asked what:" in demo.out
    assert "Next: `.venv/bin/leeway sandbox` serves this Jira and Asana" in demo.out
    assert demo.err == ""


def test_the_readme_shows_lines_that_it_printed(demo: Answer) -> None:
    (shown,) = re.findall(r"<!-- demo -->\n```text\n(.*?)```\n<!-- /demo -->", readme(), re.DOTALL)
    printed = {line.rstrip() for line in demo.out.splitlines()}
    assert [line for line in shown.splitlines() if line not in printed] == []
