"""Publishing: a call returns when the broker has said yes to every record, and never before.

Promise: records of one key leave in the order given. A call that raises `Transient` may have published some of
its records or all: publish the same again, readers know what they have.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
)
from aiokafka.partitioner import murmur2

from schemas.events import Event
from schemas.topics import Topic
from services.runtime.clock import Clock
from services.runtime.connection import client_arguments
from services.runtime.errors import LeewayError, Misconfigured, Permanent, Transient
from services.runtime.records import Outgoing
from services.runtime.settings import BusSettings

LINGER_MS: Final = 5
BATCH_BYTES: Final = 256 * 1024
REQUEST_BYTES: Final = 1024 * 1024
FEW: Final = 16
"""Up to so many records go one by one, so that callers at the same time share a request."""
RECORD_OVERHEAD: Final = 512

Ends = dict[tuple[Topic, int], int]


class _Metadata(Protocol):
    topic: str
    partition: int
    offset: int


class Publisher:
    """One producer, which remembers the next offset after the last acknowledged record of each partition."""

    def __init__(self, settings: BusSettings, room: str, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._client_id = f"leeway-{room}"
        self._producer: AIOKafkaProducer | None = None
        self._is_abandoned = False
        self._ends: Ends = {}

    @property
    def ends(self) -> Ends:
        """The next offset after the last record that the broker acknowledged, of each partition written to."""
        return dict(self._ends)

    async def start(self) -> None:
        """Connect."""
        producer = AIOKafkaProducer(
            **client_arguments(self._settings),
            client_id=self._client_id,
            acks="all",
            enable_idempotence=self._settings.idempotent,
            linger_ms=LINGER_MS,
            max_batch_size=BATCH_BYTES,
            max_request_size=REQUEST_BYTES,
        )
        try:
            await producer.start()
        except KafkaError as error:
            await producer.stop()
            raise as_ours(error) from error
        self._producer = producer

    async def stop(self) -> None:
        """Disconnect; records not yet acknowledged may be lost, and their callers get `Transient`."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    def abandon(self) -> None:
        """Give up at once what is not acknowledged: its callers get `Transient`, and nothing of it goes out later."""
        self._is_abandoned = True
        if self._producer is None:
            return
        # There is no public way: `stop` would go on sending for as long as a request may take.
        if (task := self._producer._sender.sender_task) is not None:  # noqa: SLF001
            task.cancel()
        self._producer._message_accumulator.fail_all(KafkaConnectionError("the broker began anew"))  # noqa: SLF001

    async def partitions(self, topic: Topic) -> int:
        """Ask the broker how many partitions a topic has."""
        try:
            return len(await self._started().partitions_for(self._settings.topic_prefix + topic.name))
        except KafkaError as error:
            raise as_ours(error) from error

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        """Publish and wait for every acknowledgement."""
        if not outgoing:
            return
        producer = self._started()
        try:
            if len(outgoing) <= FEW:
                await self._send(producer, outgoing)
            else:
                await self._send_batches(producer, outgoing)
        except KafkaError as error:
            raise as_ours(error) from error

    def _started(self) -> AIOKafkaProducer:
        if self._producer is None or self._is_abandoned:
            raise Transient("The bus is not connected.")
        return self._producer

    async def _send(self, producer: AIOKafkaProducer, outgoing: Sequence[Outgoing]) -> None:
        waiting: list[tuple[Topic, int, asyncio.Future[_Metadata]]] = []
        try:
            for one in outgoing:
                _refuse_oversize(one)
                future = await producer.send(
                    self._settings.topic_prefix + one.topic.name,
                    key=one.key.encode(),
                    value=one.event.body,
                    partition=await self._partition(one),
                    headers=list(one.event.headers()),
                )
                waiting.append((one.topic, 1, future))
        finally:
            await self._acknowledged(waiting)

    async def _send_batches(self, producer: AIOKafkaProducer, outgoing: Sequence[Outgoing]) -> None:
        lanes: defaultdict[tuple[Topic, int], list[Outgoing]] = defaultdict(list)
        counts = {topic: await self.partitions(topic) for topic in {one.topic for one in outgoing}}
        for one in outgoing:
            _refuse_oversize(one)
            partition = partition_of(one.key, counts[one.topic]) if one.partition is None else one.partition
            lanes[one.topic, partition].append(one)
        results = await asyncio.gather(
            *(self._send_lane(producer, topic, partition, lane) for (topic, partition), lane in lanes.items()),
            return_exceptions=True,
        )
        for result in results:
            if result is not None:
                raise result

    async def _send_lane(
        self, producer: AIOKafkaProducer, topic: Topic, partition: int, lane: Sequence[Outgoing]
    ) -> None:
        """Send the records of one partition in batches, in order."""
        name = self._settings.topic_prefix + topic.name
        waiting: list[tuple[Topic, int, asyncio.Future[_Metadata]]] = []
        timestamp = int(self._clock.wall().timestamp() * 1000)
        rest = list(reversed(lane))
        try:
            while rest:
                batch = producer.create_batch()
                while rest and _append(batch, rest[-1], timestamp):
                    rest.pop()
                batch.close()
                future = await producer.send_batch(batch, name, partition=partition)
                waiting.append((topic, batch.record_count(), future))
        finally:
            await self._acknowledged(waiting)

    async def _acknowledged(self, waiting: Sequence[tuple[Topic, int, asyncio.Future[_Metadata]]]) -> None:
        """Wait for every answer, remember those that said yes, then raise the first that said no."""
        answers = await asyncio.gather(*(future for _, _, future in waiting), return_exceptions=True)
        failures: list[BaseException] = []
        for (topic, count, _), answer in zip(waiting, answers, strict=True):
            if isinstance(answer, BaseException):
                failures.append(answer)
            else:
                place = topic, answer.partition
                self._ends[place] = max(self._ends.get(place, 0), answer.offset + count)
        if failures:
            raise failures[0]

    async def _partition(self, one: Outgoing) -> int:
        if one.partition is not None:
            return one.partition
        return partition_of(one.key, await self.partitions(one.topic))


