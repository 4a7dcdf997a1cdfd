"""How far a room has come, stored in the same transaction as what it made of its input: the database is the truth.

Positions and ends hold for one epoch of the broker only; in another epoch they are void and reading begins anew.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime.records import Batch

if TYPE_CHECKING:
    from services.runtime.bus import Bus

Offsets = Mapping[tuple[str, int], int]
"""The next offset by the topic's name, as in `schemas/topics.py`, and the partition."""

_STORE: Final = """
    INSERT INTO {table} AS known (topic, partition, next_offset, epoch)
    SELECT topic, partition, next_offset, CAST(:epoch AS text)
    FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS integer[]), CAST(:offsets AS bigint[]))
         AS new (topic, partition, next_offset)
    ON CONFLICT (topic, partition) DO UPDATE SET
        next_offset = CASE WHEN known.epoch = excluded.epoch
            THEN greatest(known.next_offset, excluded.next_offset) ELSE excluded.next_offset END,
        epoch = excluded.epoch
    WHERE known.epoch <> excluded.epoch OR known.next_offset < excluded.next_offset
"""
_STORE_POSITIONS: Final = text(_STORE.format(table="positions"))
_STORE_ENDS: Final = text(_STORE.format(table="bus_ends"))
_POSITIONS: Final = text("SELECT topic, partition, next_offset FROM positions WHERE epoch = :epoch")


async def finish_batch(conn: AsyncConnection, bus: "Bus", batch: Batch) -> None:
    """Store where to read on and how far the broker has said yes to us; every handler calls it in its transaction.

    Raises `TooMuchParked`, before anything is committed, when the room has set aside more than it may.
    """
    bus.count_parked(batch, parked_in(conn))
    await store_positions(conn, bus.epoch, {(topic.name, at): end for (topic, at), end in batch.ends.items()})
    await store_ends(conn, bus)


async def store_positions(conn: AsyncConnection, epoch: str, offsets: Offsets) -> None:
    """Store positions, never backwards within an epoch."""
    await _store(conn, _STORE_POSITIONS, epoch, offsets)


async def store_ends(conn: AsyncConnection, bus: "Bus") -> None:
    """Store the acknowledged ends that have moved since they were last stored."""
    await _store(conn, _STORE_ENDS, bus.epoch, bus.take_moved_ends())


async def stored_positions(conn: AsyncConnection, epoch: str) -> dict[tuple[str, int], int]:
    """Return where to read on in this epoch."""
    rows = await conn.execute(_POSITIONS, {"epoch": epoch})
    return {(topic, partition): offset for topic, partition, offset in rows}


async def _store(conn: AsyncConnection, statement: TextClause, epoch: str, offsets: Offsets) -> None:
    if not offsets:
        return
    rows = sorted((topic, partition, offset) for (topic, partition), offset in offsets.items())
    topics, partitions, ends = (list(column) for column in zip(*rows, strict=True))
    await conn.execute(statement, {"epoch": epoch, "topics": topics, "partitions": partitions, "offsets": ends})


def parked_in(conn: AsyncConnection) -> list[tuple[str, str]]:
    """Return topic and reason of what the present transaction has parked; `park` adds to it."""
    parked: list[tuple[str, str]] = conn.info.setdefault("parked", [])
    return parked
