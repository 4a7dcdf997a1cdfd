"""A bus that only remembers what is published, and a clock that never waits."""

import asyncio
from collections.abc import Callable, Sequence

from schemas.topics import Topic
from services.runtime.bus import Bus, Outgoing
from services.runtime.clock import HeldClock
from services.runtime.database import RoomDatabase
from services.runtime.errors import Transient
from services.runtime.settings import BusSettings
from tests.builders import CREATED

PARTITIONS = 4


class ImpatientClock(HeldClock):
    """Holds domain time and never waits."""

    async def sleep(self, seconds: float) -> None:
        """Let others run, for no seconds at all."""
        await asyncio.sleep(0 * seconds)


class RecordingBus(Bus):
    """Remembers what is published; `refusals` is how many more times the broker will say not now.

    `before` is called before and after each publication, and raises what it likes.
    """

    def __init__(self, database: RoomDatabase) -> None:
        super().__init__(BusSettings(), "connectors", ImpatientClock(CREATED), database=database)
        self.log: list[Outgoing] = []
        self.refusals = 0
        self.before: Callable[[], None] = lambda: None

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        self.before()
        self.log.extend(outgoing)
        self.before()
        if self.refusals:
            self.refusals -= 1
            raise Transient("not now")

    async def partitions(self, topic: Topic) -> int:
        return 1 if topic.single_partition else PARTITIONS
