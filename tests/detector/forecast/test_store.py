from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from schemas.work_items import Absence, ItemType, Resolution, StatusCategory, WorkItem
from services.detector.facts import Forecast
from services.detector.forecast import queries, store
from services.detector.forecast.pure import ForecastInputs, make_forecast
from services.detector.policy import compile_strategy
from services.runtime.calendar import DEFAULT
from tests.builders import ref_of, work_item
from tests.detector.forecast.made_forecast import forecast, inputs, leaves
from tests.detector.made import CONTEXT, MONDAY, at, strategy
from tests.detector.room import Room, aligned

pytestmark = pytest.mark.flow
DONE = StatusCategory.DONE


def delivered(number: int, on: str, **fields: Any) -> WorkItem:
    values: dict[str, Any] = {
        "status_category": DONE,
        "resolution": Resolution.DELIVERED,
        "resolution_name": "Done",
        "done": at(on),
    }
    return work_item(number, **(values | fields))


async def read(room: Room, *objectives: str, policy: dict[str, Any] | None = None) -> dict[str, ForecastInputs]:
    context = compile_strategy(strategy(policy))
    async with room.database.transaction() as conn:
        return await store.read_inputs(conn, objectives, context, MONDAY)


async def store_all(room: Room, *items: WorkItem, objective: str | None = "easy") -> None:
    await room.store(*(aligned(one, number, objective=objective) for number, one in enumerate(items, 1)))
    await room.settle()


async def test_open_leaves_of_the_objective_are_to_be_delivered(room: Room) -> None:
    await store_all(
        room,
        work_item(1, assignee=None),
        work_item(2, status_category=StatusCategory.IN_PROGRESS),
        work_item(3, type=ItemType.EPIC),
        work_item(4),
        work_item(5, parent=ref_of(4), type=ItemType.SUBTASK, assignee=None),
        delivered(6, "2026-06-12"),
    )
    await store_all(room, work_item(7), objective="safe")
    found = (await read(room, "easy"))["easy"]
    assert found.leaves == (ref_of(1), ref_of(2), ref_of(5))
    assert found.unowned == (ref_of(1), ref_of(5))
    assert dict(found.names)[ref_of(1)] == "APP-1"


async def test_what_was_delivered_is_what_ended_with_success(room: Room) -> None:
    await store_all(
        room,
        delivered(1, "2026-06-12"),
        delivered(2, "2026-06-11", resolution_name=None),
        delivered(3, "2026-06-10", resolution=Resolution.CANCELLED, resolution_name="Won't Fix"),
        delivered(4, "2026-06-09", resolution=Resolution.CANCELLED, resolution_name=None),
        delivered(5, "2026-06-08", resolution=None, resolution_name=None),
        delivered(6, "2026-06-05", resolution_name="Parked"),
        delivered(7, "2025-06-05"),
        delivered(8, "2026-06-04", type=ItemType.EPIC),
    )
    assert (await read(room, "easy"))["easy"].delivered == (at("2026-06-05"), at("2026-06-11"), at("2026-06-12"))
    parked = await read(room, "easy", policy={"cancelled_resolutions": ["Parked"]})
    assert parked["easy"].delivered == (at("2026-06-10"), at("2026-06-11"), at("2026-06-12")), "the names alone decide"
    assert parked["easy"].leaves == ()


async def test_it_began_with_its_first_leaf_whatever_became_of_that(room: Room) -> None:
    cancelled = delivered(1, "2026-06-01", created=at("2026-02-02"), resolution_name="Won't Do")
    await store_all(room, cancelled, work_item(2, type=ItemType.EPIC, created=at("2025-01-01")), work_item(3))
    found = await read(room, "easy", "safe")
    assert found["easy"].began == at("2026-02-02")
    assert found["safe"] == ForecastInputs(objective="safe")


