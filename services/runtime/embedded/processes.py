"""Starting, watching and ending one child, and the guard that ends it should we be killed."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Final

from services.runtime.embedded.users import Account

HERE: Final = Path(__file__).parent
PYTHON: Final = (sys.executable, "-I", "-S")
ENVIRONMENT: Final = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
"""All that a child is told: our own environment holds secrets."""
LOG_BYTES: Final = 10_000_000


class Child:
    """A running child of ours."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Say whether it has not ended, as far as we have heard."""
        return self._process.returncode is None

    async def wait(self) -> int:
        """Wait for its end and return its exit code, negative for a signal."""
        return await self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def end(self, steps: Sequence[tuple[signal.Signals, float]]) -> None:
        """Send each signal in turn and give it so many seconds, until the child is gone."""
        for number, seconds in steps:
            self.send(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wait(), seconds)
                return


class Guard:
    """Our end of the guard's pipe. Whoever kills us closes it."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The guard's process number."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start it in a session of its own: a Ctrl-C meant for us must not reach it."""
        self._process = await asyncio.create_subprocess_exec(
            *PYTHON, str(HERE / "guard.py"), str(os.getpid()),
            stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, env=ENVIRONMENT, start_new_session=True,
        )  # fmt: skip

    def tell(self, word: str, *rest: object) -> None:
        """Send one line. A guard that was killed is no reason to fail: the kernel's death signal is still there."""
        if self._process is None or self._process.stdin is None or self._process.stdin.is_closing():
            return
        self._process.stdin.write(os.fsencode(" ".join((word, *map(str, rest))) + "\n"))

    async def stop(self) -> None:
        """Close the pipe; what is still watched is ended now."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        await self._process.wait()
        self._process = None


async def spawn(
    command: Sequence[str], *, log: Path, guard: Guard, account: Account | None, death_signal: signal.Signals
) -> Child:
    """Start a program that dies with us, in a session of its own, as `account` where one is given."""
    uid, gid = (account.uid, account.gid) if account else (-1, -1)
    become = (str(HERE / "child.py"), str(os.getpid()), str(int(death_signal)), str(uid), str(gid))
    with _opened(log) as output:
        process = await asyncio.create_subprocess_exec(
            *PYTHON, *become, *command,
            stdin=DEVNULL, stdout=output, stderr=output, env=ENVIRONMENT, start_new_session=True,
        )  # fmt: skip
    guard.tell("watch", process.pid, int(death_signal))
    return Child(process)


def last_words(log: Path, lines: int = 3) -> str:
    """Return the end of a log as one line, for an error's message."""
    try:
        text = log.read_bytes()[-4000:].decode(errors="replace")
    except OSError:
        return "its log cannot be read"
    return " / ".join(line.strip() for line in text.splitlines()[-lines:]) or "its log is empty"


@contextlib.contextmanager
def _opened(log: Path) -> Iterator[int]:
    """Give the log's descriptor, the log put aside first if it has grown too large."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
