"""The host seeds a room when the broker has forgotten, and only then; it starts, restarts and stops rooms together."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import APIRouter

from schemas.topics import FINDINGS
from services.runtime.bus import Batch
from services.runtime.clock import SystemClock
from services.runtime.database import Database
from services.runtime.embedded import Endpoints
from services.runtime.host import Host, run_rooms
from services.runtime.migrations import migrate
from services.runtime.progress import finish_batch, store_ends, store_positions
from services.runtime.room import Progress, RoomContext
from services.runtime.settings import BusSettings, HttpSettings, Settings
from services.runtime.wipes import was_wiped
from tests.runtime.benches import event, make_tables
from tests.waiting import eventually


class Writer:
    """A room that publishes what it has in its table, here a list, and reads it back."""

    name = "mapper"

    def __init__(self, context: RoomContext) -> None:
        self.context = context
        self.calls: list[str] = []
        self.seen: list[str | None] = []
        self.state: list[str] = []
        context.bus.subscribe([FINDINGS], self.handle)

    async def handle(self, batch: Batch) -> None:
        async with self.context.database.transaction() as conn:
            await finish_batch(conn, self.context.bus, batch)
        self.seen.extend(record.key for record in batch.records)

    async def write(self, key: str) -> None:
        self.state.append(key)
        await self.context.bus.publish([event(key, topic=FINDINGS)])
        async with self.context.database.transaction() as conn:
            await store_ends(conn, self.context.bus)

    async def start(self) -> None:
        self.calls.append("start")

    async def stop(self) -> None:
        self.calls.append("stop")

    async def close(self) -> None:
        self.calls.append("close")

    async def seed(self) -> None:
        self.calls.append("seed")
        await self.context.bus.publish([event(key, topic=FINDINGS) for key in self.state])

    async def progress(self) -> Progress:
        return Progress()

    def routers(self) -> tuple[APIRouter, ...]:
        return ()


@asynccontextmanager
async def hosted(database: Database, bus: BusSettings) -> AsyncIterator[tuple[Host, Writer]]:
    host = Host(Settings(), bus, database, SystemClock())
    rooms: list[Writer] = []

    def build(context: RoomContext) -> Writer:
        rooms.append(Writer(context))
        return rooms[0]

    host.add("mapper", build)
    try:
        yield host, rooms[0]
    finally:
        await host.stop()


async def test_a_first_start_and_a_restart_on_the_same_broker_seed_nothing(
    database: Database, bus_settings: BusSettings
) -> None:
    await make_tables(database.room("mapper"))
    async with hosted(database, bus_settings) as (host, room):
        await host.start()
        await room.write("f1")
        await eventually(lambda: room.seen == ["f1"])
        await host.stop()
        await host.start()
        await room.write("f2")
        await eventually(lambda: room.seen == ["f1", "f2"])
        assert room.calls == ["start", "stop", "start"]


async def test_a_broker_of_another_epoch_is_seeded_before_the_room_starts(
    database: Database, bus_settings: BusSettings
) -> None:
    await make_tables(database.room("mapper"))
    async with hosted(database, bus_settings) as (host, room):
        await host.start()
        await room.write("f1")
        await eventually(lambda: room.seen == ["f1"])
        again = bus_settings.model_copy(update={"epoch": "another", "topic_prefix": bus_settings.topic_prefix + "b."})
        await host.restart(again)
        assert room.calls == ["start", "stop", "seed", "start"]
        await eventually(lambda: room.seen == ["f1", "f1"])
        assert not await was_wiped(room.context.database, room.context.bus)


async def test_a_second_wipe_is_noticed_although_only_the_seeding_was_published_between(
    database: Database, bus_settings: BusSettings
) -> None:
    await make_tables(database.room("mapper"))
    async with hosted(database, bus_settings) as (host, room):
        await host.start()
        await room.write("f1")
        for epoch in ("second", "third"):
            await host.restart(
                bus_settings.model_copy(update={"epoch": epoch, "topic_prefix": f"{bus_settings.topic_prefix}{epoch}."})
            )
        assert room.calls.count("seed") == 2


@pytest.mark.parametrize("lost", ["position", "acknowledged end"])
async def test_offsets_beyond_the_end_of_a_topic_are_a_wipe_whatever_the_epoch(
    database: Database, bus_settings: BusSettings, lost: str
) -> None:
    await make_tables(database.room("mapper"))
    async with hosted(database, bus_settings) as (host, room):
        await host.start()
        await room.write("f1")
        await eventually(lambda: room.seen)
        assert not await was_wiped(room.context.database, room.context.bus)
        if lost == "position":
            async with room.context.database.transaction() as conn:
                await store_positions(conn, bus_settings.epoch, {(FINDINGS.name, 3): 99})
        else:
            other = bus_settings.model_copy(update={"topic_prefix": bus_settings.topic_prefix + "empty."})
            room.context.bus.move_to(other)
        assert await was_wiped(room.context.database, room.context.bus)


async def test_the_process_serves_health_and_ends_on_sigterm(
    database: Database, bus_settings: BusSettings, endpoints: Endpoints, database_prefix: str
) -> None:
    assert endpoints.database_url is not None
    await make_tables(database.room("mapper"))
    migrate(endpoints.database_url, database_prefix, ["runtime"])
    settings = Settings(http=HttpSettings(port=0))
    rooms: list[Writer] = []
    hosts: list[Host] = []

    def build(context: RoomContext) -> Writer:
        rooms.append(Writer(context))
        return rooms[0]

    running = asyncio.create_task(
        run_rooms([("mapper", build)], settings, bus_settings, database, SystemClock(), on_host=hosts.append)
    )
    await eventually(lambda: rooms and rooms[0].calls == ["start"])
    await eventually(lambda: rooms[0].context.bus.broker)
    assert hosts
    address = await eventually(lambda: hosts[0].address)
    async with httpx.AsyncClient() as http:
        await eventually(lambda: _is_ready(http, address))
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 20)
    assert rooms[0].calls == ["start", "stop", "close"], "what a restart keeps is let go of at the end"


async def _is_ready(http: httpx.AsyncClient, address: str) -> bool:
    return (await http.get(f"{address}/health/ready")).status_code == 200
