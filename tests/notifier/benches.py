"""The notifier on a bench: tables in a schema of its own, a clock that tests move, batches as the bus would give them.

Most tests need no broker: they hand batches to the handler and make the courier take one step after the other.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import text

from schemas.base import Contract
from schemas.events import type_names
from schemas.findings import FindingChanged
from schemas.topics import FINDINGS
from services.notifier import queries
from services.notifier.app import Notifier, build_app
from services.notifier.receivers import Receiver, deliver_to
from services.notifier.store import Delivery
from services.runtime.bus import Batch, Bus, Record
from services.runtime.clock import SystemClock
from services.runtime.database import Database, RoomDatabase
from services.runtime.room import RoomContext
from services.runtime.settings import BusSettings, Settings
from tests.receiver import SECRET, Collector


class MovedClock(SystemClock):
    """Machine time goes on by itself and by what a test adds; nobody waits longer than a moment."""

    def __init__(self) -> None:
        self.added = timedelta()

    def wall(self) -> datetime:
        return super().wall() + self.added

    def move(self, seconds: float) -> None:
        self.added += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))


def receiver_of(collector: Collector, **changes: Any) -> Receiver:
    """The receiver that stands for a collector."""
    return deliver_to(collector.url, SECRET).model_copy(update=changes)


def batch_of(*payloads: Contract, first: int = 0) -> Batch:
    """Return a batch as the bus would give it, all of one partition."""
    return Batch(
        tuple(
            Record(FINDINGS, 0, offset, "key", type_names[type(payload)], payload.model_dump_json().encode(), ())
            for offset, payload in enumerate(payloads, start=first)
        )
    )


@dataclass
class Bench:
    """One notifier process. Several may share a database."""

    database: Database
    receivers: Sequence[Receiver]
    clock: MovedClock = field(default_factory=MovedClock)
    bus_settings: BusSettings = field(default_factory=BusSettings)

    def __post_init__(self) -> None:
        self.room: RoomDatabase = self.database.room("notifier")
        self.bus = Bus(self.bus_settings, "notifier", self.clock, database=self.room)
        context = RoomContext(Settings(), self.clock, self.room, self.bus)
        self.app: Notifier = build_app(context, receivers=self.receivers, chance=Random(1))  # noqa: S311 -- jitter

    async def hear(self, *changes: Contract) -> None:
        """Handle a batch."""
        await self.app._handler(batch_of(*changes))

    async def carry(self) -> int:
        """Have every courier take what is due now, and wait until it is done; return how many there were."""
        taken = 0
        for courier in self.app._couriers:
            taken += await courier.step()
            await asyncio.gather(*courier._sending)
        return taken

    async def carry_all(self) -> None:
        """Take steps until nothing is due now."""
        while await self.carry():
            pass

    async def claim(self, most: int = 10) -> list[Delivery]:
        """Take what is due, and do nothing with it."""
        return await self.app._couriers[0]._claim(most)

    async def counts(self) -> tuple[int, int, int]:
        """How many were sent, parked, and are due."""
        counts = await queries.notifications(self.room)
        return counts.sent, counts.parked, counts.due

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        async with self.room.transaction() as conn:
            return [tuple(row) for row in await conn.execute(text(query))]

    async def announced(self) -> list[dict[str, Any]]:
        """What waits to be published on `leeway.alerts`, oldest first."""
        rows = await self.rows("SELECT body FROM outbox WHERE topic = 'leeway.alerts' ORDER BY id")
        return [json.loads(bytes(body)) for (body,) in rows]

    async def webhook_ids(self) -> list[str]:
        return [webhook_id for (webhook_id,) in await self.rows("SELECT webhook_id FROM deliveries ORDER BY id")]

    async def close(self) -> None:
        await self.app.stop()


def numbered(change: FindingChanged, number: int) -> FindingChanged:
    """The same of another finding."""
    finding = change.finding.model_copy(update={"fingerprint": f"{number:016x}"})
    return change.model_copy(update={"finding": finding})
