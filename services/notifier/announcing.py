"""What the notifier says on `leeway.alerts`: through the outbox, in the transaction that it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.alerts import AlertChanged, AlertState
from schemas.findings import Finding
from schemas.topics import ALERTS
from services.notifier import store
from services.notifier.store import Delivery
from services.runtime.bus import Bus, Outgoing
from services.runtime.outbox import add_to_outbox


@dataclass(frozen=True, slots=True)
class Announcement:
    """One step of an alert, before it has a revision. `at` is domain time for alerts, machine time for deliveries."""

    alert: str
    state: AlertState
    finding: Finding
    at: datetime
    reason: str | None = None
    receiver: str | None = None
    webhook_id: str | None = None


async def announce(conn: AsyncConnection, bus: Bus, announcements: Sequence[Announcement]) -> None:
    """Have these published after the commit, in this order."""
    revisions = await store.draw_revisions(conn, len(announcements))
    await add_to_outbox(
        conn, [_outgoing(bus, one, revision) for one, revision in zip(announcements, revisions, strict=True)]
    )


async def announce_deliveries(
    conn: AsyncConnection, bus: Bus, deliveries: Sequence[Delivery], state: AlertState, reason: str | None = None
) -> None:
    """Say that deliveries were sent or parked; a digest is of no one alert, so there is none to say it of."""
    findings = await store.findings_of(conn, [delivery.alert for delivery in deliveries])
    at = bus.clock.wall()
    steps = [
        Announcement(one.alert, state, findings[one.alert], at, reason, one.receiver, one.webhook_id)
        for one in deliveries
        if one.alert in findings
    ]
    await announce(conn, bus, steps)


def _outgoing(bus: Bus, one: Announcement, revision: int) -> Outgoing:
    payload = AlertChanged(
        alert=one.alert, state=one.state, finding=one.finding, receiver=one.receiver, webhook_id=one.webhook_id,
        reason=one.reason, at=one.at, revision=revision,
    )  # fmt: skip
    return Outgoing(ALERTS, one.alert, bus.event(payload, id=f"{one.alert}:{revision}"))
