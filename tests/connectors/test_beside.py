"""Strategies, comments, goals and webhooks on the real broker and database, with a site that only remembers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
from prometheus_client import CollectorRegistry

from schemas.measurements import KeyResultMeasured
from schemas.topics import COMMENT_REQUESTS, MEASUREMENTS, STRATEGY
from schemas.work_items import Tracker
from services.connectors.beside import RoomBeside
from services.runtime.bus import Batch, Bus, Outgoing
from services.runtime.clock import SystemClock
from services.runtime.database import RoomDatabase
from services.runtime.health import Health
from services.runtime.http import build_http
from services.runtime.progress import finish_batch
from services.runtime.relay import Relay
from services.runtime.settings import BusSettings
from services.runtime.tokens import Tokens
from services.runtime.topics import ensure_topics
from tests.connectors.comments.asking import ALLOWED, TEXT, keep_item, request, settings_with
from tests.connectors.fake_site import ADDRESS, FakeSite, linked, rows_of, signed
from tests.connectors.goals.plans import FILLED, MEASURED, applied, goal
from tests.waiting import eventually

CLOCK = SystemClock()


@dataclass
class Running:
    """The work beside the reading, in a room of its own; `ours` are the connections that may be worked on."""

    database: RoomDatabase
    settings: BusSettings
    jira: FakeSite = field(default_factory=FakeSite)
    asana: FakeSite = field(default_factory=lambda: FakeSite(Tracker.ASANA, scope_ids=()))
    ours: set[str] = field(default_factory=lambda: {"main", "marketing"})
    woken: list[str] = field(default_factory=list)
    measured: list[KeyResultMeasured] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bus = Bus(self.settings, "connectors", CLOCK, database=self.database)
        self.relay = Relay(self.database, self.bus)
        allowed = settings_with(**ALLOWED)
        sites = [linked(self.database, self.bus, self.jira, allowed), linked(self.database, self.bus, self.asana)]
        self.beside = RoomBeside(
            self.database, self.bus, sites, may_work=self.ours.__contains__, wake_reading=self.woken.append,
            wake_relay=self.relay.wake,
        )  # fmt: skip
        self.beside.subscribe()
        self.listener = Bus(self.settings, "detector", CLOCK, database=self.database)
        self.listener.subscribe([MEASUREMENTS], self._measured)

    async def start(self) -> None:
        await ensure_topics(self.settings)
        await self.bus.start()
        await self.listener.start()
        self.relay.start()
        self.beside.start()

    async def stop(self) -> None:
        await self.beside.stop()
        await self.relay.stop()
        await self.listener.stop()
        await self.bus.stop()

    async def _measured(self, batch: Batch) -> None:
        self.measured += [KeyResultMeasured.read(record.value or b"") for record in batch.of(KeyResultMeasured)]
        async with self.database.transaction() as conn:
            await finish_batch(conn, self.listener, batch)


@pytest.fixture
async def running(room: RoomDatabase, bus_settings: BusSettings) -> AsyncIterator[Running]:
    made = Running(room, bus_settings)
    await made.start()
    yield made
    await made.stop()


async def test_a_comment_that_is_asked_for_on_the_topic_is_left_once(running: Running, room: RoomDatabase) -> None:
    await keep_item(room)
    asked = request()
    event = running.bus.event(asked, id="request-1")
    await running.bus.publish([Outgoing(COMMENT_REQUESTS, asked.ref, event)] * 3)
    await eventually(lambda: running.jira.left)
    again = request(text="Five days.", after=1)
    await running.bus.publish([Outgoing(COMMENT_REQUESTS, asked.ref, running.bus.event(again, id="request-2"))])
    await eventually(lambda: running.jira.left == {"1": {"c1": "Five days.\n\n(Leeway 3fa9c1)"}})
    assert running.jira.calls.count("add_comment") == 1
    assert TEXT not in str(running.jira.left)


async def test_a_strategy_and_goals_become_measurements_on_the_topic(running: Running) -> None:
    running.asana.held_goals = [goal()]
    strategy = applied(filled="5001")
    await running.bus.publish([Outgoing(STRATEGY, "strategy", running.bus.event(strategy, id="strategy:1"))])
    await eventually(lambda: running.measured)
    (one,) = running.measured
    assert (one.key_result, one.measured_at, one.source, one.value) == (FILLED, MEASURED, "asana-goal:5001", 40.0)


async def test_the_keeper_makes_webhooks_and_their_deliveries_wake_the_reading(
    running: Running, room: RoomDatabase
) -> None:
    await eventually(lambda: running.jira.registered)
    (hook,) = running.jira.registered.values()

    async def health() -> Health:
        return Health()

    app = build_http(Tokens(room, CLOCK), health, CollectorRegistry(), running.beside.routers())
    body = b'{"changed": ["1"]}'
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS) as http:
        assert (await http.post(hook.target, content=body, headers=signed(body))).status_code == 200
    assert running.woken == ["main"]


async def test_a_connection_that_is_not_ours_is_left_alone_until_it_is(
    room: RoomDatabase, bus_settings: BusSettings
) -> None:
    running = Running(room, bus_settings)
    running.ours.clear()
    await keep_item(room)
    await running.start()
    asked = request()
    await running.bus.publish([Outgoing(COMMENT_REQUESTS, asked.ref, running.bus.event(asked, id="request-1"))])

    async def is_stored() -> bool:
        return await rows_of(room, "SELECT state FROM comments") == [("waiting",)]

    await eventually(is_stored)
    assert running.jira.calls == running.asana.calls == []
    running.ours.add("main")
    await eventually(lambda: running.jira.left)
    assert running.asana.calls == []
    await running.stop()


async def test_without_connections_nothing_is_read_and_nothing_is_served(
    room: RoomDatabase, bus_settings: BusSettings
) -> None:
    bus = Bus(bus_settings, "connectors", CLOCK, database=room)
    idle = RoomBeside(
        room, bus, [], may_work=lambda _: True, wake_reading=lambda _: None, wake_relay=lambda: None
    )  # fmt: skip
    idle.subscribe()
    assert bus.subscriptions == ()
    assert idle.routers() == ()
