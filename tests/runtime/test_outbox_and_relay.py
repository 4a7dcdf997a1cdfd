"""What a transaction wants published is published after it, in order, by one relay of the room, and not before."""

import asyncio
import os
import signal
import sys

import pytest

from schemas.marks import FlowMark, MarkKind
from schemas.topics import FINDINGS
from services.runtime.clock import SystemClock
from services.runtime.database import Database
from services.runtime.errors import Transient
from services.runtime.outbox import add_mark_to_outbox, add_to_outbox, oldest_seconds, outbox_size
from services.runtime.relay import Relay
from services.runtime.settings import BusSettings
from tests.runtime.benches import Bench, bench, event
from tests.waiting import eventually

MARK = FlowMark(id="drain-1", kind=MarkKind.DRAIN, sent_at=SystemClock().wall())


async def add(room: Bench, *keys: str) -> None:
    async with room.room.transaction() as conn:
        await add_to_outbox(conn, [event(key, topic=FINDINGS) for key in keys])


async def size(room: Bench) -> int:
    async with room.room.transaction() as conn:
        return await outbox_size(conn)


async def test_committed_rows_are_published_in_order_and_removed(database: Database, bus_settings: BusSettings) -> None:
    async with bench(database, bus_settings, topics=(FINDINGS,)) as room:
        relay = Relay(room.room, room.bus)
        relay.start()
        for start in range(0, 1200, 300):
            async with room.room.transaction() as conn:
                await add_to_outbox(
                    conn, [event(f"f{n % 5}", topic=FINDINGS, body=b"%d" % n) for n in range(start, start + 300)]
                )
            relay.wake()
        await eventually(lambda: len(room.seen) == 1200)
        for key in {record.key for record in room.seen}:
            numbers = [int(record.value or b"") for record in room.seen if record.key == key]
            assert numbers == sorted(numbers)
        assert await size(room) == 0
        await relay.stop()
        assert await room.rows("SELECT sum(next_offset) FROM bus_ends") == [(1200,)]


async def test_rolled_back_rows_are_never_published(database: Database, bus_settings: BusSettings) -> None:
    async with bench(database, bus_settings, topics=(FINDINGS,)) as room:
        with pytest.raises(ValueError, match="no"):  # noqa: PT012 -- what comes before the error is the point
            async with room.room.transaction() as conn:
                await add_to_outbox(conn, [event("f1", topic=FINDINGS)])
                raise ValueError("no")
        await add(room, "f2")
        relay = Relay(room.room, room.bus)
        relay.start()
        await eventually(lambda: room.seen)
        assert room.keys == ["f2"]
        await relay.stop()


async def test_a_mark_follows_everything_before_it_on_every_partition(
    database: Database, bus_settings: BusSettings
) -> None:
    async with bench(database, bus_settings, topics=(FINDINGS,)) as room:
        async with room.room.transaction() as conn:
            await add_to_outbox(conn, [event(f"f{n}", topic=FINDINGS) for n in range(50)])
            await add_mark_to_outbox(conn, room.bus, FINDINGS, MARK)
            await add_to_outbox(conn, [event("later", topic=FINDINGS)])
        relay = Relay(room.room, room.bus)
        relay.start()
        await eventually(lambda: len(room.seen) == 55)
        await relay.stop()
        for partition in range(4):
            keys = [record.key for record in room.seen if record.partition == partition]
            assert keys.index("mark:drain-1") == len([key for key in keys if key and key.startswith("f")])


async def test_of_two_relays_one_publishes_and_the_other_takes_over(
    database: Database, bus_settings: BusSettings
) -> None:
    async with bench(database, bus_settings, topics=(FINDINGS,)) as room:
        relays = [Relay(room.room, room.bus) for _ in range(2)]
        for relay in relays:
            relay.start()
        await add(room, *(f"f{n}" for n in range(300)))
        await eventually(lambda: len(room.seen) == 300)
        await relays[0].stop()
        await add(room, "last")
        await eventually(lambda: len(room.seen) == 301)
        await relays[1].stop()


