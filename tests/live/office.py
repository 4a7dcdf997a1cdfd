"""A sandbox, a broker and a database in this process, and the connectors in one of their own that can be killed."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL
from typing import Final

from services.runtime.clock import SystemClock
from services.runtime.database import Database, RoomDatabase
from services.runtime.embedded import EmbeddedStack, temporary_home
from services.runtime.migrations import migrate
from services.runtime.settings import BusSettings
from services.runtime.topics import ensure_topics
from services.sandbox.server import Running, SandboxOptions, sandbox

REPOSITORY: Final = Path(__file__).parents[2]
JIRA: Final = "shop"
ASANA: Final = "shop-ops"
_CONFIGURATION: Final = """\
version: 1
connections:
  - id: {jira}
    tracker: jira
    kind: {kind}
    url: {jira_url}
    {user}
    token: sandbox
    pace: &pace {{poll_seconds: 0.5, overlap_seconds: 3600, reconcile_hours: {reconcile_hours}, missing_share: 1.0}}
    webhooks: {{address: {address}, secret: hooks}}
  - id: {asana}
    tracker: asana
    url: {asana_url}
    workspace: "{workspace}"
    token: sandbox
    pace: *pace
    webhooks: {{address: {address}}}
"""


@dataclass
class Office:
    """What a test holds in its hands."""

    home: Path
    stack: EmbeddedStack
    world: Running
    database: Database
    port: int
    _child: asyncio.subprocess.Process | None = field(default=None)

    @property
    def tables(self) -> RoomDatabase:
        """The connectors' tables."""
        return self.database.room("connectors")

    @property
    def bus(self) -> BusSettings:
        """The broker, in its present incarnation."""
        endpoints = self.stack.endpoints
        return BusSettings(bootstrap_servers=endpoints.bootstrap_servers or "", epoch=endpoints.epoch, idempotent=False)

    @property
    def log(self) -> Path:
        """What the connectors said."""
        return self.home / "connectors.log"

    async def start(self) -> None:
        """Start the connectors."""
        with self.log.open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "services.cli", "run", "connectors",
                cwd=REPOSITORY, env={**os.environ, **self._environment()}, stdin=DEVNULL, stdout=DEVNULL, stderr=log,
            )  # fmt: skip

    async def kill(self) -> None:
        """Kill the connectors as a machine dies."""
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            child.kill()
        if child is not None:
            await child.wait()

    def kill_broker(self) -> None:
        """Kill the broker; its supervisor starts another one, which has forgotten everything."""
        pid = self.stack.pids.get("broker")
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def assert_alive(self) -> None:
        """Fail where the connectors ended by themselves."""
        child = self._child
        assert child is None or child.returncode is None, self.log.read_text(encoding="utf-8")[-3000:]

    def _environment(self) -> dict[str, str]:
        return {
            "LEEWAY_HOME": str(self.home), "LEEWAY_CONFIGURATION": str(self.home / "leeway.yaml"),
            "LEEWAY_SECRET_SANDBOX": "sandbox", "LEEWAY_SECRET_HOOKS": "a-secret-of-the-webhooks",
            "LEEWAY_HTTP_PORT": str(self.port), "LEEWAY_LOG_LEVEL": "info",
        }  # fmt: skip


@asynccontextmanager
async def office(options: SandboxOptions, *, reconcile_hours: float = 0.002) -> AsyncIterator[Office]:
    """Give everything but the connectors, which the test starts and kills. All of it is gone afterwards."""
    clock = SystemClock()
    with temporary_home() as home:
        async with EmbeddedStack(home, clock=clock, throwaway=True) as stack, sandbox(options, clock) as world:
            url = str(stack.endpoints.database_url)
            await asyncio.to_thread(migrate, url, "")
            database = Database(url, pool_size=2)
            made = Office(home, stack, world, database, _free_port())
            _configure(made, options, reconcile_hours)
            await ensure_topics(made.bus)
            try:
                yield made
            finally:
                await made.kill()
                await database.close()


def _configure(made: Office, options: SandboxOptions, reconcile_hours: float) -> None:
    is_cloud = options.jira_kind.value == "cloud"
    text = _CONFIGURATION.format(
        jira=JIRA, asana=ASANA, kind=options.jira_kind.value, jira_url=made.world.jira_url,
        user="user: ana@example.com" if is_cloud else "projects: []", asana_url=made.world.asana_url,
        address=f"http://127.0.0.1:{made.port}", workspace=made.world.asana.store.workspace["gid"],
        reconcile_hours=reconcile_hours,
    )  # fmt: skip
    (made.home / "leeway.yaml").write_text(text, encoding="utf-8")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port
