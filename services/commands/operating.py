"""The commands of operations: migrate, topics, token, dead-letters, reseed."""

from datetime import datetime, timedelta

from schemas.topics import TOPICS
from services.commands.workplace import Workplace, prepare
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


def topic_rows() -> list[dict[str, object]]:
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
    if place.bus is None:
        place.bus_of("runtime")
    else:
        await ensure_topics(place.bus)


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


async def parked_in_rooms(place: Workplace, room: str | None, limit: int) -> list[tuple[str, Parked]]:
    """Return what the rooms have set aside, with the room's name."""
    found: list[tuple[str, Parked]] = []
    for name in parking_rooms(room):
        found += [(name, parked) for parked in await list_parked(place.room(name), limit=limit)]
    return found


async def replay_dead_letters(place: Workplace, room: str, ids: list[int] | None) -> int:
    """Publish what a room has set aside to its topics again; all of it without ids. Return how many."""
    parking_rooms(room)
    database: RoomDatabase = place.room(room)
    wanted = ids or [parked.id for parked in await list_parked(database, limit=10_000)]
    bus = place.bus_of(room)
    try:
        return await replay_parked(database, bus, wanted)
    finally:
        await bus.stop()


async def reseed_room(room: Room) -> None:
    """Have a room publish its current state again."""
    await room.seed()
