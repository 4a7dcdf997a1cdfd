"""A whole quarter on the real rooms: every rule speaks and comes right; then the trackers fail, and that is told too.

The company and its two trackers are those of `leeway demo`, read over HTTP, told by webhooks.
"""

import asyncio
import contextlib
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import pytest
from rich.console import Console

from schemas.findings import Finding, FindingState
from services.commands.demo import HOOK_PAUSES, PACE, Quarter, free_port, watched
from services.commands.output import steps
from services.connectors.app import ROOM, Connectors
from services.detector import queries
from services.detector.queries import FindingFilter
from services.detector.rules.registry import BY_NAME
from services.runtime.clock import SystemClock
from services.runtime.embedded import temporary_home
from services.runtime.errors import Transient
from services.runtime.room import Progress
from services.runtime.settings import HttpSettings, Settings
from services.sandbox.fault_kinds import Fault, FaultKind
from services.sandbox.server import Running, SandboxOptions, sandbox
from services.sandbox.strategy import ASANA_SITE, JIRA_SITE

TODAY: Final = datetime(2026, 6, 26, 17, 0, tzinfo=UTC)
GAP: Final = timedelta(days=5)
"""How long nothing may come of a site: longer than a weekend, on which nobody asks it here."""
DAY: Final = timedelta(days=1)


class Watch:
    """The rooms over the company, and what they hold."""

    def __init__(self, world: Running, quarter: Quarter) -> None:
        self.world = world
        self.quarter = quarter

    async def findings(self, state: FindingState | None = None) -> Sequence[Finding]:
        wanted = FindingFilter(state=state)
        return await queries.list_findings(self.quarter.engine.door("detector"), self.quarter.clock.now(), wanted)

    async def standing(self) -> dict[str, FindingState]:
        return {one.fingerprint: one.state for one in await self.findings()}

    async def gaps(self, kind: str) -> set[str]:
        """Return of which connections, items or objectives it cannot be told what they do."""
        found = [one.subjects[0].ref for one in await self.findings() if one.rule == "data-gap"]
        return {ref for ref in found if ref.partition(":")[0] == kind}

    async def day(self, *sites: str) -> None:
        """Have a day go by on which nobody does anything, and ask these sites for all that they have."""
        connectors = self.quarter.engine.room(ROOM)
        assert isinstance(connectors, Connectors)
        now = self.quarter.clock.now() + DAY
        await self.world.time.move_to(now)
        self.quarter.clock.move_to(now)
        for name in sites:
            await connectors.sync_now(name)
            await connectors.census_now(name)
        await connectors.send_drain(mark := f"drain:{now:%m-%d}")
        await self.quarter.engine.until(partial(is_judged, mark), asyncio.create_task(asyncio.sleep(0)))

    async def in_vain(self, site: str) -> None:
        """Ask a site that does not answer, for a moment: it is asked again and again, with growing pauses."""
        connectors = self.quarter.engine.room(ROOM)
        assert isinstance(connectors, Connectors)
        with contextlib.suppress(Transient, TimeoutError):
            await asyncio.wait_for(connectors.sync_now(site), timeout=1.0)


def is_judged(mark: str, progress: Mapping[str, Progress]) -> bool:
    """Tell whether what came before the mark is judged and told, whatever the connectors still try."""
    rooms = [progress[name] for name in ("mapper", "detector", "notifier")]
    return all(mark in room.marks and not any(room.pending.values()) for room in rooms)


async def every_rule_has_spoken_and_come_right(watch: Watch) -> None:
    standing, resolved = await watch.findings(), await watch.findings(FindingState.RESOLVED)
    assert {one.rule for one in (*standing, *resolved)} == set(BY_NAME)
    assert {one.rule for one in resolved} == set(BY_NAME)
    assert 80 <= len(standing) + len(resolved) <= 180


async def a_site_that_answers_nobody_is_a_gap_until_it_answers(watch: Watch) -> None:
    before = await watch.standing()
    assert FindingState.UNKNOWN not in before.values()
    watch.world.jira_faults.switch_on(Fault(kind=FaultKind.UNAVAILABLE))
    await watch.in_vain(JIRA_SITE)
    for _ in range(GAP.days):
        await watch.day(ASANA_SITE)
    assert await watch.gaps("connection") == {f"connection:{JIRA_SITE}"}
    unknown = [one for one in await watch.findings(FindingState.UNKNOWN) if one.subjects[0].ref.startswith("jira:")]
    assert len(unknown) >= 5
    assert before.keys() <= (await watch.standing()).keys(), "nothing clears by nobody telling"
    watch.world.jira_faults.clear()
    await watch.day(JIRA_SITE, ASANA_SITE)
    assert await watch.gaps("connection") == set()
    assert FindingState.UNKNOWN not in (await watch.standing()).values()


async def a_project_that_is_hidden_from_us_is_a_gap_until_it_is_shown(watch: Watch) -> None:
    watch.world.jira.hide("MOB")
    await watch.day(JIRA_SITE, ASANA_SITE)
    assert "objective:phone-quotes" in await watch.gaps("objective")
    assert await watch.gaps("jira")
    watch.world.jira.show("MOB")
    await watch.day(JIRA_SITE, ASANA_SITE)
    assert "objective:phone-quotes" not in await watch.gaps("objective")
    assert await watch.gaps("jira") == set()
    assert FindingState.UNKNOWN not in (await watch.standing()).values()


@pytest.mark.timeout(900)
async def test_every_rule_speaks_and_comes_right_and_gaps_are_told_while_they_last() -> None:
    options = SandboxOptions(today=TODAY, seed=1, starts="first-day", hook_pauses=HOOK_PAUSES)
    settings = Settings(http=HttpSettings(port=free_port()))
    # A project is more than a fifth of the site: its disappearance would wait to be confirmed.
    pace = PACE | {"data_gap_minutes": GAP / timedelta(minutes=1), "missing_share": 0.9}
    console = Console(file=io.StringIO())
    with temporary_home() as home, steps() as show:
        async with sandbox(options, SystemClock()) as world, watched(world, settings, home, console, pace) as quarter:
            await quarter.run(show)
            watch = Watch(world, quarter)
            await every_rule_has_spoken_and_come_right(watch)
            await a_site_that_answers_nobody_is_a_gap_until_it_answers(watch)
            await a_project_that_is_hidden_from_us_is_a_gap_until_it_is_shown(watch)
