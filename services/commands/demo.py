"""`leeway demo`: a made-up company's quarter goes by on the real broker, database and rooms, in about a minute.

Promise: nothing is staged but the company. Each alert is the one that the rooms sent on that day.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
from rich.console import Console
from rich.text import Text

from schemas.findings import Finding, Severity
from schemas.work_items import Tracker
from services.commands.assembly import builders
from services.commands.engine import Engine, alongside, engine
from services.commands.output import Steps, counted, out, steps
from services.commands.reports import STYLES
from services.connectors.commands import ImportRequest, import_export, send_drain
from services.connectors.mapped import MappingOptions
from services.detector import queries as findings
from services.mapper.commands import apply_strategy
from services.notifier import app as notifier
from services.notifier.channels.terminal.channel import safe
from services.notifier.receivers import Receiver
from services.runtime.clock import HeldClock
from services.runtime.embedded import temporary_home
from services.runtime.room import Progress, Room, RoomContext
from services.runtime.settings import Settings
from services.sandbox.company import Company, RawItem, build_company
from services.sandbox.jira_shape import BASE

TODAY: Final = datetime(2026, 6, 26, 17, 0, tzinfo=UTC)
SHOWN_AT_END: Final = 5
PLAIN_WIDTH: Final = 120
TERMINAL: Final = Receiver(name="terminal", kind="terminal")


async def demo(settings: Settings, seed: int) -> None:
    """Let the quarter go by, show each alert, and end with what stands and what to do next."""
    company = build_company(seed, TODAY)
    clock = HeldClock(company.days()[0])
    with temporary_home() as home, steps() as show:
        console = show.console if show.is_drawn else Console(highlight=False, markup=False, width=PLAIN_WIDTH)
        _introduce(console, company)
        rooms = builders() | {notifier.ROOM: lambda context: _notifier(context, console)}
        async with engine(home, clock, settings, rooms, throwaway=True) as made:
            quarter = _Quarter(company, made, clock, home, show)
            await alongside(made, settings, quarter.run())
            standing = await findings.list_findings(made.door("detector"), clock.now())
    _conclude(standing)


def _notifier(context: RoomContext, console: Console) -> Room:
    return notifier.build_app(context, receivers=[TERMINAL], console=console)


class _Quarter:
    """The days of the company, one after the other."""

    def __init__(self, company: Company, made: Engine, clock: HeldClock, home: Path, show: Steps) -> None:
        self._company = company
        self._engine = made
        self._clock = clock
        self._home = home
        self._show = show

    async def run(self) -> None:
        """Apply the strategy, bring the first day whole, then each day what changed."""
        await apply_strategy(self._engine.door("mapper"), self._company.strategy, "demo", self._clock)
        await self._engine.host.start()
        days = self._company.days()
        before: datetime | None = None
        for number, day in enumerate(days, 1):
            self._clock.move_to(day)
            items = self._company.items_at(day) if before is None else self._company.changed_between(before, day)
            await self._day(number, items)
            self._show(f"{day:%a %d %b}", number, len(days), bar="quarter")
            before = day

    async def _day(self, number: int, items: list[RawItem]) -> None:
        """Bring what changed and wait until all of it is judged and told."""
        mark = f"drain:day-{number}"
        bringing: asyncio.Task[object] = asyncio.create_task(self._bring(items, mark))

        def is_over(progress: Mapping[str, Progress]) -> bool:
            told = all(mark in progress[room].marks for room in ("mapper", "detector", "notifier"))
            return told and not any(count for room in progress.values() for count in room.pending.values())

        await self._engine.until(is_over, bringing)

    async def _bring(self, items: list[RawItem], mark: str) -> None:
        door, bus = self._engine.door("connectors"), self._engine.host.bus_of("connectors")
        for tracker in Tracker:
            some = [item for item in items if item.tracker is tracker]
            if some:
                path = self._home / f"{tracker}.jsonl"
                await asyncio.to_thread(_write, path, [item.raw for item in some])
                request = ImportRequest((path,), some[0].site, None, _options(tracker))
                await import_export(door, bus, request)
        await send_drain(door, bus, mark)


def _options(tracker: Tracker) -> MappingOptions:
    return MappingOptions(base_url=BASE if tracker is Tracker.JIRA else None)


def _write(path: Path, items: list[dict[str, Any]]) -> None:
    path.write_bytes(b"".join(orjson.dumps(item) + b"\n" for item in items))


def _introduce(console: Console, company: Company) -> None:
    strategy = company.strategy
    console.print(
        f"Brightmoor, a made-up company: {len(strategy.teams)} teams, {len(strategy.objectives)} objectives, "
        f"{company.size} items in Jira and Asana. Its quarter from {company.starts_on:%d %B} goes by:\n"
    )


def _conclude(standing: list[Finding]) -> None:
    count = Counter(finding.severity for finding in standing)
    summary = ", ".join(f"{count[severity]} {severity}" for severity in reversed(Severity) if count[severity])
    out.print(f"\nThe quarter is over. {counted(len(standing), 'finding')} stand ({summary}); the worst of them:\n")
    worst = sorted(standing, key=lambda finding: (-tuple(STYLES).index(finding.severity.value), finding.since))
    for finding in worst[:SHOWN_AT_END]:
        out.print(
            Text.assemble((f"  {finding.severity.value.upper():<9}", STYLES[finding.severity.value]), finding.title)
        )
        out.print(f"           ask {safe(finding.team_name or 'the teams')}: {safe(finding.question)}")
    out.print(
        "\nNext: try it on an export of your own,\n"
        "  .venv/bin/leeway check strategy.yaml --export issues.jsonl\n"
        "  .venv/bin/leeway replay issues.jsonl --strategy strategy.yaml --as-of 2026-06-26T17:00:00Z\n"
        "README.md says how to write strategy.yaml. Everything that the demo started is stopped and removed."
    )
