"""How each connection stands, told to everybody: when it changes, and now and then while all is well.

Promise: a report is committed with its outbox row, so what the tables say was told; each says what to do about it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.connections import ConnectionReported, ConnectionState
from schemas.topics import CONNECTIONS
from services.connectors import hooks_store
from services.connectors.desk import Desk
from services.connectors.hints import oldest_hint_at
from services.connectors.states import Standing, all_reports, save_report, standing_of
from services.connectors.store import draw_lasting_revisions
from services.runtime.bus import Bus, Outgoing
from services.runtime.errors import LeewayError, Misconfigured, Transient
from services.runtime.outbox import add_to_outbox

FAILURES: Final = 3
"""So often in a row the tracker may say not now before it is worth a word."""
CLOCK_SECONDS: Final = 300.0
REPORTS_A_GAP: Final = 4
"""While all is well a connection is reported so often in the time after which its data counts as too old."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the tracker said no with, and how often in a row."""

    error: LeewayError
    tries: int = 1


def judge(desk: Desk, standing: Standing, trouble: Trouble | None, now: datetime) -> tuple[ConnectionState, str | None]:
    """Return the state of a connection, and why it is no better, with what to do."""
    is_old = _age(standing, now) >= _gap(desk)
    if trouble is not None:
        said = str(trouble.error)
        if isinstance(trouble.error, Misconfigured) or is_old or not desk.is_open:
            return ConnectionState.DISCONNECTED, said
        if trouble.tries >= FAILURES or not isinstance(trouble.error, Transient):
            return ConnectionState.DEGRADED, said
    reasons = [*_shortcomings(desk, standing)]
    if is_old and standing.opened_at is not None:
        reasons.append("nothing has been read for longer than `data_gap_minutes`; see the log of the connectors")
    if not reasons:
        return ConnectionState.CONNECTED, None
    return ConnectionState.DEGRADED, "; ".join(reasons)


def _shortcomings(desk: Desk, standing: Standing) -> list[str]:
    reasons = [*desk.lost.values()]
    if desk.scopes_problem is not None:
        reasons.append(desk.scopes_problem)
    if desk.hooks_problem is not None:
        reasons.append(desk.hooks_problem)
    if standing.missing:
        reasons.append(
            f"{standing.missing} items are missing at once and were left as they are; look whether the token may still "
            f"see them, or, if they are really gone, run `leeway connections confirm {desk.id}`"
        )
    off = desk.facts.clock_off_seconds if desk.facts is not None else None
    if off is not None and abs(off) > CLOCK_SECONDS:
        reasons.append(f"our clock is {abs(off):.0f} seconds {'ahead of' if off > 0 else 'behind'} the site's; set it")
    return reasons


def _gap(desk: Desk) -> timedelta:
    return timedelta(minutes=desk.site.settings.pace.data_gap_minutes)


def _age(standing: Standing, now: datetime) -> timedelta:
    """Return the age of the data; nothing is old before there was a first contact."""
    since = standing.last_success or standing.first_connected
    return now - since if since is not None else timedelta(0)


def is_news(old: ConnectionReported | None, new: ConnectionReported, trouble: Trouble | None) -> bool:
    """Tell whether to report: another state, another reason (sentences of what may pass differ), or a sign of life."""
    if old is None or old.state is not new.state:
        return True
    if old.reason != new.reason and not (trouble is not None and isinstance(trouble.error, Transient)):
        return True
    quiet = (new.at - old.at).total_seconds()
    return new.last_success != old.last_success and quiet >= new.gap_after_seconds / REPORTS_A_GAP


class Reporter:
    """Reports one connection, and keeps its metrics."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def step(self, trouble: Trouble | None) -> bool:
        """Report what is news; tell whether there was any. Wake the relay then."""
        desk = self._desk
        if not desk.is_open and trouble is None:
            return False
        async with desk.site.database.transaction() as conn:
            standing = await standing_of(conn, desk.id)
            if desk.site.settings.webhooks is not None:
                desk.hooks_problem = (await hooks_store.standing_of(conn, desk.id)).problem
            await self._measure(conn, standing)
            old = None if standing.report is None else ConnectionReported.read(standing.report)
            report = self._report(standing, trouble)
            if not is_news(old, report, trouble):
                return False
            [revision] = await draw_lasting_revisions(conn, 1)
            report = report.model_copy(update={"revision": revision})
            await save_report(conn, desk.id, revision, report.model_dump_json(exclude_defaults=True))
            await add_to_outbox(conn, [report_out(desk.site.bus, report)])
        return True

    def _report(self, standing: Standing, trouble: Trouble | None) -> ConnectionReported:
        desk, now = self._desk, self._desk.site.clock.now()
        state, reason = judge(desk, standing, trouble, now)
        return ConnectionReported(
            connection=desk.id, tracker=desk.site.client.tracker, state=state, reason=reason,
            gap_after_seconds=_gap(desk).total_seconds(), rate_remaining=desk.site.client.limits.remaining,
            age_seconds=None if standing.last_success is None else _age(standing, now).total_seconds(),
            last_success=standing.last_success, first_connected=standing.first_connected, revision=0, at=now,
        )  # fmt: skip

    async def _measure(self, conn: AsyncConnection, standing: Standing) -> None:
        site, metrics = self._desk.site, self._desk.site.bus.metrics
        metrics.age(site.id, _age(standing, site.clock.now()).total_seconds())
        oldest = await oldest_hint_at(conn, site.id)
        metrics.hint_lag(site.id, 0.0 if oldest is None else (site.clock.wall() - oldest).total_seconds())
        if site.client.limits.remaining is not None:
            metrics.rate_remaining(site.id, site.client.limits.remaining)


def report_out(bus: Bus, report: ConnectionReported) -> Outgoing:
    """Return a report as it goes to its topic; the same one has the same id each time."""
    return Outgoing(CONNECTIONS, report.connection, bus.event(report, id=f"{report.connection}:{report.revision}"))


async def seed_reports(conn: AsyncConnection, bus: Bus) -> None:
    """Publish the newest report of each connection again, after the broker has forgotten it."""
    reports = [ConnectionReported.read(body) for _, _, body in await all_reports(conn)]
    await bus.publish([report_out(bus, report) for report in reports])
