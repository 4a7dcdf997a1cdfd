"""The outbox: what a transaction wants published is committed with it, and the room's relay publishes it afterwards."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import Event
from schemas.marks import FlowMark
from schemas.topics import TOPICS, Topic
from services.runtime.database import copy_rows
from services.runtime.records import Outgoing
from services.runtime.tables import RUNTIME

if TYPE_CHECKING:
    from services.runtime.bus import Bus

_COLUMNS: Final = (
    "topic",
    "key",
    "partition",
    "every_partition",
    "event_type",
    "event_id",
    "event_source",
    "event_time",
    "body",
)
_BY_NAME: Final[dict[str, Topic]] = {topic.name: topic for topic in TOPICS}
_OLDEST: Final = text("SELECT extract(epoch FROM clock_timestamp() - min(added_at)) FROM outbox")

OutboxRow = Row[tuple[object, ...]]


async def add_to_outbox(conn: AsyncConnection, outgoing: Sequence[Outgoing]) -> None:
    """Have these published once the transaction is committed, in this order. Wake the relay after the commit."""
    await _add(conn, (_values(one, every_partition=False) for one in outgoing), empty=not outgoing)


async def add_mark_to_outbox(conn: AsyncConnection, bus: "Bus", topic: Topic, mark: FlowMark) -> None:
    """Have a mark published to every partition of a topic, after all that is in the outbox before it."""
    (one,) = bus.mark_to(topic, mark, 1)
    await _add(conn, [_values(one, every_partition=True)], empty=False)


async def outbox_size(conn: AsyncConnection) -> int:
    """Return how many rows wait to be published."""
    return int(await conn.scalar(select(func.count()).select_from(RUNTIME.outbox)) or 0)


async def oldest_seconds(conn: AsyncConnection) -> float:
    """Return how long the oldest row has waited; 0 where none waits."""
    return float(await conn.scalar(_OLDEST) or 0.0)


async def _add(conn: AsyncConnection, rows: Iterable[tuple[object, ...]], *, empty: bool) -> None:
    if not empty:
        await copy_rows(conn, "outbox", _COLUMNS, rows)


def _values(one: Outgoing, *, every_partition: bool) -> tuple[object, ...]:
    event = one.event
    partition = None if every_partition else one.partition
    place = (one.topic.name, one.key, partition, every_partition)
    return (*place, event.type, event.id, event.source, event.time, event.body)


def outgoing_of(row: OutboxRow) -> Outgoing:
    """Return a row of the outbox as it was added; a mark comes without a partition."""
    values = row._mapping  # noqa: SLF001 -- SQLAlchemy's own public name for it
    event = Event(
        values["event_type"],
        values["event_id"],
        values["event_source"],
        values["event_time"],
        bytes(values["body"]),
    )
    return Outgoing(_BY_NAME[values["topic"]], values["key"], event, values["partition"])
