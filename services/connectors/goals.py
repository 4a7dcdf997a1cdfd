"""Goals whose metrics measure key results: read now and then, told where a value or its time has changed.

Promise: a measurement is told once for each (key result, time of measuring, source), also when it was first known and
only then named by a strategy, or the other way round; it is told in the transaction that notes it.
"""

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.measurements import KeyResultMeasured
from schemas.topics import MEASUREMENTS
from services.connectors import goals_store as store
from services.connectors.answers import answer_of
from services.connectors.goals_store import Measurement
from services.connectors.linked import LinkedSite
from services.runtime.bus import Bus, Outgoing
from services.runtime.connections import AsanaConnection
from services.runtime.errors import Misconfigured, Permanent
from services.runtime.outbox import add_to_outbox

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 10.0
"""How soon a strategy that names an unknown goal makes us ask for the goals again."""


class GoalReader:
    """Reads the goals of one connection; a step that told of measurements is followed by the relay."""

    def __init__(self, site: LinkedSite) -> None:
        self._site = site
        self._read_due: float | None = None
        self._look_due = 0.0
        self._read_at: datetime | None = None

    def look_now(self) -> None:
        """See at the next step whether a goal is named that we do not know."""
        self._look_due = 0.0

    async def step(self) -> bool:
        """Read the goals where it is time to, or where a strategy names one that we do not know."""
        settings, clock = self._site.settings, self._site.clock
        if not (isinstance(settings, AsanaConnection) and settings.goals) or not await self._is_due():
            return False
        self._read_at = clock.wall()
        try:
            await self.read()
        except (Misconfigured, Permanent) as error:
            log.warning("goals cannot be read", connection=self._site.id, error=str(error))
        self._read_due = clock.monotonic() + settings.pace.goals_minutes * 60
        return True

    async def now(self) -> bool:
        """Read the goals now, however long that could wait; tell whether there are any to read."""
        self._read_due = None
        return await self.step()

    async def read(self) -> int:
        """Read the goals now, keep them, and tell what is news; return how many measurements were told."""
        goals = await answer_of(self._site.client.goals())
        async with self._site.database.transaction() as conn:
            await store.lock_goals(conn)
            await store.keep_goals(conn, self._site.id, goals, self._site.clock.now())
            return await tell_news(conn, self._site.bus)

    async def _is_due(self) -> bool:
        now = self._site.clock.monotonic()
        if self._read_due is None or self._read_at is None or now >= self._read_due:
            return True
        if now < self._look_due:
            return False
        self._look_due = now + LOOK_SECONDS
        async with self._site.database.transaction() as conn:
            return await store.is_any_named_since(conn, self._read_at)


async def tell_news(conn: AsyncConnection, bus: Bus) -> int:
    """Put the measurements that were not told yet into the outbox; return how many. Wake the relay after the commit."""
    news = await store.take_news(conn)
    await add_to_outbox(conn, [measurement_out(bus, one) for one in news])
    return len(news)


async def seed_measurements(conn: AsyncConnection, bus: Bus) -> None:
    """Publish the last measurement of each key result again, after the broker has forgotten it."""
    await bus.publish([measurement_out(bus, one) for one in await store.told_measurements(conn)])


def measurement_out(bus: Bus, one: Measurement) -> Outgoing:
    """Return a measurement as it goes to its topic; the same one has the same id each time."""
    source = f"asana-goal:{one.goal}"
    payload = KeyResultMeasured(
        key_result=one.key_result, measured_at=one.measured_at, source=source, value=one.value
    )  # fmt: skip
    event = bus.event(payload, id=f"{one.key_result}@{one.measured_at.isoformat()}#{source}")
    return Outgoing(MEASUREMENTS, one.key_result, event)
