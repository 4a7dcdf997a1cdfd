"""The bus as a room sees it: subscribe with a handler of batches, publish and wait for the broker's yes.

Promise: a record is delivered until its handler has committed it or it is parked; reading begins where the room's
database says, wherever the consumer group believes to be; order holds per key.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from prometheus_client import CollectorRegistry

from schemas.base import Contract
from schemas.events import Event, type_names
from schemas.marks import FlowMark
from schemas.topics import Topic
from services.runtime.clock import Clock
from services.runtime.database import RoomDatabase
from services.runtime.delivery import ParkLimit
from services.runtime.errors import LeewayError, Misconfigured, Transient
from services.runtime.metrics import Instruments, Metrics
from services.runtime.parking import park
from services.runtime.progress import finish_batch, stored_positions
from services.runtime.publisher import Publisher, as_ours
from services.runtime.records import Batch, Outgoing, Record, read, unreadable
from services.runtime.settings import BusSettings
from services.runtime.subscribers import GRACE_SECONDS, connect_stream, stream_broker
from services.runtime.subscription import Subscription

__all__ = ["Batch", "Bus", "Outgoing", "Record", "read", "unreadable"]

log = structlog.get_logger(__name__)

DEFAULT_MAX_RECORDS: Final = 500


class Bus:
    """One room's way to the topics. The host starts and stops it; it may be started again after a stop."""

    def __init__(
        self,
        settings: BusSettings,
        room: str,
        clock: Clock,
        *,
        database: RoomDatabase | None = None,
        metrics: Metrics | None = None,
        limit: ParkLimit | None = None,
    ) -> None:
        self.settings = settings
        self.room = room
        self.clock = clock
        self.metrics = metrics or Instruments(CollectorRegistry()).of(room)
        self.failure: LeewayError | None = None
        self.broker: KafkaBroker | None = None
        self._database = database
        self._limit = limit or ParkLimit()
        self._connecting = asyncio.Lock()
        self._publisher: Publisher | None = None
        self._subscriptions: list[Subscription] = []
        self._stored_ends: dict[tuple[str, int], int] = {}
        self._entered = asyncio.Event()
        self._entered.set()
        self._still = asyncio.Event()
        self._still.set()
        self._steps = 0

    @property
    def epoch(self) -> str:
        """The incarnation of the broker that offsets belong to; empty for a Kafka that does not forget."""
        return self.settings.epoch

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """The room's subscriptions, for health."""
        return tuple(self._subscriptions)

    def subscribe(
        self,
        topics: Sequence[Topic],
        handler: Callable[[Batch], Awaitable[None]],
        *,
        max_records: int = DEFAULT_MAX_RECORDS,
    ) -> None:
        """Have batches of these topics given to a handler, one at a time, from `start()` on."""
        if self._database is None:
            raise Misconfigured(f"The bus of {self.room} has no database, so it can publish but not subscribe.")
        self._subscriptions.append(Subscription(self, tuple(topics), handler, max_records))

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        """Publish; returns when the broker has acknowledged all of it. Raises `Transient` when some may be missing."""
        if self._steps and self.is_left:
            raise Transient("The broker began anew, and what was published before goes first.")
        publisher = await self.connect()
        await publisher.publish(outgoing)
        for topic in {one.topic for one in outgoing}:
            self.metrics.published(topic.name, sum(one.topic is topic for one in outgoing))

    async def publish_mark(self, topic: Topic, mark: FlowMark) -> None:
        """Publish a mark to every partition of a topic. What it closes must have been published before."""
        await self.publish(self.mark_to(topic, mark, await self.partitions(topic)))

    def mark_to(self, topic: Topic, mark: FlowMark, partitions: int) -> list[Outgoing]:
        """Return a mark as it goes to each partition; its key is its own, so compaction keeps the newest of each."""
        event = self.event(mark, id=f"mark:{mark.id}")
        return [Outgoing(topic, f"mark:{mark.id}", event, partition) for partition in range(partitions)]

    def event(self, payload: Contract, *, id: str, body: bytes | None = None) -> Event:  # noqa: A002 -- CloudEvents' word
        """Return a payload as an event of this room, stamped with machine time; `body` saves writing it twice."""
        source = f"leeway/{self.room}"
        written = payload.model_dump_json(exclude_defaults=True).encode() if body is None else body
        return Event(type_names[type(payload)], id, source, self.clock.wall(), written)

    async def partitions(self, topic: Topic) -> int:
        """Return how many partitions the broker has for a topic."""
        return await (await self.connect()).partitions(topic)

    async def connect(self) -> Publisher:
        """Connect for publishing, once."""
        async with self._connecting:
            if self._publisher is None:
                publisher = Publisher(self.settings, self.room, self.clock)
                await publisher.start()
                self._publisher = publisher
            return self._publisher

    async def start(self) -> None:
        """Connect and begin to read. A second call does nothing."""
        await self.connect()
        if self.broker is not None:
            return
        self.failure = None
        self.broker = stream_broker(self.settings, self.room)
        await connect_stream(self.broker)
        try:
            await asyncio.gather(*(one.start(self.broker) for one in self._subscriptions))
        except KafkaError as error:
            await self.stop_reading()
            raise as_ours(error) from error
        except BaseException:
            await self.stop_reading()
            raise

    async def stop_reading(self) -> None:
        """Stop the subscribers: batches at hand are finished within the grace time, or delivered again later."""
        broker, self.broker = self.broker, None
        if broker is None:
            return
        await asyncio.gather(*(one.stop() for one in self._subscriptions))
        await broker.stop()

    async def stop(self) -> None:
        """Stop reading and disconnect."""
        await self.stop_reading()
        publisher, self._publisher = self._publisher, None
        if publisher is None:
            return
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await publisher.stop()
        except TimeoutError:
            log.warning("publisher did not stop in time", room=self.room)

    @asynccontextmanager
    async def steady(self) -> AsyncIterator[None]:
        """Publish and commit within this block, in work that goes on while the host moves the room to another broker.

        It is entered only on a broker that has what the room committed before, and the host waits for its end before
        it reads what to publish again: so nothing is missed, and nothing overtakes. A room's own handlers and tasks
        need it not, because they are stopped for the move.
        """
        await self._entered.wait()
        self._steps += 1
        self._still.clear()
        try:
            yield
        finally:
            self._steps -= 1
            if self._steps == 0:
                self._still.set()

    def leave(self) -> None:
        """The broker is gone with all that it knew: whoever publishes now gets `Transient`, until `enter`."""
        self._entered.clear()
        if self._publisher is not None:
            self._publisher.abandon()

    @property
    def is_left(self) -> bool:
        """Whether the broker is gone and the next one does not know yet what the room published before."""
        return not self._entered.is_set()

    async def still(self) -> None:
        """Wait until nobody is in the midst of a steady step."""
        await self._still.wait()

    def enter(self) -> None:
        """The broker has what the room published before: go on."""
        self._entered.set()

    def move_to(self, settings: BusSettings) -> None:
        """Use a broker that begins anew, and forget what belonged to the one before; only while stopped."""
        self.settings = settings
        self.forget_stored_ends()

    def forget_stored_ends(self) -> None:
        """Store all acknowledged ends again with the next transaction."""
        self._stored_ends = {}

    def fail(self, error: LeewayError) -> None:
        """Stop taking records, for a reason that a person must look at."""
        if self.failure is None:
            log.error("room stopped reading", room=self.room, reason=error.reason, error=str(error))
        self.failure = error

    async def load_positions(self) -> dict[tuple[str, int], int]:
        """Return where the room's database says to read on."""
        if self._database is None:
            return {}
        async with self._database.transaction() as conn:
            return await stored_positions(conn, self.epoch)

    async def set_aside(self, batch: Batch, record: Record, reason: str, tries: int) -> None:
        """Park a record and store the end of its batch, in one transaction."""
        if self._database is None:
            raise Misconfigured(f"The bus of {self.room} has no database to park a record in.")
        async with self._database.transaction() as conn:
            await park(conn, record, reason, tries=tries)
            await finish_batch(conn, self, batch)

    def count_parked(self, batch: Batch, parked: Sequence[tuple[str, str]]) -> None:
        """Hold the limit of what may be set aside, and count it."""
        records = max(len(batch.records), len(parked))
        self._limit.check(records, len(parked))
        self._limit.passed(records, len(parked))
        for topic, reason in parked:
            self.metrics.parked(topic, reason)

    def take_moved_ends(self) -> dict[tuple[str, int], int]:
        """Return the acknowledged ends that have moved since the last call."""
        ends = self._publisher.ends if self._publisher else {}
        named = {(topic.name, partition): end for (topic, partition), end in ends.items()}
        moved = {place: end for place, end in named.items() if self._stored_ends.get(place) != end}
        self._stored_ends.update(moved)
        return moved
