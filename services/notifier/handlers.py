"""What the notifier does with a batch of findings: load, decide, save; nothing is sent from here."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.alerts import AlertState
from schemas.findings import FindingChanged, FindingTransition
from schemas.marks import OPENING_FLOW
from schemas.topics import FINDINGS, Topic
from services.notifier import store
from services.notifier.alerts import Alert, Decision, decide_all
from services.notifier.announcing import Announcement, announce, announce_deliveries
from services.notifier.digest import digest_body, digest_id
from services.notifier.identity import webhook_id
from services.notifier.message import body_of
from services.notifier.store import NewDelivery
from services.runtime.bus import Batch, Bus, read
from services.runtime.database import RoomDatabase
from services.runtime.errors import InvalidMessage
from services.runtime.faultpoints import faultpoint
from services.runtime.marks import mark_passed, passed_marks, see_marks
from services.runtime.parking import park, set_aside_unreadable
from services.runtime.progress import finish_batch

INPUTS: Final[Sequence[Topic]] = (FINDINGS,)


class FindingsHandler:
    """Turns changes of findings into alerts and deliveries for all receivers; wakes who sends after the commit."""

    def __init__(self, database: RoomDatabase, bus: Bus, receivers: Sequence[str], wake: Callable[[], None]) -> None:
        self._database = database
        self._bus = bus
        self._receivers = receivers
        self._wake = wake

    async def __call__(self, batch: Batch) -> None:
        """Handle one batch in one transaction."""
        told = await self._database.run(lambda conn: self._handle(conn, batch))
        if told:
            faultpoint("notifier.stored")
        self._wake()

    async def _handle(self, conn: AsyncConnection, batch: Batch) -> int:
        await store.lock_alerts(conn)
        changes = await _changes_in(conn, batch)
        known = await store.newest_alerts(conn, (change.finding.fingerprint for change in changes))
        decisions = decide_all(changes, known, await self._openings(conn, changes))
        await self._save(conn, decisions)
        # A mark is passed here: the notifier hands it on to nobody, and `replay` waits for it.
        for mark in await see_marks(conn, self._bus, batch, INPUTS):
            if mark.id.startswith(OPENING_FLOW):
                await self._tell_digest(conn, mark.id)
            await mark_passed(conn, mark)
        await finish_batch(conn, self._bus, batch)
        return sum(decision.transition is not None for decision in decisions)

    async def _openings(self, conn: AsyncConnection, changes: Sequence[FindingChanged]) -> frozenset[str]:
        """Return the first loads among these that have not come to their end."""
        flows = {change.flow for change in changes if change.flow and change.flow.startswith(OPENING_FLOW)}
        if not flows:
            return frozenset()
        return frozenset(flows.difference(mark.id for mark in await passed_marks(conn)))

    async def _tell_digest(self, conn: AsyncConnection, flow: str) -> None:
        """Have all receivers told what stood when a connection was first read, now that all of it is known."""
        findings = await store.standing_since(conn, flow)
        at = max((one.as_of for one in findings), default=self._bus.clock.now())
        body, alert = digest_body(flow, findings, at), digest_id(flow)
        opened = FindingTransition.OPENED
        deliveries = [
            NewDelivery(webhook_id(alert, opened, "digest", receiver), receiver, alert, opened, body)
            for receiver in self._receivers
        ]
        await store.add_deliveries(conn, deliveries, self._bus.clock.wall())

    async def _save(self, conn: AsyncConnection, decisions: Sequence[Decision]) -> None:
        at = self._bus.clock.wall()
        newest = {decision.alert.id: decision.alert for decision in decisions if decision.alert is not None}
        await store.save_alerts(conn, list(newest.values()), at)
        told = [(decision, decision.alert) for decision in decisions if decision.transition and decision.alert]
        await announce(conn, self._bus, [_announcement(decision, alert) for decision, alert in told])
        deliveries = [one for decision, alert in told for one in deliveries_of(decision, alert, self._receivers)]
        await store.add_deliveries(conn, deliveries, at)
        await self._park_for_switched_off(conn, at)

    async def _park_for_switched_off(self, conn: AsyncConnection, at: datetime) -> None:
        parked = await store.park_for_switched_off(conn, at)
        await announce_deliveries(conn, self._bus, parked, AlertState.PARKED, "the receiver is switched off")


def deliveries_of(decision: Decision, alert: Alert, receivers: Sequence[str]) -> list[NewDelivery]:
    """Return what is to be sent of a decision: one body, the same for all receivers, each with its own webhook id."""
    transition = decision.transition
    if transition is None:
        return []
    body = body_of(alert, transition, decision.reason)
    return [
        NewDelivery(webhook_id(alert.id, transition, alert.content, receiver), receiver, alert.id, transition, body)
        for receiver in receivers
    ]


def _announcement(decision: Decision, alert: Alert) -> Announcement:
    return Announcement(alert.id, alert.state, alert.finding, alert.finding.as_of, decision.reason.value)


async def _changes_in(conn: AsyncConnection, batch: Batch) -> list[FindingChanged]:
    """Return the readable changes in order, and park what is unreadable."""
    await set_aside_unreadable(conn, batch)
    changes = []
    for record in batch.of(FindingChanged):
        try:
            changes.append(read(record, FindingChanged))
        except InvalidMessage as error:
            await park(conn, record, str(error))
    return changes
