"""Strategies, comments, goals and webhooks on the real broker and database, with a site that only remembers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Self

import httpx
import pytest
from prometheus_client import CollectorRegistry

from schemas.measurements import KeyResultMeasured
from schemas.topics import COMMENT_REQUESTS, MEASUREMENTS, STRATEGY
from schemas.work_items import Tracker
from services.connectors.app import Connected, build_app
from services.runtime.bus import Batch, Bus, Outgoing
from services.runtime.clock import SystemClock
from services.runtime.database import RoomDatabase
from services.runtime.errors import Misconfigured
from services.runtime.health import Health
from services.runtime.http import build_http
from services.runtime.progress import finish_batch
from services.runtime.room import RoomContext
from services.runtime.secrets import Secret
from services.runtime.settings import BusSettings, Settings
from services.runtime.tokens import Tokens
from services.runtime.topics import ensure_topics
from tests.connectors.comments.asking import ALLOWED, TEXT, keep_item, request, settings_with
from tests.connectors.fake_site import ADDRESS, JIRA_SECRET, FakeSite, asana_settings, rows_of, signed
from tests.connectors.goals.plans import FILLED, MEASURED, applied, goal
from tests.waiting import eventually

CLOCK = SystemClock()


@dataclass
class Running:
    """The connectors with a Jira and an Asana connection, and somebody who hears of measurements."""

    database: RoomDatabase
    settings: BusSettings
    jira: FakeSite = field(default_factory=FakeSite)
    asana: FakeSite = field(default_factory=lambda: FakeSite(Tracker.ASANA, scope_ids=()))
    measured: list[KeyResultMeasured] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bus = Bus(self.settings, "connectors", CLOCK, database=self.database)
        self.room = build_app(
            RoomContext(Settings(bus=self.settings), CLOCK, self.database, self.bus),
            connections=[
                Connected(settings_with(**ALLOWED), self.jira.client(), Secret(JIRA_SECRET)),
                Connected(asana_settings(), self.asana.client()),
            ],
        )
        self.listener = Bus(self.settings, "detector", CLOCK, database=self.database)
        self.listener.subscribe([MEASUREMENTS], self._measured)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        await ensure_topics(self.settings)
        await self.room.start()
        await self.listener.start()

    async def stop(self) -> None:
        await self.room.stop()
        await self.listener.stop()
        await self.bus.stop()

    async def _measured(self, batch: Batch) -> None:
        self.measured += [KeyResultMeasured.read(record.value or b"") for record in batch.of(KeyResultMeasured)]
        async with self.database.transaction() as conn:
            await finish_batch(conn, self.listener, batch)


@pytest.fixture
async def running(room: RoomDatabase, bus_settings: BusSettings) -> AsyncIterator[Running]:
    async with Running(room, bus_settings) as made:
        yield made


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


async def test_the_keeper_makes_webhooks_and_what_they_tell_is_fetched(running: Running, room: RoomDatabase) -> None:
    await eventually(lambda: running.jira.registered)
    (hook,) = running.jira.registered.values()

    async def health() -> Health:
        return Health()

    app = build_http(Tokens(room, CLOCK), health, CollectorRegistry(), running.room.routers())
    body = b'{"changed": ["1"]}'
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS) as http:
        assert (await http.post(hook.target, content=body, headers=signed(body))).status_code == 200

    async def is_answered() -> bool:
        return "fetch" in running.jira.calls and await rows_of(room, "SELECT * FROM hints") == []

    await eventually(is_answered)


async def test_webhooks_that_do_not_work_are_a_reason_and_the_reading_goes_on(
    room: RoomDatabase, bus_settings: BusSettings
) -> None:
    refused = FakeSite(failures={"create_hook": [Misconfigured("This token may not register webhooks.")]})

    async def is_told() -> bool:
        query = "SELECT report FROM connection_states WHERE connection = 'main' AND opened_at IS NOT NULL"
        reports = [str(report) for (report,) in await rows_of(room, query)]
        return any('"state":"degraded"' in report and "may not register" in report for report in reports)

    async with Running(room, bus_settings, jira=refused):
        await eventually(is_told)


async def test_a_connection_that_another_process_holds_is_left_to_it(
    room: RoomDatabase, bus_settings: BusSettings
) -> None:
    await keep_item(room)
    asked, again = request(), request(text="Five days.", after=1)
    async with Running(room, bus_settings) as first:
        await eventually(lambda: first.jira.registered)
        second = Running(room, bus_settings, jira=FakeSite(left=first.jira.left))
        await second.room.start()
        await first.bus.publish([Outgoing(COMMENT_REQUESTS, asked.ref, first.bus.event(asked, id="request-1"))])
        await eventually(lambda: first.jira.left)
    event = second.bus.event(again, id="request-2")
    await second.bus.publish([Outgoing(COMMENT_REQUESTS, asked.ref, event)])
    await eventually(lambda: "Five days." in str(second.jira.left))
    assert second.jira.calls.count("add_comment") == 0
    assert len(second.jira.left["1"]) == 1
    await second.room.stop()
    await second.bus.stop()
