"""The one place where subscribers are made: all acknowledge by hand, begin with the earliest record, reply to nobody.

FastStream's own default would lose records (it commits before the handler has run), so nothing else in the project
may make a subscriber; a test walks them all.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from aiokafka import ConsumerRebalanceListener, ConsumerRecord
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, TopicPartition
from faststream.kafka.subscriber.usecase import BatchSubscriber

from services.runtime.connection import REQUEST_TIMEOUT_MS, bootstrap_servers, stream_security
from services.runtime.settings import BusSettings
from services.runtime.turns import ConsumerInTurns

BATCH_TIMEOUT_MS: Final = 50
"""FastStream waits so long for records, and then again so long when none came: the latency of an idle subscriber."""
FETCH_WAIT_MS: Final = 200
EMBEDDED_FETCH_WAIT_MS: Final = 80
"""The embedded broker looks for new records at the end of this wait, not at once: it is the latency of a hop."""
GRACE_SECONDS: Final = 10.0
MAX_POLL_INTERVAL_MS: Final = 300_000

RawRecords = tuple[ConsumerRecord[bytes, bytes], ...]
RawHandler = Callable[[RawRecords], Awaitable[None]]


def stream_broker(settings: BusSettings, room: str) -> KafkaBroker:
    """Return FastStream's broker for consuming only: topics and publishing are not its business."""
    return KafkaBroker(
        bootstrap_servers(settings),
        security=stream_security(settings),
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        client_id=f"leeway-{room}",
        consumer_only=True,
        allow_auto_create_topics=False,
        graceful_timeout=GRACE_SECONDS,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        apply_types=False,
        logger=_stream_log(),
        log_level=logging.DEBUG,
    )


async def connect_stream(broker: KafkaBroker) -> None:
    """Connect the broker; its consumers take from their partitions in turns."""
    await broker.connect()
    config = broker.config.broker_config
    made_by = config.builder
    if not isinstance(made_by, partial):
        raise TypeError("FastStream makes its consumers in a way that we do not know")
    config.builder = partial(ConsumerInTurns, **made_by.keywords)


def _stream_log() -> logging.Logger:
    """Return FastStream's log without the advice that it gives to everybody who makes topics in another place."""
    logger = logging.getLogger("leeway.faststream")
    logger.addFilter(_is_news)
    return logger


def _is_news(entry: logging.LogRecord) -> bool:
    return not entry.getMessage().startswith("Auto create topics is disabled")


def make_subscriber(
    broker: KafkaBroker,
    source: Sequence[str] | Sequence[tuple[str, int]],
    handler: RawHandler,
    *,
    group: str,
    max_records: int,
    fetch_wait_ms: int,
    listener: ConsumerRebalanceListener | None = None,
) -> BatchSubscriber:
    """Make a subscriber to topics (shared in a group) or to partitions (all ours, committing under the group)."""
    topics = [one for one in source if isinstance(one, str)]
    partitions = [TopicPartition(topic=one[0], partition=one[1]) for one in source if not isinstance(one, str)]
    subscriber = broker.subscriber(
        *topics,
        partitions=partitions,
        group_id=group,
        listener=listener,
        batch=True,
        max_records=max_records,
        batch_timeout_ms=BATCH_TIMEOUT_MS,
        auto_offset_reset="earliest",
        max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
        fetch_max_wait_ms=fetch_wait_ms,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        no_reply=True,
        parser=total_parser,
        decoder=raw_decoder,
    )
    subscriber(handler)
    if not isinstance(subscriber, BatchSubscriber):
        raise TypeError("FastStream made a subscriber that takes no batches")
    return subscriber


async def stop_subscriber(subscriber: BatchSubscriber) -> None:
    """Stop a subscriber, whatever state the broker is in; what it has at hand is finished or delivered again.

    In a task of its own: when the broker is away, aiokafka's consumer ends its own stopping with a CancelledError,
    which would look like ours, and leaves its connections open; or it hangs.
    """
    consumer = subscriber.consumer
    stopping = asyncio.create_task(subscriber.stop())
    await asyncio.wait({stopping}, timeout=2 * GRACE_SECONDS)
    if stopping.done() and not stopping.cancelled() and stopping.exception() is None:
        return
    stopping.cancel()
    logging.getLogger("leeway.faststream").warning("a consumer did not stop by itself")
    if consumer is not None:
        for task in consumer._fetcher._pending_tasks:  # noqa: SLF001 -- there is no public way to finish what it left
            task.cancel()
        await asyncio.wait({asyncio.create_task(consumer._client.close())}, timeout=GRACE_SECONDS)  # noqa: SLF001


def breaches(subscriber: object) -> list[str]:
    """Return what is wrong with a subscriber of FastStream, as sentences; an empty list is what every one must give."""
    if not isinstance(subscriber, BatchSubscriber):
        return ["it takes no batches"]
    arguments = subscriber._connection_args  # noqa: SLF001 -- there is no public way to read what was set
    checks = {
        "its acknowledgement policy is not NACK_ON_ERROR": subscriber.ack_policy is AckPolicy.NACK_ON_ERROR,
        "it commits by itself": arguments.get("enable_auto_commit") is False,
        "it does not begin with the earliest record": arguments.get("auto_offset_reset") == "earliest",
        "it takes batches of any size": bool(subscriber.max_records),
        "it may reply to a topic that the sender names": subscriber._no_reply is True,  # noqa: SLF001
        "it has no group to commit under": bool(subscriber.group_id),
    }
    return [sentence for sentence, holds in checks.items() if not holds]


def _clean(raw: ConsumerRecord[bytes, bytes]) -> ConsumerRecord[bytes, bytes]:
    headers = tuple((name, (value or b"").decode("utf-8", "backslashreplace").encode()) for name, value in raw.headers)
    return replace(raw, headers=headers)


async def total_parser(message: RawRecords, original: Callable[[RawRecords], Awaitable[Any]]) -> Any:
    """Parse a batch whatever its headers hold: FastStream would drop one with a header that is no UTF-8, silently."""
    parsed = await original(tuple(map(_clean, message)))
    parsed.raw_message = message
    return parsed


async def raw_decoder(message: Any, original: object) -> RawRecords:  # noqa: ARG001 -- FastStream looks at the signature
    """Hand over the records as they came: decoding one by one would let one bad record fail its whole batch."""
    raw: RawRecords = message.raw_message
    return raw
