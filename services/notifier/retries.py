"""When to try a delivery again, and when to give up. Pure: time, the answer and chance are passed in.

The default waits are those of the Standard Webhooks specification, spread by a fifth so that what failed together
does not come back together. Every failure but two is tried again by the schedule, whatever the status: a 401 or a 404
is as often a receiver in the middle of a change as a mistake, and a notification is worth waiting for. The two: 410
says to stop for good, and an address that the guard refuses will not become allowed by waiting.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

MINUTE: Final = 60.0
HOUR: Final = 3600.0

STANDARD_WAITS: Final = (
    5.0, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR,
)  # fmt: skip
"""Seconds before each further attempt; after the last the delivery is parked. Source: Standard Webhooks 1.0."""

QUICK_WAITS: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0)
"""For a replay, which somebody waits for: it gives up after about a minute."""

JITTER: Final = 0.2
LONGEST_RETRY_AFTER: Final = HOUR
"""A receiver may ask for a pause, but not silence us for a day."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The waits before each further attempt, in seconds."""

    waits: tuple[float, ...] = STANDARD_WAITS

    def next_try(
        self, attempts: int, failed_at: datetime, chance: Random, retry_after: float | None = None
    ) -> datetime | None:
        """Return when to try again after so many failed attempts (1 for the first), or none to give up.

        `retry_after`, in seconds, is the receiver's wish: it lengthens the wait, up to an hour, and never shortens it.
        """
        if attempts > len(self.waits):
            return None
        wait = self.waits[attempts - 1] * chance.uniform(1 - JITTER, 1 + JITTER)
        if retry_after is not None:
            wait = max(wait, min(retry_after, LONGEST_RETRY_AFTER))
        return failed_at + timedelta(seconds=wait)
