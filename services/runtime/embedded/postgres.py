"""PostgreSQL as a child: made on first use, reached by a unix socket alone, ended when we end.

Nobody but the operating-system user that runs Leeway gets in: the socket's folder is closed to others, and the server
asks the kernel who is at the other end (`peer`). A home that stays is durable; a throwaway one trades that for speed.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg
import structlog

from services.runtime.clock import Clock
from services.runtime.embedded.places import DatabaseFolder
from services.runtime.embedded.processes import Child, Guard, last_words, spawn
from services.runtime.embedded.programs import PostgresPrograms, find_postgres, reachable
from services.runtime.embedded.users import Account, own_name
from services.runtime.errors import Misconfigured

PORT: Final = 5432
SUPERUSER: Final = "leeway"
LONGEST_SOCKET: Final = 99
"""Bytes of a socket's path. The systems' limits are 103 and 107."""
READY_SECONDS: Final = 120.0
POLL_SECONDS: Final = 0.02
LEFTOVER_SECONDS: Final = 10.0

ALWAYS: Final = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
}
THROWAWAY: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
DURABLE: Final = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}

_log = structlog.get_logger(__name__)


class Postgres:
    """The server of one home. `start` may be called again after the child has died."""

    name = "postgres"

    def __init__(self, folder: DatabaseFolder, log: Path, guard: Guard, clock: Clock, *, throwaway: bool) -> None:
        self._folder = folder
        self._log = log
        self._guard = guard
        self._clock = clock
        self._throwaway = throwaway
        self._socket: Path | None = None
        self._programs: PostgresPrograms | None = None
        self.child: Child | None = None

    @property
    def url(self) -> str:
        """How to connect; there is no password in it, because the kernel says who we are."""
        return f"postgresql://{SUPERUSER}@/postgres?host={quote(str(self._socket), safe='')}&port={PORT}"

    @property
    def _account(self) -> Account | None:
        return self._folder.account

    async def start(self) -> Child:
        """Make the database if there is none, start the server and wait until it answers."""
        await asyncio.to_thread(self._folder.make)
        if self._programs is None:
            found = find_postgres()
            self._programs = await asyncio.to_thread(reachable, found, self._account, self._folder.path)
        self._refuse_other_version(self._programs)
        if not self._folder.data.exists():
            await self._initialise(self._programs)
        await self._clear_leftover()
        self._write_access_rules()
        self._socket = self._socket or self._make_socket_folder()
        self.child = await self._spawn(self._programs.program("postgres"), *self._server_arguments())
        await self._ready(self.child)
        return self.child

    async def stop(self) -> None:
        """End the server: politely first, so that the next start need not recover."""
        if self.child is not None:
            await self.child.end(((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)))
            self._guard.tell("forget", self.child.pid)
            self.child = None
        if self._socket is not None and self._socket != self._folder.socket:
            await asyncio.to_thread(shutil.rmtree, self._socket, ignore_errors=True)
            self._guard.tell("keep", self._socket)

    def _refuse_other_version(self, programs: PostgresPrograms) -> None:
        with contextlib.suppress(FileNotFoundError):
            made_by = (self._folder.data / "PG_VERSION").read_text(encoding="utf-8").strip()
            if made_by != programs.major:
                raise Misconfigured(
                    f"The database in {self._folder.data} was made by PostgreSQL {made_by}, and this Leeway brings "
                    f"PostgreSQL {programs.major}: move it over with pg_dump, or give another home by LEEWAY_HOME."
                )

    async def _initialise(self, programs: PostgresPrograms) -> None:
        """Run `initdb` beside the final place and move it there when whole."""
        half_done = self._folder.path / "data.half-done"
        await asyncio.to_thread(shutil.rmtree, half_done, ignore_errors=True)
        unsynced = ("--no-sync",) if self._throwaway else ()
        child = await self._spawn(
            programs.program("initdb"), "--pgdata", str(half_done), "--username", SUPERUSER, "--auth", "peer",
            "--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
            *unsynced,
        )  # fmt: skip
        code = await self._wait_for(child)
        if code != 0:
            raise Misconfigured(
                f"PostgreSQL could not make its database in {self._folder.path} ({last_words(self._log)}): "
                f"see {self._log}, or give another home by LEEWAY_HOME."
            )
        half_done.rename(self._folder.data)

    async def _wait_for(self, child: Child) -> int:
        try:
            return await child.wait()
        finally:
            await child.end(((signal.SIGKILL, 5.0),))
            self._guard.tell("forget", child.pid)

    async def _clear_leftover(self) -> None:
        """See that no server of an earlier life has the folder, and that its mark there stops nobody.

        We hold the home's lock, so a server on our folder is a remainder. The number in the mark may by now be that
        of any other process, which is why the process must stand in our folder to count.
        """
        mark = self._folder.data / "postmaster.pid"
        pid = _pid_in(mark)
        if pid is not None and _stands_in(pid, self._folder.data):
            await self._end_leftover(pid)
        mark.unlink(missing_ok=True)

    async def _end_leftover(self, pid: int) -> None:
        _log.warning("a PostgreSQL of an earlier life is still there; ending it", pid=pid)
        give_up = self._clock.monotonic() + LEFTOVER_SECONDS
        for number in (signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            while self._clock.monotonic() < give_up and _stands_in(pid, self._folder.data):
                await self._clock.sleep(POLL_SECONDS)
            give_up += LEFTOVER_SECONDS

    def _write_access_rules(self) -> None:
        """Let in the user that we run as, by the kernel's word, and nobody else."""
        rules = {
            "pg_hba.conf": f"local all {SUPERUSER} peer map=leeway\n",
            "pg_ident.conf": f'leeway "{own_name()}" {SUPERUSER}\n',
        }
        for name, text in rules.items():
            path = self._folder.data / name
            path.write_text(text, encoding="utf-8")
            if self._account:
                self._account.owns(path)

    def _make_socket_folder(self) -> Path:
        """Return the socket's folder: with the database, or where that path is too long, in the temporary folder."""
        if len(os.fsencode(self._folder.socket / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET:
            self._folder.private(self._folder.socket)
            return self._folder.socket
        made = Path(tempfile.mkdtemp(prefix="leeway-", dir="/tmp"))  # TMPDIR may be long too
        if self._account:
            self._account.owns(made)
        self._guard.tell("remove", made)
        return made

    def _server_arguments(self) -> list[str]:
        settings = ALWAYS | (THROWAWAY if self._throwaway else DURABLE)
        settings |= {"unix_socket_directories": str(self._socket)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return ["-D", str(self._folder.data), *options]

    async def _spawn(self, *command: str) -> Child:
        return await spawn(
            command, log=self._log, guard=self._guard,
            account=self._account, death_signal=signal.SIGQUIT,
        )  # fmt: skip

    async def _ready(self, child: Child) -> None:
        """Wait until the server answers; recovery after a crash may take its time."""
        give_up = self._clock.monotonic() + READY_SECONDS
        while child.is_alive and self._clock.monotonic() < give_up:
            with contextlib.suppress(psycopg.OperationalError):
                connection = await psycopg.AsyncConnection.connect(self.url, connect_timeout=10)
                await connection.close()
                return
            await self._clock.sleep(POLL_SECONDS)
        await child.end(((signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)))
        self._guard.tell("forget", child.pid)
        raise Misconfigured(
            f"PostgreSQL did not start on {self._folder.data} ({last_words(self._log)}): see {self._log}."
        )


def _pid_in(mark: Path) -> int | None:
    try:
        return int(mark.read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _stands_in(pid: int, folder: Path) -> bool:
    """Say whether this process works in this folder, as a `postgres` does in its data; unknown counts as no."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder.resolve()
    except OSError:
        return False
