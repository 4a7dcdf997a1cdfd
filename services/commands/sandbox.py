"""`leeway sandbox`: stand-ins for Jira and Asana on this machine, so that anyone can see Leeway work.

Promise: no account is needed, nothing leaves this machine, and nothing is left behind.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from services.commands.output import counted, out, say
from services.runtime.clock import Clock
from services.runtime.connections import JiraKind
from services.runtime.errors import Misconfigured
from services.runtime.host import stopped_by_signals
from services.sandbox.asana.store import WORKSPACE_GID
from services.sandbox.loading import LoadAs
from services.sandbox.server import TOKEN, Running, SandboxOptions, asana_state, jira_state, sandbox
from services.sandbox.strategy import ASANA_SITE, JIRA_SITE

HOOK_PAUSES: Final = (1.0, 5.0, 15.0, 30.0, 60.0)
"""Seconds: five more tries, as of Jira, but nobody wants to wait for the real pauses."""
PROJECTS_SHOWN: Final = 6
KINDS: Final = {JiraKind.CLOUD: "Jira Cloud", JiraKind.DATACENTER: "Jira Data Center"}


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line."""

    jira_port: int
    asana_port: int
    jira_kind: JiraKind
    load: Sequence[Path]
    load_as: LoadAs | None
    seed: int
    items: int
    live: float
    tls: bool

    def options(self, clock: Clock) -> SandboxOptions:
        """Return what is to be served. Raises `Misconfigured` for what does not go together."""
        if self.load_as is not None and not self.load:
            raise Misconfigured("--load-as says what the exports of --load become; give --load FILE as well.")
        if self.jira_port and self.jira_port == self.asana_port:
            raise Misconfigured(f"--jira-port and --asana-port are both {self.jira_port}; give two ports.")
        return SandboxOptions(
            today=clock.wall(), jira_port=self.jira_port, asana_port=self.asana_port, jira_kind=self.jira_kind,
            seed=self.seed, items=self.items, load=tuple(self.load), load_as=self.load_as or LoadAs.JIRA,
            live=self.live, tls=self.tls, ticks=True, hook_pauses=HOOK_PAUSES,
        )  # fmt: skip


async def serve(wanted: Wanted, clock: Clock) -> None:
    """Serve until somebody ends it."""
    options = wanted.options(clock)
    stop = asyncio.Event()
    with TemporaryDirectory(prefix="leeway-sandbox-") as folder, stopped_by_signals(stop):
        async with sandbox(options, clock) as running:
            for bad in running.bad:
                say(f"Not served: {bad}.")
            authority = running.authority.write(Path(folder) / "authority.pem") if running.authority else None
            _introduce(running, options, authority)
            await stop.wait()
    say("The sandbox has ended; nothing of it is left.")


def _introduce(running: Running, options: SandboxOptions, authority: Path | None) -> None:
    jira, asana = jira_state(running.jira, running.hooks.jira), asana_state(running.asana, running.hooks.asana)
    width = max(map(len, KINDS.values()))
    out.print(f"{KINDS[options.jira_kind]:<{width}}  {running.jira_url}  {_contents(jira, 'issue')}")
    goals = [counted(asana[kind], kind) for kind in ("goal", "portfolio") if asana.get(kind)]
    out.print(f"{'Asana':<{width}}  {running.asana_url}  {'; '.join([_contents(asana, 'task'), *goals])}")
    out.print(f"{'Token':<{width}}  {TOKEN}  (with any e-mail address, or none)")
    if authority is not None:
        out.print(f"{'Authority':<{width}}  {authority}  (clients must trust it)")
    out.print(f"\n{_inhabitants(running, options)}\n")
    out.print(f"To read it with Leeway, set LEEWAY_SECRET_SANDBOX={TOKEN} and write into leeway.yaml:\n")
    out.print(snippet(running.jira_url, running.asana_url, options.jira_kind, authority))
    trusting = f"--cacert {authority} " if authority else ""
    call = f"curl {trusting}-H 'Authorization: Bearer {TOKEN}' {running.jira_url}"
    out.print(f"To see what it holds:\n\n  {call}/__sandbox/state\n")
    out.print("To have it fail for a while:\n")
    out.print(f"""  {call}/__sandbox/faults -d '{{"faults": [{{"kind": "503", "probability": 0.3, "count": 20}}]}}'""")
    out.print("\nIt runs until you press Ctrl+C.")
    out.file.flush()


def _contents(state: dict[str, int | dict[str, int]], kind: str) -> str:
    projects, count = state["by_project"], state.get(kind, 0)
    assert isinstance(projects, dict)  # noqa: S101 -- for mypy
    assert isinstance(count, int)  # noqa: S101 -- for mypy
    names = [*list(projects)[:PROJECTS_SHOWN], *(["..."] if len(projects) > PROJECTS_SHOWN else [])]
    shown = f" in {counted(len(projects), 'project')} ({', '.join(names)})" if projects else ""
    return counted(count, kind) + shown


def _inhabitants(running: Running, options: SandboxOptions) -> str:
    if running.made is None:
        lives = f"It serves {', '.join(path.name for path in options.load)}."
    else:
        teams = counted(len(running.company.strategy.teams), "team")
        lives = f"In it lives Brightmoor, a made-up company: {teams}, twelve weeks of history (seed {options.seed})."
    if options.live:
        return f"{lives} Its people go on working on weekdays, {options.live:g} days a second."
    return f"{lives} Nobody works there now; with --live they do."


def snippet(jira_url: str, asana_url: str, kind: JiraKind, authority: Path | None) -> str:
    """Return the connections to both sites, as `leeway.yaml` has them."""
    user = "\n    user: you@example.com" if kind is JiraKind.CLOUD else ""
    trust = f"\n    tls_ca: {authority}" if authority else ""
    return f"""\
connections:
  - id: {JIRA_SITE}
    tracker: jira
    url: {jira_url}
    kind: {kind}{user}
    token: sandbox{trust}
  - id: {ASANA_SITE}
    tracker: asana
    url: {asana_url}
    workspace: "{WORKSPACE_GID}"
    token: sandbox{trust}
"""


def kind_named(name: str) -> JiraKind:
    """Return the kind of that name. Raises `Misconfigured`."""
    if name not in tuple(JiraKind):
        raise Misconfigured(f"--jira-kind {name} is not known; say {' or '.join(JiraKind)}.")
    return JiraKind(name)


def form_named(name: str | None) -> LoadAs | None:
    """Return what exports are to become. Raises `Misconfigured`."""
    if name is not None and name not in tuple(LoadAs):
        raise Misconfigured(f"--load-as {name} is not known; say {', '.join(LoadAs)}.")
    return LoadAs(name) if name else None
