"""A room that reads nothing although there is something to read is stuck; one that cannot work says why."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from schemas.topics import FINDINGS
from services.runtime.bus import Batch
from services.runtime.clock import SystemClock
from services.runtime.database import Database
from services.runtime.errors import Misconfigured, Transient
from services.runtime.health import OUTBOX_SECONDS, STUCK_SECONDS, RoomHealth
from services.runtime.metrics import METRIC_NAMES, Instruments
from services.runtime.outbox import add_to_outbox
from services.runtime.settings import BusSettings
from tests.runtime.benches import bench, event
from tests.waiting import eventually


class SteppedClock(SystemClock):
    """Durations as the test says."""

    passed = 0.0

    def monotonic(self) -> float:
        return self.passed


async def test_an_idle_room_is_well_however_long_nothing_comes(database: Database, bus_settings: BusSettings) -> None:
    clock = SteppedClock()
    async with bench(database, bus_settings) as room:
        health = RoomHealth(room.bus, room.room, clock)
        clock.passed = 10 * STUCK_SECONDS
        found = await health.check()
        assert (found.stuck, found.not_ready) == ((), ())


async def test_a_room_that_handles_nothing_while_records_wait_is_stuck(
    database: Database, bus_settings: BusSettings
) -> None:
    clock = SteppedClock()
    async with bench(database, bus_settings) as room:

        def fails(batch: Batch) -> None:  # noqa: ARG001
            raise Transient("never")

        room.fails = fails  # type: ignore[method-assign]
        await room.publish("jira:a:1")
        await eventually(lambda: any(room.bus.subscriptions[0].lag().values()))
        health = RoomHealth(room.bus, room.room, clock)
        assert (await health.check()).stuck == ()
        clock.passed = STUCK_SECONDS
        assert (await health.check()).stuck == ("mapper: 1 records wait and none was handled for 120 seconds",)


async def test_a_room_that_is_not_started_or_stopped_by_a_fault_is_not_ready(
    database: Database, bus_settings: BusSettings
) -> None:
    async with bench(database, bus_settings, start=False) as room:
        health = RoomHealth(room.bus, room.room, room.clock)
        assert (await health.check()).not_ready == ("mapper: not started",)
        await room.bus.start()
        assert (await health.check()).not_ready == ()
        room.bus.fail(Misconfigured("set X"))
        assert (await health.check()).not_ready == ("mapper: stopped reading: set X",)


async def test_an_outbox_that_does_not_drain_is_said_so(database: Database, bus_settings: BusSettings) -> None:
    async with bench(database, bus_settings) as room:
        async with room.room.transaction() as conn:
            await add_to_outbox(conn, [event("f1", topic=FINDINGS)])
        await room.rows(f"UPDATE outbox SET added_at = added_at - interval '{OUTBOX_SECONDS} seconds' RETURNING 1")  # noqa: S608
        (reason,) = (await RoomHealth(room.bus, room.room, room.clock).check()).not_ready
        assert reason.startswith("mapper: the oldest row of the outbox waits for 60")


async def test_a_database_that_is_away_is_a_reason_and_no_crash(database: Database, bus_settings: BusSettings) -> None:
    async with bench(database, bus_settings) as room:
        away = Database("postgresql://nobody@127.0.0.1:1/none")
        (reason,) = (await RoomHealth(room.bus, away.room("mapper"), room.clock).check()).not_ready
        assert reason.startswith("mapper: The database said no for now")
        await away.close()


def test_every_metric_that_is_named_exists_and_no_other() -> None:
    registry = CollectorRegistry()
    Instruments(registry)
    made = {metric.name for metric in registry.collect()}
    assert made == set(METRIC_NAMES)


def test_a_reason_becomes_a_label_only_up_to_its_colon() -> None:
    registry = CollectorRegistry()
    Instruments(registry).of("mapper").parked("leeway.findings", "invalid-payload: the title of item X")
    text = generate_latest(registry).decode()
    assert 'reason="invalid-payload"' in text
    assert "item X" not in text


@pytest.mark.parametrize("name", METRIC_NAMES)
def test_metric_names_begin_with_the_name_of_the_project(name: str) -> None:
    assert name.startswith("leeway_")
