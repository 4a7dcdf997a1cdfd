"""After any mix of faults and kills, and then quiet, our tables hold what both sites hold: none lost, none invented."""

import pytest

from tests.live.story import play


@pytest.mark.parametrize("seed", [2, 3])
async def test_after_faults_kills_and_quiet_the_tables_equal_the_sites(seed: int) -> None:
    """Seed 2 is a Cloud, seed 3 a Data Center whose index lags; `python -m tests.live` plays twenty."""
    story = await play(seed)
    assert any(name.startswith("fault:") for name in story.done)
    assert any(name.startswith("blow:") for name in story.done)
    assert story.jira.items
    assert story.asana.items
