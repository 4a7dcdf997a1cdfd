"""Whatever dies or refuses during a replay, the findings are the same, and each alert is told once."""

import os
import signal
from pathlib import Path

import pytest

from tests.receiver import Answer, at_first
from tests.replay.exports import make_export, poisoned_lines
from tests.replay.runs import Ended, Replay, Undisturbed, ended

IN_THE_MIDST = (
    ("SELECT count(*) FROM connectors.snapshots", 500),
    ("SELECT count(*) FROM detector.items", 1_000),
    ("SELECT count(*) FROM notifier.deliveries", 1),
)


def holds_as_undisturbed(replay: Replay, end: Ended, undisturbed: Undisturbed) -> None:
    """The same answer; the same notifications under the same ids, each acted on once."""
    assert end.answer == undisturbed.answer
    assert replay.told() == undisturbed.told


def test_without_faults_every_finding_is_told_once(undisturbed: Undisturbed) -> None:
    fingerprints = [finding["fingerprint"] for finding in undisturbed.answer["findings"]]
    assert len(fingerprints) > 20
    assert sorted(undisturbed.told.values()) == sorted(fingerprints)
    assert undisturbed.answer["notifications"] == {"sent": len(fingerprints), "parked": 0}


async def test_a_second_run_on_a_home_says_the_same_and_tells_nobody_again(
    replay: Replay, undisturbed: Undisturbed
) -> None:
    holds_as_undisturbed(replay, await replay.run(), undisturbed)
    holds_as_undisturbed(replay, await replay.run(), undisturbed)
    assert set(replay.collector.attempts.values()) == {1}


@pytest.mark.parametrize(("question", "count"), IN_THE_MIDST)
async def test_a_broker_killed_in_the_midst_changes_nothing(
    replay: Replay, undisturbed: Undisturbed, question: str, count: int
) -> None:
    async with replay.running() as process:
        await replay.reaches(question, count)
        os.kill(await replay.part("tansu"), signal.SIGKILL)
        end = await ended(process)
    assert "the broker began anew" in end.complained
    holds_as_undisturbed(replay, end, undisturbed)


@pytest.mark.parametrize(("question", "count"), IN_THE_MIDST)
async def test_a_database_restarted_at_once_in_the_midst_changes_nothing(
    replay: Replay, undisturbed: Undisturbed, question: str, count: int
) -> None:
    async with replay.running() as process:
        await replay.reaches(question, count)
        os.kill(await replay.part("postgres"), signal.SIGQUIT)
        end = await ended(process)
    assert "a part of the embedded stack died" in end.complained
    holds_as_undisturbed(replay, end, undisturbed)


async def test_a_broker_killed_again_and_again_changes_nothing(replay: Replay, undisturbed: Undisturbed) -> None:
    async with replay.running() as process:
        for question, count in IN_THE_MIDST:
            await replay.reaches(question, count)
            os.kill(await replay.part("tansu"), signal.SIGKILL)
        end = await ended(process)
    holds_as_undisturbed(replay, end, undisturbed)


async def test_a_receiver_that_fails_for_a_while_gets_everything_in_the_end(
    replay: Replay, undisturbed: Undisturbed
) -> None:
    refusals = 2 * len(undisturbed.told)
    replay.collector.script = at_first(refusals, Answer(500))
    holds_as_undisturbed(replay, await replay.run(), undisturbed)
    assert sum(replay.collector.attempts.values()) == refusals + len(undisturbed.told)


async def test_poison_lines_are_told_by_number_and_reason_and_change_nothing(
    replay: Replay, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    replay.export = make_export(tmp_path, poison=0.01)
    numbers = poisoned_lines(replay.export)
    end = await replay.run()
    holds_as_undisturbed(replay, end, undisturbed)
    reports = [line for line in end.complained.splitlines() if "set aside" in line]
    assert len(numbers) == 16
    assert [line.split(":")[0] for line in reports] == [f"export.jsonl, line {number}" for number in numbers]
    assert all(len(line.partition("set aside: ")[2]) > 10 for line in reports)
