"""Rules of the whole room on the real broker: connections stand by themselves, and processes share them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from schemas.connections import ConnectionReported, ConnectionState
from schemas.topics import CONNECTIONS, JIRA_WORK_ITEMS
from services.connectors import working
from services.connectors.app import Connected, Connectors, build_app
from services.connectors.hints import add_hints
from services.connectors.queries import connection_standings
from services.runtime.bus import Bus
from services.runtime.clock import SystemClock
from services.runtime.database import RoomDatabase
from services.runtime.errors import LeewayError, Misconfigured, Transient
from services.runtime.room import Closing, RoomContext
from services.runtime.settings import BusSettings, Settings
from services.runtime.topics import ensure_topics
from services.runtime.wipes import end_offsets
from tests.connectors.sync.bench import settings
from tests.connectors.sync.fake_tracker import FakeClient, FakeSite, as_client
from tests.waiting import eventually

PACE = {"pace": {"poll_seconds": 0.05}}


def connected(name: str, count: int = 5, **fields: Any) -> tuple[Connected, FakeClient]:
    """Return a connection to a site of its own, with so many items."""
    client = FakeClient(FakeSite(), site=name)
    client.world.add(count)
    return Connected(settings(name, **(PACE | fields)), as_client(client)), client


@asynccontextmanager
async def running(room: RoomDatabase, bus_settings: BusSettings, *connections: Connected) -> AsyncIterator[Connectors]:
    """Run the room as one process would."""
    clock = SystemClock()
    bus = Bus(bus_settings, "connectors", clock, database=room)
    app = build_app(RoomContext(Settings.from_env({}), clock, room, bus), connections=connections)
    await ensure_topics(bus_settings)
    await app.start()
    try:
        yield app
    finally:
        await app.stop()
        await bus.stop()


async def is_quiet(app: Connectors) -> bool:
    """Tell whether the room has nothing to do now."""
    return not any((await app.progress()).pending.values())


async def written(bus_settings: BusSettings, topic: str) -> int:
    """Return how many records a topic has."""
    places = [(topic, at) for at in range(bus_settings.partitions)]
    return sum((await end_offsets(bus_settings, places)).values())


async def test_the_room_reads_reports_and_gets_quiet(room: RoomDatabase, bus_settings: BusSettings) -> None:
    one, client = connected("one")
    async with running(room, bus_settings, one) as app:
        assert (await app.progress()).pending["backfills"] == 1
        await eventually(lambda: is_quiet(app), 30)
        marks = (await app.progress()).marks
        assert [mark.partition(":")[0] for mark in marks] == ["opening"]
        items = await written(bus_settings, JIRA_WORK_ITEMS.name)
        assert items == 5 + bus_settings.partitions, "five items, and a mark on each partition"
        await eventually(lambda: written(bus_settings, CONNECTIONS.name))
        client.world.rename("3", "renamed")
        await app.sync_now("one")
        assert await written(bus_settings, JIRA_WORK_ITEMS.name) == items + 1
        with pytest.raises(Misconfigured, match="no connection `two`; there are: one"):
            await app.sync_now("two")


async def test_a_hint_is_answered_at_once_when_the_room_is_woken(room: RoomDatabase, bus_settings: BusSettings) -> None:
    one, client = connected("one", pace={"poll_seconds": 600})
    async with running(room, bus_settings, one) as app:
        await eventually(lambda: is_quiet(app), 30)
        client.calls.clear()
        async with room.transaction() as conn:
            await add_hints(conn, "one", changed=["3"], reason="webhook", at=SystemClock().wall())
        app.wake("one")
        await eventually(lambda: client.asked("fetch") == [("3",)])
        await eventually(lambda: is_quiet(app))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Misconfigured("the token is wrong"), "the token is wrong"),
        (
            ValueError("a bug's own words"),
            "a fault of Leeway's own, ValueError, while talking to the tracker; see the log",
        ),
        (Transient("not now", 99), "not now"),
    ],
)
async def test_a_connection_that_fails_stops_no_other(
    room: RoomDatabase, bus_settings: BusSettings, error: Exception, said: str
) -> None:
    good, _ = connected("good")
    bad, client = connected("bad")

    def fail(_: str) -> None:
        raise error

    client.before = fail
    async with running(room, bus_settings, bad, good) as app:
        await eventually(lambda: is_quiet(app), 30)
        await app.sync_now("good")
        with pytest.raises(LeewayError, match=said):
            await app.sync_now("bad")
        async with room.transaction() as conn:
            standings = await connection_standings(conn)
        reports = {name: ConnectionReported.read(one.report or "") for name, one in standings.items()}
        assert reports["good"].state is ConnectionState.CONNECTED
        assert reports["bad"].state is ConnectionState.DISCONNECTED
        assert said in (reports["bad"].reason or "")


async def test_two_processes_share_the_connections_and_one_takes_over(
    room: RoomDatabase, bus_settings: BusSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "CLAIM_SECONDS", 0.5)
    mine, theirs = [connected("one") for _ in range(2)], [connected("two") for _ in range(2)]
    async with running(room, bus_settings, mine[1][0], theirs[1][0]) as second:
        async with running(room, bus_settings, mine[0][0], theirs[0][0]) as first:
            await eventually(lambda: is_quiet(second), 30)
            assert (mine[0][1].calls, theirs[0][1].calls) == ([], []), "both were taken when the first came"
            assert await is_quiet(first), "what another process reads is not this one's to do"
            with pytest.raises(Transient, match="Another process"):
                await first.sync_now("one")
        assert mine[1][1].asked("backfill_page")
    calls = len(mine[1][1].calls)
    async with running(room, bus_settings, mine[0][0]) as third:
        await third.sync_now("one")
        assert mine[0][1].asked("backfill_page") == [], "the tables know that the first contact is over"
    assert len(mine[1][1].calls) == calls


async def test_a_room_that_is_stopped_and_started_goes_on(room: RoomDatabase, bus_settings: BusSettings) -> None:
    one, client = connected("one")
    async with running(room, bus_settings, one) as app:
        await eventually(lambda: is_quiet(app), 30)
        await app.stop()
        client.world.rename("3", "renamed")
        client.calls.clear()
        await app.start()
        await app.sync_now("one")
        assert client.asked("fetch") == [("3",)]
        assert client.asked("backfill_page") == []
        await app.stop()
        assert client.is_open, "a restart needs it"
        assert isinstance(app, Closing), "so that the host has it closed at the end"
        await app.close()
        assert not client.is_open


async def test_who_loses_its_session_stops_at_once_and_goes_on_when_it_has_it_again(
    room: RoomDatabase, bus_settings: BusSettings
) -> None:
    one, client = connected("one")
    async with running(room, bus_settings, one) as app:
        await eventually(lambda: is_quiet(app), 30)
        async with room.session() as conn:
            ours = "FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            query = f"SELECT pg_terminate_backend(pid) {ours}"
            await conn.execute(text(query))
        client.world.rename("3", "renamed")
        await eventually(lambda: is_renamed(room), 30)


async def is_renamed(room: RoomDatabase) -> bool:
    """Tell whether the third item has its new title."""
    async with room.transaction() as conn:
        body = await conn.scalar(text("SELECT body FROM snapshots WHERE ref = 'jira:one:3'"))
    return '"renamed"' in str(body)
