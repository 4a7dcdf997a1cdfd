"""Health by progress: a room that reads nothing although there is something to read is not well, whatever it says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from services.runtime.bus import Bus
from services.runtime.clock import Clock
from services.runtime.database import RoomDatabase
from services.runtime.errors import Transient
from services.runtime.outbox import oldest_seconds

STUCK_SECONDS: Final = 120.0
"""With records to read and none handled for so long, a room is stuck and its process should be replaced."""
OUTBOX_SECONDS: Final = 60.0
"""A row may wait so long for the broker before somebody should know."""


@dataclass(frozen=True)
class Health:
    """What is wrong, in sentences without names of people or items; nothing is wrong when both are empty."""

    stuck: tuple[str, ...] = ()
    """Reasons to replace the process."""
    not_ready: tuple[str, ...] = ()
    """Reasons to wait, or to look."""


class RoomHealth:
    """Looks after one room's bus and outbox, and keeps its metrics of lag and age."""

    def __init__(self, bus: Bus, database: RoomDatabase, clock: Clock) -> None:
        self._bus = bus
        self._database = database
        self._clock = clock
        self._moved_at = clock.monotonic()
        self._handled: float | None = None

    async def check(self) -> Health:
        """Look now."""
        waiting = self._lag()
        stuck = self._stuck(waiting)
        return Health(stuck, (*stuck, *self._not_reading(), *await self._outbox()))

    def _lag(self) -> int:
        total = 0
        for subscription in self._bus.subscriptions:
            for topic, records in subscription.lag().items():
                self._bus.metrics.lag(topic, records)
                total += records
        return total

    def _stuck(self, waiting: int) -> tuple[str, ...]:
        handled = max((one.last_handled or 0.0 for one in self._bus.subscriptions), default=0.0)
        now = self._clock.monotonic()
        if handled != self._handled or not waiting:
            self._handled, self._moved_at = handled, now
        idle = now - self._moved_at
        self._bus.metrics.last_handled(idle)
        if idle < STUCK_SECONDS:
            return ()
        return (f"{self._bus.room}: {waiting} records wait and none was handled for {idle:.0f} seconds",)

    def _not_reading(self) -> tuple[str, ...]:
        room = self._bus.room
        if self._bus.failure is not None:
            return (f"{room}: stopped reading: {self._bus.failure}",)
        if self._bus.broker is None:
            return (f"{room}: not started",)
        unassigned = [one.topics[0].name for one in self._bus.subscriptions if not one.assignment()]
        return tuple(f"{room}: no partition of {topic} is ours" for topic in unassigned)

    async def _outbox(self) -> tuple[str, ...]:
        try:
            async with self._database.transaction() as conn:
                age = await oldest_seconds(conn)
        except Transient as error:
            return (f"{self._bus.room}: {error}",)
        self._bus.metrics.outbox_oldest(age)
        if age < OUTBOX_SECONDS:
            return ()
        return (f"{self._bus.room}: the oldest row of the outbox waits for {age:.0f} seconds",)


async def check_all(rooms: Sequence[RoomHealth], others: Callable[[], Sequence[str]] = tuple) -> Health:
    """Look after all rooms of the process; `others` says what else keeps it from being ready."""
    found = [await room.check() for room in rooms]
    stuck = tuple(reason for one in found for reason in one.stuck)
    return Health(stuck, (*others(), *(reason for one in found for reason in one.not_ready)))
