"""Input that cannot be used is set aside with its reason and its bytes, in the transaction that passes it by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.dead_letters import DeadLetter
from schemas.events import Event, type_names, type_of
from schemas.topics import DEAD_LETTERS, TOPICS, Topic
from services.runtime.errors import Permanent
from services.runtime.outbox import add_to_outbox
from services.runtime.progress import parked_in
from services.runtime.records import Batch, Outgoing, Record, unreadable
from services.runtime.tables import RUNTIME

if TYPE_CHECKING:
    from services.runtime.bus import Bus
    from services.runtime.database import RoomDatabase

MOST_BYTES: Final = 1024 * 1024
EXCERPT_CHARACTERS: Final = 500
_BY_NAME: Final[dict[str, Topic]] = {topic.name: topic for topic in TOPICS}


@dataclass(frozen=True)
class Parked:
    """A record that was set aside. `value` holds its first MiB; `whole` says whether that is all of it."""

    id: int
    topic: str
    partition: int
    offset: int
    key: str | None
    headers: tuple[tuple[str, bytes], ...]
    value: bytes | None
    whole: bool
    reason: str
    tries: int
    parked_at: datetime
    state: str


async def park(conn: AsyncConnection, record: Record, reason: str, *, tries: int = 1) -> None:
    """Set a record aside within the handler's transaction, and say so on the dead-letter topic through the outbox."""
    values = {
        "topic": record.topic.name,
        "partition": record.partition,
        "offset": record.offset,
        "key": None if record.key is None else record.key.replace("\0", "\\0"),
        "headers": [[name.replace("\0", "\\0"), value.hex()] for name, value in record.headers],
        "value": None if record.value is None else record.value[:MOST_BYTES],
        "value_size": None if record.value is None else len(record.value),
        "reason": reason.replace("\0", "\\0"),
        "tries": tries,
    }
    parked = RUNTIME.parked
    added = await conn.execute(insert(parked).values(values).returning(parked.c.id, parked.c.parked_at))
    number, parked_at = added.one()
    await add_to_outbox(conn, [_notice(conn, record, reason, number, parked_at)])
    parked_in(conn).append((record.topic.name, reason))


async def set_aside_unreadable(conn: AsyncConnection, batch: Batch) -> Batch:
    """Park what nobody could read (no or a strange type, no value) and return the rest of the batch."""
    bad = [(record, why) for record in batch.records if (why := unreadable(record)) is not None]
    for record, why in bad:
        await park(conn, record, why)
    return batch.without(record for record, _ in bad) if bad else batch


async def list_parked(database: "RoomDatabase", *, state: str = "parked", limit: int = 100) -> list[Parked]:
    """Return what is set aside, the newest first."""
    parked = RUNTIME.parked
    query = select(parked).where(parked.c.state == state).order_by(parked.c.id.desc()).limit(limit)
    async with database.transaction() as conn:
        return [_parked(row) for row in await conn.execute(query)]


async def replay_parked(database: "RoomDatabase", bus: "Bus", ids: Sequence[int]) -> int:
    """Publish parked records to their topics again, to the same partition, and mark them; return how many."""
    parked = RUNTIME.parked
    async with database.transaction() as conn:
        query = select(parked).where(parked.c.id.in_(ids), parked.c.state == "parked").order_by(parked.c.id)
        rows = [_parked(row) for row in await conn.execute(query.with_for_update())]
        await bus.publish([_again(row) for row in rows])
        await conn.execute(update(parked).where(parked.c.id.in_([row.id for row in rows])).values(state="replayed"))
    return len(rows)


def _notice(conn: AsyncConnection, record: Record, reason: str, number: int, parked_at: datetime) -> Outgoing:
    room = str(conn.sync_connection.get_execution_options().get("room", "")) if conn.sync_connection else ""
    name = f"{room}:{number}"
    notice = DeadLetter(
        id=name,
        room=room,
        topic=record.topic.name,
        partition=record.partition,
        offset=record.offset,
        origin=record.key,
        reason=reason,
        excerpt=(record.value or b"")[:EXCERPT_CHARACTERS].decode("utf-8", "replace"),
        parked_at=parked_at,
    )
    body = notice.model_dump_json(exclude_defaults=True).encode()
    event = Event(type_names[DeadLetter], f"parked:{name}", f"leeway/{room}", parked_at, body)
    return Outgoing(DEAD_LETTERS, record.topic.name, event)


def _parked(row: "object") -> Parked:
    values = row._mapping  # type: ignore[attr-defined]  # noqa: SLF001
    headers = tuple((name, bytes.fromhex(value)) for name, value in values["headers"])
    held = None if values["value"] is None else bytes(values["value"])
    names = ("id", "topic", "partition", "offset", "key", "reason", "tries", "parked_at", "state")
    whole = held is None or len(held) == values["value_size"]
    return Parked(**{name: values[name] for name in names}, headers=headers, value=held, whole=whole)


def _again(parked: Parked) -> Outgoing:
    if parked.value is None or not parked.whole:
        raise Permanent(f"Record {parked.id} cannot be replayed: its bytes are not all here.")
    attributes = {name: value.decode("utf-8", "replace") for name, value in parked.headers}
    event = Event(
        type_of(parked.headers) or "",
        attributes.get("ce_id", f"replayed:{parked.id}"),
        attributes.get("ce_source", "leeway/replay"),
        _time(attributes.get("ce_time"), parked.parked_at),
        parked.value,
    )
    return Outgoing(_BY_NAME[parked.topic], parked.key or "", event, parked.partition)


def _time(text: str | None, otherwise: datetime) -> datetime:
    try:
        return datetime.fromisoformat(text) if text else otherwise
    except ValueError:
        return otherwise
