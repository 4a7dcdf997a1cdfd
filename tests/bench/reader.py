"""The connectors in a process of their own, as `leeway run connectors` has them, over the first reading of one site.

Tells for each page how many items there are, the seconds and processor seconds since the start, and the memory.
"""

import asyncio
import json
import logging
import sys
from asyncio.subprocess import PIPE
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import monotonic, process_time
from typing import Any, Final

import structlog
from pydantic import TypeAdapter

from services.commands.assembly import client_of
from services.connectors import app as connectors
from services.connectors.app import Connected
from services.connectors.backfill import Reading
from services.runtime.clock import SystemClock
from services.runtime.connections import AsanaConnection, JiraConnection
from services.runtime.database import Database
from services.runtime.host import Host
from services.runtime.settings import BusSettings, Settings
from tests.bench.place import Site
from tests.bench.served import ROOT

Connection = JiraConnection | AsanaConnection
_CONNECTION: Final[TypeAdapter[Connection]] = TypeAdapter(Connection)
LOOK_SECONDS: Final = 0.25


@dataclass(frozen=True)
class Step:
    """How it stands after a page."""

    items: int
    seconds: float
    cpu_seconds: float
    rss_mb: float
    done: bool = False


async def read(place: Site, connection: dict[str, Any]) -> list[Step]:
    """Read a site for the first time, in a child process; return its steps, the last of which is the end."""
    order = {"connection": connection, "url": place.url, "prefix": place.prefix, "bus": place.bus.model_dump()}
    command = [sys.executable, "-m", "tests.bench.reader", json.dumps(order)]
    child = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE)
    assert child.stdout is not None
    try:
        steps = [Step(**json.loads(line)) async for line in child.stdout]
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()
    if not steps or not steps[-1].done:
        raise RuntimeError("the connectors ended before they had read everything; see above")
    return steps


async def _read(order: dict[str, Any]) -> None:
    clock, ended = SystemClock(), asyncio.Event()
    database = Database(order["url"], prefix=order["prefix"])
    host = Host(Settings(), BusSettings.model_validate(order["bus"]), database, clock)
    connection = _CONNECTION.validate_python(order["connection"])
    client = client_of(connection, "sandbox", clock)
    began, cpu = monotonic(), process_time()

    def came(_: str, reading: Reading) -> None:
        step = Step(reading.items, monotonic() - began, process_time() - cpu, rss_mb(), reading.done)
        sys.stdout.write(f"{json.dumps(asdict(step))}\n")
        if reading.done:
            ended.set()

    build = partial(connectors.build_app, connections=[Connected(connection, client)], progress=came)
    host.add(connectors.ROOM, build)
    try:
        await host.start()
        await _until(ended, host)
    finally:
        await host.stop()
        await database.close()


async def _until(ended: asyncio.Event, host: Host) -> None:
    while not ended.is_set():
        for failure in host.failures():
            raise failure
        await asyncio.sleep(LOOK_SECONDS)


def rss_mb() -> float:
    """Return the memory that this process holds now."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["VmRSS"].split()[0]) / 1024


def main(arguments: list[str]) -> None:
    """Be the child."""
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr), wrapper_class=quiet)
    [order] = arguments
    asyncio.run(_read(json.loads(order)))


if __name__ == "__main__":
    main(sys.argv[1:])
