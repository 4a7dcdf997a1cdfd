"""Let clients that nobody here wrote loose on the sandbox: `python -m tests.peers [name ...]`, by default all of them.

A name stands for all peers that begin with it. Prints a line for each: `ok`, or what differs between what it saw and
what the sandbox holds. Exits with 1 if any does.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import httpx

from services.runtime.clock import SystemClock
from services.runtime.connections import JiraKind
from services.runtime.errors import LeewayError
from services.sandbox.server import Running, SandboxOptions, sandbox
from tests.peers import held, rare, taps
from tests.peers.counting import Keys, Synced, differences
from tests.peers.environments import Failed, run
from tests.peers.prism import prism_asana, prism_jira
from tests.peers.sites import SMALL, TODAY

Door = Callable[[], Awaitable[tuple[str, bool]]]


@dataclass(frozen=True)
class Peer:
    """A client: how it syncs from a running sandbox (the folder holds its authority), and what it must see."""

    sync: Callable[[Running, Path], Synced]
    must_see: Callable[[Running], Keys]
    options: SandboxOptions


def package(module: str, *arguments: str) -> Synced:
    """Run a sync with a plain package, as a program of its own."""
    begun = perf_counter()
    said = run([sys.executable, "-m", f"tests.peers.{module}", *arguments])
    synced = Synced(seconds=perf_counter() - begun)
    for line in said.splitlines():
        synced.add(*json.loads(line))
    return synced


def jira_package(kind: JiraKind) -> Peer:
    """Return the `jira` package against a kind of Jira."""
    return Peer(
        lambda running, _: package("jira_package", running.jira_url, kind),
        lambda running: held.jira_by_package(running.jira),
        SandboxOptions(TODAY, jira_kind=kind),
    )


def tap_jira(kind: JiraKind) -> Peer:
    """Return tap-jira against a kind of Jira."""
    return Peer(
        lambda running, authority: taps.tap_jira(running.jira_url, authority, held.jira_by_tap(running.jira)),
        lambda running: held.jira_by_tap(running.jira),
        SandboxOptions(TODAY, jira_kind=kind, tls=True),
    )


PEERS: Final = {
    "jira-package": jira_package(JiraKind.CLOUD),
    "jira-package-datacenter": jira_package(JiraKind.DATACENTER),
    "asana-package": Peer(
        lambda running, _: package("asana_package", running.asana_url),
        lambda running: held.asana_held(running.asana),
        SandboxOptions(TODAY),
    ),
    "tap-jira": tap_jira(JiraKind.CLOUD),
    "tap-jira-datacenter": tap_jira(JiraKind.DATACENTER),
    "tap-asana": Peer(
        lambda running, _: taps.tap_asana(running.asana_url, held.asana_by_tap(running.asana)),
        lambda running: held.asana_by_tap(running.asana),
        SandboxOptions(TODAY),
    ),
    "airbyte-source-asana": Peer(
        lambda running, _: taps.source_asana(running.asana_url, held.asana_by_source(running.asana)),
        lambda running: held.asana_by_source(running.asana),
        SandboxOptions(TODAY, items=SMALL),
    ),
}


async def checked(peer: Peer) -> tuple[Synced, list[str]]:
    """Have a peer sync, and return what it brought and what is wrong with it."""
    async with AsyncExitStack() as closing:
        running = await closing.enter_async_context(sandbox(peer.options, SystemClock()))
        rare.add_to_jira(running.jira)
        rare.add_to_asana(running.asana)
        authority = Path(closing.enter_context(TemporaryDirectory())) / "authority.pem"
        if running.authority:
            running.authority.write(authority)
        synced = await asyncio.to_thread(peer.sync, running, authority)
        return synced, [*await _miscounted(running), *differences(peer.must_see(running), synced.keys)]


async def _miscounted(running: Running) -> list[str]:
    jira, asana = [await _state(url) for url in (running.jira_url, running.asana_url)]
    return [
        *held.miscounted(jira, held.jira_held(running.jira), held.JIRA_STATE),
        *held.miscounted(asana, held.asana_held(running.asana), held.ASANA_STATE),
    ]


async def _state(url: str) -> Any:
    # Nothing is checked of the certificate here: it is the peer that has to.
    async with httpx.AsyncClient(headers={"authorization": "Bearer sandbox"}, verify=False) as client:  # noqa: S501
        return (await client.get(f"{url}/__sandbox/state")).raise_for_status().json()


def verdict(synced: Synced, wrong: list[str]) -> str:
    """Return what is printed of a peer."""
    counts = ", ".join(f"{len(keys)} {stream}" for stream, keys in sorted(synced.keys.items()))
    pace = f"{synced.records} records in {synced.seconds:.1f} s, {synced.records / synced.seconds:.0f}/s"
    outcome = f"DIFFERS: {'; '.join(wrong)}" if wrong else "ok"
    return f"{outcome}: {counts}; {pace}"


def door(peer: Peer) -> Door:
    """Return what lets a peer in, and says how it went and whether that is fine."""

    async def enter() -> tuple[str, bool]:
        synced, wrong = await checked(peer)
        return verdict(synced, wrong), not wrong

    return enter


DOORS: Final[dict[str, Door]] = {
    **{name: door(peer) for name, peer in PEERS.items()},
    "prism-jira": prism_jira,
    "prism-asana": prism_asana,
}


async def main(names: list[str]) -> int:
    """Run the peers of these names and return the exit code."""
    chosen = [each for each in DOORS if not names or any(each.startswith(name) for name in names)]
    if unknown := [name for name in names if not any(each.startswith(name) for each in DOORS)]:
        sys.stderr.write(f"There is no peer {', '.join(unknown)}; there are {', '.join(DOORS)}.\n")
        return 2
    all_fine = True
    for name in chosen:
        try:
            said, is_fine = await DOORS[name]()
        except (Failed, LeewayError, AssertionError) as error:
            said, is_fine = f"FAILED: {str(error) or repr(error)}", False
        sys.stdout.write(f"{name:<24} {said}\n")
        sys.stdout.flush()
        all_fine = all_fine and is_fine
    return 0 if all_fine else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
