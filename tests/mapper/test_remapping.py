"""A new strategy: stored once, all items mapped again, what changed goes out, then the mark."""

import pytest
from sqlalchemy import text

from services.mapper import queries, remapping
from services.mapper.commands import apply_strategy
from services.mapper.seeding import seed
from services.mapper.strategies import standing
from services.runtime.bus import Batch
from services.runtime.clock import SystemClock
from services.runtime.database import RoomDatabase
from tests.builders import ref_of, work_item
from tests.mapper.harness import MapperProcess, Mappers
from tests.mapper.strategies import objective, strategy

FIRST = strategy(objective("grow", {"label": "grow"}))
SECOND = strategy(objective("grow", {"label": "grow"}), objective("keep", {"label": "keep"}))
ITEMS = (
    work_item(1, labels=("grow",)), work_item(2, labels=("keep",)), work_item(3, parent=ref_of(2)), work_item(4),
)  # fmt: skip


async def places(room: RoomDatabase) -> dict[str, str]:
    """Return where the row of each item lies: it is another one once it has been written."""
    async with room.transaction() as conn:
        rows = await conn.execute(text("SELECT key, CAST(ctid AS text) AS place FROM items"))
        return {row.key: row.place for row in rows}


async def test_an_equal_strategy_is_no_new_version(room: RoomDatabase) -> None:
    clock = SystemClock()
    first = await apply_strategy(room, FIRST, "ana", clock)
    again = await apply_strategy(room, FIRST, "bo", clock)
    second = await apply_strategy(room, SECOND, "bo", clock)
    back = await apply_strategy(room, FIRST, "bo", clock)
    assert [(one.version, one.changed) for one in (first, again, second, back)] == [
        (1, True), (1, False), (2, True), (3, True),
    ]  # fmt: skip
    async with room.transaction() as conn:
        assert (await queries.pending(conn))["outbox"] == 3


async def test_only_what_changed_goes_out_and_the_mark_comes_last(mappers: Mappers) -> None:
    await mappers.apply(FIRST)
    await mappers.take(*ITEMS)
    mappers.log.clear()
    await mappers.apply(SECOND)
    assert (await mappers.first.pending())["strategies"] == 1
    await mappers.first.work()
    assert [(one.item.key, one.alignment.objective, one.strategy_version) for one in mappers.published()] == [
        ("APP-2", "keep", 2), ("APP-3", "keep", 2),
    ]  # fmt: skip
    assert mappers.passed() == ["strategy:2"] * 4
    assert [one.key for one in mappers.log[-4:]] == ["mark:strategy:2"] * 4
    assert (await mappers.first.pending())["strategies"] == 0


async def test_it_goes_on_where_another_process_was_killed(mappers: Mappers, monkeypatch: pytest.MonkeyPatch) -> None:
    await mappers.apply(FIRST)
    await mappers.take(*ITEMS)
    await mappers.apply(SECOND)
    monkeypatch.setattr(remapping, "PAGE", 2)
    await mappers.first.worker.step()
    await MapperProcess(mappers.database, mappers.log).work()
    assert {one.item.key: one.alignment.objective for one in mappers.known().values()} == {
        "APP-1": "grow", "APP-2": "keep", "APP-3": "keep", "APP-4": None,
    }  # fmt: skip
    assert mappers.passed().count("strategy:2") == 4


async def test_what_it_cannot_move_is_not_written(mappers: Mappers, room: RoomDatabase) -> None:
    await mappers.apply(FIRST)
    await mappers.take(*ITEMS)
    before = await places(room)
    await mappers.apply(SECOND)
    await mappers.first.work()
    after = await places(room)
    assert {key for key, place in after.items() if before[key] != place} == {"APP-2", "APP-3"}


async def test_a_second_mapper_goes_on_from_where_the_first_has_come(
    mappers: Mappers, room: RoomDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mappers.apply(FIRST)
    await mappers.take(*ITEMS)
    await mappers.apply(SECOND)
    monkeypatch.setattr(remapping, "SPAN", 3)
    await mappers.first.worker.step()
    async with room.transaction() as conn:
        assert (await standing(conn)).reached == ref_of(3)
    await MapperProcess(mappers.database, mappers.log).work()
    async with room.transaction() as conn:
        assert (await standing(conn)).remapped == 2


async def test_a_strategy_that_comes_while_another_is_taken_in_begins_anew(
    mappers: Mappers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mappers.apply(FIRST)
    await mappers.take(*ITEMS)
    await mappers.apply(SECOND)
    monkeypatch.setattr(remapping, "SPAN", 3)
    await mappers.first.worker.step()
    await mappers.apply(FIRST)
    await mappers.first.work()
    assert {one.item.key: one.alignment.objective for one in mappers.known().values()} == {
        "APP-1": "grow", "APP-2": None, "APP-3": None, "APP-4": None,
    }  # fmt: skip
    assert mappers.passed().count("strategy:3") == 4


async def test_an_item_that_comes_while_it_lasts_sees_one_version_only(mappers: Mappers) -> None:
    """Its parent was stored under the older version, in which nobody claimed it."""
    await mappers.apply(FIRST)
    await mappers.take(*ITEMS)
    await mappers.apply(SECOND)
    await mappers.first.handle(Batch((mappers.snapshot(work_item(5, parent=ref_of(3))),)))
    assert mappers.published()[-1].alignment.objective == "keep"


async def test_seeding_repeats_what_was_said_with_its_revisions(mappers: Mappers) -> None:
    await mappers.apply(FIRST)
    await mappers.take(*ITEMS)
    await mappers.apply(SECOND)
    await mappers.first.work()
    before = mappers.known()
    mappers.log.clear()
    await seed(mappers.database, mappers.first.bus, SystemClock())
    again = mappers.known()
    assert {ref: (one.revision, one.alignment) for ref, one in again.items()} == {
        ref: (one.revision, one.alignment) for ref, one in before.items()
    }
    assert [one.event.id for one in mappers.log if one.key == "strategy"] == ["strategy:1", "strategy:2"]
    assert sorted(set(mappers.passed())) == ["strategy:1", "strategy:2"]
