"""A new strategy ends as if every item had been mapped by it anew, whatever comes while it is being taken in."""

import random
from collections.abc import Mapping, Sequence
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from schemas.aligned_items import Alignment
from schemas.strategy import Strategy
from schemas.work_items import WorkItem
from services.mapper import remapping
from services.mapper.claims import CompiledStrategy
from services.mapper.outgoing import read_alignment
from services.runtime.bus import Batch
from services.runtime.database import RoomDatabase
from tests.mapper import drawn
from tests.mapper.harness import Mappers, expected

Told = tuple[str, str | None, str | None, Alignment]
"""Team with its selector, category and alignment."""

STORED = "SELECT ref, team, team_selector, category, direct, alignment FROM items"


def anew(plan: CompiledStrategy, items: Mapping[str, WorkItem]) -> dict[str, Told]:
    """Return what mapping every item by the pure functions comes to."""
    alignments = expected(plan, items.values())
    chosen = {ref: plan.team(item) for ref, item in items.items()}
    return {
        ref: (chosen[ref].team, chosen[ref].selector, plan.category(item), alignments[ref])
        for ref, item in items.items()
    }


def published(mappers: Mappers) -> dict[str, Told]:
    known = mappers.known()
    return {ref: (one.team, one.team_selector, one.category, one.alignment) for ref, one in known.items()}


async def check_ended(mappers: Mappers, plan: CompiledStrategy, items: Mapping[str, WorkItem]) -> None:
    """Hold what was published, and what is stored, against mapping anew."""
    wanted = anew(plan, items)
    assert published(mappers) == wanted
    async with mappers.database.transaction() as conn:
        rows = list(await conn.execute(text(STORED)))
    assert {row[0]: (*row[1:4], read_alignment(row.alignment)) for row in rows} == wanted
    assert {row.ref: read_alignment(row.direct) for row in rows} == {ref: plan.claim(items[ref]) for ref in wanted}


async def emptied(room: RoomDatabase, count: int) -> Mappers:
    async with room.transaction() as conn:
        await conn.execute(text("TRUNCATE items, dirty, positions, waiting_marks"))
    return Mappers(room, count)


class Story:
    """Items and strategies that come in turns, and what is so at the end."""

    def __init__(self, mappers: Mappers, random_: random.Random) -> None:
        self.mappers = mappers
        self.random = random_
        self.items: dict[str, WorkItem] = {}

    async def items_come(self, items: Sequence[WorkItem]) -> None:
        process = self.random.choice(self.mappers.processes)
        await process.handle(Batch(tuple(self.mappers.snapshot(item) for item in items)))
        self.items.update((item.ref, item) for item in items)

    async def some_work(self) -> None:
        for _ in range(self.random.randint(0, 6)):
            await self.random.choice(self.mappers.processes).worker.step()


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    data=st.data(), first=drawn.strategies(), later=st.lists(drawn.items(), max_size=3),
    before=st.lists(drawn.items(), min_size=3, max_size=12), random_=st.randoms(use_true_random=False),
)  # fmt: skip
def test_whatever_is_edited_it_ends_as_if_all_were_mapped_anew(
    loop_runner: Any, data: st.DataObject, first: Strategy, before: Sequence[WorkItem], later: Sequence[WorkItem],
    random_: random.Random,
) -> None:  # fmt: skip
    plans = [first]
    for _ in range(random_.choice((1, 1, 1, 2))):
        plans.append(data.draw(drawn.edited(plans[-1])))

    async def check(room: RoomDatabase) -> None:
        story = Story(await emptied(room, 2), random_)
        await story.mappers.apply(first)
        await story.items_come(before)
        if random_.random() < 0.7:
            await story.mappers.settle()
        for plan in plans[1:]:
            await story.mappers.apply(plan)
            await story.some_work()
            if later and random_.random() < 0.5:
                await story.items_come(later)
                await story.some_work()
        await story.mappers.settle()
        await check_ended(story.mappers, CompiledStrategy(0, plans[-1]), story.items)

    with patch.object(remapping, "PAGE", 2), patch.object(remapping, "SPAN", 3):
        loop_runner(check)
