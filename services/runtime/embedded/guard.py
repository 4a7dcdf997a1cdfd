"""Outlives the supervisor for a moment, to end its children and clear away what it cannot any more.

Run as a script with the standard library only. It reads lines from a pipe whose other end the supervisor alone holds:
`watch PID SIGNAL`, `forget PID`, `remove PATH`, `keep PATH`. The end of the pipe, or another parent, means that the
supervisor is gone: what is still watched is ended, what is still to be removed is removed. It covers what the kernel's
death signal does not: other systems than Linux, and a supervisor that was killed before its child asked for the signal.
"""

import contextlib
import os
import select
import shutil
import signal
import sys
import time

LOOK_SECONDS = 1.0
GRACE_SECONDS = 10.0
POLL_SECONDS = 0.02


class Watched:
    """One process to end. Held by a descriptor where the system has them, so that a number used again harms nobody."""

    def __init__(self, pid: int, signal_number: int) -> None:
        self.pid = pid
        self._signal = signal_number
        self._descriptor: int | None = None
        with contextlib.suppress(AttributeError, OSError):
            self._descriptor = os.pidfd_open(pid)

    def send(self, signal_number: int) -> None:
        """Send a signal, if the process is still there."""
        with contextlib.suppress(OSError):
            if self._descriptor is None:
                os.kill(self.pid, signal_number)
            else:
                signal.pidfd_send_signal(self._descriptor, signal_number)

    def ask(self) -> None:
        """Ask it to end in its own way."""
        self.send(self._signal)

    def is_gone(self) -> bool:
        """Say whether it has ended."""
        if self._descriptor is not None:
            return bool(select.select([self._descriptor], [], [], 0)[0])
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def close(self) -> None:
        """Let go of the process."""
        if self._descriptor is not None:
            os.close(self._descriptor)


class Guard:
    """What is to be ended and removed, should the supervisor go without a word."""

    def __init__(self) -> None:
        self.watched: dict[int, Watched] = {}
        self.paths: set[str] = set()

    def obey(self, line: str) -> None:
        """Do what one line says."""
        word, _, rest = line.partition(" ")
        if word == "watch":
            pid, signal_number = rest.split()
            self.watched[int(pid)] = Watched(int(pid), int(signal_number))
        elif word == "forget" and int(rest) in self.watched:
            self.watched.pop(int(rest)).close()
        elif word == "remove":
            self.paths.add(rest)
        elif word == "keep":
            self.paths.discard(rest)

    def end_all(self) -> None:
        """Ask all, wait a little, insist, and clear away."""
        for process in self.watched.values():
            process.ask()
        give_up = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < give_up and not all(process.is_gone() for process in self.watched.values()):
            time.sleep(POLL_SECONDS)
        for process in self.watched.values():
            process.send(signal.SIGKILL)
        for path in self.paths:
            shutil.rmtree(path, ignore_errors=True)


def listen(guard: Guard, parent: int) -> None:
    """Obey the supervisor until it is gone."""
    pending = b""
    while os.getppid() == parent:
        if not select.select([0], [], [], LOOK_SECONDS)[0]:
            continue
        read = os.read(0, 65536)
        if not read:
            return
        *lines, pending = (pending + read).split(b"\n")
        for line in lines:
            guard.obey(os.fsdecode(line))


def main(parent: int) -> None:
    """Guard until the supervisor is gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")
    guard = Guard()
    listen(guard, parent)
    guard.end_all()


if __name__ == "__main__":
    main(int(sys.argv[1]))
