"""Makes the topics of the wiring table on the broker, each with the retention that the table gives it."""

from collections.abc import Sequence
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from schemas.topics import TOPICS, Retention, Topic
from services.runtime.connection import client_arguments
from services.runtime.publisher import as_ours
from services.runtime.settings import BusSettings

KEPT_MS: Final = 30 * 24 * 3600 * 1000
"""How long topics that forget by time keep a record."""


async def ensure_topics(settings: BusSettings, partitions: int | None = None) -> None:
    """Create the topics that are missing; those that are there stay as they are."""
    admin = AIOKafkaAdminClient(**client_arguments(settings))
    try:
        await admin.start()
        there = set(await admin.list_topics())
        missing = [topic for topic in TOPICS if settings.topic_prefix + topic.name not in there]
        if missing:
            await _create(admin, settings, missing, partitions or settings.partitions)
    except KafkaError as error:
        raise as_ours(error) from error
    finally:
        await admin.close()


async def renew_topics(settings: BusSettings) -> None:
    """Delete our topics and create them empty, before a broker that has forgotten is told everything again.

    Whatever got there before the seeding would stand before it, and a mark must stand behind what it closes.
    """
    admin = AIOKafkaAdminClient(**client_arguments(settings))
    try:
        await admin.start()
        ours = {settings.topic_prefix + topic.name for topic in TOPICS}
        if there := sorted(ours.intersection(await admin.list_topics())):
            await admin.delete_topics(there)
    except KafkaError as error:
        raise as_ours(error) from error
    finally:
        await admin.close()
    await ensure_topics(settings)


async def _create(admin: AIOKafkaAdminClient, settings: BusSettings, topics: Sequence[Topic], partitions: int) -> None:
    answer = await admin.create_topics([new_topic(settings, topic, partitions) for topic in topics])
    for _, code, *_ in answer.topic_errors:
        if code and for_code(code) is not TopicAlreadyExistsError:
            raise for_code(code)


def new_topic(settings: BusSettings, topic: Topic, partitions: int) -> NewTopic:
    """Return the request that creates a topic."""
    compacted = topic.retention is Retention.COMPACTED
    return NewTopic(
        name=settings.topic_prefix + topic.name,
        num_partitions=1 if topic.single_partition else partitions,
        replication_factor=settings.replication,
        # aiokafka takes -1 (the broker's own default) only together with an assignment, if an empty one
        replica_assignments={} if settings.replication == -1 else None,
        topic_configs={"cleanup.policy": "compact"} if compacted else {"retention.ms": str(KEPT_MS)},
    )
