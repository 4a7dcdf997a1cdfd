"""The room on the real broker: findings in, signed webhooks out, and the news of it on `leeway.alerts`."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from schemas.findings import FindingChanged
from schemas.marks import FlowMark, MarkKind
from schemas.topics import FINDINGS
from services.runtime.bus import Bus, Outgoing
from services.runtime.clock import SystemClock
from services.runtime.database import Database
from services.runtime.settings import BusSettings
from services.runtime.topics import ensure_topics
from tests.notifier.benches import Bench, numbered, receiver_of
from tests.notifier.findings import NOON, opened, resolved
from tests.receiver import Answer, Collector, at_first
from tests.waiting import eventually


@dataclass
class Detector:
    """Whoever writes findings."""

    bus: Bus

    async def say(self, *changes: FindingChanged) -> None:
        await self.bus.publish(
            [
                Outgoing(FINDINGS, one.finding.fingerprint, self.bus.event(one, id=f"finding:{one.revision}"))
                for one in changes
            ]
        )

    async def mark(self, name: str) -> None:
        await self.bus.publish_mark(FINDINGS, FlowMark(id=name, kind=MarkKind.DRAIN, sent_at=NOON))


@pytest.fixture
async def detector(bus_settings: BusSettings) -> AsyncIterator[Detector]:
    await ensure_topics(bus_settings)
    bus = Bus(bus_settings, "detector", SystemClock())
    yield Detector(bus)
    await bus.stop()


@asynccontextmanager
async def running(database: Database, settings: BusSettings, collector: Collector) -> AsyncIterator[Bench]:
    bench = Bench(database, [receiver_of(collector)], bus_settings=settings)
    await bench.app.start()
    await bench.bus.start()
    try:
        yield bench
    finally:
        await bench.app.stop()
        await bench.bus.stop()


async def wait_until_through(bench: Bench, mark: str) -> None:
    """Wait for what `replay` waits for: the mark has been seen, and nothing is left."""

    async def is_through() -> bool:
        progress = await bench.app.progress()
        return mark in progress.marks and not any(progress.pending.values())

    check: Callable[[], bool | Awaitable[bool]] = is_through
    await eventually(check, within=30)


async def test_findings_become_signed_webhooks_and_news(
    tables: Database, bus_settings: BusSettings, collector: Collector, detector: Detector
) -> None:
    collector.script = at_first(3, Answer(503))
    await detector.say(*(numbered(opened(number), number) for number in range(1, 21)))
    await detector.say(numbered(resolved(30), 7))
    await detector.mark("drain-1")
    async with running(tables, bus_settings, collector) as bench:
        await wait_until_through(bench, "drain-1")
        assert await bench.counts() == (21, 0, 0)
    assert len(collector.effects) == 21
    assert collector.refused == []


async def test_a_restart_goes_on_where_it_was_and_repeats_nothing(
    tables: Database, bus_settings: BusSettings, collector: Collector, detector: Detector
) -> None:
    await detector.say(opened(1))
    await detector.mark("drain-1")
    async with running(tables, bus_settings, collector) as bench:
        await wait_until_through(bench, "drain-1")
    await detector.say(opened(1), resolved(2))
    await detector.mark("drain-2")
    async with running(tables, bus_settings, collector) as bench:
        await wait_until_through(bench, "drain-2")
    assert [delivery.body["type"] for delivery in collector.deliveries] == ["finding.opened", "finding.resolved"]


async def test_the_room_can_be_stopped_and_started_again(
    tables: Database, bus_settings: BusSettings, collector: Collector, detector: Detector
) -> None:
    """As the host does when the broker came back with nothing."""
    async with running(tables, bus_settings, collector) as bench:
        await bench.app.stop()
        await bench.bus.stop()
        await detector.say(opened(1))
        await bench.app.start()
        await bench.bus.start()
        await collector.wait_for(lambda it: len(it.effects) == 1)
