"""The mapper as a room on the real broker: strategy and items in, aligned items and marks out."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from schemas.marks import FlowMark, MarkKind
from schemas.topics import JIRA_WORK_ITEMS
from services.mapper import queries
from services.mapper.app import Mapper, build_app
from services.mapper.commands import apply_strategy
from services.mapper.handlers import INPUTS
from services.runtime.bus import Bus, Outgoing
from services.runtime.clock import SystemClock
from services.runtime.database import RoomDatabase
from services.runtime.room import RoomContext
from services.runtime.settings import BusSettings, Settings
from services.runtime.topics import ensure_topics
from tests.builders import ref_of, snapshot, work_item
from tests.mapper.strategies import objective, strategy
from tests.waiting import eventually

MARK = FlowMark(id="load-1", kind=MarkKind.IMPORT, sent_at=datetime(2026, 5, 1, tzinfo=UTC))
CLOCK = SystemClock()


@pytest.fixture
async def mapper(room: RoomDatabase, bus_settings: BusSettings) -> AsyncIterator[Mapper]:
    await ensure_topics(bus_settings)
    bus = Bus(bus_settings, "mapper", CLOCK, database=room)
    made = build_app(RoomContext(Settings(bus=bus_settings), CLOCK, room, bus))
    await made.start()
    yield made
    await made.stop()
    await bus.stop()


async def test_items_come_out_aligned_and_the_mark_after_them(
    mapper: Mapper, room: RoomDatabase, bus_settings: BusSettings
) -> None:
    await apply_strategy(room, strategy(objective("grow", {"label": "grow"})), "ana", CLOCK)
    feeder = Bus(bus_settings, "connectors", CLOCK)
    items = [work_item(1, labels=("grow",)), *(work_item(number, parent=ref_of(number - 1)) for number in range(2, 41))]
    events = [(one.ref, feeder.event(snapshot(one, place), id=one.ref)) for place, one in enumerate(reversed(items))]
    await feeder.publish([Outgoing(JIRA_WORK_ITEMS, ref, event) for ref, event in events])
    for topic in INPUTS:
        await feeder.publish_mark(topic, MARK)
    await feeder.stop()

    async def is_through() -> bool:
        progress = await mapper.progress()
        return {"load-1", "strategy:1"} <= progress.marks and not any(progress.pending.values())

    await eventually(is_through, within=30)
    assert await queries.counts(room) == queries.Counts(items=40, aligned=40)
