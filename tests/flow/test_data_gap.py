"""A site that answers nobody: the gap is told, its findings become unknown, and both end when it answers again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.findings import FindingState
from services.detector import queries
from services.detector.queries import FindingFilter
from services.runtime.clock import SystemClock
from services.runtime.database import Database
from services.runtime.embedded import Endpoints
from services.runtime.migrations import migrate
from services.runtime.settings import BusSettings
from services.sandbox.fault_kinds import Fault, FaultKind
from services.sandbox.server import SandboxOptions, sandbox
from services.sandbox.strategy import JIRA_SITE
from tests.flow.live_rooms import rooms
from tests.receiver import Collector
from tests.waiting import eventually

TODAY = datetime(2026, 6, 26, 17, 0, tzinfo=UTC)
WITHIN = 60.0
PACE = {"poll_seconds": 0.5, "data_gap_minutes": 0.2}


@pytest.fixture
async def receiver() -> AsyncIterator[Collector]:
    collector = await Collector().start()
    yield collector
    await collector.stop()


@pytest.mark.flow
async def test_a_site_that_does_not_answer_is_told_and_recovers(
    endpoints: Endpoints, database_prefix: str, database: Database, bus_settings: BusSettings, receiver: Collector
) -> None:
    await asyncio.to_thread(migrate, str(endpoints.database_url), database_prefix)
    clock = SystemClock()

    async def gaps() -> set[str]:
        found = await queries.list_findings(database.room("detector"), clock.now(), FindingFilter(rule="data-gap"))
        return {one.subjects[0].ref for one in found}

    async def unknown() -> set[str]:
        wanted = FindingFilter(state=FindingState.UNKNOWN)
        found = await queries.list_findings(database.room("detector"), clock.now(), wanted)
        return {one.subjects[0].ref.split(":")[1] for one in found if one.subjects[0].ref.startswith("jira:")}

    async with (
        sandbox(SandboxOptions(today=TODAY), clock) as world,
        rooms(world, bus_settings, database, receiver, clock, PACE),
    ):
        await eventually(lambda: _has_digests(receiver, 2), WITHIN)
        world.jira_faults.switch_on(Fault(kind=FaultKind.UNAVAILABLE))
        await eventually(lambda: _holds(gaps, f"connection:{JIRA_SITE}"), WITHIN)
        await eventually(lambda: _holds(unknown, JIRA_SITE), WITHIN)
        world.jira_faults.clear()
        await eventually(lambda: _equals(gaps, set()), WITHIN)
        await eventually(lambda: _equals(unknown, set()), WITHIN)
        await eventually(lambda: _told(receiver)[:2] == ["finding.opened", "finding.resolved"], WITHIN)


def _told(receiver: Collector) -> list[str]:
    """What was told of the Jira site, in order; on a machine under load the other one may have its gap too."""
    gaps = [one for one in receiver.effects.values() if _is_gap(one)]
    return [one["type"] for one in gaps if one["data"]["finding"]["subjects"][0]["ref"] == f"connection:{JIRA_SITE}"]


def _is_gap(effect: dict[str, Any]) -> bool:
    return bool(effect["data"].get("finding", {}).get("rule") == "data-gap")


def _has_digests(receiver: Collector, count: int) -> bool:
    return [one["type"] for one in receiver.effects.values()].count("digest.opened") == count


async def _holds(ask: Callable[[], Awaitable[set[str]]], wanted: str) -> bool:
    return wanted in await ask()


async def _equals(ask: Callable[[], Awaitable[set[str]]], wanted: set[str]) -> bool:
    found = await ask()
    assert found == wanted
    return True
