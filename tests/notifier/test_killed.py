"""The process is killed with SIGKILL at each of the notifier's fault points, and started again on the same database."""

import asyncio
import os
import signal
import sys

import pytest

from services.runtime.database import Database
from services.runtime.embedded import Endpoints
from services.runtime.faultpoints import FAULTPOINTS
from tests.notifier.benches import Bench, receiver_of
from tests.receiver import Collector

POINTS = ("notifier.stored:1", "notifier.sent:1", "notifier.sent:2", "notifier.marked:1", "notifier.marked:2")
"""A point, and the pass of it that kills."""


async def run(endpoints: Endpoints, prefix: str, collector: Collector, faultpoint: str = "") -> int:
    """Run the process to its end, and return its exit code."""
    environment = {**os.environ, "LEEWAY_FAULTPOINT": faultpoint}
    arguments = (str(endpoints.database_url), prefix, collector.url)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.notifier.process", *arguments, env=environment
    )
    return await asyncio.wait_for(process.wait(), 60)


def test_no_point_is_left_out() -> None:
    ours = {name for name in FAULTPOINTS if name.startswith("notifier.")}
    assert {point.split(":")[0] for point in POINTS} == ours


@pytest.mark.parametrize("faultpoint", POINTS)
async def test_each_alert_has_one_webhook_id_and_one_effect(
    endpoints: Endpoints, database_prefix: str, tables: Database, collector: Collector, faultpoint: str
) -> None:
    assert await run(endpoints, database_prefix, collector, faultpoint) == -signal.SIGKILL
    assert await run(endpoints, database_prefix, collector) == 0
    bench = Bench(tables, [receiver_of(collector)])
    assert await bench.counts() == (3, 0, 0)
    assert sorted(collector.effects) == sorted(await bench.webhook_ids())
    assert max(collector.attempts.values()) <= 2, "what was under way came again once"
    if faultpoint == "notifier.stored:1":
        assert len(collector.deliveries) == 3, "nothing had been sent"
    await bench.close()