class _BatchBuilder(Protocol):
    def append(
        self, *, timestamp: int, key: bytes, value: bytes, headers: list[tuple[str, bytes]]
    ) -> object | None: ...


def _append(batch: _BatchBuilder, one: Outgoing, timestamp: int) -> bool:
    event: Event = one.event
    headers = list(event.headers())  # a list, not a tuple: the builder is compiled and insists
    added = batch.append(timestamp=timestamp, key=one.key.encode(), value=event.body, headers=headers)
    return added is not None


def _refuse_oversize(one: Outgoing) -> None:
    size = len(one.event.body) + len(one.key) + RECORD_OVERHEAD
    if size > REQUEST_BYTES:
        raise Permanent(f"A record of {size} bytes for {one.topic.name} is more than the {REQUEST_BYTES} that fit.")


@lru_cache(maxsize=65_536)
def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a key: Kafka's own rule (murmur2 of the key's bytes), so that all writers agree."""
    return int((murmur2(key.encode()) & 0x7FFFFFFF) % partitions)


_OURS: Final[tuple[tuple[tuple[type[KafkaError], ...], type[LeewayError], str], ...]] = (
    ((MessageSizeTooLargeError, RecordTooLargeError), Permanent, "The record is larger than the broker takes"),
    (
        (TopicAuthorizationFailedError, ClusterAuthorizationFailedError, AuthenticationFailedError),
        Misconfigured,
        "Kafka does not allow this; check the LEEWAY_KAFKA_* settings and the user's rights",
    ),
)


def as_ours(error: KafkaError) -> LeewayError:
    """Return our error for one of Kafka's: what is not known to be permanent may heal."""
    for theirs, ours, message in _OURS:
        if isinstance(error, theirs):
            return ours(f"{message}: {error}")
    return Transient(f"The broker said no for now: {type(error).__name__}: {error}")
