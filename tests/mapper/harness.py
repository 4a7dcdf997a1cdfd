"""The mapper on a real database and a bus that only remembers, so that a test decides what crosses what."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence

from schemas.aligned_items import Alignment, ItemAligned
from schemas.events import type_of
from schemas.marks import FlowMark
from schemas.strategy import Strategy
from schemas.topics import ALIGNED_ITEMS, WORK_ITEMS, Topic
from schemas.work_items import Tracker, WorkItem, WorkItemSnapshot
from services.mapper import queries
from services.mapper.alignment import Neighbourhood, align, node_of
from services.mapper.claims import CompiledStrategy
from services.mapper.commands import apply_strategy, strategy_outgoing
from services.mapper.handlers import INPUTS, ItemsHandler, strategy_handler
from services.mapper.selectors import tracker_of
from services.mapper.strategies import Strategies
from services.mapper.worker import Worker
from services.runtime.bus import Batch, Bus, Outgoing, Record
from services.runtime.clock import SystemClock
from services.runtime.database import RoomDatabase
from services.runtime.publisher import partition_of
from services.runtime.settings import BusSettings
from tests.builders import snapshot

PARTITIONS = 4


async def at_once() -> None:
    """Let the broker say yes without waiting."""


class RecordingBus(Bus):
    """Remembers what is published, in order; `gate` is awaited before the broker says yes."""

    def __init__(self, database: RoomDatabase, log: list[Outgoing]) -> None:
        super().__init__(BusSettings(), "mapper", SystemClock(), database=database)
        self.log = log
        self.gate: Callable[[], Awaitable[None]] = at_once

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        self.log.extend(outgoing)
        if outgoing:
            await self.gate()

    async def partitions(self, topic: Topic) -> int:
        return 1 if topic.single_partition else PARTITIONS


class MapperProcess:
    """One of perhaps several mapper processes that share a database."""

    def __init__(self, database: RoomDatabase, log: list[Outgoing]) -> None:
        self.database = database
        self.bus = RecordingBus(database, log)
        self.strategies = Strategies()
        self.handle = ItemsHandler(database, self.bus, self.strategies, lambda: None)
        self.strategy = strategy_handler(database, self.bus, lambda: None)
        self.worker = Worker(database, self.bus, self.bus.clock, self.strategies)

    async def work(self) -> int:
        """Do all that is left to do; return in how many steps."""
        steps = 0
        while await self.worker.step():
            steps += 1
        return steps

    async def pending(self) -> dict[str, int]:
        async with self.database.transaction() as conn:
            return await queries.pending(conn)


class Mappers:
    """Some mapper processes, what they published, and the input's offsets."""

    def __init__(self, database: RoomDatabase, count: int = 1) -> None:
        self.log: list[Outgoing] = []
        self.database = database
        self.processes = [MapperProcess(database, self.log) for _ in range(count)]
        self._offsets = Counter[tuple[str, int]]()
        self._revision = 0

    @property
    def first(self) -> MapperProcess:
        return self.processes[0]

    async def apply(self, strategy: Strategy) -> int:
        """Apply a strategy and have it become active; the worker has not mapped anything again yet."""
        applied = await apply_strategy(self.database, strategy, "ana", self.first.bus.clock)
        newest = await queries.newest_strategy(self.database)
        assert newest is not None
        await self.first.strategy(Batch((self.record(strategy_outgoing(newest, self.first.bus.clock)),)))
        return applied.version

    def record(self, outgoing: Outgoing, value: bytes | None = None) -> Record:
        partitions = 1 if outgoing.topic.single_partition else PARTITIONS
        partition = outgoing.partition if outgoing.partition is not None else partition_of(outgoing.key, partitions)
        offset = self._offsets[outgoing.topic.name, partition]
        self._offsets[outgoing.topic.name, partition] += 1
        headers = outgoing.event.headers()
        body = outgoing.event.body if value is None else value
        return Record(outgoing.topic, partition, offset, outgoing.key, type_of(headers), body, headers)

    def snapshot(self, item: WorkItem, revision: int | None = None, flow: str | None = None) -> Record:
        self._revision += 1
        one = snapshot(item, self._revision if revision is None else revision, flow=flow)
        return self.record(self.outgoing(one))

    def outgoing(self, one: WorkItemSnapshot) -> Outgoing:
        topic = WORK_ITEMS[Tracker(tracker_of(one.item.ref))]
        return Outgoing(topic, one.item.ref, self.first.bus.event(one, id="x"))

    def marks(self, mark: FlowMark) -> list[Record]:
        return [self.record(one) for topic in INPUTS for one in self.first.bus.mark_to(topic, mark, PARTITIONS)]

    async def take(self, *items: WorkItem, flow: str | None = None) -> None:
        """Have one mapper handle the items in one batch, and do what is left to do."""
        await self.first.handle(Batch(tuple(self.snapshot(item, flow=flow) for item in items)))
        await self.first.work()

    def published(self) -> list[ItemAligned]:
        """Return every aligned item that went out, in order."""
        return [
            ItemAligned.model_validate_json(one.event.body)
            for one in self.log
            if one.topic is ALIGNED_ITEMS and one.event.type == "leeway.item-aligned.v1"
        ]

    def passed(self) -> list[str]:
        """Return the ids of the marks that went out, once for each partition."""
        marks = (one for one in self.log if one.event.type == "leeway.flow-mark.v1" and one.topic is ALIGNED_ITEMS)
        return [FlowMark.model_validate_json(one.event.body).id for one in marks]

    def known(self) -> dict[str, ItemAligned]:
        """Return what a reader knows, who keeps the highest revision of each ref."""
        newest: dict[str, ItemAligned] = {}
        for one in self.published():
            if one.item.ref not in newest or newest[one.item.ref].revision < one.revision:
                newest[one.item.ref] = one
        return newest

    def alignments(self) -> dict[str, Alignment]:
        return {ref: one.alignment for ref, one in sorted(self.known().items())}

    async def settle(self) -> None:
        """Have all mappers work at once until nothing is left."""
        steps = 1
        while steps:
            async with asyncio.TaskGroup() as group:
                working = [group.create_task(process.work()) for process in self.processes]
            steps = sum(task.result() for task in working)


def expected(plan: CompiledStrategy, items: Iterable[WorkItem]) -> dict[str, Alignment]:
    """Return the alignments by the pure functions alone."""
    around = Neighbourhood()
    for item in items:
        around.add(node_of(item, plan.claim(item)))
    return {ref: align(ref, around) for ref in sorted(around.nodes)}
