"""The notifier, put together: wiring only."""

from collections.abc import Sequence
from random import Random, SystemRandom

from fastapi import APIRouter
from rich.console import Console

from schemas.alerts import AlertState
from services.notifier import queries, store
from services.notifier.announcing import announce_deliveries
from services.notifier.channels import open_channel
from services.notifier.channels.base import ChannelTools
from services.notifier.courier import Courier, Footing
from services.notifier.handlers import INPUTS, FindingsHandler
from services.notifier.receivers import Receiver
from services.runtime.marks import passed_marks
from services.runtime.relay import Relay
from services.runtime.room import Progress, RoomContext

ROOM = "notifier"


class Notifier:
    """The room between start and stop."""

    name = ROOM

    def __init__(
        self, context: RoomContext, receivers: Sequence[Receiver], tools: ChannelTools, chance: Random
    ) -> None:
        self._context = context
        self._receivers = receivers
        self._tools = tools
        self._relay = Relay(context.database, context.bus)
        self._footing = Footing(context.database, context.bus, chance, self._relay.wake)
        self._couriers = self._hire()
        names = [receiver.name for receiver in receivers]
        self._handler = FindingsHandler(context.database, context.bus, names, self._wake)

    def subscribe(self, max_records: int) -> None:
        """Have the bus hand over batches from its start on."""
        self._context.bus.subscribe(INPUTS, self._handler, max_records=max_records)

    async def start(self) -> None:
        """Tidy up after a predecessor, and begin to send."""
        await self._take_over()
        self._couriers = self._couriers or self._hire()
        for courier in self._couriers:
            courier.start()
        self._relay.start()

    async def stop(self) -> None:
        """Stop taking work; what is under way has a few seconds."""
        await self._context.bus.stop_reading()
        couriers, self._couriers = self._couriers, []
        for courier in couriers:
            await courier.stop()
        await self._relay.stop()

    async def seed(self) -> None:
        """Do nothing: `leeway.alerts` is kept by time, as news; what is not yet published is still in the outbox."""

    async def progress(self) -> Progress:
        """Say how the room stands, from its tables."""
        async with self._context.database.transaction() as conn:
            marks = frozenset(mark.id for mark in await passed_marks(conn))
            return Progress(await queries.pending(conn), marks)

    def routers(self) -> tuple[APIRouter, ...]:
        """The notifier has no routes of its own."""
        return ()

    def _hire(self) -> list[Courier]:
        return [Courier(receiver, open_channel(receiver, self._tools), self._footing) for receiver in self._receivers]

    def _wake(self) -> None:
        self._relay.wake()
        for courier in self._couriers:
            courier.wake()

    async def _take_over(self) -> None:
        """Free what a predecessor died with, if there can be no other; park what is for receivers that are no more."""
        bus, names = self._context.bus, [receiver.name for receiver in self._receivers]
        async with self._context.database.transaction() as conn:
            if not bus.settings.groups:
                await store.release_leases(conn)
            reason = "no receiver has this name any more"
            parked = await store.park_all_due(conn, reason, self._context.clock.wall(), except_for=names)
            await announce_deliveries(conn, bus, parked, AlertState.PARKED, reason)


def build_app(
    context: RoomContext,
    *,
    receivers: Sequence[Receiver] = (),
    console: Console | None = None,
    tools: ChannelTools | None = None,
    chance: Random | None = None,
    max_records: int = 500,
) -> Notifier:
    """Return the room, subscribed and not yet started. `console` is where the terminal channel prints.

    Raises:
        Misconfigured: a receiver names no channel, or lacks something that its channel needs.
    """
    tools = tools or ChannelTools(context.clock, console or Console())
    notifier = Notifier(context, receivers, tools, chance or SystemRandom())
    notifier.subscribe(max_records)
    return notifier
