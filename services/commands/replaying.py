"""`leeway replay`: the main job on an export, through the real broker, database and rooms, time held still.

Promise: the same export, strategy and time give the same findings, whatever dies on the way; a home that was given is
kept, and a second run on it goes on where the first one ended.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from schemas.findings import Finding, Severity
from schemas.strategy import Strategy
from services.commands.assembly import builders, mapping_options
from services.commands.engine import Engine, alongside, engine
from services.commands.exports import refuse_unusable
from services.commands.kept import refuse_earlier, remember
from services.commands.reports import finding_row
from services.connectors.commands import ImportReport, ImportRequest, Telling, import_export, send_drain
from services.detector import queries as findings
from services.mapper.commands import apply_strategy
from services.notifier import commands as notifications
from services.notifier import queries as deliveries
from services.notifier.receivers import Receiver, deliver_to
from services.runtime.clock import Clock, HeldClock
from services.runtime.configuration import Configuration
from services.runtime.embedded import temporary_home
from services.runtime.errors import Misconfigured
from services.runtime.room import Progress
from services.runtime.settings import Settings

AUTHOR: Final = "replay"
WAITING_ROOMS: Final = ("mapper", "detector", "notifier")
_WORST_FIRST: Final = tuple(reversed(Severity))

Show = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class ReplayRequest:
    """What to replay, by which strategy, as of when, and whom to tell."""

    exports: tuple[Path, ...]
    strategy: Strategy
    as_of: datetime
    site: str = "archive"
    home: Path | None = None
    deliver_to: str | None = None
    deliver_timeout: float = 60.0


@dataclass(frozen=True)
class ReplayResult:
    """What came of it; `seconds` is wall time from the first part started to the last answer."""

    as_of: datetime
    seconds: float
    counts: findings.Counts
    findings: tuple[Finding, ...]
    notifications: deliveries.Notifications
    report: ImportReport

    def row(self) -> dict[str, Any]:
        """Return it in the shape that `--format json` promises."""
        return {
            "as_of": self.as_of,
            "items": self.counts.items,
            "open": self.counts.open,
            "aligned": self.counts.aligned,
            "live_dependencies": self.counts.live_dependencies,
            "seconds": round(self.seconds, 3),
            "findings": [finding_row(finding) for finding in self.findings],
            "notifications": {"sent": self.notifications.sent, "parked": self.notifications.parked},
        }


async def replay(request: ReplayRequest, settings: Settings, configuration: Configuration, show: Show) -> ReplayResult:
    """Replay an export and return what was found. Raises `Misconfigured` for whatever is wrong with the input."""
    receivers = _receivers(request, settings)
    refuse_unusable(request.exports)
    if request.home is not None:
        refuse_earlier(request.home, request.as_of)
    clock = HeldClock(request.as_of)
    with ExitStack() as closing:
        home = request.home or closing.enter_context(temporary_home())
        rooms = builders(receivers)
        async with engine(home, clock, settings, rooms, throwaway=request.home is None) as made:
            remember(home, request.as_of)
            job = _Job(request, made, mapping_options(configuration), show)
            await alongside(made, settings, job.run())
            return await job.result()


def _receivers(request: ReplayRequest, settings: Settings) -> tuple[Receiver, ...]:
    if request.deliver_to is None:
        return ()
    if settings.webhook_secret is None:
        raise Misconfigured("--deliver-to needs a secret to sign with: set LEEWAY_WEBHOOK_SECRET to whsec_ and base64.")
    return (deliver_to(request.deliver_to, settings.webhook_secret.get_secret_value()),)


class _Job:
    """One replay at work."""

    def __init__(self, request: ReplayRequest, made: Engine, options: Any, show: Show) -> None:
        self._request = request
        self._engine = made
        self._clock: Clock = made.clock
        self._show = show
        self._began = made.clock.monotonic()
        self._import = ImportRequest(request.exports, request.site, request.as_of, options, Telling.MEANINGS)
        self._drain = f"drain:{_identity(request)}"
        self._report = ImportReport("")

    async def run(self) -> None:
        """Apply the strategy, import, drain, and wait until all is judged, told and sent or parked."""
        await apply_strategy(self._engine.door("mapper"), self._request.strategy, AUTHOR, self._clock)
        await self._engine.host.start()
        importing: asyncio.Task[object] = asyncio.create_task(self._bring())
        try:
            await self._engine.until(self._is_judged, importing)
            await self._deliver()
        finally:
            importing.cancel()
            await asyncio.gather(importing, return_exceptions=True)

    async def result(self) -> ReplayResult:
        """Read the answer from the rooms' tables."""
        door = self._engine.door("detector")
        found = await findings.list_findings(door, self._clock.now())
        return ReplayResult(
            as_of=self._request.as_of,
            seconds=self._clock.monotonic() - self._began,
            counts=await findings.counts(door),
            findings=tuple(sorted(found, key=_order)),
            notifications=await deliveries.notifications(self._engine.door("notifier")),
            report=self._report,
        )

    async def _bring(self) -> None:
        bus = self._engine.host.bus_of("connectors")
        door = self._engine.door("connectors")
        self._report = await import_export(door, bus, self._import, self._imported)
        await send_drain(door, bus, self._drain)

    def _imported(self, done: int, total: int) -> None:
        self._show("reading the export", done, total)

    def _is_judged(self, progress: Mapping[str, Progress]) -> bool:
        """Everything sent is through, and nothing is left to do but to deliver."""
        self._show("judging", 0, None)
        through = all(self._drain in progress[room].marks for room in WAITING_ROOMS)
        idle = not any(
            count for room in progress.values() for kind, count in room.pending.items() if kind != "deliveries"
        )
        return through and idle

    async def _deliver(self) -> None:
        """Wait for the deliveries; what is not sent when patience ends is parked, visibly."""
        give_up = self._clock.monotonic() + self._request.deliver_timeout
        door = self._engine.door("notifier")
        while (left := (await deliveries.notifications(door)).due) and self._clock.monotonic() < give_up:
            self._show("notifications to deliver", 0, left)
            self._engine.raise_failure()
            await self._clock.sleep(0.1)
        if left:
            reason = f"not delivered within {self._request.deliver_timeout:.0f} seconds"
            await notifications.park_unfinished(door, self._engine.host.bus_of("notifier"), reason)


def _identity(request: ReplayRequest) -> str:
    """Return a name for this very replay, so that a run that is resumed sends the same mark.

    Another export, strategy or time on the same home is another replay and must be waited for by itself.
    """
    digest = hashlib.sha256(request.strategy.model_dump_json().encode())
    for part in (request.site, request.as_of.isoformat()):
        digest.update(part.encode() + b"\0")
    for path in request.exports:
        stat = path.stat()
        digest.update(f"{path.name}:{stat.st_size}:{stat.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:16]


def _order(finding: Finding) -> tuple[int, str, tuple[str, ...]]:
    return (
        _WORST_FIRST.index(finding.severity),
        finding.rule,
        tuple(subject.key or subject.ref for subject in finding.subjects),
    )
