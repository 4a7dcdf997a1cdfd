"""The connectors' own schema, and a bus that only remembers, for the tests of this folder."""

import asyncio
from collections.abc import Sequence

import pytest

from schemas.topics import Topic
from services.runtime.bus import Bus, Outgoing
from services.runtime.clock import HeldClock
from services.runtime.database import Database, RoomDatabase
from services.runtime.embedded import Endpoints
from services.runtime.errors import Transient
from services.runtime.migrations import migrate
from services.runtime.settings import BusSettings
from tests.builders import CREATED

PARTITIONS = 4


class ImpatientClock(HeldClock):
    """Holds domain time and never waits."""

    async def sleep(self, seconds: float) -> None:
        """Let others run, for no seconds at all."""
        await asyncio.sleep(0 * seconds)


class RecordingBus(Bus):
    """Remembers what is published; `refusals` is how many more times the broker will say not now."""

    def __init__(self, database: RoomDatabase) -> None:
        super().__init__(BusSettings(), "connectors", ImpatientClock(CREATED), database=database)
        self.log: list[Outgoing] = []
        self.refusals = 0

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        self.log.extend(outgoing)
        if self.refusals:
            self.refusals -= 1
            raise Transient("not now")

    async def partitions(self, topic: Topic) -> int:
        return 1 if topic.single_partition else PARTITIONS


@pytest.fixture
async def room(endpoints: Endpoints, database_prefix: str, database: Database) -> RoomDatabase:
    assert endpoints.database_url is not None
    await asyncio.to_thread(migrate, endpoints.database_url, database_prefix, ("connectors",))
    return database.room("connectors")


@pytest.fixture
def bus(room: RoomDatabase) -> RecordingBus:
    return RecordingBus(room)
