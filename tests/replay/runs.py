"""Replays in processes of their own, which tests watch, hurt and start again."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE
from typing import Any, Final

import psycopg

from services.commands.workplace import prepare
from services.runtime.embedded import EmbeddedStack, attach, temporary_home
from services.runtime.settings import Settings
from tests.receiver import SECRET, Collector, collecting
from tests.replay.exports import AS_OF, Export
from tests.waiting import eventually

REPOSITORY: Final = Path(__file__).parents[2]
LONGEST_SECONDS: Final = 120.0
DIED: Final = -signal.SIGKILL


History = list[tuple[Any, ...]]
"""What is kept of the past: each change of each item, and of each item when it moved and was touched last."""

_HISTORY: Final = (
    "SELECT ref, change_id, aspect, was, becomes, at::text, by_name FROM detector.changes "
    "UNION ALL SELECT ref, '', '', moved::text, left_progress::text, last_touched::text, '' FROM detector.items"
)


@dataclass(frozen=True)
class Undisturbed:
    """What a replay prints, whom it tells, and what it keeps of the past, when nothing goes wrong."""

    answer: dict[str, Any]
    told: dict[str, str]
    history: History


@dataclass(frozen=True)
class Ended:
    """How a replay ended."""

    code: int
    said: str
    complained: str

    @property
    def answer(self) -> dict[str, Any]:
        """What it printed, without what differs between two runs."""
        assert self.code == 0, self.complained
        answer: dict[str, Any] = json.loads(self.said)
        del answer["seconds"]
        return answer


@dataclass
class Replay:
    """One replay: an export, a home that is kept, and a receiver."""

    export: Export
    home: Path
    collector: Collector
    _process: asyncio.subprocess.Process | None = field(default=None)

    @asynccontextmanager
    async def running(self, faultpoint: str | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
        """Run it; it is killed at the end of the block if it still lives."""
        command = (
            sys.executable, "-m", "services.cli", "replay", str(self.export.path), "--strategy",
            str(self.export.strategy), "--as-of", AS_OF.isoformat(), "--home", str(self.home), "--format", "json",
            "--deliver-to", self.collector.url,
        )  # fmt: skip
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LEEWAY_")}
        environment |= {"LEEWAY_WEBHOOK_SECRET": SECRET, "LEEWAY_LOG_LEVEL": "warning"}
        if faultpoint is not None:
            environment["LEEWAY_FAULTPOINT"] = faultpoint
        process = await asyncio.create_subprocess_exec(
            *command, stdout=PIPE, stderr=PIPE, cwd=REPOSITORY, env=environment
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()

    async def run(self, faultpoint: str | None = None) -> Ended:
        """Run it to its end."""
        async with self.running(faultpoint) as process:
            return await ended(process)

    async def reaches(self, question: str, at_least: int) -> int:
        """Wait until a count in the home's database has come so far; return how far it had come."""
        return await eventually(lambda: self._counts(question, at_least), within=60)

    async def _counts(self, question: str, at_least: int) -> int:
        endpoints = await attach(self.home)
        if endpoints is None or endpoints.database_url is None:
            return 0
        found = await asyncio.to_thread(_count, endpoints.database_url, question)
        return found if found >= at_least else 0

    async def part(self, name: str) -> int:
        """Return the process of a part of the running replay: `postgres` or `tansu`."""
        endpoints = await attach(self.home)
        assert endpoints is not None
        return await eventually(lambda: _child(endpoints.pid, name) or 0)

    async def history(self) -> History:
        """Return what a replay that has ended keeps of the past."""
        async with EmbeddedStack(self.home, broker=False) as stack:
            return await asyncio.to_thread(_read_history, str(stack.endpoints.database_url))

    def told(self) -> dict[str, str]:
        """Return what the receiver acted on: the finding's fingerprint by webhook id.

        Fails where one id came with two contents, or a delivery was not signed well.
        """
        assert self.collector.refused == []
        for delivery in self.collector.deliveries:
            known = self.collector.effects.get(delivery.webhook_id)
            assert known is None or known == delivery.body, "one id, two contents"
        return {id_: body["data"]["finding"]["fingerprint"] for id_, body in self.collector.effects.items()}


async def ended(process: asyncio.subprocess.Process) -> Ended:
    """Wait for the end of a replay."""
    async with asyncio.timeout(LONGEST_SECONDS):
        said, complained = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, said.decode(), complained.decode())


def _read_history(url: str) -> History:
    with psycopg.connect(url, autocommit=True) as connection:
        return sorted(connection.execute(_HISTORY).fetchall(), key=repr)


def _count(url: str, question: str) -> int:
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=2) as connection:
            row = connection.execute(question.encode()).fetchone()
            return int(row[0]) if row else 0
    except psycopg.Error:
        return 0


def _child(parent: int, name: str) -> int | None:
    """Return the child of a process whose program has this name."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    for line in listed.splitlines():
        pid, its_parent, arguments = line.split(maxsplit=2)
        if int(its_parent) == parent and Path(arguments.split()[0]).name.startswith(name):
            return int(pid)
    return None


async def make_template(home: Path) -> None:
    """Make a home whose database is there and up to date, so that each test need not wait for that."""
    async with EmbeddedStack(home, broker=False) as stack:
        await prepare(str(stack.endpoints.database_url), Settings())


@contextmanager
def copied_home(template: Path) -> Iterator[Path]:
    """Give a copy of a home, owners and all."""
    with temporary_home() as home:
        shutil.rmtree(home)
        subprocess.run(["cp", "-a", str(template), str(home)], check=True)
        yield home


@asynccontextmanager
async def replaying(template: Path, export: Export) -> AsyncIterator[Replay]:
    """Give a replay that has not begun, on a home and with a receiver of its own."""
    with copied_home(template) as home:
        async with collecting() as collector:
            yield Replay(export, home, collector)


async def run_undisturbed(template: Path, export: Export) -> Undisturbed:
    """Return what comes of a replay when nothing goes wrong."""
    async with replaying(template, export) as replay:
        return Undisturbed((await replay.run()).answer, replay.told(), await replay.history())
