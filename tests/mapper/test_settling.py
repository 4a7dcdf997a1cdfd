"""Looking again: whoever pointed to nobody follows when somebody comes, and nobody looks while others write."""

import asyncio
import importlib

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text

from schemas.work_items import Tracker, Twin, WorkItem
from services.runtime.bus import Batch
from services.runtime.database import RoomDatabase
from tests.builders import ref_of, work_item
from tests.mapper.harness import Mappers
from tests.mapper.strategies import objective, strategy

PLAN = strategy(objective("grow", {"label": "grow"}), objective("keep", {"label": "keep"}))
STEP = importlib.import_module("services.mapper.migrations.versions.0003_unmet")
_WAITS = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND mode = 'ExclusiveLock' "
    "AND classid = CAST(hashtext(current_schema()) AS bigint) & 4294967295)"
)


async def unmet(room: RoomDatabase) -> set[tuple[str, str]]:
    """Return the tokens that items wait for, with the numbers of those items."""
    async with room.transaction() as conn:
        rows = await conn.execute(text("SELECT token, ref FROM unmet"))
        return {(row.token, row.ref.rpartition(":")[2]) for row in rows}


def keyed(number: int, key: str, *labels: str) -> WorkItem:
    return work_item(number, labels=labels).model_copy(update={"key": key})


async def test_an_item_waits_for_whom_it_points_to_in_vain_and_for_nobody_else(
    mappers: Mappers, room: RoomDatabase
) -> None:
    await mappers.apply(PLAN)
    await mappers.take(work_item(1), work_item(2, parent=ref_of(1), epic=ref_of(8)))
    await mappers.take(work_item(3, parent=ref_of(9), labels=("keep",)))
    assert await unmet(room) == {(ref_of(8), "2")}
    await mappers.take(work_item(8, labels=("grow",)))
    assert await unmet(room) == set()
    assert mappers.alignments()[ref_of(2)].objective == "grow"


@pytest.mark.parametrize("before", [(), ("keep",)])
async def test_who_has_lost_its_epic_s_key_waits_for_the_next_of_that_key(
    mappers: Mappers, before: tuple[str, ...]
) -> None:
    await mappers.apply(PLAN)
    await mappers.take(keyed(1, "OLD-1", *before), work_item(2, epic_key="OLD-1"), work_item(3, parent=ref_of(2)))
    await mappers.take(keyed(1, "NEW-1", *before))
    assert mappers.alignments()[ref_of(3)].objective is None
    await mappers.take(keyed(4, "OLD-1", "grow"))
    assert {mappers.alignments()[ref_of(number)].objective for number in (2, 3)} == {"grow"}


async def test_who_loses_its_own_claim_waits_from_then_on(mappers: Mappers) -> None:
    await mappers.apply(PLAN)
    await mappers.take(work_item(2, parent=ref_of(1), labels=("keep",)), work_item(3, epic=ref_of(2)))
    await mappers.apply(strategy(objective("grow", {"label": "grow"})))
    await mappers.first.work()
    await mappers.take(work_item(1, labels=("grow",)))
    assert {mappers.alignments()[ref_of(number)].objective for number in (2, 3)} == {"grow"}


async def test_nobody_looks_again_while_another_mapper_writes(room: RoomDatabase) -> None:
    """Else the look at what hangs below the parent would miss the child, which has not seen the parent either."""
    mappers = Mappers(room, 2)
    await mappers.apply(PLAN)
    first, second = mappers.processes
    published, confirmed = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        published.set()
        await confirmed.wait()

    first.bus.gate = hold
    writing = asyncio.create_task(first.handle(Batch((mappers.snapshot(work_item(2, parent=ref_of(1))),))))
    await published.wait()
    await second.handle(Batch((mappers.snapshot(work_item(1, labels=("grow",))),)))
    looking = asyncio.create_task(second.worker.step())
    async with room.session() as conn:
        while not (waits := await conn.scalar(_WAITS)) and not looking.done():
            pass
    assert waits
    confirmed.set()
    await asyncio.gather(writing, looking)
    await mappers.settle()
    assert mappers.alignments()[ref_of(2)].objective == "grow"


async def test_who_pointed_in_vain_before_there_was_a_list_of_it_is_found(mappers: Mappers, room: RoomDatabase) -> None:
    def again(connection: sa.Connection) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            STEP.downgrade()
            STEP.upgrade()

    await mappers.apply(PLAN)
    met = work_item(1), work_item(2, parent=ref_of(1), epic_key="APP-1")
    told = Twin(tracker=Tracker.JIRA, key="APP-1"), Twin(tracker=Tracker.ASANA, key="77")
    await mappers.take(*met, work_item(3, parent=ref_of(9), parent_key="APP-9"), work_item(4, twins=told))
    await mappers.take(work_item(5, epic_key="GONE-5", labels=("keep",)))
    waiting = await unmet(room)
    assert waiting == {(ref_of(9), "3"), (f"{ref_of(9).rpartition(':')[0]} APP-9", "3"), ("asana 77", "4")}
    async with room.transaction() as conn:
        await conn.run_sync(again)
    assert await unmet(room) == waiting
