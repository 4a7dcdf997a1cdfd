"""`leeway doctor`: what is wrong with this installation, each fault with its remedy."""

from collections.abc import AsyncIterator

from services.commands.assembly import receivers_of
from services.commands.checks import Check
from services.commands.connection_checks import checks_of, goal_checks, kept_of
from services.commands.site_checks import check_sites
from services.commands.workplace import Workplace
from services.mapper import queries as mapper
from services.notifier import queries as notifier
from services.runtime.configuration import Configuration
from services.runtime.errors import LeewayError, Misconfigured
from services.runtime.migrations import ROOMS
from services.runtime.outbox import oldest_seconds, outbox_size
from services.runtime.parking import list_parked

OLD_SECONDS = 60.0


async def look(place: Workplace, configuration: Configuration) -> AsyncIterator[Check]:
    """Look at one thing after the other, the ground first."""
    yield await _broker(place)
    for room in ROOMS[1:]:
        yield await _outbox(place, room)
        yield await _parked(place, room)
    async for check in _connections(place, configuration):
        yield check
    yield await _strategy(place)
    yield _receivers(place, configuration)
    yield await _deliveries(place)


async def _connections(place: Workplace, configuration: Configuration) -> AsyncIterator[Check]:
    connections = configuration.whole_connections()
    if not connections:
        yield Check("connections", is_well=True, found="none; `leeway init` connects a Jira or an Asana")
        return
    kept = await kept_of(place, tuple(one.id for one in connections))
    sites = await check_sites(connections, place.settings, place.clock)
    for one in connections:
        for check in (*sites[one.id], *checks_of(one, kept[one.id], place.clock.now(), place.clock.wall())):
            yield check
    async with place.room("connectors").transaction() as conn:
        for check in await goal_checks(conn):
            yield check


async def _broker(place: Workplace) -> Check:
    try:
        bus = await place.broker()
    except LeewayError as error:
        found, _, remedy = str(error).partition(": ")
        return Check("broker", is_well=False, found=found, remedy=remedy[:1].upper() + remedy[1:])
    return Check("broker", is_well=True, found=f"answers at {bus.bootstrap_servers}")


async def _outbox(place: Workplace, room: str) -> Check:
    async with place.room(room).transaction() as conn:
        size, age = await outbox_size(conn), await oldest_seconds(conn)
    found = f"{size} rows wait, the oldest for {age:.0f} s" if size else "empty"
    remedy = f"The {room} is not running or cannot reach the broker: start `leeway up` or `leeway run {room}`."
    well = age < OLD_SECONDS
    return Check(f"{room}: outbox", is_well=well, found=found, remedy="" if well else remedy)


async def _parked(place: Workplace, room: str) -> Check:
    parked = await list_parked(place.room(room), limit=1_000)
    if not parked:
        return Check(f"{room}: input set aside", is_well=True, found="none")
    remedy = (
        f"`leeway dead-letters list --room {room}` shows why; `leeway dead-letters replay --room {room}` tries again."
    )
    return Check(f"{room}: input set aside", is_well=False, found=f"{len(parked)} records", remedy=remedy)


async def _strategy(place: Workplace) -> Check:
    newest = await mapper.newest_strategy(place.room("mapper"))
    if newest is None:
        return Check("strategy", is_well=False, found="none applied", remedy="Run `leeway apply strategy.yaml`.")
    return Check("strategy", is_well=True, found=f"version {newest.version} by {newest.author}")


def _receivers(place: Workplace, configuration: Configuration) -> Check:
    if not configuration.receivers:
        remedy = "Name a receiver in leeway.yaml, or read findings by `leeway findings`, HTTP or Kafka."
        return Check("receivers", is_well=False, found="nobody is told of alerts", remedy=remedy)
    names = ", ".join(one.id for one in configuration.receivers)
    try:
        receivers_of(configuration, place.settings)
    except Misconfigured as error:
        return Check("receivers", is_well=False, found=names, remedy=str(error))
    return Check("receivers", is_well=True, found=names)


async def _deliveries(place: Workplace) -> Check:
    counts = await notifier.notifications(place.room("notifier"))
    found = f"{counts.sent} sent, {counts.due} under way, {counts.parked} given up"
    if not counts.parked:
        return Check("notifications", is_well=True, found=found)
    remedy = (
        "`leeway dead-letters list --room notifier` shows why; mend the receiver, then `leeway dead-letters replay`."
    )
    return Check("notifications", is_well=False, found=found, remedy=remedy)
