"""What is set aside keeps its bytes, is told of through the outbox, and can be sent to its topic again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dead_letters import DeadLetter
from schemas.topics import DEAD_LETTERS, JIRA_WORK_ITEMS
from schemas.work_items import WorkItemSnapshot
from services.runtime.bus import Batch, Record, read, unreadable
from services.runtime.database import Database
from services.runtime.errors import InvalidMessage, Permanent
from services.runtime.parking import MOST_BYTES, list_parked, park, replay_parked
from services.runtime.settings import BusSettings
from tests.runtime.benches import Bench, bench
from tests.waiting import eventually

KIND = ("ce_type", b"leeway.work-item-snapshot.v1")


def record(value: bytes | None, *, key: str | None = "jira:a:1", offset: int = 5) -> Record:
    headers = (KIND, ("ce_id", b"e\xff"), ("x\0", b"\0"))
    return Record(JIRA_WORK_ITEMS, 2, offset, key, "leeway.work-item-snapshot.v1", value, headers)


async def set_aside(room: Bench, one: Record, reason: str = "invalid-payload: no") -> None:
    async with room.room.transaction() as conn:
        await park(conn, one, reason)


async def test_a_parked_record_keeps_what_it_was_and_why(database: Database, bus_settings: BusSettings) -> None:
    async with bench(database, bus_settings, start=False) as room:
        await set_aside(room, record(b"\x00\xff{", key="nul\0key"), "why\0not")
        (parked,) = await list_parked(room.room)
        assert (parked.topic, parked.partition, parked.offset) == (JIRA_WORK_ITEMS.name, 2, 5)
        assert (parked.key, parked.value, parked.whole) == ("nul\\0key", b"\x00\xff{", True)
        assert parked.headers == (KIND, ("ce_id", b"e\xff"), ("x\\0", b"\0"))
        assert (parked.reason, parked.state) == ("why\\0not", "parked")


async def test_the_notice_goes_through_the_outbox_and_is_short(database: Database, bus_settings: BusSettings) -> None:
    async with bench(database, bus_settings, start=False) as room:
        await set_aside(room, record(b"x" * 5_000))
        ((topic, body),) = await room.rows("SELECT topic, body FROM outbox")
        notice = DeadLetter.model_validate(json.loads(bytes(body)))
        assert topic == DEAD_LETTERS.name
        assert (notice.id, notice.room, notice.topic, notice.offset) == ("mapper:1", "mapper", JIRA_WORK_ITEMS.name, 5)
        assert len(notice.excerpt) == 500


async def test_only_the_first_mebibyte_is_kept_and_such_a_record_is_not_replayed(
    database: Database, bus_settings: BusSettings
) -> None:
    async with bench(database, bus_settings, start=False) as room:
        await set_aside(room, record(b"x" * (MOST_BYTES + 1)))
        (parked,) = await list_parked(room.room)
        assert parked.value is not None
        assert (len(parked.value), parked.whole) == (MOST_BYTES, False)
        with pytest.raises(Permanent, match="not all here"):
            await replay_parked(room.room, room.bus, [parked.id])


async def test_a_replayed_record_comes_again_on_its_partition_and_is_not_replayed_twice(
    database: Database, bus_settings: BusSettings
) -> None:
    async with bench(database, bus_settings) as room:
        await set_aside(room, record(b'{"a": 1}'))
        (parked,) = await list_parked(room.room)
        assert await replay_parked(room.room, room.bus, [parked.id]) == 1
        assert await replay_parked(room.room, room.bus, [parked.id]) == 0
        await eventually(lambda: room.seen)
        (again,) = room.seen
        assert (again.partition, again.key, again.type) == (2, "jira:a:1", KIND[1].decode())
        assert again.value == b'{"a": 1}'
        assert [one.id for one in await list_parked(room.room, state="replayed")] == [parked.id]


@given(st.binary(max_size=200))
def test_reading_any_bytes_gives_a_payload_or_a_sentence(value: bytes) -> None:
    with pytest.raises(InvalidMessage, match=r"^invalid-payload"):
        read(record(value), WorkItemSnapshot)


def test_deep_nesting_is_an_invalid_message_and_no_crash() -> None:
    with pytest.raises(InvalidMessage):
        read(record(b"[" * 200_000), WorkItemSnapshot)


def test_a_batch_without_some_records_still_ends_where_it_ended() -> None:
    first, last = record(b"{}", offset=1), record(b"x", offset=9)
    rest = Batch((first, last)).without([last])
    assert rest.records == (first,)
    assert rest.ends == {(JIRA_WORK_ITEMS, 2): 10}


def test_a_readable_record_has_no_reason_against_it() -> None:
    assert unreadable(record(b"{}")) is None
