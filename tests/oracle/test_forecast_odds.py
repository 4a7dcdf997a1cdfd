"""Plain trials of invented companies come to the product's probabilities, dates and refusals, but for chance."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders import jira_issue, jira_link, jira_time
from tests.oracle.forecast_compare import differences
from tests.oracle.forecast_plain import NEVER, odds
from tests.oracle.governance_raw import Json
from tests.oracle.governance_world import World

SEEDS = range(2001, 2019)
NOW = datetime(2026, 6, 16, 12, tzinfo=UTC)
PLAN: Json = {
    "version": 1,
    "cycle": {"id": "q2", "starts_on": "2026-04-06", "ends_on": "2026-06-26"},
    "objectives": [
        {"id": "easy", "title": "Easy", "team": "app", "due_on": "2026-06-19", "work": [{"tracker": "jira"}]}
    ],
}


def test_the_product_foretells_what_plain_trials_come_to(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        found, wrong = differences(seed, 1000, tmp_path)
        assert wrong == []
        seen += found
    kinds = ("refused", "in a ring", "waits for nobody", "waits for its own", "waits for others", "open odds")
    assert all(seen[kind] >= 2 for kind in kinds), seen


@pytest.mark.parametrize(("links", "ends"), [((), {1}), ((2,), {2}), ((2, 3), {3}), ((2, 3, 1), {NEVER})])
def test_who_delivers_one_a_day_for_each_of_three_is_done_when_the_longest_chain_is(
    links: tuple[int, ...], ends: set[int]
) -> None:
    """Three were delivered on each of five days, one for each of three that are open; each link is one day more."""
    done = [
        jira_issue(day * 10 + one, category="done", created="2026-06-09T08:00", resolution={"name": "Done"},
                   resolutiondate=jira_time(datetime(2026, 6, day, 9, tzinfo=UTC)))
        for day in (9, 10, 11, 12, 15) for one in range(3)
    ]  # fmt: skip
    waits = [[jira_link(number, "Blocks", inward=far)] for number, far in enumerate(links, 1)] + [[], [], []]
    todo = [jira_issue(number, created="2026-06-10T08:00", issuelinks=waits[number - 1]) for number in (1, 2, 3)]
    found = odds(World([*done, *todo], PLAN, {}, NOW), "easy", 20, 1)
    assert found is not None
    assert set(found.ends) == ends
    assert odds(World([*done[3:], *todo], PLAN, {}, NOW), "easy", 20, 1) is None
