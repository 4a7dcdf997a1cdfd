"""What every room looks like from outside, and what it is given to stand on."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from fastapi import APIRouter

from services.runtime.bus import Bus
from services.runtime.clock import Clock
from services.runtime.database import RoomDatabase
from services.runtime.settings import Settings


@dataclass(frozen=True)
class RoomContext:
    """What a room's `build_app(context, ...)` takes: no room makes any of these by itself."""

    settings: Settings
    clock: Clock
    database: RoomDatabase
    bus: Bus


@dataclass(frozen=True)
class Progress:
    """How a room stands, for health and for `replay`: `pending` counts work that could be done now.

    `pending` is by kind (for example `agenda`, `outbox`, `deliveries`); all zero means that the room is idle.
    `marks` are the ids of the marks that the room has wholly passed.
    """

    pending: dict[str, int] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()


class Room(Protocol):
    """A room between start and stop. The runtime's host starts it, seeds it after a wipe, and stops it."""

    name: str

    async def start(self) -> None:
        """Begin to work: subscribers and background loops run from here on."""
        ...

    async def stop(self) -> None:
        """Stop taking work, finish or abandon what is at hand, and return within the grace time."""
        ...

    async def seed(self) -> None:
        """Publish the room's current state again, after the broker has forgotten it. Called before `start`."""
        ...

    async def progress(self) -> Progress:
        """Say how the room stands, from its tables."""
        ...

    def routers(self) -> tuple[APIRouter, ...]:
        """Return the HTTP routes that the room mounts on the process's one server."""
        ...


@runtime_checkable
class Closing(Protocol):
    """A room that holds threads or connections of its own from `start` to `start`, beyond `stop`."""

    async def close(self) -> None:
        """Let go of them: the room, which is stopped, will not be started again."""
        ...
