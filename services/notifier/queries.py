"""What may be read of the notifier from outside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime.database import RoomDatabase

_COUNTS: Final = text("SELECT state, count(*) AS count FROM deliveries GROUP BY state")
_PENDING: Final = text(
    "SELECT (SELECT count(*) FROM deliveries WHERE state = 'due') AS deliveries, "
    "(SELECT count(*) FROM outbox) AS outbox"
)
_PARKED: Final = text(
    "SELECT id, webhook_id, receiver, alert, transition, attempts, failure, created_at, finished_at "
    "FROM deliveries WHERE state = 'parked' ORDER BY id DESC LIMIT :limit"
)
_OFF: Final = text("SELECT receiver, reason FROM switched_off ORDER BY receiver")


@dataclass(frozen=True, slots=True)
class Notifications:
    """How many notifications were sent, were given up, and are still to be sent; one for each receiver."""

    sent: int = 0
    parked: int = 0
    due: int = 0


@dataclass(frozen=True, slots=True)
class ParkedDelivery:
    """A notification that was given up, and why."""

    id: int
    webhook_id: str
    receiver: str
    alert: str
    transition: str
    attempts: int
    failure: str | None
    created_at: datetime
    finished_at: datetime


async def notifications(database: RoomDatabase) -> Notifications:
    """Return the counts of all notifications there ever were."""
    async with database.transaction() as conn:
        rows = await conn.execute(_COUNTS)
        return Notifications(**{str(state): int(count) for state, count in rows})


async def parked_deliveries(database: RoomDatabase, limit: int = 100) -> list[ParkedDelivery]:
    """Return what was given up, the newest first."""
    async with database.transaction() as conn:
        rows = await conn.execute(_PARKED, {"limit": limit})
        return [ParkedDelivery(*row) for row in rows]


async def switched_off(database: RoomDatabase) -> dict[str, str]:
    """Return the receivers that are switched off, with the reason."""
    async with database.transaction() as conn:
        rows = await conn.execute(_OFF)
        return {str(row.receiver): str(row.reason) for row in rows}


async def pending(conn: AsyncConnection) -> dict[str, int]:
    """Return by kind what is not finished; a delivery that waits for its next attempt is not."""
    return dict((await conn.execute(_PENDING)).one()._mapping)  # noqa: SLF001 -- SQLAlchemy's public name for it