async def test_a_relay_that_lost_its_connection_goes_on_with_another(
    database: Database, bus_settings: BusSettings
) -> None:
    async with bench(database, bus_settings, topics=(FINDINGS,)) as room:
        relay = Relay(room.room, room.bus)
        relay.start()
        await add(room, "f1")
        await eventually(lambda: room.keys == ["f1"])
        holder = (
            "SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND query <> ''"
        )
        own = await room.rows(f"{holder} AND application_name = 'leeway-mapper' AND datname = current_database()")
        for (pid,) in own:
            await room.rows(f"SELECT pg_terminate_backend({pid})")
        await add(room, "f2")
        await eventually(lambda: room.keys == ["f1", "f2"])
        await relay.stop()


async def test_a_failed_publish_keeps_the_rows(
    database: Database, bus_settings: BusSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(database, bus_settings, topics=(FINDINGS,)) as room:
        publish, tries = room.bus.publish, 0

        async def flaky(outgoing: object) -> None:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise Transient("not now")
            await publish(outgoing)  # type: ignore[arg-type]

        monkeypatch.setattr(room.bus, "publish", flaky)
        relay = Relay(room.room, room.bus)
        await add(room, "f1")
        relay.start()
        await eventually(lambda: room.keys == ["f1"])
        await relay.stop()


async def test_the_age_of_the_oldest_row_is_known(database: Database, bus_settings: BusSettings) -> None:
    async with bench(database, bus_settings, start=False) as room:
        async with room.room.transaction() as conn:
            assert await oldest_seconds(conn) == 0.0
        await add(room, "f1")
        await room.rows("UPDATE outbox SET added_at = added_at - interval '90 seconds' RETURNING 1")
        async with room.room.transaction() as conn:
            assert 90 < await oldest_seconds(conn) < 120


RELAY_UNTIL_KILLED = """
import asyncio, sys
from services.runtime.bus import Bus
from services.runtime.clock import SystemClock
from services.runtime.database import Database
from services.runtime.relay import Relay
from services.runtime.settings import BusSettings

async def main():
    settings, clock = BusSettings.model_validate_json(sys.argv[1]), SystemClock()
    room = Database(sys.argv[2], prefix=sys.argv[3]).room("mapper")
    relay = Relay(room, Bus(settings, "mapper", clock, database=room))
    relay.start()
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_relay_killed_between_publishing_and_removing_publishes_again(
    database: Database, bus_settings: BusSettings, endpoints: object, database_prefix: str
) -> None:
    async with bench(database, bus_settings, topics=(FINDINGS,)) as room:
        await add(room, "f1", "f2")
        url = endpoints.database_url  # type: ignore[attr-defined]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", RELAY_UNTIL_KILLED, bus_settings.model_dump_json(), url, database_prefix,
            env={**os.environ, "LEEWAY_FAULTPOINT": "relay.published:1"},
        )  # fmt: skip
        assert await process.wait() == -signal.SIGKILL
        assert await size(room) == 2
        relay = Relay(room.room, room.bus)
        relay.start()
        await eventually(lambda: sorted(map(str, room.keys)) == ["f1", "f1", "f2", "f2"])
        await relay.stop()


async def test_the_schema_of_another_room_has_a_lock_of_its_own(database: Database, bus_settings: BusSettings) -> None:
    async with (
        bench(database, bus_settings, "mapper", topics=(FINDINGS,)) as mapper,
        bench(database, bus_settings, "detector", topics=(FINDINGS,)) as detector,
    ):
        relays = [Relay(room.room, room.bus) for room in (mapper, detector)]
        for relay in relays:
            relay.start()
        await add(mapper, "from-mapper")
        await add(detector, "from-detector")
        await eventually(lambda: sorted(map(str, mapper.keys)) == ["from-detector", "from-mapper"])
        for relay in relays:
            await relay.stop()
