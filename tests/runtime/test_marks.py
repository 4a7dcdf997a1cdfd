"""A mark is through when it came on every partition of every input, exactly once for whoever sees it last."""

import asyncio
from collections.abc import Iterable

from schemas.events import type_names
from schemas.marks import FlowMark, MarkKind
from schemas.topics import ASANA_WORK_ITEMS, JIRA_WORK_ITEMS, Topic
from services.runtime.bus import Batch, Record
from services.runtime.clock import SystemClock
from services.runtime.database import Database
from services.runtime.marks import mark_passed, passed_marks, see_marks
from services.runtime.settings import BusSettings
from tests.runtime.benches import Bench, bench

INPUTS = (JIRA_WORK_ITEMS, ASANA_WORK_ITEMS)
MARK = FlowMark(id="import-1", kind=MarkKind.IMPORT, sent_at=SystemClock().wall())


def mark_on(topic: Topic, partitions: Iterable[int], mark: FlowMark = MARK) -> Batch:
    body = mark.model_dump_json().encode()
    return Batch(tuple(Record(topic, at, 7, f"mark:{mark.id}", type_names[FlowMark], body, ()) for at in partitions))


async def see(room: Bench, batch: Batch, *, passing: bool = True) -> list[str]:
    async with room.room.transaction() as conn:
        complete = await see_marks(conn, room.bus, batch, INPUTS)
        for mark in complete if passing else ():
            await mark_passed(conn, mark)
    return [mark.id for mark in complete]


async def test_a_mark_is_complete_with_the_last_partition_of_the_last_input(
    database: Database, bus_settings: BusSettings
) -> None:
    async with bench(database, bus_settings, start=False) as room:
        assert await see(room, mark_on(JIRA_WORK_ITEMS, range(4))) == []
        assert await see(room, mark_on(ASANA_WORK_ITEMS, range(3))) == []
        assert await see(room, mark_on(ASANA_WORK_ITEMS, [2])) == []
        assert await see(room, mark_on(ASANA_WORK_ITEMS, [3])) == ["import-1"]


async def test_a_passed_mark_that_comes_again_is_not_complete_again(
    database: Database, bus_settings: BusSettings
) -> None:
    async with bench(database, bus_settings, start=False) as room:
        everywhere = Batch(mark_on(JIRA_WORK_ITEMS, range(4)).records + mark_on(ASANA_WORK_ITEMS, range(4)).records)
        assert await see(room, everywhere) == ["import-1"]
        assert await see(room, everywhere) == []
        async with room.room.transaction() as conn:
            assert await passed_marks(conn) == [MARK]


async def test_a_complete_mark_that_was_not_passed_is_given_again(
    database: Database, bus_settings: BusSettings
) -> None:
    async with bench(database, bus_settings, start=False) as room:
        everywhere = Batch(mark_on(JIRA_WORK_ITEMS, range(4)).records + mark_on(ASANA_WORK_ITEMS, range(4)).records)
        assert await see(room, everywhere, passing=False) == ["import-1"]
        assert await see(room, everywhere) == ["import-1"]


async def test_of_processes_that_see_the_last_partitions_at_the_same_time_one_sees_it_complete(
    database: Database, bus_settings: BusSettings
) -> None:
    async with bench(database, bus_settings, start=False) as room:
        batches = [mark_on(topic, [at]) for topic in INPUTS for at in range(4)]
        seen = await asyncio.gather(*(see(room, batch) for batch in batches))
        assert [ids for ids in seen if ids] == [["import-1"]]


async def test_marks_do_not_complete_each_other(database: Database, bus_settings: BusSettings) -> None:
    other = MARK.model_copy(update={"id": "import-2"})
    async with bench(database, bus_settings, start=False) as room:
        assert await see(room, mark_on(JIRA_WORK_ITEMS, range(4))) == []
        assert await see(room, mark_on(ASANA_WORK_ITEMS, range(4), other)) == []


async def test_an_unreadable_mark_is_parked(database: Database, bus_settings: BusSettings) -> None:
    bad = Record(JIRA_WORK_ITEMS, 0, 1, "mark:x", type_names[FlowMark], b'{"id": 5}', ())
    async with bench(database, bus_settings, start=False) as room:
        assert await see(room, Batch((bad,))) == []
        assert await room.rows("SELECT key FROM parked") == [("mark:x",)]
