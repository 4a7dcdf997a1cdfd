"""The process is killed with SIGKILL between the tracker's yes and our commit, and started again."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from services.runtime.database import RoomDatabase
from services.runtime.embedded import Endpoints
from tests.connectors.comments.asking import TEXT, Desk, keep_item, request
from tests.connectors.fake_site import FakeSite, rows_of
from tests.connectors.recording import RecordingBus


async def run(endpoints: Endpoints, prefix: str, path: Path, faultpoint: str = "") -> int:
    """Run the process to its end, and return its exit code."""
    environment = {**os.environ, "LEEWAY_FAULTPOINT": faultpoint}
    arguments = (str(endpoints.database_url), prefix, str(path))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.connectors.comments.process", *arguments, env=environment
    )
    return await asyncio.wait_for(process.wait(), 60)


async def test_there_is_still_one_comment(
    endpoints: Endpoints, database_prefix: str, room: RoomDatabase, bus: RecordingBus, tmp_path: Path
) -> None:
    path = tmp_path / "comments.json"
    path.write_text("{}", encoding="utf-8")
    await keep_item(room)
    desk = Desk(room, bus, FakeSite())
    await desk.ask(request())
    assert await run(endpoints, database_prefix, path, "connectors.commented:1") == -signal.SIGKILL
    assert await rows_of(room, "SELECT state FROM comments") == [("trying",)]
    await desk.turn_time_on()
    assert await run(endpoints, database_prefix, path) == 0
    assert await rows_of(room, "SELECT state, comment FROM comments") == [("posted", "c1")]
    assert json.loads(path.read_text(encoding="utf-8")) == {"1": {"c1": f"{TEXT}\n\n(Leeway 3fa9c1)"}}