async def test_blockers_are_followed_beyond_the_objective_as_far_as_they_are_open(room: Room) -> None:
    await store_all(room, work_item(1, blocked_by=(11, 13)), work_item(2))
    await store_all(
        room,
        work_item(11, blocked_by=(12,)),
        work_item(12),
        delivered(13, "2026-06-01", blocked_by=(12,)),
        work_item(14, blocked_by=(2,)),
        objective=None,
    )
    found = (await read(room, "easy"))["easy"]
    assert found.dependencies == ((ref_of(11), ref_of(1)), (ref_of(12), ref_of(11)))
    assert dict(found.names)[ref_of(12)] == "APP-12"


async def test_a_circle_of_blockers_is_read_once(room: Room) -> None:
    await store_all(
        room,
        work_item(1, blocked_by=(2, 1)),
        work_item(2, blocked_by=(1,)),
    )
    found = (await read(room, "easy"))["easy"]
    assert found.dependencies == ((ref_of(1), ref_of(2)), (ref_of(2), ref_of(1)))


async def test_what_nobody_sees_any_more_is_no_work_and_holds_nobody(room: Room) -> None:
    await store_all(room, work_item(1, blocked_by=(2,)), work_item(2, visible=False, absence=Absence.DELETED))
    found = (await read(room, "easy"))["easy"]
    assert (found.leaves, found.dependencies) == ((ref_of(1),), ())


MADE = forecast(inputs(12, [0, 1, 2, 1, 0, 1, 1], [("other:1", leaves(1)[0])], unowned=leaves(2)), date(2026, 7, 1))


async def keep(room: Room, *forecasts: Forecast) -> None:
    await room.database.run(lambda conn: store.keep(conn, forecasts, 1))


async def test_a_kept_forecast_comes_back_as_it_was(room: Room) -> None:
    refused = make_forecast(ForecastInputs(objective="safe"), date(2026, 7, 1), DEFAULT, MONDAY, 1)
    assert MADE.movers
    await keep(room, MADE, refused)
    async with room.database.transaction() as conn:
        assert await store.newest(conn, ["easy", "safe", "none"]) == {"easy": MADE, "safe": refused}


async def test_a_moved_due_rewrites_no_forecast(room: Room) -> None:
    later = replace(MADE, as_of=MONDAY + timedelta(days=1), due=date(2026, 8, 1), probability=0.97)
    await keep(room, MADE)
    await keep(room, later)
    async with room.database.transaction() as conn:
        assert await store.history(conn, "easy") == (later, MADE)
        assert await store.newest(conn, ["easy"]) == {"easy": later}


async def test_of_two_of_one_moment_the_first_stays(room: Room) -> None:
    await keep(room, MADE)
    await keep(room, replace(MADE, due=date(2026, 8, 1)))
    async with room.database.transaction() as conn:
        assert await store.history(conn, "easy") == (MADE,)
        assert await conn.scalar(text("SELECT due FROM forecasts")) == MADE.due


async def test_objectives_are_listed_in_the_strategy_s_order_with_what_was_forecast_last(room: Room) -> None:
    assert await queries.list_forecasts(room.database) == ()
    assert await queries.find_forecasts(room.database, "easy") is None
    await room.apply(strategy())
    await keep(room, MADE)
    easy, safe = await queries.list_forecasts(room.database)
    assert (easy.objective, easy.title, easy.due) == ("easy", "Buyers pay in one step", CONTEXT.objectives["easy"].due)
    assert easy.forecasts == (MADE,)
    assert safe.forecasts == ()
    assert not easy.is_open
    assert await queries.find_forecasts(room.database, "easy") == easy
    assert await queries.find_forecasts(room.database, "none") is None


async def test_an_objective_is_open_while_an_item_of_it_is(room: Room) -> None:
    await room.apply(strategy())
    await store_all(room, work_item(1), delivered(2, "2026-06-12"))
    await store_all(room, delivered(3, "2026-06-12"), objective="safe")
    assert [one.is_open for one in await queries.list_forecasts(room.database)] == [True, False]
    easy, safe = [await queries.find_forecasts(room.database, name) for name in ("easy", "safe")]
    assert easy is not None
    assert safe is not None
    assert (easy.is_open, safe.is_open) == (True, False)
