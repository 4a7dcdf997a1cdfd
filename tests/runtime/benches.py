"""A room's bench for tests of the runtime: its tables in a schema of its own, a bus, a handler that notes what came."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer
from sqlalchemy import MetaData, text

from schemas.events import Event, type_names
from schemas.topics import JIRA_WORK_ITEMS, Topic
from schemas.work_items import WorkItemSnapshot
from services.runtime.bus import Batch, Bus, Outgoing, Record
from services.runtime.clock import Clock, SystemClock
from services.runtime.database import Database, RoomDatabase
from services.runtime.delivery import ParkLimit
from services.runtime.parking import set_aside_unreadable
from services.runtime.progress import finish_batch
from services.runtime.settings import BusSettings
from services.runtime.tables import add_runtime_tables
from services.runtime.topics import ensure_topics

TOPIC = JIRA_WORK_ITEMS


class QuickClock(SystemClock):
    """Machine time that does not wait longer than a moment; notes how long it was asked to."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(min(seconds, 0.01))


async def make_tables(room: RoomDatabase) -> None:
    """Create the room's schema with the runtime's tables in it."""
    metadata = MetaData()
    add_runtime_tables(metadata)
    async with room.transaction() as conn:
        await conn.execute(text(f'CREATE SCHEMA "{room.schema}"'))
        await conn.run_sync(lambda sync: metadata.create_all(sync, checkfirst=False))


@dataclass
class Bench:
    """A room under test. `fails` says what a handler does before it stores: it may raise."""

    bus: Bus
    room: RoomDatabase
    clock: Clock
    seen: list[Record] = field(default_factory=list)
    batches: int = 0

    def fails(self, batch: Batch) -> None:
        """Raise to have a batch fail; replaced by tests."""

    async def handle(self, batch: Batch) -> None:
        self.batches += 1
        self.fails(batch)
        async with self.room.transaction() as conn:
            rest = await set_aside_unreadable(conn, batch)
            await finish_batch(conn, self.bus, batch)
        self.seen.extend(rest.records)

    async def publish(self, *keys: str, body: bytes = b"{}", topic: Topic = TOPIC) -> None:
        await self.bus.publish([event(key, body=body, topic=topic) for key in keys])

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        async with self.room.transaction() as conn:
            return [tuple(row) for row in await conn.execute(text(query))]

    async def parked(self) -> list[tuple[Any, ...]]:
        return await self.rows("SELECT reason FROM parked ORDER BY id")

    @property
    def keys(self) -> list[str | None]:
        return [record.key for record in self.seen]


def event(key: str, *, body: bytes = b"{}", topic: Topic = TOPIC) -> Outgoing:
    """An event of the topic's payload type; nothing in the runtime reads its body."""
    return Outgoing(
        topic, key, Event(type_names[topic.payload], f"id:{key}", "leeway/test", SystemClock().wall(), body)
    )


@asynccontextmanager
async def bench(
    database: Database,
    settings: BusSettings,
    name: str = "mapper",
    *,
    topics: Sequence[Topic] = (TOPIC,),
    clock: Clock | None = None,
    limit: ParkLimit | None = None,
    start: bool = True,
    max_records: int = 500,
) -> AsyncIterator[Bench]:
    """A room with its tables, subscribed to topics; its bus is stopped afterwards."""
    room = database.room(name)
    clock = clock or QuickClock()
    if not await _has_schema(room):
        await make_tables(room)
    await ensure_topics(settings)
    bus = Bus(settings, name, clock, database=room, limit=limit)
    made = Bench(bus, room, clock)
    bus.subscribe(topics, made.handle, max_records=max_records)
    try:
        if start:
            await bus.start()
        yield made
    finally:
        await bus.stop()


async def _has_schema(room: RoomDatabase) -> bool:
    async with room.transaction() as conn:
        found = await conn.scalar(text("SELECT 1 FROM pg_namespace WHERE nspname = :name"), {"name": room.schema})
        return found is not None


async def send_raw(
    settings: BusSettings,
    value: bytes | None,
    *,
    topic: Topic = TOPIC,
    partition: int = 0,
    key: bytes = b"k",
    headers: Sequence[tuple[str, bytes | None]] = (("ce_type", type_names[WorkItemSnapshot].encode()),),
) -> int:
    """Put any record at all on a topic, as a strange writer might; returns its offset."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers, acks="all")
    await producer.start()
    try:
        sent = await producer.send_and_wait(
            settings.topic_prefix + topic.name, value, key, partition, headers=list(headers)
        )
        return int(sent.offset)
    finally:
        await producer.stop()
