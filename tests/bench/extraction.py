"""Full extraction of a site in items a second, ours over that of the Singer tap: the same site, fields and history.

Ours ends when all is in our tables and on the bus; a tap's when it has printed all. Neither's start of Python counts.
"""

import asyncio
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Final

from services.connectors import app as connectors
from services.runtime.embedded import Endpoints
from tests.bench import reader
from tests.bench.place import site
from tests.bench.served import LATENCY_SECONDS, Served, served
from tests.peers.counting import Synced
from tests.peers.environments import Failed, environment
from tests.peers.taps import TAP_ASANA, TAP_JIRA, tap_asana, tap_jira

ITEMS: Final = 9_000
REPEATS: Final = 3
FAR_SHARE: Final = 3
"""The far company is so much smaller: what makes one call after the other takes long there."""

JIRA_STREAMS: Final = ("issues", "issue_comments", "changelogs")
ASANA_STREAMS: Final = ("tasks", "subtasks", "stories")
_STARTING: Final = "import {}"


@dataclass(frozen=True)
class Race:
    """One tracker's two sides: a connection of ours, and a tap with the streams that are items."""

    tracker: str
    connection: dict[str, Any]
    tap: Callable[[], Synced]
    requirement: str
    item_streams: tuple[str, ...]

    async def ours(self, endpoints: Endpoints) -> float:
        """Return our items a second."""
        async with site(endpoints, (connectors.ROOM,)) as place:
            last = (await reader.read(place, self.connection))[-1]
            return last.items / last.seconds

    async def theirs(self) -> float:
        """Return the tap's items a second. Raises `Failed` where it cannot be installed, or ends."""
        program, _, _ = self.requirement.partition("==")
        python = await asyncio.to_thread(environment, program, self.requirement)
        synced = await asyncio.to_thread(self.tap)
        items = set[str]().union(*(synced.keys[stream] for stream in self.item_streams))
        return len(items) / (synced.seconds - await asyncio.to_thread(_starting, python, program.replace("-", "_")))


def _starting(python: Path, module: str) -> float:
    """Return how long Python takes until it has the tap."""
    began = perf_counter()
    subprocess.run([str(python), "-c", _STARTING.format(module)], check=True)
    return perf_counter() - began


async def measure(endpoints: Endpoints, items: int = ITEMS, repeats: int = REPEATS) -> dict[str, Any]:
    """Measure both trackers, near and far, the two sides in turns."""
    near = await _measure(endpoints, items, repeats, is_far=False)
    far = await _measure(endpoints, max(items // FAR_SHARE, 1), 1, is_far=True)
    told = "fields and history of an item: issues with changelogs and comments; tasks and subtasks with all stories"
    ours = "ours: the connectors' room in a process of its own, on broker and database as flushed to disk"
    return near | {
        "with_latency": far | {"ms": round(1000 * LATENCY_SECONDS)},
        "assumed": f"{told}; {ours}; page sizes as each side chooses; no limits of rates",
    }


async def _measure(endpoints: Endpoints, items: int, repeats: int, *, is_far: bool) -> dict[str, Any]:
    async with served(items, tls=True) as safe, served(items) as plain:
        races = (jira_race(safe, is_far=is_far), asana_race(plain, is_far=is_far))
        found = {race.tracker: await _run(endpoints, race, repeats) for race in races}
    found["jira"]["items"], found["asana"]["items"] = safe.issues, plain.tasks
    return found


async def _run(endpoints: Endpoints, race: Race, repeats: int) -> dict[str, Any]:
    ours: list[float] = []
    theirs: list[float] = []
    left_out = None
    for _ in range(repeats):
        ours.append(await race.ours(endpoints))
        try:
            theirs += [] if left_out else [await race.theirs()]
        except Failed as error:
            left_out = f"{race.requirement} did not run: {str(error)[:500]}"
    return compared(ours, theirs) | ({"tap_left_out": left_out} if left_out else {})


def compared(ours: list[float], theirs: list[float]) -> dict[str, Any]:
    """Return the medians and their ratio, where there is a second one."""
    found: dict[str, Any] = {"items_per_second": round(median(ours))}
    if theirs:
        found["tap_items_per_second"] = round(median(theirs))
        found["ratio"] = round(median(ours) / median(theirs), 2)
    return found


def jira_race(where: Served, *, is_far: bool = False) -> Race:
    """Return both sides over Jira, which both call by TLS, as this tap insists."""
    url = where.jira_far if is_far else where.jira
    connection = {
        "id": "jira", "tracker": "jira", "url": url, "user": "ana@example.com", "token": "sandbox",
        "tls_ca": where.authority,
    }  # fmt: skip
    tap = partial(tap_jira, url, Path(where.authority or ""), JIRA_STREAMS)
    return Race("jira", connection, tap, TAP_JIRA, JIRA_STREAMS[:1])


def asana_race(where: Served, *, is_far: bool = False) -> Race:
    """Return both sides over Asana."""
    url = where.asana_far if is_far else where.asana
    connection = {"id": "asana", "tracker": "asana", "url": url, "workspace": where.workspace, "token": "sandbox"}
    return Race("asana", connection, partial(tap_asana, url, ASANA_STREAMS), TAP_ASANA, ASANA_STREAMS[:2])
