"""The sandbox as a server: both stand-ins on ports of this machine, filled from the made-up company or from exports."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from services.runtime.clock import Clock
from services.runtime.connections import JiraKind
from services.sandbox.asana.app import build_asana
from services.sandbox.asana.site import AsanaSite
from services.sandbox.company import ITEMS, Company, build_company
from services.sandbox.export_lines import Bad
from services.sandbox.faults import Faults
from services.sandbox.hooks import ASANA_POLICY, JIRA_POLICY, Deliveries
from services.sandbox.jira.app import build_jira
from services.sandbox.jira.site import JiraSite
from services.sandbox.listening import Authority, listening
from services.sandbox.loading import LoadAs, load
from services.sandbox.passing import Play, SandboxTime
from services.sandbox.people import People

TOKEN: Final = "sandbox"  # noqa: S105 -- known to everybody: there is nothing behind it
BEAT_SECONDS: Final = 60.0
STEP_SECONDS: Final = 0.05


@dataclass(frozen=True)
class SandboxOptions:
    """What to serve. Port 0 means a free one; `live` is in days of the company a second of the machine.

    `today` is the last day of the company's quarter; the sandbox begins there, or at the evening of the quarter's first
    day. With `load` it serves exports in the place of the company. Its time stands still unless it is moved, lives or
    `ticks`. `hook_pauses` are the seconds before a failed webhook delivery is tried again, for both trackers; without,
    they are those of the real ones.
    """

    today: datetime
    jira_port: int = 0
    asana_port: int = 0
    jira_kind: JiraKind = JiraKind.CLOUD
    seed: int = 1
    items: int = ITEMS
    load: tuple[Path, ...] = ()
    load_as: LoadAs = LoadAs.JIRA
    live: float = 0.0
    tls: bool = False
    index_lag: timedelta = timedelta(0)
    starts: Literal["today", "first-day"] = "today"
    ticks: bool = False
    hook_pauses: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Hooks:
    """The webhook deliveries of both sites."""

    jira: Deliveries
    asana: Deliveries

    async def idle(self) -> None:
        """Wait until all webhooks are out."""
        await self.jira.idle()
        await self.asana.idle()


@dataclass(frozen=True)
class Running:
    """A sandbox that is being served. `people` act when they are asked to, and by themselves if it lives."""

    jira_url: str
    asana_url: str
    jira: JiraSite
    asana: AsanaSite
    jira_faults: Faults
    asana_faults: Faults
    made: Company | None
    time: SandboxTime
    people: People
    hooks: Hooks
    authority: Authority | None = None
    bad: tuple[Bad, ...] = ()
    """What of the exports could not be served."""

    @property
    def company(self) -> Company:
        """The company that is served. Raises `LookupError` where exports are."""
        if self.made is None:
            raise LookupError("exports are served, and no company")
        return self.made


@asynccontextmanager
async def sandbox(options: SandboxOptions, clock: Clock) -> AsyncIterator[Running]:
    """Serve both stand-ins until the block ends. Raises `Misconfigured` for ports and files that cannot be used."""
    company = None if options.load else build_company(options.seed, options.today, options.items)
    begins = company.days()[0] if company and options.starts == "first-day" else options.today
    time = SandboxTime(clock, begins, ticks=options.ticks and not options.live)
    async with AsyncExitStack() as closing:
        hooks = await _hooks(options, clock, closing)
        jira = JiraSite(
            kind=options.jira_kind, now=time.now, deliver=hooks.jira, index_lag=options.index_lag, wall=clock.wall
        )
        asana = AsanaSite(now=time.now, base_url="", deliver=hooks.asana, index_lag=options.index_lag, wall=clock.wall)
        bad = await asyncio.to_thread(_fill, options, company, jira, asana, time)
        jira_faults = Faults(
            build_jira(jira, token=TOKEN), clock, token=TOKEN, state=lambda: jira_state(jira, hooks.jira)
        )
        asana_faults = Faults(
            build_asana(asana, token=TOKEN), clock, token=TOKEN, state=lambda: asana_state(asana, hooks.asana)
        )
        hooks.jira.fault, hooks.asana.fault = jira_faults.for_hook, asana_faults.for_hook
        hooks.asana.outcome = asana.hook_answered
        authority = Authority() if options.tls else None
        jira.base_url = await closing.enter_async_context(
            listening(jira_faults, options.jira_port, "--jira-port", authority)
        )
        asana.base_url = await closing.enter_async_context(
            listening(asana_faults, options.asana_port, "--asana-port", authority)
        )
        closing.callback(jira_faults.clear)
        closing.callback(asana_faults.clear)
        _in_background(closing, _beat(asana, clock), "sandbox-heartbeats")
        people = People(jira, asana, time, options.seed)
        if options.live:
            time.happens.append(partial(_go_on_working, people, time, options.today))
            _in_background(closing, _live(time, options.live, clock), "sandbox-life")
        yield Running(
            jira.base_url, asana.base_url, jira, asana, jira_faults, asana_faults, company, time, people, hooks,
            authority, bad,
        )  # fmt: skip


async def _hooks(options: SandboxOptions, clock: Clock, closing: AsyncExitStack) -> Hooks:
    policies = (JIRA_POLICY, ASANA_POLICY)
    if options.hook_pauses is not None:
        policies = (replace(JIRA_POLICY, pauses=options.hook_pauses), replace(ASANA_POLICY, pauses=options.hook_pauses))
    jira, asana = [await closing.enter_async_context(Deliveries(clock, policy)) for policy in policies]
    return Hooks(jira, asana)


def _fill(
    options: SandboxOptions, company: Company | None, jira: JiraSite, asana: AsanaSite, time: SandboxTime
) -> tuple[Bad, ...]:
    if company is None:
        return tuple(load(options.load, jira, asana, options.load_as))
    play = Play(company, jira, asana, time)
    play.begin()
    time.happens.append(play.until)
    return ()


def jira_state(site: JiraSite, hooks: Deliveries) -> dict[str, Any]:
    """Return how much of what the site holds, for checkers."""
    issues, store = site.issues.values(), site.store
    projects = Counter(site.known.projects[issue.project]["key"] for issue in issues)
    return {
        "now": site.now().isoformat(), "issue": len(issues), "deleted": len(store.deleted),
        "link": len(store.links), "comment": sum(issue.comment_count for issue in issues),
        "history": sum(issue.history_count for issue in issues), "by_project": dict(sorted(projects.items())),
        "deliveries": dict(hooks.counts),
    }  # fmt: skip


def asana_state(site: AsanaSite, hooks: Deliveries) -> dict[str, Any]:
    """Return how much of what the site holds, for checkers."""
    by_project = {project["name"]: len(site.store.shelves[gid]) for gid, project in site.store.all("project").items()}
    return {"now": site.now().isoformat(), **site.counts(), "by_project": by_project, "deliveries": dict(hooks.counts)}


async def _go_on_working(people: People, time: SandboxTime, today: datetime, at: datetime) -> None:
    """Have people work after the company's quarter; within it they do what the company did."""
    if at > today:
        time.set(today)
        await people.live(at)


async def _live(time: SandboxTime, days_a_second: float, clock: Clock) -> None:
    """Have time pass, and with it all that happens."""
    before = clock.monotonic()
    while True:
        await clock.sleep(STEP_SECONDS)
        now = clock.monotonic()
        await time.move_to(time.now() + timedelta(days=days_a_second * (now - before)))
        before = now


async def _beat(site: AsanaSite, clock: Clock) -> None:
    while True:
        await clock.sleep(BEAT_SECONDS)
        site.beat()


def _in_background(closing: AsyncExitStack, work: Coroutine[Any, Any, None], name: str) -> None:
    """Have something go on until the sandbox ends."""
    task = asyncio.create_task(work, name=name)

    async def stop() -> None:
        task.cancel()
        await asyncio.wait([task])

    closing.push_async_callback(stop)
