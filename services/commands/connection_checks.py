"""How the connections stand in the tables: state and age of data, hints, limits, webhooks, missing items, goals."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.connections import ConnectionReported, ConnectionState
from schemas.work_items import Absence
from services.commands.checks import Check, faulty, split
from services.commands.describing import AnyConnection
from services.commands.output import counted
from services.commands.workplace import Workplace
from services.connectors import queries, queries_beside
from services.connectors.hooks_store import HookStanding
from services.connectors.queries import Standing
from services.connectors.queries_beside import RegisteredHook

HINTS_SECONDS: Final = 300.0
NAMED: Final = 5
"""So many goals are named one by one."""


@dataclass(frozen=True)
class Kept:
    """What the tables know of one connection."""

    standing: Standing
    items: int
    absent: dict[Absence, int]
    oldest_hint: datetime | None
    hooks: list[RegisteredHook]
    deliveries: HookStanding

    @property
    def report(self) -> ConnectionReported | None:
        """What the connection told last."""
        return None if self.standing.report is None else ConnectionReported.read(self.standing.report)


async def kept_of(place: Workplace, names: tuple[str, ...]) -> dict[str, Kept]:
    """Return what the tables know of these connections."""
    async with place.room("connectors").transaction() as conn:
        standings, items = await queries.connection_standings(conn), await queries.items_by_connection(conn)
        absent = await queries.absent_items(conn)
        return {
            name: Kept(
                standings.get(name, Standing()), items.get(name, 0), absent.get(name, {}),
                await queries.oldest_hint_at(conn, name), await queries_beside.registered_hooks(conn, name),
                await queries_beside.hook_standing(conn, name),
            )
            for name in names
        }  # fmt: skip


def checks_of(one: AnyConnection, kept: Kept, now: datetime, wall: datetime) -> Iterator[Check]:
    """Give what there is to say of a connection; `now` is domain time, `wall` the machine's."""
    yield _reading(one, kept, now)
    yield from _held_back(one, kept.standing)
    yield from _hints(one, kept, wall)
    yield from _limits(one, kept.report)
    yield from _hooks(one, kept)
    yield from _unreachable(one, kept)


def _reading(one: AnyConnection, kept: Kept, now: datetime) -> Check:
    what, standing, report = f"{one.id}: reading", kept.standing, kept.report
    if report is None:
        remedy = "Start `leeway up` or `leeway run connectors`; it reads the site within a minute."
        return faulty(what, "never read", remedy)
    limit = timedelta(minutes=one.pace.data_gap_minutes)
    found = f"{report.state.value}, {counted(kept.items, 'item')}, {age(standing, now)}, limit {_span(limit)}"
    if report.state is not ConnectionState.CONNECTED and report.reason:
        why, remedy = split(report.reason)
        return faulty(what, f"{found}: {why}", remedy or "The log of the connectors tells more.")
    if standing.opened_at is None:
        return Check(what, is_well=True, found=f"{found}; the first reading goes on")
    if standing.last_success is None or now - standing.last_success > limit:
        remedy = "Start `leeway up` or `leeway run connectors`, and look into its log if it runs."
        return faulty(what, found, remedy)
    return Check(what, is_well=True, found=found)


def age(standing: Standing, now: datetime) -> str:
    """Return how old the data are."""
    if standing.last_success is None:
        return "no success yet"
    return f"data {_span(now - standing.last_success)} old"


def _span(span: timedelta) -> str:
    seconds = max(span.total_seconds(), 0.0)
    for size, unit in ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _held_back(one: AnyConnection, standing: Standing) -> Iterator[Check]:
    if standing.missing and not standing.missing_confirmed:
        found = f"{counted(standing.missing, 'item')} disappeared at once; they were left as they are"
        remedy = (
            f"If they are really gone, run `leeway connections confirm {one.id}`; else give the token its access back."
        )
        yield faulty(f"{one.id}: missing items", found, remedy)


def _hints(one: AnyConnection, kept: Kept, wall: datetime) -> Iterator[Check]:
    if kept.oldest_hint is None:
        return
    waits = (wall - kept.oldest_hint).total_seconds()
    found, remedy = f"the oldest hint waits for {waits:.0f} s", "See that the connectors run and the site answers."
    well = waits < HINTS_SECONDS
    yield Check(f"{one.id}: hints", is_well=well, found=found, remedy="" if well else remedy)


def _limits(one: AnyConnection, report: ConnectionReported | None) -> Iterator[Check]:
    if report is None or report.rate_remaining is None:
        return
    found = f"{report.rate_remaining} calls are left of the site's limit"
    remedy = "Raise `pace.poll_seconds`, read fewer projects, or give Leeway an account of its own."
    well = report.rate_remaining > 0
    yield Check(f"{one.id}: rate limit", is_well=well, found=found, remedy="" if well else remedy)


def _hooks(one: AnyConnection, kept: Kept) -> Iterator[Check]:
    if one.webhooks is None:
        return
    what = f"{one.id}: webhooks"
    failing = next((hook.failure for hook in kept.hooks if hook.failure), None)
    if kept.deliveries.problem is not None:
        found, remedy = split(kept.deliveries.problem)
        yield faulty(what, found, remedy or f"See that the tracker reaches {one.webhooks.address}.")
    elif failing is not None:
        yield faulty(what, f"deliveries fail: {failing}", f"See that the tracker reaches {one.webhooks.address}.")
    elif one.webhooks.register_ and not kept.hooks:
        yield faulty(what, "none is registered yet", "Start `leeway up` or `leeway run connectors`; it registers them.")
    else:
        heard = kept.deliveries.heard_at
        told = "never heard of any yet" if heard is None else f"last heard {heard:%Y-%m-%d %H:%M} UTC"
        yield Check(what, is_well=True, found=f"{counted(len(kept.hooks), 'webhook')}, {told}")


def _unreachable(one: AnyConnection, kept: Kept) -> Iterator[Check]:
    count = kept.absent.get(Absence.UNREACHABLE, 0)
    if count:
        were = "it was" if count == 1 else "they were"
        found = f"{counted(count, 'item')} can no longer be seen, and nothing says that {were} deleted"
        remedy = "See whether the token's account lost its access; what can be seen again comes back by itself."
        yield faulty(f"{one.id}: items", found, remedy)


async def goal_checks(conn: AsyncConnection) -> list[Check]:
    """Return what is wrong between the strategy's key results and the goals of Asana."""
    problems, unnamed = await queries_beside.goal_problems(conn), await queries_beside.unnamed_goals(conn)
    checks = []
    for one in problems:
        why, remedy = split(one.reason)
        checks.append(faulty(f"{one.key_result}: source", why, remedy))
    if unnamed:
        names = ", ".join(f"{goal.name} ({goal.goal})" for goal in unnamed[:NAMED])
        more = f" and {len(unnamed) - NAMED} more" if len(unnamed) > NAMED else ""
        found = f"{counted(len(unnamed), 'goal')} that nothing in the strategy names: {names}{more}"
        remedy = "To measure a key result by one, write `source: {asana_goal: <its number>}` at it."
        checks.append(Check("goals", is_well=True, found=found, remedy=remedy))
    return checks
