"""An export with histories: each change is kept once, and findings of the past are the same, whatever dies."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.replay.exports import Export
from tests.replay.lives import make_lived_export
from tests.replay.runs import DIED, Ended, Replay, Undisturbed, ended, replaying, run_undisturbed

CHANGES = "SELECT count(*) FROM detector.changes"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Export:
    return make_lived_export(tmp_path_factory.mktemp("lived"))


@pytest.fixture(scope="module")
def undisturbed(template: Path, lived: Export) -> Undisturbed:
    return asyncio.run(run_undisturbed(template, lived))


@pytest.fixture
async def replay(template: Path, lived: Export) -> AsyncIterator[Replay]:
    """A replay that has not begun, on a home of its own."""
    async with replaying(template, lived) as replay:
        yield replay


async def holds_with_its_past(replay: Replay, end: Ended, undisturbed: Undisturbed) -> None:
    """The same answer and the same alerts; each change kept once, and items moved and were touched when they were."""
    assert end.answer == undisturbed.answer
    assert replay.told() == undisturbed.told
    assert await replay.history() == undisturbed.history


def changes_in(undisturbed: Undisturbed) -> int:
    return sum(1 for _, change, *_ in undisturbed.history if change)


def test_findings_of_the_past_are_among_them(undisturbed: Undisturbed) -> None:
    """And all of it is told, as of then: nobody hears of what comes later."""
    assert {"date-slip", "aging-work"} <= {finding["rule"] for finding in undisturbed.answer["findings"]}
    assert changes_in(undisturbed) > 2_000
    assert max(at for _, change, _, _, _, at, _ in undisturbed.history if change) < "2026-06-15 12"


@pytest.mark.parametrize("many", [1, 1_000])
async def test_a_database_restarted_amid_changes_loses_none_and_keeps_none_twice(
    replay: Replay, undisturbed: Undisturbed, many: int
) -> None:
    async with replay.running() as process:
        assert await replay.reaches(CHANGES, many) < changes_in(undisturbed)
        os.kill(await replay.part("postgres"), signal.SIGQUIT)
        end = await ended(process)
    assert "a part of the embedded stack died" in end.complained
    await holds_with_its_past(replay, end, undisturbed)


@pytest.mark.parametrize("name", ["detector.judged", "notifier.stored"])
async def test_a_kill_once_all_changes_are_kept_changes_nothing(
    replay: Replay, undisturbed: Undisturbed, name: str
) -> None:
    assert (await replay.run(faultpoint=name)).code == DIED
    await holds_with_its_past(replay, await replay.run(), undisturbed)


async def test_a_kill_before_its_changes_are_read_changes_nothing(replay: Replay, undisturbed: Undisturbed) -> None:
    """The page is committed, so the next run takes its items for known; the broker died with what happened to them."""
    assert (await replay.run(faultpoint="connectors.committed")).code == DIED
    await holds_with_its_past(replay, await replay.run(), undisturbed)
