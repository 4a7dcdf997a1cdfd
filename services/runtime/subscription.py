"""One subscription of a room: where it reads, how far it has come, and what it does with what FastStream hands over."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from faststream.exceptions import NackMessage
from faststream.kafka import KafkaBroker
from faststream.kafka.subscriber.usecase import BatchSubscriber

from schemas.topics import Topic
from services.runtime.delivery import Again, Delivery, Handle, TooMuchParked, pause_seconds, trace_of
from services.runtime.errors import Misconfigured, Transient
from services.runtime.records import Batch, Record, record_of
from services.runtime.subscribers import (
    EMBEDDED_FETCH_WAIT_MS,
    FETCH_WAIT_MS,
    RawRecords,
    make_subscriber,
    stop_subscriber,
)

if TYPE_CHECKING:
    from services.runtime.bus import Bus

log = structlog.get_logger(__name__)

PLACING_TRIES: Final = 8
TRIES_OF_A_PAUSE: Final = 4
PAUSE_WHEN_STOPPED_SECONDS: Final = 1.0


class Subscription(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Reads some topics for one handler, one batch at a time."""

    def __init__(self, bus: "Bus", topics: tuple[Topic, ...], handler: Handle, max_records: int) -> None:
        self.topics = topics
        self._bus = bus
        self._handler = handler
        self._max_records = max_records
        self._delivery = Delivery(self._handle, self._set_aside, bus.clock, bus.metrics)
        self._subscriber: BatchSubscriber | None = None
        self._names: dict[str, Topic] = {}
        self._next: dict[TopicPartition, int] = {}
        self._placed: set[TopicPartition] = set()
        self.last_handled: float | None = None

    async def start(self, broker: KafkaBroker) -> None:
        """Make the subscriber and begin to read where the database says."""
        self._next, self._placed, self.last_handled = {}, set(), None
        settings = self._bus.settings
        self._names = {settings.topic_prefix + topic.name: topic for topic in self.topics}
        source = list(self._names) if settings.groups else await self._all_partitions()
        self._subscriber = make_subscriber(
            broker,
            source,
            self.take,
            group=self.group,
            max_records=self._max_records,
            fetch_wait_ms=EMBEDDED_FETCH_WAIT_MS if settings.epoch else FETCH_WAIT_MS,
            listener=self if settings.groups else None,
        )
        await self._subscriber.start()
        if not settings.groups:
            await self._place_eagerly(self.assignment())

    async def stop(self) -> None:
        """Stop reading."""
        subscriber, self._subscriber = self._subscriber, None
        if subscriber is not None:
            await stop_subscriber(subscriber)

    @property
    def group(self) -> str:
        """The consumer group: one for each room and subscription, so that topics never wait for each other."""
        first = self.topics[0].name.removeprefix("leeway.")
        return f"{self._bus.settings.topic_prefix}leeway.{self._bus.room}.{first}"

    def assignment(self) -> frozenset[TopicPartition]:
        """Return the partitions that are ours now."""
        consumer = self._subscriber.consumer if self._subscriber else None
        return frozenset(consumer.assignment()) if consumer else frozenset()

    def lag(self) -> dict[str, int]:
        """Return, by topic, how many records of our partitions are on the bus and not handled, as far as known."""
        consumer = self._subscriber.consumer if self._subscriber else None
        lags = dict.fromkeys((topic.name for topic in self.topics), 0)
        for at in self.assignment() if consumer else ():
            end = consumer.highwater(at) if consumer else None
            if end is not None:
                lags[self._names[at.topic].name] += max(0, end - self._next.get(at, 0))
        return lags

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Forget where we were: another member goes on."""
        for at in revoked:
            self._placed.discard(at)
            self._next.pop(at, None)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Go to where the database says, before anything is read."""
        await self._place_eagerly(assigned)

    async def take(self, raw: RawRecords) -> None:
        """Take a batch from FastStream: return to have it acknowledged, raise NackMessage to get it again."""
        if self._bus.failure is not None:
            await self._refuse()
        try:
            if not await self._in_place(raw):
                return
            batch = self._fresh(raw)
            if batch.records:
                await self._delivery.deliver(batch)
                self.last_handled = self._bus.clock.monotonic()
        except (Again, NackMessage):
            raise NackMessage from None
        except Transient as error:
            await self._bus.clock.sleep(pause_seconds(TRIES_OF_A_PAUSE, error.retry_after))
            raise NackMessage from None
        except (TooMuchParked, Misconfigured) as error:
            self._bus.fail(error)
            await self._refuse()
        except Exception as error:  # noqa: BLE001 -- even parking failed: FastStream would try again without a pause
            log.warning("batch cannot even be parked", room=self._bus.room, trace=trace_of(error))
            await self._refuse()

    async def _refuse(self) -> None:
        await self._bus.clock.sleep(PAUSE_WHEN_STOPPED_SECONDS)
        raise NackMessage

    async def _handle(self, batch: Batch) -> None:
        began = self._bus.clock.monotonic()
        await self._handler(batch)
        self._bus.metrics.took(self._bus.clock.monotonic() - began)
        self._done(batch)

    async def _set_aside(self, batch: Batch, record: Record, reason: str, tries: int) -> None:
        await self._bus.set_aside(batch, record, reason, tries)
        self._done(batch)

    def _done(self, batch: Batch) -> None:
        for (topic, partition), end in batch.ends.items():
            self._next[self._at(topic, partition)] = end
        for topic in self.topics:
            self._bus.metrics.handled(topic.name, sum(record.topic is topic for record in batch.records))

    def _fresh(self, raw: RawRecords) -> Batch:
        """Return the records that are not handled yet: a batch that came again may be handled in part."""
        return Batch(
            tuple(
                record_of(one, self._names[one.topic])
                for one in raw
                if one.offset >= self._next.get(TopicPartition(one.topic, one.partition), 0)
            )
        )

    async def _in_place(self, raw: RawRecords) -> bool:
        """Say whether these records may be handled; if we have to read from earlier on, go there and say no."""
        starts: dict[TopicPartition, int] = {}
        for one in raw:
            starts.setdefault(TopicPartition(one.topic, one.partition), one.offset)
        unplaced = starts.keys() - self._placed
        if not unplaced:
            return True
        await self._place(unplaced)
        if all(self._next.get(at, start) >= start for at, start in starts.items() if at in unplaced):
            return True
        self._seek({at: self._next.get(at, start) for at, start in starts.items()})
        return False

    async def _place_eagerly(self, places: Iterable[TopicPartition]) -> None:
        """Go to the stored positions; if the database cannot be asked, the first batch asks again."""
        for tries in range(1, PLACING_TRIES + 1):
            try:
                await self._place(places)
            except Transient as error:
                log.warning("positions not known yet", room=self._bus.room, tries=tries, error=str(error))
                await self._bus.clock.sleep(pause_seconds(tries, None))
            else:
                return

    async def _place(self, places: Iterable[TopicPartition]) -> None:
        stored = await self._bus.load_positions()
        targets: dict[TopicPartition, int] = {}
        for at in places:
            position = stored.get((self._names[at.topic].name, at.partition), 0)
            targets[at] = self._next[at] = position
        self._seek(targets)
        self._placed.update(targets)

    def _seek(self, targets: dict[TopicPartition, int]) -> None:
        consumer = self._subscriber.consumer if self._subscriber else None
        ours = self.assignment()
        for at, offset in targets.items():
            if consumer is not None and at in ours:
                consumer.seek(at, offset)

    def _at(self, topic: Topic, partition: int) -> TopicPartition:
        return TopicPartition(self._bus.settings.topic_prefix + topic.name, partition)

    async def _all_partitions(self) -> list[tuple[str, int]]:
        counts = await asyncio.gather(*(self._bus.partitions(topic) for topic in self.topics))
        return [(name, at) for name, count in zip(self._names, counts, strict=True) for at in range(count)]
