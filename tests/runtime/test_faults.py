"""The broker is killed, stopped for a while, and the database restarts: nothing that was accepted is lost."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.topics import FINDINGS
from services.runtime.bus import Bus
from services.runtime.database import Database
from services.runtime.embedded import EmbeddedStack, temporary_home
from services.runtime.errors import Transient
from services.runtime.outbox import add_to_outbox, outbox_size
from services.runtime.relay import Relay
from services.runtime.settings import BusSettings
from services.runtime.wipes import was_wiped
from tests.runtime.benches import bench, event
from tests.stack import bus_settings as settings_of
from tests.waiting import eventually


@pytest.fixture
async def stack() -> AsyncIterator[EmbeddedStack]:
    """A stack of the test's own, a durable one, since its parts are about to be hurt."""
    with temporary_home() as home:
        async with EmbeddedStack(Path(home)) as own:
            yield own


@pytest.fixture
async def own_database(stack: EmbeddedStack) -> AsyncIterator[Database]:
    assert stack.endpoints.database_url is not None
    made = Database(stack.endpoints.database_url)
    yield made
    await made.close()


@pytest.fixture
def own_bus(stack: EmbeddedStack) -> BusSettings:
    return settings_of(stack.endpoints)


async def publish_until_it_works(bus: Bus, key: str) -> int:
    """Publish as a room would: again after each `Transient`; returns how many tries it took."""
    for tries in range(1, 50):
        try:
            await bus.publish([event(key, topic=FINDINGS)])
        except Transient:
            await asyncio.sleep(0)
        else:
            return tries
    raise AssertionError("it never worked")


async def test_a_broker_stopped_for_a_while_loses_nothing_and_order_holds(
    stack: EmbeddedStack, own_database: Database, own_bus: BusSettings
) -> None:
    async with bench(own_database, own_bus, topics=(FINDINGS,)) as room:
        await room.publish("f1", topic=FINDINGS)
        await eventually(lambda: room.keys == ["f1"])
        os.kill(stack.pids["broker"], signal.SIGSTOP)
        publishing = asyncio.create_task(room.publish("f1", "f2", topic=FINDINGS))
        done, _ = await asyncio.wait({publishing}, timeout=1)
        assert not done
        os.kill(stack.pids["broker"], signal.SIGCONT)
        await publishing
        await eventually(lambda: sorted(map(str, room.keys)) == ["f1", "f1", "f2"], within=30)


async def test_a_killed_broker_is_a_wipe_and_publishing_goes_on_with_the_next(
    stack: EmbeddedStack, own_database: Database, own_bus: BusSettings
) -> None:
    changes: list[str] = []

    async def changed(endpoints: object) -> None:
        changes.append(endpoints.epoch)  # type: ignore[attr-defined]

    stack.on_change = changed
    async with bench(own_database, own_bus, topics=(FINDINGS,)) as room:
        await room.publish("f1", "f2", topic=FINDINGS)
        await eventually(lambda: len(room.seen) == 2)
        os.kill(stack.pids["broker"], signal.SIGKILL)
        await eventually(lambda: changes)
        await room.bus.stop()
        room.bus.move_to(own_bus.model_copy(update={"epoch": changes[-1]}))
        assert await was_wiped(room.room, room.bus)
    again = own_bus.model_copy(update={"epoch": changes[-1]})
    async with bench(own_database, again, topics=(FINDINGS,)) as room:
        await publish_until_it_works(room.bus, "f3")
        await eventually(lambda: room.keys == ["f3"])


async def test_the_outbox_waits_for_a_broker_that_is_away(
    stack: EmbeddedStack, own_database: Database, own_bus: BusSettings
) -> None:
    async with bench(own_database, own_bus, topics=(FINDINGS,)) as room:
        relay = Relay(room.room, room.bus)
        relay.start()
        os.kill(stack.pids["broker"], signal.SIGSTOP)
        async with room.room.transaction() as conn:
            await add_to_outbox(conn, [event(f"f{n}", topic=FINDINGS) for n in range(100)])
        relay.wake()
        async with room.room.transaction() as conn:
            assert await outbox_size(conn) == 100
        os.kill(stack.pids["broker"], signal.SIGCONT)
        await eventually(lambda: len({record.key for record in room.seen}) == 100, within=30)
        await relay.stop()


async def test_a_database_that_restarts_at_once_loses_no_batch_and_repeats_no_committed_one(
    stack: EmbeddedStack, own_database: Database, own_bus: BusSettings
) -> None:
    async with bench(own_database, own_bus, topics=(FINDINGS,), max_records=20) as room:
        keys = [f"f{n}" for n in range(400)]
        publishing = asyncio.create_task(room.publish(*keys, topic=FINDINGS))
        await eventually(lambda: room.seen)
        os.kill(stack.pids["postgres"], signal.SIGQUIT)
        await publishing
        await eventually(lambda: set(room.keys) == set(keys), within=40)
        assert len(room.seen) == 400
        assert sum(end for (end,) in await room.rows("SELECT next_offset FROM positions")) == 400
        assert await room.rows("SELECT id FROM parked") == []
