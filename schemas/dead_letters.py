"""A notice that a room has set input aside; the room's own `parked` table is the truth."""

from schemas.base import Contract, Instant


class DeadLetter(Contract):
    """What was set aside, where it came from and why; `excerpt` is at most 500 characters."""

    id: str
    room: str
    topic: str
    partition: int | None = None
    offset: int | None = None
    origin: str | None = None
    reason: str
    excerpt: str = ""
    parked_at: Instant
