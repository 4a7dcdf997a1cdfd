"""Storing goes on while news are spread: what an item says of itself by then is never overwritten by what was seen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import ItemType, StatusCategory, WorkItem
from services.detector.rows import rows_of
from services.detector.spreading import spread
from services.detector.store import store_items
from tests.builders import CREATED, ref_of, work_item
from tests.detector.made import strategy
from tests.detector.past import kept
from tests.detector.room import STARTED, Room, aligned
from tests.detector.rule_sets import only
from tests.waiting import eventually

OVER: Final = ref_of(1)
LONG_AGO: Final = CREATED + timedelta(days=1)
"""When the part was touched: later than what it is a part of, and long enough ago for both to be stale."""
_IS_WAITED_FOR: Final = text(
    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
)
"""`pg_locks` is read anew each time; `pg_stat_activity` stays what it first was until the transaction ends."""


def begun(**fields: Any) -> WorkItem:
    """Return work in progress, never touched since it was created unless told otherwise."""
    return work_item(1, status_category=StatusCategory.IN_PROGRESS, started=CREATED, **fields)


def part_of_it() -> WorkItem:
    return work_item(2, type=ItemType.SUBTASK, parent=OVER, touched=LONG_AGO)


@pytest.fixture
async def stirring(room: Room) -> Room:
    """A room that knows work in progress, of which a part has just come: news of it wait to be spread."""
    await room.apply(strategy(only("stale-work")))
    await room.store(aligned(begun()))
    while await room.database.run(spread):
        pass
    await room.store(aligned(part_of_it(), 2))
    return room


@asynccontextmanager
async def storing(room: Room, *items: WorkItem) -> AsyncIterator[AsyncConnection]:
    """Store items, and commit at the end of the block."""
    rows = [rows_of(aligned(item, 10 + number)) for number, item in enumerate(items)]
    async with room.database.transaction() as conn:
        await store_items(conn, rows, room.clock.now())
        yield conn


async def is_waited_for(conn: AsyncConnection) -> bool:
    """Tell whether another transaction waits for the end of this one."""
    return bool(await conn.scalar(_IS_WAITED_FOR))


async def spread_amid(room: Room, *items: WorkItem) -> None:
    """Spread what is known while these items are being stored: sums are taken before, and written after."""
    async with storing(room, *items) as conn:
        spreading = asyncio.create_task(room.database.run(spread))
        await eventually(lambda: is_waited_for(conn))
    assert await spreading == 1


async def last_touches(room: Room) -> dict[str, object]:
    return dict(await kept(room.database, "ref, last_touched", "items", "ref"))


async def test_the_sums_of_an_item_are_those_of_its_parts(stirring: Room) -> None:
    assert await stirring.database.run(spread) == 1
    assert await last_touches(stirring) == {OVER: LONG_AGO, ref_of(2): LONG_AGO}


async def test_an_item_stored_while_its_sums_wait_to_be_written_keeps_its_own_last_touch(stirring: Room) -> None:
    await spread_amid(stirring, begun(touched=STARTED))
    assert await last_touches(stirring) == {OVER: STARTED, ref_of(2): LONG_AGO}
    assert await kept(stirring.database, "has_children", "items WHERE parent IS NULL", "ref") == [(True,)]


async def test_an_item_touched_while_older_news_of_it_are_spread_is_not_told_as_stale(stirring: Room) -> None:
    """It is judged in the very step that spread the older news, before those of the touch are spread."""
    async with storing(stirring, begun(touched=STARTED)) as conn:
        step = asyncio.create_task(stirring.judge.step())
        await eventually(lambda: is_waited_for(conn))
    assert await step
    await stirring.settle()
    assert await stirring.said() == []


async def test_an_item_that_nobody_touched_meanwhile_is_told_as_stale(stirring: Room) -> None:
    """So the rule would have said something above."""
    await stirring.settle()
    assert await stirring.said() == ["opened stale-work"]


async def test_a_part_touched_while_older_news_of_the_whole_are_spread_counts_in_the_end(stirring: Room) -> None:
    touched = part_of_it().model_copy(update={"touched": STARTED, "updated": STARTED})
    await spread_amid(stirring, begun(title="Renamed"), touched)
    while await stirring.database.run(spread):
        pass
    assert await last_touches(stirring) == {OVER: STARTED, ref_of(2): STARTED}


async def test_of_two_detectors_only_one_spreads_at_a_time(stirring: Room) -> None:
    """The other one does not wait: it has its judging to do."""
    async with stirring.database.transaction() as conn:
        assert await spread(conn) == 1
        assert await stirring.database.run(spread) == 0
    assert await stirring.database.run(spread) == 0
