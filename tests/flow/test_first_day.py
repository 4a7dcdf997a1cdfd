"""The quiet first day: a grown site read for the first time is told in one digest, what comes after in alerts."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from services.connectors.app import Connectors
from services.detector import queries
from services.runtime.clock import HeldClock, SystemClock
from services.runtime.database import Database
from services.runtime.embedded import Endpoints
from services.runtime.host import Host
from services.runtime.migrations import migrate
from services.runtime.settings import BusSettings
from services.sandbox.server import SandboxOptions, sandbox
from services.sandbox.strategy import ASANA_SITE, JIRA_SITE
from tests.flow.live_rooms import rooms
from tests.receiver import Collector
from tests.waiting import eventually

TODAY = datetime(2026, 6, 26, 17, 0, tzinfo=UTC)
WITHIN = 120.0
PACE = {"poll_seconds": 1.0, "data_gap_minutes": 43_200}


@pytest.fixture
async def receiver() -> AsyncIterator[Collector]:
    collector = await Collector().start()
    yield collector
    await collector.stop()


async def quiet(host: Host, mark: str) -> None:
    """Have everything read that there is, and wait until all of it is judged and told."""
    room = host.rooms[0]
    assert isinstance(room, Connectors)
    for name in (JIRA_SITE, ASANA_SITE):
        await room.sync_now(name)
    await room.send_drain(mark)

    async def is_over() -> bool:
        stands = {one.name: await one.progress() for one in host.rooms}
        passed = all(mark in stands[name].marks for name in ("mapper", "detector", "notifier"))
        return passed and not any(count for one in stands.values() for count in one.pending.values())

    await eventually(is_over, WITHIN)


@pytest.mark.flow
async def test_a_grown_site_is_told_in_a_digest_and_what_comes_after_in_alerts(
    endpoints: Endpoints, database_prefix: str, database: Database, bus_settings: BusSettings, receiver: Collector
) -> None:
    await asyncio.to_thread(migrate, str(endpoints.database_url), database_prefix)
    clock = HeldClock(TODAY)
    async with (
        sandbox(SandboxOptions(today=TODAY), SystemClock()) as world,
        rooms(world, bus_settings, database, receiver, clock, PACE) as host,
    ):
        await quiet(host, "drain:first")
        standing = await queries.list_findings(database.room("detector"), TODAY)
        digests = [effect for effect in receiver.effects.values() if effect["type"] == "digest.opened"]
        assert len(standing) > 5
        assert len(receiver.effects) == len(digests) == 2
        assert sum(digest["data"]["total"] for digest in digests) == len(standing)
        clock.move_to(TODAY + timedelta(days=12))
        await world.time.move_to(TODAY + timedelta(days=12))
        await quiet(host, "drain:later")
    kinds = Counter(effect["type"] for effect in receiver.effects.values())
    assert kinds["digest.opened"] == 2
    assert kinds["finding.opened"] > 0
    assert receiver.refused == []
