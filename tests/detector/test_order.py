"""Any order, repetition and number of detectors comes to the findings of the plain in-memory world."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Final

import pytest

from schemas.aligned_items import Alignment, Claim, ItemAligned
from schemas.findings import FindingState
from schemas.work_items import Absence, ItemType, StatusCategory, WorkItem
from services.detector.policy import compile_strategy
from services.runtime.database import RoomDatabase
from tests.builders import ref_of, work_item
from tests.detector.brute import Placed, World
from tests.detector.made import strategy as made_strategy
from tests.detector.room import STARTED, Room, aligned_all
from tests.detector.rule_sets import REFERENCED, only

STRATEGY: Final = made_strategy(only(*(rule for rule in REFERENCED if rule != "scope-growth")))
"""The rules on what stands now: a plain world has no past, and to have been seen to move is past."""

TEAMS: Final = ("app", "pay", "tokyo", "gulf", "unnamed")
OBJECTIVES: Final = tuple(objective.id for objective in STRATEGY.objectives)
STATES: Final = (StatusCategory.TODO, StatusCategory.IN_PROGRESS, StatusCategory.DONE)
TYPES: Final = (ItemType.STORY, ItemType.STORY, ItemType.SUBTASK, ItemType.EPIC, ItemType.BUG)


def some_item(chance: Random, number: int, size: int) -> WorkItem:
    """Return an item in any state, with a few dependencies on any others, known or not."""
    created = STARTED - timedelta(days=chance.randint(0, 90))
    touched = created + (STARTED - created) * chance.random()
    others = [other for other in range(size + 1) if other != number]
    kind = chance.choice(TYPES)
    parent = ref_of(chance.choice(others)) if kind is ItemType.SUBTASK or chance.random() < 0.2 else None
    return work_item(
        number,
        created=created,
        touched=touched,
        type=kind,
        status_category=chance.choice(STATES),
        parent=parent,
        blocked_by=chance.sample(others, chance.choice((0, 0, 1, 2))),
        blocks=chance.sample(others, chance.choice((0, 0, 0, 1))),
        due=(STARTED + timedelta(days=chance.randint(-20, 40))).date() if chance.random() < 0.5 else None,
    )


def some_place(chance: Random, item: WorkItem) -> Placed:
    objective = chance.choice((None, None, *OBJECTIVES))
    claim = Claim(objective=OBJECTIVES[0], selector="project APP", fields=1, position=1)
    ties = (claim,) if objective and chance.random() < 0.1 else ()
    return Placed(item, chance.choice(TEAMS), Alignment(objective=objective, ties=ties))


def histories(chance: Random, size: int) -> list[ItemAligned]:
    """Return one to three versions of each item, with revisions that rise over all of them."""
    drawn = [number for number in range(size) for _ in range(chance.choice((1, 1, 2, 3)))]
    chance.shuffle(drawn)
    return aligned_all([some_place(chance, some_item(chance, number, size)) for number in drawn])


def final(stream: Sequence[ItemAligned]) -> list[Placed]:
    newest = {one.item.ref: one for one in sorted(stream, key=lambda one: one.revision)}
    return [Placed(one.item, one.team, one.alignment) for one in newest.values()]


def expected(stream: Sequence[ItemAligned]) -> dict[str, object]:
    verdict = World(final(stream), compile_strategy(STRATEGY), STARTED).judge()
    return {
        one.fingerprint: (one.rule, one.severity, one.team, one.objective, one.evidence) for one in verdict.findings
    }


async def held(room: Room) -> dict[str, object]:
    found = await room.findings()
    assert all(one.state is FindingState.OPEN for one in found)
    return {one.fingerprint: (one.rule, one.severity, one.team, one.objective, one.evidence) for one in found}


async def _deliver(room: Room, stream: Sequence[ItemAligned], batch: int) -> None:
    """Store the stream in batches, judging in between."""
    for start in range(0, len(stream), batch):
        await room.store(*stream[start : start + batch])
        await room.judge.step()


@pytest.mark.parametrize("seed", range(12))
async def test_one_detector_comes_to_the_plain_worlds_findings_in_any_order(
    detector_database: RoomDatabase, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 -- repeatable
    room = Room(detector_database)
    await room.apply(STRATEGY)
    stream = histories(chance, 40)
    arriving = [*stream, *chance.sample(stream, len(stream) // 2)]
    chance.shuffle(arriving)
    await _deliver(room, arriving, chance.choice((1, 7, 50)))
    await room.settle()
    assert await held(room) == expected(stream)


@pytest.mark.parametrize("detectors", [2, 3])
@pytest.mark.parametrize("seed", range(4))
async def test_several_detectors_at_once_come_to_the_same(
    detector_database: RoomDatabase, seed: int, detectors: int
) -> None:
    """As with consumer groups after a rebalance, even the same item may come to two of them at once."""
    chance = Random(100 + seed)  # noqa: S311 -- repeatable
    rooms = [Room(detector_database) for _ in range(detectors)]
    await rooms[0].apply(STRATEGY)
    stream = histories(chance, 60)
    parts = [[*chance.sample(stream, len(stream) // 2)] for _ in rooms]
    for one in stream:
        chance.choice(parts).append(one)
    for part in parts:
        chance.shuffle(part)
    await asyncio.gather(*(_deliver(room, part, 5) for room, part in zip(rooms, parts, strict=True)))
    await asyncio.gather(*(room.judge.finish() for room in rooms))
    await rooms[0].settle()
    assert await held(rooms[0]) == expected(stream)
    assert (await rooms[0].left())["agenda"] == 0


async def test_time_alone_comes_to_the_plain_worlds_findings(detector_database: RoomDatabase) -> None:
    """What falls due by nobody's doing is judged from the agenda, day by day."""
    chance = Random(7)  # noqa: S311 -- repeatable
    room = Room(detector_database)
    await room.apply(STRATEGY)
    stream = histories(chance, 60)
    await room.store(*stream)
    await room.settle()
    for days in (1, 2, 3, 5, 8, 13, 40):
        now = STARTED + timedelta(days=days)
        room.clock.move_to(now)
        await room.settle()
        verdict = World(final(stream), compile_strategy(STRATEGY), now).judge()
        assert set(await held(room)) == {one.fingerprint for one in verdict.findings}


async def test_an_item_out_of_sight_resolves_nothing(detector_database: RoomDatabase) -> None:
    """Its findings stay, marked unknown, and are told as before once it is back."""
    room = Room(detector_database)
    await room.apply(STRATEGY)
    blocker = work_item(1, assignee=None)
    dependent = work_item(2, blocked_by=[1])
    first = aligned_all([Placed(blocker, "app"), Placed(dependent, "web")])
    await room.store(*first)
    await room.settle()
    before = await held(room)
    assert before
    gone = blocker.model_copy(update={"visible": False, "absence": Absence.UNREACHABLE})
    await room.store(first[0].model_copy(update={"item": gone, "revision": 10}))
    await room.settle()
    states = {one.fingerprint: one.state for one in await room.findings()}
    assert states == dict.fromkeys(before, FindingState.UNKNOWN)
    await room.store(first[0].model_copy(update={"revision": 11}))
    await room.settle()
    assert await held(room) == before
