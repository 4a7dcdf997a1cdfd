"""Notices that the broker has forgotten what it was told, and lets a room begin again from its tables.

A wipe is one of three things: positions or ends of another epoch, a stored position beyond a partition's end, or
acknowledged records beyond it.
"""

from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from sqlalchemy import text

from services.runtime.bus import Bus
from services.runtime.connection import client_arguments
from services.runtime.database import RoomDatabase
from services.runtime.progress import store_ends
from services.runtime.publisher import as_ours
from services.runtime.settings import BusSettings

log = structlog.get_logger(__name__)

_KNOWN: Final = text(
    "SELECT topic, partition, next_offset, epoch FROM positions"
    " UNION ALL SELECT topic, partition, next_offset, epoch FROM bus_ends"
)
_FORGET: Final = tuple(text(f"DELETE FROM {table}") for table in ("positions", "bus_ends", "marks_seen"))  # noqa: S608

Place = tuple[str, int]


async def was_wiped(database: RoomDatabase, bus: Bus) -> bool:
    """Say whether the broker has less than this room has read or written."""
    async with database.transaction() as conn:
        known = (await conn.execute(_KNOWN)).all()
    if any(row.epoch != bus.epoch for row in known):
        return True
    reached: dict[Place, int] = {}
    for row in known:
        place = row.topic, row.partition
        reached[place] = max(reached.get(place, 0), row.next_offset)
    ends = await end_offsets(bus.settings, list(reached)) if reached else {}
    lost = [place for place, offset in reached.items() if offset > ends.get(place, 0)]
    if lost:
        log.warning("the broker has lost records", room=bus.room, partitions=len(lost))
    return bool(lost)


async def begin_anew(database: RoomDatabase, bus: Bus) -> None:
    """Read everything from the beginning again, and note what the seeding has put on the bus.

    Comes after the seeding, so that a crash between them seeds again.
    """
    async with database.transaction() as conn:
        for statement in _FORGET:
            await conn.execute(statement)
        bus.forget_stored_ends()
        await store_ends(conn, bus)


async def end_offsets(settings: BusSettings, places: list[Place]) -> dict[Place, int]:
    """Ask the broker for the ends of partitions; those that it does not have are left out."""
    consumer = AIOKafkaConsumer(**client_arguments(settings))
    admin = AIOKafkaAdminClient(**client_arguments(settings))
    prefix = settings.topic_prefix
    try:
        await admin.start()
        await consumer.start()
        counts = {one["topic"]: len(one["partitions"]) for one in await admin.describe_topics()}
        asked = [TopicPartition(prefix + topic, at) for topic, at in places if at < counts.get(prefix + topic, 0)]
        ends = await consumer.end_offsets(asked)
    except KafkaError as error:
        raise as_ours(error) from error
    finally:
        await consumer.stop()
        await admin.close()
    return {(at.topic.removeprefix(prefix), at.partition): end for at, end in ends.items()}
