"""Where the supervisor of a home is reached, and the lock that makes it the only one.

The file is written whole or not at all; it counts only while its writer holds the lock, so a killed supervisor
leaves nothing behind that another command would believe.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from services.runtime.clock import Clock
from services.runtime.errors import Misconfigured

LOCK_TRIES: Final = 20
LOCK_PAUSE_SECONDS: Final = 0.05
"""An `attach` holds the lock for an instant, so a supervisor asks for about a second before it gives up."""


class AlreadyRunning(Misconfigured):
    """The home has a supervisor: stop that one, or take another home."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """How to reach a running stack. `epoch` is the broker's incarnation; empty where there is no broker."""

    database_url: str | None
    bootstrap_servers: str | None
    epoch: str
    pid: int


@dataclass(frozen=True, slots=True)
class Home:
    """The names of things in a home folder."""

    path: Path

    @property
    def run(self) -> Path:
        """The folder of the lock and of `endpoints.json`."""
        return self.path / "run"

    @property
    def logs(self) -> Path:
        """What the children write."""
        return self.path / "logs"

    @property
    def lock(self) -> Path:
        """The file that the one supervisor keeps locked."""
        return self.run / "lock"

    @property
    def endpoints(self) -> Path:
        """The file that other commands attach by."""
        return self.run / "endpoints.json"

    @property
    def pointer(self) -> Path:
        """Holds the database's folder, where that is not in the home."""
        return self.path / "postgres.folder"

    def make(self) -> None:
        """Make the folders that are missing. As root a new home may be passed through, but not listed, by others."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
            self.run.mkdir(mode=0o700, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            why = error.strerror
            raise Misconfigured(
                f"The home folder {self.path} cannot be made ({why}): give another by LEEWAY_HOME."
            ) from error


class HomeLock:
    """The right to be the supervisor of a home; held until `release`, or until the process is gone."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._descriptor: int | None = None

    async def take(self, clock: Clock) -> None:
        """Take the lock, or raise AlreadyRunning because another supervisor is at work."""
        descriptor = os.open(self._home.lock, os.O_RDWR | os.O_CREAT, 0o600)
        for _ in range(LOCK_TRIES):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._descriptor = descriptor
                return
            await clock.sleep(LOCK_PAUSE_SECONDS)
        os.close(descriptor)
        raise AlreadyRunning(self._refusal())

    def _refusal(self) -> str:
        holder = read_endpoints(self._home)
        who = f" (process {holder.pid})" if holder else ""
        return (
            f"Another Leeway{who} already runs on the home {self._home.path}: "
            "stop it first, or give another home by LEEWAY_HOME."
        )

    def release(self) -> None:
        """Let another supervisor have the home."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def write_endpoints(home: Home, endpoints: Endpoints) -> None:
    """Write the file with mode 0600, whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=home.run, prefix=".endpoints-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(endpoints), file)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(home.endpoints)


def read_endpoints(home: Home) -> Endpoints | None:
    """Return what the file says, alive or not; nothing if it is not there or is not ours."""
    try:
        return Endpoints(**json.loads(home.endpoints.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


async def attach(home: Path) -> Endpoints | None:
    """Return the endpoints of the supervisor that is alive on this home, or nothing if there is none."""
    return await asyncio.to_thread(_attached, home)


def _attached(path: Path) -> Endpoints | None:
    home = Home(path.absolute())
    with _probe(home) as alive:
        return read_endpoints(home) if alive else None


@contextmanager
def _probe(home: Home) -> Iterator[bool]:
    """Give whether somebody holds the lock."""
    try:
        descriptor = os.open(home.lock, os.O_RDONLY)
    except OSError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield False
    except BlockingIOError:
        yield True
    finally:
        os.close(descriptor)
