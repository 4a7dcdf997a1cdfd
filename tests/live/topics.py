"""Reads the work-items topics from their beginning, as anybody may."""

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.events import type_names
from schemas.topics import WORK_ITEMS
from schemas.work_items import WorkItemSnapshot
from services.runtime.settings import BusSettings

_SNAPSHOT = type_names[WorkItemSnapshot].encode()


async def newest_revisions(settings: BusSettings) -> dict[str, int]:
    """Return the highest revision of each item that the broker holds now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    found: dict[str, int] = {}
    try:
        partitions = [
            TopicPartition(topic.name, number)
            for topic in WORK_ITEMS.values()
            for number in await _partitions(consumer, topic.name)
        ]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    if (b"".join(value for name, value in record.headers if name == "ce_type")) == _SNAPSHOT:
                        body = orjson.loads(record.value)
                        ref, revision = body["item"]["ref"], body["revision"]
                        found[ref] = max(found.get(ref, 0), revision)
    finally:
        await consumer.stop()
    return found


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[int]:
    await consumer.topics()
    return sorted(consumer.partitions_for_topic(topic) or ())
