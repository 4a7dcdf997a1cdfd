"""A replay that is killed and started again on its home ends as one that nobody killed."""

import asyncio
from random import Random
from typing import Final

import pytest

from services.runtime.faultpoints import FAULTPOINTS
from tests.replay.runs import DIED, Replay, Undisturbed, ended
from tests.replay.test_faults import holds_as_undisturbed

PASS: Final = {"connectors.published": 2, "connectors.committed": 3, "mapper.published": 2, "detector.stored": 2,
               "notifier.sent": 5, "notifier.marked": 9}  # fmt: skip
"""On which pass of its point a process dies; on the first where nothing is said."""

NOT_IN_A_REPLAY: Final = {"connectors.commented", "connectors.counted", "connectors.hinted"}
"""Points that need a tracker; each is passed in a test of its own room."""

SEED: Final = 7
KILLS: Final = 5
LONGEST_LIFE_SECONDS: Final = 5.0


@pytest.mark.parametrize("name", sorted(set(FAULTPOINTS) - NOT_IN_A_REPLAY))
async def test_a_kill_at_a_named_point_changes_nothing(replay: Replay, undisturbed: Undisturbed, name: str) -> None:
    killed = await replay.run(faultpoint=f"{name}:{PASS.get(name, 1)}")
    assert killed.code == DIED, "the point was never passed"
    holds_as_undisturbed(replay, await replay.run(), undisturbed)


async def test_kills_at_any_moment_change_nothing(replay: Replay, undisturbed: Undisturbed) -> None:
    chance = Random(SEED)  # noqa: S311 -- moments, no secret
    for _ in range(KILLS):
        async with replay.running() as process:
            try:
                end = await asyncio.wait_for(ended(process), chance.uniform(1.0, LONGEST_LIFE_SECONDS))
            except TimeoutError:
                continue
        holds_as_undisturbed(replay, end, undisturbed)
    holds_as_undisturbed(replay, await replay.run(), undisturbed)
