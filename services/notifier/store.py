"""The notifier's SQL. Every function works inside the caller's transaction; nothing here decides anything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.alerts import AlertState
from schemas.findings import Finding, FindingTransition
from services.notifier.alerts import Alert

_ALONE: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('leeway-alerts:' || current_schema(), 0))")
_NEWEST: Final = text(
    "SELECT DISTINCT ON (fingerprint) * FROM alerts WHERE fingerprint = ANY(CAST(:fingerprints AS text[])) "
    "ORDER BY fingerprint, revision DESC"
)
_SAVE_ALERT: Final = text(
    "INSERT INTO alerts (alert, fingerprint, state, content, revision, finding, changed_at, opening) "
    "VALUES (:alert, :fingerprint, :state, :content, :revision, :finding, :changed_at, :opening) "
    "ON CONFLICT (alert) DO UPDATE SET state = excluded.state, content = excluded.content, "
    "revision = excluded.revision, finding = excluded.finding, changed_at = excluded.changed_at, "
    "opening = excluded.opening"
)
_ADD_DELIVERY: Final = text(
    "INSERT INTO deliveries (webhook_id, receiver, alert, transition, body, next_try_at, created_at) "
    "VALUES (:webhook_id, :receiver, :alert, :transition, :body, :at, :at) "
    "ON CONFLICT (webhook_id, receiver) DO NOTHING"
)
_PARK_SWITCHED_OFF: Final = text(
    "UPDATE deliveries SET state = 'parked', finished_at = :at, "
    "failure = 'the receiver is switched off: ' || off.reason "
    "FROM switched_off AS off WHERE deliveries.receiver = off.receiver AND deliveries.state = 'due' "
    "RETURNING deliveries.*"
)
_CLAIM: Final = text(
    "WITH free AS (SELECT id FROM deliveries AS one WHERE receiver = :receiver AND state = 'due' "
    "AND next_try_at <= :at AND (lease_until IS NULL OR lease_until <= :at) "
    # What is told first arrives first: an alert's end is not sent while its opening still waits.
    "AND NOT EXISTS (SELECT 1 FROM deliveries AS earlier WHERE earlier.alert = one.alert "
    "AND earlier.receiver = one.receiver AND earlier.state = 'due' AND earlier.id < one.id) "
    "ORDER BY next_try_at, id LIMIT :most FOR UPDATE SKIP LOCKED) "
    "UPDATE deliveries SET lease_until = :until, fence = fence + 1 FROM free WHERE deliveries.id = free.id "
    "RETURNING deliveries.*"
)
_MARK_SENT: Final = text(
    "UPDATE deliveries SET state = 'sent', attempts = attempts + 1, lease_until = NULL, failure = NULL, "
    "finished_at = :at WHERE id = :id AND fence = :fence AND state <> 'sent'"
)
_POSTPONE: Final = text(
    "UPDATE deliveries SET attempts = attempts + 1, lease_until = NULL, failure = :failure, "
    "next_try_at = :next_try_at, first_failed_at = coalesce(first_failed_at, :at) "
    "WHERE id = :id AND fence = :fence AND state = 'due'"
)
_PARK: Final = text(
    "UPDATE deliveries SET state = 'parked', attempts = attempts + 1, lease_until = NULL, failure = :failure, "
    "first_failed_at = coalesce(first_failed_at, :at), finished_at = :at "
    "WHERE id = :id AND fence = :fence AND state = 'due'"
)
_PARK_DUE: Final = text(
    "UPDATE deliveries SET state = 'parked', failure = coalesce(failure || '; ', '') || :reason, lease_until = NULL, "
    "finished_at = :at, fence = fence + 1 WHERE state = 'due' "
    "AND NOT receiver = ANY(CAST(:spared AS text[])) RETURNING *"
)
_SWITCH_OFF: Final = text(
    "INSERT INTO switched_off (receiver, reason, at) VALUES (:receiver, :reason, :at) ON CONFLICT (receiver) DO NOTHING"
)
_SWITCH_ON: Final = text("DELETE FROM switched_off WHERE receiver = :receiver")
_RELEASE: Final = text("UPDATE deliveries SET lease_until = NULL WHERE state = 'due' AND lease_until IS NOT NULL")
_RETRY: Final = text(
    "UPDATE deliveries SET state = 'due', attempts = 0, first_failed_at = NULL, next_try_at = :at, finished_at = NULL "
    "WHERE state = 'parked' AND (CAST(:receiver AS text) IS NULL OR receiver = :receiver) "
    "AND receiver NOT IN (SELECT receiver FROM switched_off)"
)
_FINDINGS: Final = text("SELECT alert, finding FROM alerts WHERE alert = ANY(CAST(:alerts AS text[]))")
_STANDING: Final = text("SELECT finding FROM alerts WHERE opening = :opening AND state <> 'resolved' ORDER BY alert")
_REVISIONS: Final = text("SELECT nextval('revisions') FROM generate_series(1, :count)")


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A notification for one receiver, not stored yet."""

    webhook_id: str
    receiver: str
    alert: str
    transition: FindingTransition
    body: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notification for one receiver, as stored. Who holds its `fence` may mark it."""

    id: int
    webhook_id: str
    receiver: str
    alert: str
    body: str
    attempts: int
    fence: int


async def lock_alerts(conn: AsyncConnection) -> None:
    """Let one transaction at a time decide on findings, whichever process it is of; sending goes on beside it."""
    await conn.execute(_ALONE)


async def newest_alerts(conn: AsyncConnection, fingerprints: Iterable[str]) -> dict[str, Alert]:
    """Return the newest alert of each fingerprint that has one."""
    rows = await conn.execute(_NEWEST, {"fingerprints": sorted(set(fingerprints))})
    return {
        row.fingerprint: Alert(
            row.alert,
            AlertState(row.state),
            row.content,
            row.revision,
            Finding.model_validate_json(row.finding),
            row.opening,
        )
        for row in rows
    }


async def save_alerts(conn: AsyncConnection, alerts: Sequence[Alert], at: datetime) -> None:
    """Store alerts, each as it stands after the batch."""
    rows = [
        {
            "alert": alert.id,
            "fingerprint": alert.finding.fingerprint,
            "state": alert.state.value,
            "content": alert.content,
            "revision": alert.revision,
            "finding": alert.finding.model_dump_json(exclude_defaults=True),
            "changed_at": at,
            "opening": alert.opening,
        }
        for alert in alerts
    ]
    if rows:
        await conn.execute(_SAVE_ALERT, rows)


async def add_deliveries(conn: AsyncConnection, deliveries: Sequence[NewDelivery], at: datetime) -> None:
    """Store what is to be sent, once for each webhook id and receiver: what is stored already stays as it is."""
    rows = [
        {
            "webhook_id": one.webhook_id,
            "receiver": one.receiver,
            "alert": one.alert,
            "transition": one.transition.value,
            "body": one.body,
            "at": at,
        }
        for one in deliveries
    ]
    if rows:
        await conn.execute(_ADD_DELIVERY, rows)


async def claim(conn: AsyncConnection, receiver: str, most: int, at: datetime, until: datetime) -> list[Delivery]:
    """Take up to so many deliveries that are due; nobody else takes them before `until`."""
    rows = await conn.execute(_CLAIM, {"receiver": receiver, "most": most, "at": at, "until": until})
    return sorted(map(_delivery, rows), key=lambda delivery: delivery.id)


async def mark_sent(conn: AsyncConnection, delivery: Delivery, at: datetime) -> bool:
    """Mark a delivery as sent; false if somebody else has taken it over since."""
    done = await conn.execute(_MARK_SENT, {"id": delivery.id, "fence": delivery.fence, "at": at})
    return done.rowcount == 1


async def postpone(
    conn: AsyncConnection, delivery: Delivery, failure: str, next_try_at: datetime, at: datetime
) -> bool:
    """Note a failed attempt and when to try again; false if somebody else has taken the delivery over."""
    values = {"id": delivery.id, "fence": delivery.fence, "failure": failure, "next_try_at": next_try_at, "at": at}
    return (await conn.execute(_POSTPONE, values)).rowcount == 1


async def park(conn: AsyncConnection, delivery: Delivery, failure: str, at: datetime) -> bool:
    """Give a delivery up, visibly; false if somebody else has taken it over."""
    values = {"id": delivery.id, "fence": delivery.fence, "failure": failure, "at": at}
    return (await conn.execute(_PARK, values)).rowcount == 1


async def park_all_due(
    conn: AsyncConnection, reason: str, at: datetime, *, except_for: Iterable[str] = ()
) -> list[Delivery]:
    """Give up all that is due, but for some receivers; who is sending one of them now can no longer mark it."""
    rows = await conn.execute(_PARK_DUE, {"reason": reason, "at": at, "spared": sorted(except_for)})
    return [_delivery(row) for row in rows]


async def switch_off(conn: AsyncConnection, receiver: str, reason: str, at: datetime) -> None:
    """Send no more to a receiver."""
    await conn.execute(_SWITCH_OFF, {"receiver": receiver, "reason": reason, "at": at})


async def switch_on(conn: AsyncConnection, receiver: str) -> bool:
    """Send to a receiver again; false if it was not switched off."""
    return (await conn.execute(_SWITCH_ON, {"receiver": receiver})).rowcount == 1


async def park_for_switched_off(conn: AsyncConnection, at: datetime) -> list[Delivery]:
    """Park all that is due for receivers that are switched off."""
    return [_delivery(row) for row in await conn.execute(_PARK_SWITCHED_OFF, {"at": at})]


async def release_leases(conn: AsyncConnection) -> None:
    """Take back what a predecessor was sending when it died; only for who knows that it is alone."""
    await conn.execute(_RELEASE)


async def retry_parked(conn: AsyncConnection, receiver: str | None, at: datetime) -> int:
    """Make parked deliveries due again, of one receiver or of all, but not of those that are switched off."""
    return (await conn.execute(_RETRY, {"receiver": receiver, "at": at})).rowcount


async def findings_of(conn: AsyncConnection, alerts: Iterable[str]) -> dict[str, Finding]:
    """Return the findings of alerts as they were last heard of."""
    rows = await conn.execute(_FINDINGS, {"alerts": sorted(set(alerts))})
    return {row.alert: Finding.model_validate_json(row.finding) for row in rows}


async def standing_since(conn: AsyncConnection, opening: str) -> list[Finding]:
    """Return the findings that this first load brought and that still stand."""
    return [Finding.model_validate_json(finding) for finding in await conn.scalars(_STANDING, {"opening": opening})]


async def draw_revisions(conn: AsyncConnection, count: int) -> list[int]:
    """Draw so many revisions, rising."""
    return list(await conn.scalars(_REVISIONS, {"count": count})) if count else []


def _delivery(row: Row[tuple[object, ...]]) -> Delivery:
    values = row._mapping  # noqa: SLF001 -- SQLAlchemy's public name for it
    return Delivery(**{name: values[name] for name in Delivery.__slots__})
