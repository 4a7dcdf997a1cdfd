"""What happens to a batch when its handler says no: try again later, or find the one record at fault and set it aside.

Promise: nothing is passed over. A batch is done when its handler has committed it, or when each record that no
try could get through stands in the room's `parked` table. When too much is set aside, the room stops and says so.
"""

import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from services.runtime.clock import Clock
from services.runtime.errors import LeewayError, Misconfigured, Permanent, Transient
from services.runtime.metrics import Metrics
from services.runtime.records import Batch, Record

log = structlog.get_logger(__name__)

LONGEST_TRACE: Final = 4_000
TRIES: Final = 3
"""So often a batch is tried as a whole when its handler fails for a reason that we do not know."""
FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 30.0
"""Far below `max_poll_interval_ms` (300 s), so that waiting never costs the place in the group."""

Handle = Callable[[Batch], Awaitable[None]]


class TooMuchParked(LeewayError):  # noqa: N818 -- named by what happened, as the handlers read
    """So much input is unusable that the fault is more likely ours: stop, park nothing more, lose nothing."""

    reason = "too-much-parked"


class Again(Exception):  # noqa: N818
    """The batch is to be delivered again."""


class SetAside(Protocol):
    """How a culprit is parked, with the end of its batch stored, in one transaction."""

    async def __call__(self, batch: Batch, record: Record, reason: str, tries: int) -> None:
        """Park the record."""
        ...


def pause_seconds(tries: int, asked: float | None) -> float:
    """Return how long to wait after so many tries: doubling, bounded, and not before the other side asked for."""
    doubled: float = FIRST_PAUSE_SECONDS * 2 ** min(tries - 1, 20)
    return min(max(doubled, asked or 0.0), LONGEST_PAUSE_SECONDS)


def trace_of(error: Exception) -> str:
    """Return where an error came from, without the values of variables: they hold people's words."""
    return "".join(traceback.format_exception(error))[-LONGEST_TRACE:]


@dataclass
class ParkLimit:
    """How much may be set aside before the room stops: a share of what came lately, or so many in a row."""

    most_in_a_row: int = 100
    ratio: float = 0.2
    at_least: int = 500
    """The ratio counts once so many records have come."""
    window: int = 5_000
    _seen: deque[tuple[int, int]] = field(default_factory=deque)
    _in_a_row: int = 0

    def check(self, records: int, parked: int) -> None:
        """Raise `TooMuchParked` if parking so many of so many records would be more than the limit."""
        in_a_row = self._in_a_row + parked if parked == records else 0
        came = records + sum(count for count, _ in self._seen)
        aside = parked + sum(count for _, count in self._seen)
        if parked and in_a_row > self.most_in_a_row:
            raise TooMuchParked(f"{in_a_row} records in a row could not be used; the last good one was before them.")
        if parked and came >= self.at_least and aside > came * self.ratio:
            raise TooMuchParked(f"{aside} of the last {came} records could not be used.")

    def passed(self, records: int, parked: int) -> None:
        """Note a batch that was committed."""
        self._in_a_row = self._in_a_row + parked if parked == records else 0
        self._seen.append((records, parked))
        while sum(count for count, _ in self._seen) > self.window:
            self._seen.popleft()


class Delivery:
    """Gives batches to one handler, and knows how often the present one has been tried."""

    def __init__(self, handle: Handle, set_aside: SetAside, clock: Clock, metrics: Metrics) -> None:
        self._handle = handle
        self._set_aside = set_aside
        self._clock = clock
        self._metrics = metrics
        self._waits = 0
        self._failures = 0

    async def deliver(self, batch: Batch) -> None:
        """Return when the batch is done. Raise `Again` to have it delivered again, or what must stop the room."""
        try:
            await self._handle(batch)
        except Transient as error:
            await self._wait(error)
            raise Again from error
        except (TooMuchParked, Misconfigured):
            raise
        except Exception as error:  # noqa: BLE001 -- a bug of ours in a handler must neither lose the batch nor stop the others
            await self._failed(batch, error)
        self._waits = self._failures = 0

    async def _wait(self, error: Transient) -> None:
        self._waits += 1
        self._metrics.retried(error.reason)
        log.warning("batch waits", reason=error.reason, tries=self._waits, error=str(error))
        await self._clock.sleep(pause_seconds(self._waits, error.retry_after))

    async def _failed(self, batch: Batch, error: Exception) -> None:
        """Try the batch again as a whole, or, after enough tries, record by record."""
        self._failures += 1
        reason = error.reason if isinstance(error, LeewayError) else "bug"
        self._metrics.retried(reason)
        log.error("batch failed", reason=reason, tries=self._failures, trace=trace_of(error))
        if self._failures < TRIES and not isinstance(error, Permanent):
            await self._clock.sleep(pause_seconds(self._failures, None))
            raise Again from error
        await self._one_by_one(batch)

    async def _one_by_one(self, batch: Batch) -> None:
        for record in batch.records:
            alone = Batch((record,))
            try:
                await self._handle(alone)
            except Transient as error:
                await self._wait(error)
                raise Again from error
            except (TooMuchParked, Misconfigured):
                raise
            except Exception as error:  # noqa: BLE001 -- the record at fault, whatever the fault is
                await self._park(alone, record, error)

    async def _park(self, alone: Batch, record: Record, error: Exception) -> None:
        why = str(error) if isinstance(error, LeewayError) else f"{type(error).__name__}: {error}"
        log.error("record parked", topic=record.topic.name, partition=record.partition, offset=record.offset, why=why)
        try:
            await self._set_aside(alone, record, f"handler-failed: {why}"[:1000], self._failures + 1)
        except Transient as waiting:
            await self._wait(waiting)
            raise Again from waiting
