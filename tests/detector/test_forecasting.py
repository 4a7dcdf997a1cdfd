"""An objective with open work is forecast when it is judged: once a day, and again after its strategy is another."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from schemas.marks import MarkKind
from schemas.work_items import StatusCategory
from tests.builders import work_item
from tests.detector.made import strategy
from tests.detector.room import STARTED, Room, aligned

EASY = {"id": "easy", "title": "Buyers pay in one step", "team": "app", "due_on": "2026-06-30"}


async def made(room: Room) -> list[tuple[date, int]]:
    async with room.database.transaction() as conn:
        rows = await conn.execute(text("SELECT as_of, strategy_version FROM forecasts ORDER BY as_of"))
        return [(as_of.date(), version) for as_of, version in rows]


async def begin(room: Room, **item: Any) -> None:
    await room.apply(strategy(objectives=[EASY]))
    done = [
        work_item(number, created=STARTED - timedelta(days=40), done=STARTED - timedelta(days=3 * number),
                  status_category=StatusCategory.DONE)
        for number in range(2, 9)
    ]  # fmt: skip
    whole = [work_item(1, created=STARTED - timedelta(days=40), **item), *done]
    await room.store(*(aligned(one, number, objective="easy") for number, one in enumerate(whole, 1)))
    await room.settle()


async def test_it_is_forecast_once_a_day_and_by_every_strategy(room: Room) -> None:
    await begin(room)
    await room.store(aligned(work_item(1, title="Renamed"), 20, objective="easy"))
    await room.settle()
    today = STARTED.date()
    assert await made(room) == [(today, 1)]
    room.clock.move_to(STARTED + timedelta(days=1))
    await room.settle()
    assert await made(room) == [(today, 1), (today + timedelta(days=1), 1)]
    room.clock.move_to(STARTED + timedelta(days=1, hours=1))
    await room.apply(strategy({"forecast_probability": 0.8}, objectives=[EASY]), 2)
    await room.mark("strategy:2", MarkKind.STRATEGY)
    await room.settle()
    assert (await made(room))[2:] == [(today + timedelta(days=1), 2)]


async def test_nothing_is_forecast_without_open_work_and_an_overdue_objective_still_is(room: Room) -> None:
    await begin(room, status_category=StatusCategory.DONE)
    assert await made(room) == []
    room.clock.move_to(STARTED + timedelta(days=30))
    await room.store(aligned(work_item(30), 30, objective="easy"))
    await room.settle()
    assert len(await made(room)) == 1
    assert "forecast-miss" in await room.rules()
