"""Nothing is passed over: a batch is tried again, then taken apart, and only the record at fault is set aside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import ALERTS, DEAD_LETTERS
from services.runtime.bus import Batch
from services.runtime.database import Database
from services.runtime.delivery import LONGEST_PAUSE_SECONDS, ParkLimit, TooMuchParked, pause_seconds
from services.runtime.errors import InvalidMessage, Misconfigured, RateLimited, Transient
from services.runtime.outbox import outbox_size
from services.runtime.settings import BusSettings
from tests.runtime.benches import Bench, QuickClock, bench, send_raw
from tests.waiting import eventually


def failing(room: Bench, error: Exception, *, on: str | None = None, times: int = 1_000_000) -> None:
    """Make the handler raise for batches that hold a key (or for all), so many times."""
    left = times

    def fails(batch: Batch) -> None:
        nonlocal left
        if left and (on is None or any(record.key == on for record in batch.records)):
            left -= 1
            raise error

    room.fails = fails  # type: ignore[method-assign]


async def test_a_transient_failure_is_waited_out_and_tried_again(database: Database, bus_settings: BusSettings) -> None:
    clock = QuickClock()
    async with bench(database, bus_settings, clock=clock) as room:
        failing(room, RateLimited("slow down", retry_after=7.0), times=6)
        await room.publish("jira:a:1", "jira:a:2")
        await eventually(lambda: sorted(map(str, room.keys)) == ["jira:a:1", "jira:a:2"])
        assert [pause for pause in clock.slept if pause >= 7.0]
        assert await room.rows("SELECT id FROM parked") == []


async def test_only_the_record_at_fault_is_parked_and_its_neighbours_are_handled(
    database: Database, bus_settings: BusSettings
) -> None:
    keys = [f"jira:a:{n}" for n in range(60)]
    async with bench(database, bus_settings, start=False) as room:
        failing(room, ValueError("cannot be"), on="jira:a:30")
        await room.publish(*keys)
        await room.bus.start()
        await eventually(lambda: len(room.seen) == 59)
        assert sorted(map(str, room.keys)) == sorted(set(keys) - {"jira:a:30"})
        parked = await room.rows("SELECT key, reason, tries, state FROM parked")
        assert parked == [("jira:a:30", "handler-failed: ValueError: cannot be", 4, "parked")]
        assert await room.rows("SELECT topic FROM outbox") == [(DEAD_LETTERS.name,)]
        assert sum(end for (end,) in await room.rows("SELECT next_offset FROM positions")) == 60


async def test_a_failure_that_is_known_to_be_permanent_is_not_tried_three_times(
    database: Database, bus_settings: BusSettings
) -> None:
    async with bench(database, bus_settings) as room:
        failing(room, InvalidMessage("broken"))
        await room.publish("jira:a:1")
        await eventually(room.parked)
        assert room.batches == 2
        assert await room.rows("SELECT reason FROM parked") == [("handler-failed: broken",)]


async def test_a_bug_that_goes_away_parks_nothing(database: Database, bus_settings: BusSettings) -> None:
    async with bench(database, bus_settings) as room:
        failing(room, KeyError("once"), times=2)
        await room.publish("jira:a:1")
        await eventually(lambda: room.seen)
        assert await room.rows("SELECT id FROM parked") == []


async def test_poison_is_parked_with_its_bytes_and_the_good_records_around_it_are_handled(
    database: Database, bus_settings: BusSettings
) -> None:
    async with bench(database, bus_settings, topics=(ALERTS,), start=False) as room:
        kind = ("ce_type", b"leeway.alert-changed.v1")
        good = {"topic": ALERTS, "headers": [kind]}
        await send_raw(bus_settings, b"{}", key=b"good-1", **good)  # type: ignore[arg-type]
        await send_raw(bus_settings, b"{}", topic=ALERTS, headers=[("ce_type", b"\xff\xfe"), ("x", b"\xff")])
        await send_raw(bus_settings, b"{}", topic=ALERTS, headers=[("ce_type", None)])
        await send_raw(bus_settings, b"{}", topic=ALERTS, headers=[])
        await send_raw(bus_settings, b"{}", topic=ALERTS, headers=[("ce_type", b"leeway.unheard-of.v9")])
        await send_raw(bus_settings, b"{}", topic=ALERTS, headers=[("ce_type", b"leeway.strategy-applied.v1")])
        await send_raw(bus_settings, None, **good)  # type: ignore[arg-type]
        await send_raw(bus_settings, b"\x00\xff not json", key=b"good-2", **good)  # type: ignore[arg-type]
        await send_raw(bus_settings, b"{}", key=b"good-\xff", headers=[kind, ("x", b"\xff")], topic=ALERTS)
        await room.bus.start()
        await eventually(lambda: len(room.seen) == 3)
        assert room.keys == ["good-1", "good-2", "good-\\xff"]
        reasons = [row[0] for row in await room.rows("SELECT reason FROM parked ORDER BY id")]
        assert reasons == ["no-type"] * 3 + ["unknown-type", "type-of-another-topic", "no-value"]
        assert await room.rows("SELECT next_offset FROM positions") == [(9,)]
        async with room.room.transaction() as conn:
            assert await outbox_size(conn) == 6


async def test_a_deletion_on_a_compacted_topic_is_no_poison(database: Database, bus_settings: BusSettings) -> None:
    async with bench(database, bus_settings, start=False) as room:
        await send_raw(bus_settings, None, key=b"jira:a:1", headers=[])
        await room.bus.start()
        await eventually(lambda: room.seen)
        assert room.seen[0].value is None
        assert await room.rows("SELECT id FROM parked") == []


async def test_when_everything_is_poison_the_room_stops_and_parks_no_more(
    database: Database, bus_settings: BusSettings
) -> None:
    limit = ParkLimit(most_in_a_row=20)
    async with bench(database, bus_settings, limit=limit, max_records=10) as room:
        failing(room, ValueError("a bad release"))
        await room.publish(*(f"jira:a:{n}" for n in range(100)))
        await eventually(lambda: room.bus.failure)
        assert isinstance(room.bus.failure, TooMuchParked)
        assert await room.rows("SELECT count(*) FROM parked") == [(20,)]
        stored = await room.rows("SELECT coalesce(sum(next_offset), 0) FROM positions")
        assert stored == [(20,)]


async def test_a_room_that_stopped_goes_on_after_the_fault_is_mended(
    database: Database, bus_settings: BusSettings
) -> None:
    async with bench(database, bus_settings) as room:
        failing(room, Misconfigured("set X"))
        await room.publish("jira:a:1")
        await eventually(lambda: room.bus.failure)
        assert room.seen == []
        failing(room, ValueError(), times=0)
        await room.bus.stop()
        await room.bus.start()
        await eventually(lambda: room.keys == ["jira:a:1"])


@given(st.integers(min_value=1, max_value=10_000), st.none() | st.floats(min_value=0, max_value=1e9))
def test_a_pause_is_bounded_and_never_shorter_than_asked_within_the_bound(tries: int, asked: float | None) -> None:
    pause = pause_seconds(tries, asked)
    assert 0 < pause <= LONGEST_PAUSE_SECONDS
    assert pause >= min(asked or 0, LONGEST_PAUSE_SECONDS)


def test_one_bad_record_in_ten_thousand_never_stops_a_room() -> None:
    limit = ParkLimit()
    for batch in range(2_000):
        parked = 1 if batch % 20 == 0 else 0
        limit.check(500, parked)
        limit.passed(500, parked)


def test_a_fifth_of_all_records_being_bad_stops_the_room_even_with_good_ones_between() -> None:
    limit = ParkLimit()
    for _ in range(49):
        limit.check(10, 3)
        limit.passed(10, 3)
    with pytest.raises(TooMuchParked, match="of the last 500"):
        limit.check(10, 3)


def test_transient_is_what_the_runtime_waits_for() -> None:
    assert issubclass(RateLimited, Transient)
