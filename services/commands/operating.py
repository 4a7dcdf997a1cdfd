"""The commands of operations: migrate, topics, token, dead-letters, reseed."""

from datetime import datetime, timedelta
from typing import Any

from schemas.topics import TOPICS
from services.commands.workplace import Workplace, prepare
from services.connectors import queries as connectors
from services.notifier import queries as notifier
from services.notifier.commands import retry_parked
from services.runtime.database import RoomDatabase
from services.runtime.errors import Misconfigured
from services.runtime.migrations import ROOMS
from services.runtime.parking import Parked, list_parked, replay_parked
from services.runtime.room import Room
from services.runtime.tokens import Role, Token, Tokens
from services.runtime.topics import ensure_topics


async def migrate_all(place: Workplace) -> tuple[str, ...]:
    """Bring the schemas of all rooms up to date; return their names."""
    await prepare(place.url, place.settings)
    return tuple(place.settings.database_prefix + room for room in ROOMS)


def topic_rows() -> list[dict[str, Any]]:
    """Return the wiring table for printing."""
    return [
        {
            "topic": topic.name,
            "key": topic.key,
            "payload": topic.payload.__name__,
            "writers": list(topic.writers),
            "readers": list(topic.readers),
            "kept": topic.retention.value,
        }
        for topic in TOPICS
    ]


async def create_topics(place: Workplace) -> None:
    """Make the topics that are missing on the broker."""
    await ensure_topics(await place.broker())


async def create_token(place: Workplace, name: str, role: Role, days: int | None) -> str:
    """Make a token of the HTTP API and return it; it is shown this once."""
    expires: datetime | None = None if days is None else place.clock.wall() + timedelta(days=days)
    return await Tokens(place.room("runtime"), place.clock).create(name, role, expires_at=expires)


async def list_tokens(place: Workplace) -> list[Token]:
    """Return all tokens, without themselves."""
    return await Tokens(place.room("runtime"), place.clock).all()


async def revoke_token(place: Workplace, number: int) -> None:
    """End a token for good."""
    if not await Tokens(place.room("runtime"), place.clock).revoke(number):
        raise Misconfigured(f"There is no token {number} that could be revoked; `leeway token list` shows them.")


def parking_rooms(room: str | None) -> tuple[str, ...]:
    """Return the rooms that park input, or the one that was asked for."""
    known = tuple(name for name in ROOMS if name != "runtime")
    if room is not None and room not in known:
        raise Misconfigured(f"There is no room {room!r}; rooms are {', '.join(known)}.")
    return known if room is None else (room,)


async def set_aside_rows(place: Workplace, room: str | None, limit: int) -> list[dict[str, object]]:
    """Return what the rooms have set aside: records, lines of exports, notifications."""
    rows: list[dict[str, object]] = []
    for name in parking_rooms(room):
        rows += [_record_row(name, parked) for parked in await list_parked(place.room(name), limit=limit)]
    if room in {None, "connectors"}:
        rows += await _line_rows(place, limit)
    if room in {None, "notifier"}:
        rows += [_delivery_row(one) for one in await notifier.parked_deliveries(place.room("notifier"), limit)]
    return rows[:limit]


def _record_row(room: str, parked: Parked) -> dict[str, object]:
    origin = f"{parked.topic}/{parked.partition}@{parked.offset}"
    return {"room": room, "id": parked.id, "origin": origin, "reason": parked.reason, "at": parked.parked_at}


async def _line_rows(place: Workplace, limit: int) -> list[dict[str, object]]:
    async with place.room("connectors").transaction() as conn:
        lines = await connectors.set_aside_lines(conn, limit=limit)
    return [
        {"room": "connectors", "id": line.line, "origin": f"{line.source}, line {line.line}", "reason": line.reason}
        for line in lines
    ]


def _delivery_row(parked: notifier.ParkedDelivery) -> dict[str, object]:
    origin = f"{parked.receiver}, {parked.webhook_id}"
    return {"room": "notifier", "id": parked.id, "origin": origin, "reason": parked.failure}


async def replay_dead_letters(place: Workplace, room: str, ids: list[int] | None) -> int:
    """Publish what a room has set aside to its topics again, or send notifications again; return how many.

    Without ids: all of the room's, given up notifications too.
    """
    parking_rooms(room)
    database: RoomDatabase = place.room(room)
    wanted = ids or [parked.id for parked in await list_parked(database, limit=10_000)]
    sent = await retry_parked(database, place.clock) if room == "notifier" and not ids else 0
    if not wanted:
        return sent
    bus = await place.bus_of(room)
    try:
        return sent + await replay_parked(database, bus, wanted)
    finally:
        await bus.stop()


async def reseed_room(room: Room) -> None:
    """Have a room publish its current state again."""
    await room.seed()
