"""The process is killed with SIGKILL at each fault point of live reading, and started again on the same tables."""

import asyncio
import os
import signal
import sys

import pytest

from services.runtime.database import RoomDatabase
from services.runtime.embedded import Endpoints
from services.runtime.faultpoints import FAULTPOINTS
from tests.connectors.recording import RecordingBus
from tests.connectors.sync.bench import Bench
from tests.connectors.sync.process import go_on, grow

POINTS = ("connectors.published:1", "connectors.published:6", "connectors.committed:4", "connectors.hinted:1",
          "connectors.counted:1", "connectors.counted:4")  # fmt: skip
"""A point, and the pass of it that kills."""
ELSEWHERE = {"connectors.commented"}


async def run(endpoints: Endpoints, prefix: str, faultpoint: str = "") -> int:
    """Run the process to its end; return its exit code."""
    command = (sys.executable, "-m", "tests.connectors.sync.process", str(endpoints.database_url), prefix)
    environment = {**os.environ, "LEEWAY_FAULTPOINT": faultpoint}
    process = await asyncio.create_subprocess_exec(*command, env=environment)
    return await asyncio.wait_for(process.wait(), 60)


def test_no_point_is_left_out() -> None:
    ours = {name for name in FAULTPOINTS if name.startswith("connectors.")} - ELSEWHERE
    assert {point.split(":")[0] for point in POINTS} == ours


@pytest.mark.parametrize("faultpoint", POINTS)
async def test_a_kill_changes_nothing(
    endpoints: Endpoints, database_prefix: str, room: RoomDatabase, faultpoint: str
) -> None:
    assert await run(endpoints, database_prefix, faultpoint) == -signal.SIGKILL, "the point was never passed"
    assert await run(endpoints, database_prefix) == 0
    bench = Bench(room, RecordingBus(room))
    grow(bench.site)
    go_on(bench.site)
    await bench.hold_tables()
    assert await bench.rows("SELECT * FROM unsettled") == []
    assert await bench.rows("SELECT * FROM hints") == []
    assert len(await bench.rows("SELECT * FROM marks_passed")) == 1
