"""Scope that comes back to its objective is none that was added; work taken away in progress ends when it is."""

from datetime import datetime, timedelta

import pytest

from schemas.marks import MarkKind
from schemas.work_items import StatusCategory
from services.detector.facts import ObjectiveFacts
from services.detector.objectives import read_objectives
from services.detector.policy import compile_strategy
from tests.builders import work_item
from tests.detector.made import strategy
from tests.detector.past import DONE, IN_PROGRESS, TODO, change, tell
from tests.detector.room import STARTED, Room, aligned

DAY = timedelta(days=1)
BASELINE = STARTED - 10 * DAY
STRATEGY = strategy(
    objectives=[
        {"id": "easy", "title": "Easy", "team": "app", "baseline_on": BASELINE.date()},
        {"id": "safe", "title": "Safe", "team": "app", "baseline_on": BASELINE.date()},
    ]
)


async def facts_of(room: Room, objective: str = "easy") -> ObjectiveFacts:
    async with room.database.transaction() as conn:
        return (await read_objectives(conn, [objective], compile_strategy(STRATEGY), STARTED))[objective]


async def lived(room: Room, *steps: tuple[int, str | None], status: StatusCategory = StatusCategory.TODO) -> None:
    """Store an item that served these objectives from so many days after the baseline on."""
    for revision, (days, objective) in enumerate(steps, 1):
        room.clock.move_to(BASELINE + days * DAY)
        one = work_item(1, created=BASELINE - 60 * DAY, status_category=status, title=f"Item at {revision}")
        await room.store(aligned(one, revision, objective=objective))


@pytest.mark.parametrize(
    ("steps", "base", "added"),
    [
        (((-9, "easy"),), 1, 0),
        (((-9, "safe"), (1, "easy")), 0, 1),
        (((-9, "safe"), (-8, "easy")), 1, 0),
        (((-9, "easy"), (1, "safe"), (2, "easy")), 1, 0),
        (((-9, "easy"), (1, None), (2, "safe"), (3, "easy")), 1, 0),
        (((-9, "safe"), (-8, "easy"), (1, "safe"), (2, "easy")), 1, 0),
        (((-9, "safe"), (-8, "easy"), (-7, "safe"), (2, "easy")), 1, 0),
        (((-9, "safe"), (1, "easy"), (2, "safe"), (3, "easy")), 0, 1),
        (((-9, "safe"), (0, "easy")), 0, 1),
    ],
)
async def test_an_item_that_comes_back_is_none_that_was_added(
    room: Room, steps: tuple[tuple[int, str | None], ...], base: int, added: int
) -> None:
    await lived(room, *steps)
    facts = await facts_of(room)
    assert (facts.leaves_base, facts.leaves_added) == (base, added)


async def test_what_the_strategy_moved_there_and_comes_back_is_none_that_was_added(room: Room) -> None:
    room.clock.move_to(BASELINE + DAY)
    await room.apply(STRATEGY, version=1)
    old = work_item(1, created=BASELINE - 60 * DAY)
    await room.store(aligned(old, 1, version=1))
    await room.store(aligned(old, 2, objective="easy", version=2))
    await room.apply(STRATEGY, version=2)
    await room.mark("strategy:2", MarkKind.STRATEGY)
    room.clock.move_to(BASELINE + DAY + timedelta(hours=1))
    await room.store(aligned(old, 3, objective="safe", version=2))
    room.clock.move_to(BASELINE + 2 * DAY)
    await room.store(aligned(old, 4, objective="easy", version=2))
    facts = await facts_of(room)
    assert (facts.leaves_base, facts.leaves_added) == (1, 0)


@pytest.mark.parametrize(
    ("done", "again", "base"),
    [(-5, 1, 0), (-5, 0, 0), (-5, -1, 1), (0, 1, 1), (1, 2, 1), (-5, None, 0), (0, None, 1)],
)
async def test_what_was_done_by_the_baseline_and_is_taken_up_again_since_is_no_part_of_the_base(
    room: Room, done: int, again: int | None, base: int
) -> None:
    ended_at = BASELINE + done * DAY
    status, over = (StatusCategory.DONE, ended_at) if again is None else (StatusCategory.TODO, None)
    item = work_item(1, created=BASELINE - 60 * DAY, status_category=status, done=over)
    await room.store(aligned(item, objective="easy"))
    await tell(room.database, change(1, "c1", TODO, DONE, ended_at))
    if again is not None:
        await tell(room.database, change(1, "c2", DONE, TODO, BASELINE + again * DAY))
    await room.settle()
    facts = await facts_of(room)
    assert (facts.leaves_base, facts.leaves_added) == (base, 0)


async def ended(room: Room) -> datetime | None:
    return (await facts_of(room)).progress_ended


async def test_work_that_is_taken_away_in_progress_ends_when_it_is(room: Room) -> None:
    await lived(room, (-9, "easy"), (3, "safe"), status=StatusCategory.IN_PROGRESS)
    assert await ended(room) == BASELINE + 3 * DAY
    assert (await facts_of(room, "safe")).progress_ended is None


async def test_work_that_is_taken_away_before_it_begins_or_after_it_is_done_ends_nothing(room: Room) -> None:
    await lived(room, (-9, "easy"), (3, "safe"))
    assert await ended(room) is None
    await tell(room.database, change(1, "c1", TODO, IN_PROGRESS, BASELINE + 4 * DAY))
    assert await ended(room) is None
    await tell(room.database, change(1, "c2", IN_PROGRESS, DONE, BASELINE + 5 * DAY))
    assert await ended(room) is None


@pytest.mark.parametrize(("begun", "over", "is_taken"), [(1, 4, True), (1, 3, False), (1, 2, False), (3, 4, True)])
async def test_what_it_was_when_it_was_taken_away_is_what_its_next_change_tells(
    room: Room, begun: int, over: int, is_taken: bool
) -> None:
    await lived(room, (-9, "easy"), (3, "safe"), status=StatusCategory.DONE)
    await tell(
        room.database,
        change(1, "c1", TODO, IN_PROGRESS, BASELINE + begun * DAY),
        change(1, "c2", IN_PROGRESS, DONE, BASELINE + over * DAY),
    )
    assert await ended(room) == (BASELINE + 3 * DAY if is_taken else None)


async def test_of_several_that_left_the_last_one_counts(room: Room) -> None:
    await lived(room, (-9, "easy"), (1, "safe"), (2, "easy"), (4, None), (5, "safe"), status=StatusCategory.IN_PROGRESS)
    assert await ended(room) == BASELINE + 4 * DAY


@pytest.mark.parametrize(("again", "opened"), [(None, -60), (4, 4)])
async def test_an_item_that_was_taken_up_again_is_open_since_then(room: Room, again: int | None, opened: int) -> None:
    await lived(room, (-9, "easy"))
    if again is not None:
        await tell(
            room.database,
            change(1, "c1", TODO, DONE, BASELINE),
            change(1, "c2", DONE, TODO, BASELINE + again * DAY),
        )
    assert (await facts_of(room)).open_from == BASELINE + opened * DAY


async def test_while_work_is_in_progress_nobody_asks_since_when_something_is_open(room: Room) -> None:
    await lived(room, (-9, "easy"), status=StatusCategory.IN_PROGRESS)
    assert (await facts_of(room)).open_from is None
