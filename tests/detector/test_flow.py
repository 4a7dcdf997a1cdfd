"""The detector over the real broker: batches, poison, marks, two processes, and a broker that has forgotten."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from schemas.aligned_items import ItemAligned
from schemas.findings import FindingChanged
from schemas.marks import FlowMark, MarkKind
from schemas.measurements import KeyResultMeasured
from schemas.strategy import StrategyApplied
from schemas.topics import ALIGNED_ITEMS, CHANGES, FINDINGS, JIRA_CHANGES, MEASUREMENTS, STRATEGY, Topic
from schemas.work_items import WorkItemChange
from services.detector import queries
from services.detector.app import Detector, build_app
from services.runtime.bus import Bus, Outgoing
from services.runtime.clock import HeldClock
from services.runtime.database import RoomDatabase
from services.runtime.health import Health
from services.runtime.http import build_http
from services.runtime.parking import list_parked
from services.runtime.room import RoomContext
from services.runtime.settings import BusSettings, Settings
from services.runtime.tokens import Role, Token, Tokens
from services.runtime.topics import ensure_topics
from services.runtime.wipes import begin_anew, was_wiped
from tests.builders import ref_of
from tests.detector.past import IN_PROGRESS, TODO, change, kept, moves, topic_of
from tests.detector.room import STARTED, Room
from tests.detector.test_order import STRATEGY as RULED
from tests.detector.test_order import expected, histories
from tests.waiting import eventually

WITHIN = 40.0
MARK_TOPICS = (*CHANGES.values(), ALIGNED_ITEMS)


class Flow:
    """A stranger who writes what the mapper and the command line write, and reads the findings."""

    def __init__(self, settings: BusSettings) -> None:
        self.settings = settings
        self.clock = HeldClock(STARTED)
        self.bus = Bus(settings, "mapper", self.clock)

    async def begin(self) -> None:
        await ensure_topics(self.settings)
        applied = StrategyApplied(version=1, revision=1, author="ana", applied_at=STARTED, strategy=RULED)
        await self.bus.publish([Outgoing(STRATEGY, "strategy", self.bus.event(applied, id="s1"))])

    async def publish(self, stream: Sequence[ItemAligned]) -> None:
        await self.bus.publish(
            [Outgoing(ALIGNED_ITEMS, one.item.ref, self.bus.event(one, id=f"i{one.revision}")) for one in stream]
        )

    async def tell(self, changes: Sequence[WorkItemChange]) -> None:
        """Publish changes as the connectors do."""
        await self.bus.publish(
            [Outgoing(topic_of(one), one.ref, self.bus.event(one, id=one.change_id)) for one in changes]
        )

    async def measure(self, *measured: KeyResultMeasured) -> None:
        await self.bus.publish(
            [Outgoing(MEASUREMENTS, one.key_result, self.bus.event(one, id=str(one.value))) for one in measured]
        )

    async def mark(self, name: str, kind: MarkKind, topics: Sequence[Topic] = MARK_TOPICS) -> None:
        """Send a mark as the connectors and then the mapper do."""
        mark = FlowMark(id=name, kind=kind, sent_at=STARTED)
        for topic in topics:
            await self.bus.publish_mark(topic, mark)

    async def findings(self) -> list[bytes]:
        """Return what stands on the topic of findings, marks too."""
        name = self.settings.topic_prefix + FINDINGS.name
        consumer = AIOKafkaConsumer(
            name, bootstrap_servers=self.settings.bootstrap_servers, auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            ends = await consumer.end_offsets(list(consumer.assignment()))
            read: list[bytes] = []
            while sum(ends.values()) > len(read):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    read.extend(record.value or b"" for record in records)
            return read
        finally:
            await consumer.stop()


@asynccontextmanager
async def detectors(settings: BusSettings, database: RoomDatabase, count: int = 1) -> AsyncIterator[list[Detector]]:
    """Run detectors as so many processes would."""
    clock = HeldClock(STARTED)
    buses = [Bus(settings, "detector", clock, database=database) for _ in range(count)]
    running = [build_app(RoomContext(Settings.from_env({}), clock, database, bus), max_records=20) for bus in buses]
    await asyncio.gather(*(one.start() for one in running))
    try:
        yield running
    finally:
        await asyncio.gather(*(one.stop() for one in running))
        await asyncio.gather(*(bus.stop() for bus in buses))


def passed(detector: Detector, mark: str) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        progress = await detector.progress()
        return mark in progress.marks and not any(progress.pending.values())

    return check


async def held(database: RoomDatabase) -> dict[str, object]:
    found = await queries.list_findings(database, STARTED)
    return {one.fingerprint: (one.rule, one.severity, one.team, one.objective, one.evidence) for one in found}


async def test_two_detectors_in_one_group_come_to_the_plain_worlds_findings(
    bus_settings: BusSettings, detector_database: RoomDatabase
) -> None:
    settings = bus_settings.model_copy(update={"groups": True})
    flow, stream = Flow(settings), histories(Random(3), 60)  # noqa: S311 -- repeatable
    await flow.begin()
    async with detectors(settings, detector_database, 2) as running:
        await flow.publish([one.model_copy(update={"flow": "load"}) for one in stream])
        await flow.mark("load", MarkKind.IMPORT)
        await flow.mark("drain", MarkKind.DRAIN)
        await eventually(passed(running[0], "drain"), WITHIN)
    await flow.bus.stop()
    assert await held(detector_database) == expected(stream)


async def test_poison_is_parked_and_blocks_nobody(bus_settings: BusSettings, detector_database: RoomDatabase) -> None:
    flow, stream = Flow(bus_settings), histories(Random(4), 20)  # noqa: S311 -- repeatable
    await flow.begin()
    poison = flow.bus.event(stream[0], id="p", body=b'{"item": {}}')
    async with detectors(bus_settings, detector_database) as running:
        await flow.bus.publish([Outgoing(ALIGNED_ITEMS, stream[0].item.ref, poison)])
        await flow.publish(stream)
        await flow.mark("drain", MarkKind.DRAIN)
        await eventually(passed(running[0], "drain"), WITHIN)
    await flow.bus.stop()
    assert await held(detector_database) == expected(stream)
    assert [one.reason[:15] for one in await list_parked(detector_database)] == ["invalid-payload"]


async def test_findings_are_seeded_again_as_they_were(
    bus_settings: BusSettings, detector_database: RoomDatabase
) -> None:
    flow, stream = Flow(bus_settings), histories(Random(5), 30)  # noqa: S311 -- repeatable
    await flow.begin()
    async with detectors(bus_settings, detector_database) as running:
        await flow.publish(stream)
        await flow.mark("drain", MarkKind.DRAIN)
        await eventually(passed(running[0], "drain"), WITHIN)
        first = [body for body in await flow.findings() if b"fingerprint" in body]
        await running[0].seed()
        both = [body for body in await flow.findings() if b"fingerprint" in body]
    await flow.bus.stop()
    newest: dict[str, bytes] = {}
    for body in sorted(first, key=lambda body: FindingChanged.model_validate_json(body).revision):
        newest[FindingChanged.model_validate_json(body).finding.fingerprint] = body
    assert newest
    assert Counter(both) - Counter(first) == Counter(newest.values())


BEGUN = [change(number, f"c{number}", TODO, IN_PROGRESS, STARTED) for number in range(40)]


async def marks_at(database: RoomDatabase) -> list[tuple[object, ...]]:
    return await kept(database, "mark, topic, count(*)", "marks_seen GROUP BY mark, topic", "1, 2")


async def test_two_detectors_keep_what_happened_to_items_that_come_at_the_same_time(
    bus_settings: BusSettings, detector_database: RoomDatabase
) -> None:
    settings = bus_settings.model_copy(update={"groups": True})
    flow, stream = Flow(settings), histories(Random(8), 40)  # noqa: S311 -- repeatable
    await flow.begin()
    async with detectors(settings, detector_database, 2) as running:
        await asyncio.gather(flow.publish(stream), flow.tell(BEGUN), flow.tell(BEGUN[:20]))
        await flow.mark("drain", MarkKind.DRAIN)
        await eventually(passed(running[0], "drain"), WITHIN)
    await flow.bus.stop()
    assert await held(detector_database) == expected(stream)
    known = sorted({one.item.ref for one in stream})
    assert await moves(detector_database) == [(ref, STARTED, None) for ref in known]


@pytest.mark.parametrize("late", MARK_TOPICS, ids=lambda topic: topic.name)
async def test_a_loads_mark_waits_for_its_last_topic_over_a_restart(
    bus_settings: BusSettings, detector_database: RoomDatabase, late: Topic
) -> None:
    flow, stream = Flow(bus_settings), histories(Random(9), 10)  # noqa: S311 -- repeatable
    await flow.begin()
    await flow.publish([one.model_copy(update={"flow": "load"}) for one in stream])
    await flow.mark("load", MarkKind.IMPORT, [topic for topic in MARK_TOPICS if topic is not late])
    early = sorted(("load", topic.name, 4) for topic in MARK_TOPICS if topic is not late)

    async def seen() -> bool:
        return await marks_at(detector_database) == early

    async with detectors(bus_settings, detector_database):
        await eventually(seen, WITHIN)
        assert await held(detector_database) == {}
    async with detectors(bus_settings, detector_database) as running:
        await flow.mark("load", MarkKind.IMPORT, [late])
        await eventually(passed(running[0], "load"), WITHIN)
    await flow.bus.stop()
    assert await held(detector_database) == expected(stream)


async def test_a_strategys_mark_comes_from_the_mapper_alone(
    bus_settings: BusSettings, detector_database: RoomDatabase
) -> None:
    flow = Flow(bus_settings)
    await flow.begin()
    async with detectors(bus_settings, detector_database) as running:
        await flow.mark("strategy:1", MarkKind.STRATEGY, [ALIGNED_ITEMS])
        await eventually(passed(running[0], "strategy:1"), WITHIN)
    await flow.bus.stop()


async def test_a_mark_that_was_half_seen_when_the_broker_forgot_is_seen_again_from_the_start(
    bus_settings: BusSettings, detector_database: RoomDatabase
) -> None:
    """What was seen on one topic before says nothing of what is on it now; all of it is sent again."""
    flow, stream = Flow(bus_settings), histories(Random(10), 10)  # noqa: S311 -- repeatable
    await flow.begin()
    await flow.publish(stream)
    await flow.mark("load", MarkKind.IMPORT, tuple(CHANGES.values()))

    async def half_seen() -> bool:
        return len(await marks_at(detector_database)) == len(CHANGES)

    async with detectors(bus_settings, detector_database):
        await eventually(half_seen, WITHIN)
    await flow.bus.stop()
    anew = bus_settings.model_copy(update={"topic_prefix": bus_settings.topic_prefix + "anew."})
    again, bus = Flow(anew), Bus(anew, "detector", HeldClock(STARTED), database=detector_database)
    await again.begin()
    assert await was_wiped(detector_database, bus)
    await begin_anew(detector_database, bus)
    await bus.stop()
    async with detectors(anew, detector_database) as running:
        await again.mark("load", MarkKind.IMPORT, [ALIGNED_ITEMS])
        await again.publish(stream)
        await again.mark("other", MarkKind.DRAIN)
        await eventually(passed(running[0], "other"), WITHIN)
        assert not await passed(running[0], "load")()
        await again.mark("load", MarkKind.IMPORT, tuple(CHANGES.values()))
        await eventually(passed(running[0], "load"), WITHIN)
    await again.bus.stop()
    assert await held(detector_database) == expected(stream)


async def test_bad_changes_and_bad_measurements_are_parked_and_block_nobody(
    bus_settings: BusSettings, detector_database: RoomDatabase
) -> None:
    flow = Flow(bus_settings)
    await flow.begin()
    good = KeyResultMeasured(key_result="key-result:easy/paid", measured_at=STARTED, source="s", value=0.5)
    bad = flow.bus.event(BEGUN[1], id="p", body=b'{"ref": "nowhere"}')
    async with detectors(bus_settings, detector_database) as running:
        await flow.bus.publish([Outgoing(JIRA_CHANGES, ref_of(1), bad)])
        await flow.tell(BEGUN[:3])
        await flow.measure(good.model_copy(update={"confidence": 7.0}), good)
        await flow.mark("drain", MarkKind.DRAIN)
        await eventually(passed(running[0], "drain"), WITHIN)

        async def measured() -> bool:
            return bool(await kept(detector_database, "value", "measurements", "1"))

        await eventually(measured, WITHIN)
    await flow.bus.stop()
    reasons = sorted(one.reason for one in await list_parked(detector_database))
    assert [reason.partition(":")[0] for reason in reasons] == ["invalid-payload"] * 2
    assert "confidence" in reasons[0]
    assert len(await kept(detector_database, "ref", "changes", "1")) == 3


class KnownTokens(Tokens):
    """One token of each role, called by the role's name."""

    def __init__(self) -> None:
        pass

    async def find(self, token: str) -> Token | None:
        return Token(1, token, Role(token), STARTED, None, None, None) if token in set(Role) else None


