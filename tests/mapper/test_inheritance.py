"""Inherited alignment follows what stands above, at any distance, in any order, with any number of mappers."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from schemas.work_items import Tracker, Twin, WorkItem
from services.runtime.bus import Batch, Record
from services.runtime.database import RoomDatabase
from tests.builders import ref_of, work_item
from tests.mapper.harness import Mappers, expected
from tests.mapper.strategies import compiled, objective, strategy

OBJECTIVES = (objective("grow", {"label": "grow"}), objective("keep", {"label": "keep"}))
PLAN = strategy(*OBJECTIVES)
PURE = compiled(*OBJECTIVES)


def objectives(mappers: Mappers) -> dict[str, str | None]:
    return {one.item.key: one.alignment.objective for one in mappers.known().values()}


async def test_a_parent_that_comes_later_is_inherited_at_every_level(mappers: Mappers) -> None:
    await mappers.apply(PLAN)
    for number in (4, 3, 2):
        await mappers.take(work_item(number, parent=ref_of(number - 1)))
    await mappers.take(work_item(1, labels=("grow",)))
    assert objectives(mappers) == dict.fromkeys(("APP-1", "APP-2", "APP-3", "APP-4"), "grow")


async def test_heirs_follow_a_claim_and_only_those_that_change_go_out_again(mappers: Mappers) -> None:
    await mappers.apply(PLAN)
    own = work_item(3, parent=ref_of(1), labels=("keep",))
    await mappers.take(work_item(1), work_item(2, parent=ref_of(1)), own, work_item(4, parent=ref_of(3)))
    before = len(mappers.published())
    await mappers.take(work_item(1, labels=("grow",)), flow="load-2")
    again = mappers.published()[before:]
    assert [(one.item.key, one.alignment.objective, one.flow) for one in again] == [
        ("APP-1", "grow", "load-2"), ("APP-2", "grow", "load-2"),
    ]  # fmt: skip
    await mappers.take(work_item(1))
    assert objectives(mappers) == {"APP-1": None, "APP-2": None, "APP-3": "keep", "APP-4": "keep"}


async def test_an_item_that_moves_leaves_its_old_parent_s_objective(mappers: Mappers) -> None:
    await mappers.apply(PLAN)
    above = work_item(1, labels=("grow",)), work_item(2, labels=("keep",))
    await mappers.take(*above, work_item(3, parent=ref_of(1)), work_item(4, epic=ref_of(3)))
    await mappers.take(work_item(3, parent=ref_of(2)))
    assert objectives(mappers)["APP-4"] == "keep"


async def test_children_by_key_follow_when_the_epic_s_key_changes(mappers: Mappers) -> None:
    await mappers.apply(PLAN)
    epic = work_item(1, labels=("grow",))
    await mappers.take(epic, work_item(2, epic_key="APP-1"), work_item(3, epic_key="NEW-1"))
    await mappers.take(epic.model_copy(update={"key": "NEW-1"}))
    assert objectives(mappers) == {"NEW-1": "grow", "APP-2": None, "APP-3": "grow"}


async def test_an_epic_known_by_another_id_is_found_by_its_key_until_that_id_comes(mappers: Mappers) -> None:
    await mappers.apply(PLAN)
    await mappers.take(work_item(2, epic=ref_of(7), epic_key="APP-1"), work_item(3, parent=ref_of(2)))
    await mappers.take(work_item(1, labels=("grow",)))
    assert objectives(mappers) == dict.fromkeys(("APP-1", "APP-2", "APP-3"), "grow")
    await mappers.take(work_item(7, labels=("keep",)))
    assert (objectives(mappers)["APP-2"], objectives(mappers)["APP-3"]) == ("keep", "keep")


async def test_a_twin_is_inherited_from_both_sides_until_the_link_goes(mappers: Mappers) -> None:
    await mappers.apply(PLAN)
    task = work_item("9", labels=("grow",)).model_copy(update={"ref": ref_of(9, "board", "asana"), "key": "9"})
    linked = task.model_copy(update={"twins": (Twin(tracker=Tracker.JIRA, key="APP-1"),)})
    await mappers.take(linked)
    await mappers.take(work_item(1), work_item(2, parent=ref_of(1)))
    assert objectives(mappers) == {"9": "grow", "APP-1": "grow", "APP-2": "grow"}
    await mappers.take(task)
    assert objectives(mappers) == {"9": "grow", "APP-1": None, "APP-2": None}


async def test_two_mappers_that_do_not_see_each_other_are_put_right(room: RoomDatabase) -> None:
    """Both transactions are open at once: neither the child nor the parent can see the other."""
    mappers = Mappers(room, 2)
    await mappers.apply(PLAN)
    crossing = asyncio.Barrier(2)

    async def cross() -> None:
        await crossing.wait()

    for process in mappers.processes:
        process.bus.gate = cross
    child, parent = work_item(2, parent=ref_of(1)), work_item(1, labels=("grow",))
    records = mappers.snapshot(child), mappers.snapshot(parent)
    assert records[0].partition != records[1].partition
    await asyncio.gather(
        *(process.handle(Batch((record,))) for process, record in zip(mappers.processes, records, strict=True))
    )
    assert objectives(mappers) == {"APP-1": "grow", "APP-2": None}
    mappers.first.bus.gate = mappers.processes[1].bus.gate = Mappers(room).first.bus.gate
    await mappers.settle()
    assert objectives(mappers) == {"APP-1": "grow", "APP-2": "grow"}


NUMBERS = range(1, 8)
LINKS = st.none() | st.sampled_from(NUMBERS)
VERSIONS = st.tuples(st.sampled_from(NUMBERS), st.sampled_from([(), ("grow",), ("keep",)]), LINKS, LINKS, LINKS)
STREAMS = st.lists(VERSIONS, min_size=1, max_size=16)


def drawn(stream: Sequence[Any]) -> list[WorkItem]:
    return [
        work_item(
            number, labels=labels, parent=ref_of(parent) if parent else None, epic=epic and ref_of(epic + 2),
            epic_key=epic and f"APP-{epic}",
            twins=(Twin(tracker=Tracker.JIRA, ref=ref_of(twin)),) if twin else (), title=f"version {place}",
        )
        for place, (number, labels, parent, epic, twin) in enumerate(stream)
    ]  # fmt: skip


async def emptied(room: RoomDatabase, count: int = 1) -> Mappers:
    """Return mappers that know of no item yet; the strategy stays."""
    async with room.transaction() as conn:
        await conn.execute(text("TRUNCATE items, dirty, positions, waiting_marks"))
    mappers = Mappers(room, count)
    await mappers.apply(PLAN)
    return mappers


def batches_of(records: Sequence[Record], random_: random.Random) -> list[Batch]:
    """Cut records into batches, at random places."""
    batches, rest = [], list(records)
    while rest:
        size = random_.randint(1, 5)
        batches.append(Batch(tuple(rest[:size])))
        rest = rest[size:]
    return batches


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=STREAMS, random_=st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_ends_in_the_same_alignments(
    loop_runner: Any, stream: Sequence[Any], random_: random.Random
) -> None:
    items = drawn(stream)
    newest = {item.ref: item for item in items}
    numbered = list(enumerate(items, start=1))
    shuffled = random_.sample(numbered, len(numbered)) + random_.choices(numbered, k=3)

    async def check(room: RoomDatabase) -> None:
        mappers = await emptied(room)
        for batch in batches_of([mappers.snapshot(item, number) for number, item in shuffled], random_):
            await mappers.first.handle(batch)
            if random_.random() < 0.5:
                await mappers.first.worker.step()
        await mappers.settle()
        assert mappers.alignments() == expected(PURE, newest.values())
        assert {ref: one.item for ref, one in mappers.known().items()} == newest

    loop_runner(check)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=STREAMS, random_=st.randoms(use_true_random=False))
def test_three_mappers_at_once_end_as_one_does(loop_runner: Any, stream: Sequence[Any], random_: random.Random) -> None:
    items = drawn(stream)
    newest = {item.ref: item for item in items}

    async def check(room: RoomDatabase) -> None:
        mappers = await emptied(room, 3)
        lanes: dict[int, list[Record]] = {}
        for record in (mappers.snapshot(item) for item in items):
            lanes.setdefault(record.partition % 3, []).append(record)

        async def run(lane: int) -> None:
            process = mappers.processes[lane]
            process.bus.gate = lambda: asyncio.sleep(0)
            for batch in batches_of(lanes.get(lane, []), random_):
                await process.handle(batch)
                await process.work()

        async with asyncio.TaskGroup() as group:
            for lane in range(3):
                group.create_task(run(lane))
        await mappers.settle()
        assert mappers.alignments() == expected(PURE, newest.values())
        revisions = [one.revision for one in mappers.published()]
        assert len(set(revisions)) == len(revisions)

    loop_runner(check)
