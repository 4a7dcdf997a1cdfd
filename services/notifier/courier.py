"""Carries the deliveries of one receiver: takes what is due, sends it, and marks it after the receiver's yes.

A delivery is leased while it is sent, and only who holds the lease may mark it; so several processes share the work,
and one that was paused beyond its lease changes nothing. A process that dies after the receiver's yes and before the
mark leaves the lease to run out, and the delivery is sent once more under the same `webhook-id`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.alerts import AlertState
from services.notifier import store
from services.notifier.announcing import announce_deliveries
from services.notifier.channels.base import Channel, Message, ReceiverGone
from services.notifier.receivers import Receiver
from services.notifier.store import Delivery
from services.runtime.bus import Bus
from services.runtime.database import RoomDatabase
from services.runtime.delivery import pause_seconds
from services.runtime.errors import LeewayError, Permanent, Transient
from services.runtime.faultpoints import faultpoint
from services.runtime.loop import Loop

log = structlog.get_logger(__name__)

LEASE_MARGIN_SECONDS: Final = 15.0
"""Longer than an attempt may take, so that a lease ends only on who is gone or stuck."""

MARK_TRIES: Final = 8
"""The receiver has said yes: that is worth waiting some time for the database."""

GRACE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Footing:
    """What a courier stands on."""

    database: RoomDatabase
    bus: Bus
    chance: Random
    wake_relay: Callable[[], None]


class Courier:
    """Start it with the room; `wake()` it after a commit that stored deliveries."""

    def __init__(self, receiver: Receiver, channel: Channel, footing: Footing) -> None:
        self._receiver = receiver
        self._channel = channel
        self._footing = footing
        self._clock = footing.bus.clock
        self._sending: set[asyncio.Task[None]] = set()
        self._loop = Loop(f"courier:{receiver.name}", footing.bus, self.step)
        self.start, self.wake = self._loop.start, self._loop.wake

    async def stop(self) -> None:
        """Take nothing more, give what is under way a little time, and abandon the rest to be sent again."""
        await self._loop.stop()
        if self._sending:
            _, late = await asyncio.wait(self._sending, timeout=GRACE_SECONDS)
            for one in late:
                one.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._channel.close()

    async def step(self) -> int:
        """Take as many deliveries as may be under way at once, and begin to send them; return how many."""
        room = self._receiver.concurrency - len(self._sending)
        claimed = await self._claim(room) if room > 0 else []
        for delivery in claimed:
            task = asyncio.create_task(self.deliver(delivery), name=f"delivery:{delivery.id}")
            self._sending.add(task)
            task.add_done_callback(self._ended)
        return len(claimed)

    async def deliver(self, delivery: Delivery) -> None:
        """Make one attempt, and note what came of it."""
        failure = await self._attempt(delivery)
        if failure is None:
            faultpoint("notifier.sent")
            await self._note(lambda conn: self._mark_sent(conn, delivery))
            faultpoint("notifier.marked")
        else:
            await self._note(lambda conn: self._mark_failed(conn, delivery, failure))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self.wake()
        if not task.cancelled() and (error := task.exception()) is not None:
            # The lease runs out, and the delivery is sent again.
            log.error("delivery abandoned", receiver=self._receiver.name, exc_info=error)

    async def _claim(self, most: int) -> list[Delivery]:
        at = self._clock.wall()
        until = at + timedelta(seconds=self._receiver.timeout_seconds + LEASE_MARGIN_SECONDS)
        return await self._footing.database.run(lambda conn: store.claim(conn, self._receiver.name, most, at, until))

    async def _attempt(self, delivery: Delivery) -> LeewayError | None:
        """Send, and return why it failed, if it did."""
        try:
            await self._channel.send(Message(delivery.webhook_id, delivery.body))
        except LeewayError as error:
            return error
        except Exception as error:  # a bug in one channel must not end the deliveries of its receiver
            log.exception("channel failed", receiver=self._receiver.name, kind=self._receiver.kind)
            return Transient(f"the channel failed: {type(error).__name__}")
        return None

    async def _mark_sent(self, conn: AsyncConnection, delivery: Delivery) -> None:
        if await store.mark_sent(conn, delivery, self._clock.wall()):
            await announce_deliveries(conn, self._footing.bus, [delivery], AlertState.DELIVERED)

    async def _mark_failed(self, conn: AsyncConnection, delivery: Delivery, failure: LeewayError) -> None:
        at, why = self._clock.wall(), str(failure)
        next_try_at = None
        if isinstance(failure, Transient):
            schedule, attempts = self._receiver.schedule, delivery.attempts + 1
            next_try_at = schedule.next_try(attempts, at, self._footing.chance, failure.retry_after)
        log.warning("delivery failed", receiver=delivery.receiver, why=why, next_try_at=next_try_at)
        if next_try_at is not None:
            await store.postpone(conn, delivery, why, next_try_at, at)
        elif await store.park(conn, delivery, why, at):
            await announce_deliveries(conn, self._footing.bus, [delivery], AlertState.PARKED, _why_parked(failure))
        if isinstance(failure, ReceiverGone):
            await self._switch_off(conn, why)

    async def _switch_off(self, conn: AsyncConnection, why: str) -> None:
        at = self._clock.wall()
        await store.switch_off(conn, self._receiver.name, why, at)
        parked = await store.park_for_switched_off(conn, at)
        await announce_deliveries(conn, self._footing.bus, parked, AlertState.PARKED, "the receiver is switched off")

    async def _note(self, work: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        """Note an attempt in one transaction, with patience: the receiver's answer must not be lost to a restart."""
        for tries in range(1, MARK_TRIES):
            try:
                await self._footing.database.run(work)
                break
            except Transient as error:
                await self._clock.sleep(pause_seconds(tries, error.retry_after))
        else:
            await self._footing.database.run(work)
        self._footing.wake_relay()


def _why_parked(failure: LeewayError) -> str:
    return str(failure) if isinstance(failure, Permanent) else f"no attempt is left: {failure}"