def http(database: RoomDatabase) -> FastAPI:
    async def check() -> Health:
        return Health()

    return build_http(KnownTokens(), check, CollectorRegistry(), [queries.build_router(database, HeldClock(STARTED))])


async def test_findings_are_read_over_http_by_viewers(detector_database: RoomDatabase) -> None:
    room = Room(detector_database)
    await room.apply(RULED)
    await room.store(*histories(Random(6), 30))  # noqa: S311 -- repeatable
    await room.settle()
    known = await room.findings()
    transport = httpx.ASGITransport(http(detector_database))
    async with httpx.AsyncClient(transport=transport, base_url="http://leeway") as client:
        assert (await client.get("/findings")).status_code == 401
        client.headers["authorization"] = "Bearer viewer"
        assert len((await client.get("/findings")).json()) == len(known)
        wanted = known[0]
        some = (await client.get("/findings", params={"rule": wanted.rule, "severity": wanted.severity.value})).json()
        assert {one["rule"] for one in some} == {wanted.rule}
        assert (await client.get(f"/findings/{wanted.fingerprint[:12]}")).json()["fingerprint"] == wanted.fingerprint
        assert (await client.get("/findings/ab")).status_code == 404
        assert (await client.get("/findings", params={"severity": "huge"})).status_code == 422
