"""What happened to items is kept once, known or not; items and changes come in any order to the same."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from schemas.aligned_items import ItemAligned
from schemas.marks import MarkKind
from schemas.work_items import ChangeAspect, WorkItemChange
from services.detector.history import read_changes
from services.detector.spreading import spread
from services.runtime.database import RoomDatabase
from tests.builders import ref_of, work_item
from tests.detector.made import strategy
from tests.detector.past import (
    DONE,
    IN_PROGRESS,
    TODO,
    by_bot,
    change,
    kept,
    last_of_each,
    moves,
    on_agenda,
    record_of,
    tell,
)
from tests.detector.room import STARTED, Room, aligned

DAY = timedelta(days=1)
ITEM = aligned(work_item(1), 1)
BEGUN = change(1, "c1", TODO, IN_PROGRESS, STARTED - 3 * DAY)
ENDED = change(1, "c2", IN_PROGRESS, DONE, STARTED - 2 * DAY)
BACK = change(1, "c3", DONE, TODO, STARTED - DAY)


async def spread_all(room: Room) -> None:
    while await room.database.run(spread):
        pass


async def changes_of(room: Room) -> list[tuple[Any, ...]]:
    return await kept(room.database, "ref, change_id, aspect, was, becomes, at, by_name, by_kind", "changes", "1, 2")


async def test_a_change_is_kept_as_it_was_told(room: Room) -> None:
    await tell(room.database, BEGUN)
    at = STARTED - 3 * DAY
    assert await changes_of(room) == [(ref_of(1), "c1", "status", TODO, IN_PROGRESS, at, "Ana", "person")]


async def test_a_change_without_a_meaning_is_not_kept(room: Room) -> None:
    await tell(room.database, BEGUN.model_copy(update={"aspect": None}))
    assert await changes_of(room) == []
    assert await kept(room.database, "subject", "dirty", "1") == []


async def test_a_change_that_comes_again_is_no_news(room: Room) -> None:
    await tell(room.database, BEGUN)
    await spread_all(room)
    await tell(room.database, BEGUN, BEGUN)
    assert len(await changes_of(room)) == 1
    assert await kept(room.database, "subject", "dirty", "1") == []


async def test_of_the_same_change_told_otherwise_the_later_telling_holds(room: Room) -> None:
    await tell(room.database, BEGUN, by_bot(BEGUN))
    assert [row[-1] for row in await changes_of(room)] == ["bot"]
    await tell(room.database, BEGUN)
    assert [row[-1] for row in await changes_of(room)] == ["person"]


@pytest.mark.parametrize("item_first", [True, False])
async def test_when_an_item_last_moved_is_the_same_in_both_orders_of_arrival(room: Room, *, item_first: bool) -> None:
    if item_first:
        await room.store(ITEM)
        await spread_all(room)
    await tell(room.database, BEGUN, BACK, ENDED)
    if not item_first:
        await spread_all(room)
        await room.store(ITEM)
    await spread_all(room)
    assert await moves(room.database) == [(ref_of(1), STARTED - DAY, STARTED - 2 * DAY)]


async def test_a_later_version_of_an_item_leaves_its_moves_alone(room: Room) -> None:
    await tell(room.database, BEGUN)
    await room.store(ITEM)
    await room.store(aligned(work_item(1, title="Renamed"), 2))
    assert await moves(room.database) == [(ref_of(1), STARTED - 3 * DAY, None)]
    await spread_all(room)
    assert await moves(room.database) == [(ref_of(1), STARTED - 3 * DAY, None)]


async def test_only_a_change_of_status_is_a_move(room: Room) -> None:
    await room.store(ITEM)
    await tell(room.database, BEGUN.model_copy(update={"aspect": ChangeAspect.DUE, "was": None, "becomes": None}))
    await spread_all(room)
    assert await moves(room.database) == [(ref_of(1), None, None)]


async def test_a_change_puts_its_objective_and_its_team_on_the_agenda(room: Room) -> None:
    await room.apply(strategy())
    await room.store(aligned(work_item(1), 1, objective="easy"))
    await room.settle()
    assert await on_agenda(room.database) == set()
    await tell(room.database, BEGUN)
    await spread_all(room)
    assert {"objective:easy", "team:app"} <= await on_agenda(room.database)


async def test_a_change_that_a_load_brought_waits_for_the_loads_mark(room: Room) -> None:
    await room.apply(strategy())
    await room.store(aligned(work_item(1), 1, objective="easy"))
    await room.settle()
    await tell(room.database, BEGUN.model_copy(update={"flow": "load"}))
    await room.settle()
    assert await moves(room.database) == [(ref_of(1), None, None)]
    await room.mark("load")
    await room.settle()
    assert await moves(room.database) == [(ref_of(1), STARTED - 3 * DAY, None)]


async def test_that_an_item_serves_another_objective_is_kept_with_who_decided(room: Room) -> None:
    await room.store(aligned(work_item(1), 1, objective="easy", version=3))
    await room.store(aligned(work_item(1), 2, objective="safe", version=3))
    await room.store(aligned(work_item(1), 3, version=3))
    rows = await kept(room.database, "change_id, aspect, was, becomes, at, by_name, by_kind", "changes", "1")
    assert rows == [
        ("aligned:2", "objective", "easy", "safe", STARTED, "strategy v3", "leeway"),
        ("aligned:3", "objective", "safe", None, STARTED, "strategy v3", "leeway"),
    ]


async def aligned_at(room: Room) -> datetime | None:
    ((at,),) = await kept(room.database, "aligned_at", "items", "ref")
    return None if at is None else datetime.fromisoformat(at.isoformat())


async def test_an_item_serves_the_objective_that_it_came_with_since_it_was_created(room: Room) -> None:
    await room.store(aligned(work_item(1), 1, objective="easy"))
    assert await aligned_at(room) is None
    await room.store(aligned(work_item(1, title="Renamed"), 2, objective="easy"))
    assert await aligned_at(room) is None


async def test_an_item_that_moves_to_an_objective_serves_it_from_then_on(room: Room) -> None:
    await room.store(aligned(work_item(1), 1))
    room.clock.move_to(STARTED + DAY)
    await room.store(aligned(work_item(1, labels=("easy",)), 2, objective="easy"))
    room.clock.move_to(STARTED + 2 * DAY)
    await room.store(aligned(work_item(1, title="Renamed"), 3, objective="easy"))
    assert await aligned_at(room) == STARTED + DAY


async def test_an_item_that_a_new_strategy_moves_has_served_its_objective_all_along(room: Room) -> None:
    """Who writes a strategy in the midst of a quarter adds nothing to what was there before."""
    await room.store(aligned(work_item(1), 1, version=1))
    await room.store(aligned(work_item(1), 2, objective="easy", version=2))
    assert await aligned_at(room) is None


async def test_an_item_that_somebody_moves_counts_from_then_on_however_old_the_version_it_stood_under(
    room: Room,
) -> None:
    """A new version is told of nothing but what it can move, so what rests stands under an older one."""
    await room.apply(strategy(), version=1)
    await room.store(aligned(work_item(1), 1, version=1))
    await room.apply(strategy(), version=2)
    await room.mark("strategy:2", MarkKind.STRATEGY)
    await room.settle()
    await room.store(aligned(work_item(1, labels=("easy",)), 2, objective="easy", version=2))
    assert await aligned_at(room) == STARTED


async def test_an_item_that_a_load_brings_before_its_parent_has_served_its_objective_all_along(room: Room) -> None:
    await room.store(aligned(work_item(1), 1, flow="load"))
    await room.store(aligned(work_item(1), 2, objective="easy", flow="load"))
    assert await aligned_at(room) is None
    assert await changes_of(room) == []


def test_text_that_no_table_can_hold_is_said_to_be_unusable() -> None:
    told = read_changes((record_of(BEGUN.model_copy(update={"was": "a\0b"})), record_of(ENDED)))
    assert [reason for _, reason in told.unusable] == ["invalid-payload: a character that is no text"]
    assert [row.change_id for row in told.rows] == ["c2"]


def some_changes(chance: Random, size: int) -> list[WorkItemChange]:
    """Return a few changes of each item, most of them of its status."""
    made = []
    for number in range(size):
        for name in range(chance.randint(0, 4)):
            at = STARTED - timedelta(hours=chance.randint(0, 2000))
            was, becomes = chance.sample((TODO, IN_PROGRESS, DONE), 2)
            aspect = chance.choice((ChangeAspect.STATUS, ChangeAspect.STATUS, ChangeAspect.LINK))
            made += [change(number, f"c{name}", was, becomes, at, aspect=aspect)]
    return made


@pytest.mark.parametrize("seed", range(6))
async def test_items_and_changes_in_any_order_come_to_the_same(detector_database: RoomDatabase, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 -- repeatable
    room = Room(detector_database)
    changes = some_changes(chance, 20)
    stream: list[ItemAligned | WorkItemChange] = [*changes, *chance.sample(changes, len(changes) // 2)]
    stream += [aligned(work_item(number), number) for number in range(1, 15)]
    chance.shuffle(stream)
    for one in stream:
        await (room.store(one) if isinstance(one, ItemAligned) else tell(room.database, one))
        if chance.random() < 0.3:
            await room.database.run(spread)
    await spread_all(room)
    expected = {}
    for number in range(1, 15):
        told = [one for one in last_of_each(changes)
                if one.ref == ref_of(number) and one.aspect is ChangeAspect.STATUS]  # fmt: skip
        left = [one.at for one in told if one.was == IN_PROGRESS]
        expected[ref_of(number)] = (max((one.at for one in told), default=None), max(left, default=None))
    assert {ref: (moved, left) for ref, moved, left in await moves(detector_database)} == expected
    assert len(await changes_of(room)) == len(last_of_each(changes))
