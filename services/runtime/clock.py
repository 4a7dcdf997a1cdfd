"""Two clocks, both passed in: domain time for rules and texts, machine time for retries, leases and signatures."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where every part gets its time from; nothing else in the project asks the machine."""

    def now(self) -> datetime:
        """Domain time, aware, in UTC: what rules, calendars, routes and texts go by."""
        ...

    def wall(self) -> datetime:
        """Machine time, aware, in UTC: what retries, leases, signatures and `ce_time` go by."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step back, for durations."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of machine time."""
        ...


class SystemClock:
    """Both clocks are the machine's."""

    def now(self) -> datetime:
        """Return the machine's time."""
        return self.wall()

    def wall(self) -> datetime:
        """Return the machine's time."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds since an arbitrary moment."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep for so many seconds."""
        await asyncio.sleep(seconds)


class HeldClock(SystemClock):
    """Domain time stands still at one instant, or goes where it is put; machine time goes on."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant that domain time is held at."""
        return self._at

    def move_to(self, at: datetime) -> None:
        """Hold domain time at another instant."""
        self._at = at.astimezone(UTC)
