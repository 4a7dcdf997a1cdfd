"""The embedded broker: the Kafka protocol, on loopback, in memory only.

It forgets everything when it ends, so each start is a new *epoch*, by which the writers know that they must publish
their state again. It keeps its port over restarts, so that clients find it where they left it.
"""

import asyncio
import contextlib
import signal
import socket
import struct
import uuid
from pathlib import Path
from typing import Final

from services.runtime.clock import Clock
from services.runtime.embedded.processes import Child, Guard, last_words, spawn
from services.runtime.embedded.programs import find_broker
from services.runtime.embedded.users import Account
from services.runtime.errors import Transient

HOST: Final = "127.0.0.1"
READY_SECONDS: Final = 15.0
POLL_SECONDS: Final = 0.02
ANSWER_SECONDS: Final = 2.0
PORT_TRIES: Final = 5

CORRELATION: Final = 4242
API_VERSIONS: Final = struct.pack(">ihhih", 10, 18, 0, CORRELATION, -1)
"""The smallest question that only a Kafka answers: size, ApiVersions, version 0, correlation id, no client id."""


class Broker:
    """The broker of one home. `start` may be called again after the child has died."""

    name = "broker"

    def __init__(self, log: Path, guard: Guard, clock: Clock, account: Account | None) -> None:
        self._log = log
        self._guard = guard
        self._clock = clock
        self._account = account
        self._port = 0
        self.child: Child | None = None
        self.epoch = ""

    @property
    def bootstrap_servers(self) -> str:
        """Where it listens."""
        return f"{HOST}:{self._port}"

    async def start(self) -> Child:
        """Start it on a free port, or on the one that it had, and wait until it answers."""
        program = find_broker()
        tries = 1 if self._port else PORT_TRIES
        for left in reversed(range(tries)):
            port = self._port or free_port()
            try:
                self.child = await self._start_on(port, program)
            except Transient:
                if left == 0:
                    raise
                continue  # somebody may have taken the port between our looking and its binding
            self._port, self.epoch = port, uuid.uuid4().hex
            return self.child
        raise AssertionError  # pragma: no cover -- the loop returns or raises

    async def stop(self) -> None:
        """End it. It holds nothing that could be lost, and does not listen to SIGTERM."""
        if self.child is not None:
            await self._end(self.child)
            self.child = None

    async def _start_on(self, port: int, program: Path) -> Child:
        address = f"tcp://{HOST}:{port}"
        child = await spawn(
            (str(program), "broker", "--listener-url", address, "--advertised-listener-url", address,
             "--storage-engine", "memory://tansu/"),
            log=self._log, guard=self._guard, account=self._account, death_signal=signal.SIGKILL,
        )  # fmt: skip
        give_up = self._clock.monotonic() + READY_SECONDS
        while child.is_alive and self._clock.monotonic() < give_up:
            if await answers(HOST, port) and child.is_alive:
                return child
            await self._clock.sleep(POLL_SECONDS)
        await self._end(child)
        raise Transient(f"The broker did not start on port {port} ({last_words(self._log)}): see {self._log}.")

    async def _end(self, child: Child) -> None:
        await child.end(((signal.SIGKILL, 5.0),))
        self._guard.tell("forget", child.pid)


def free_port() -> int:
    """Return a port of loopback that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


async def answers(host: str, port: int) -> bool:
    """Say whether a Kafka answers there."""
    with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(API_VERSIONS)
                _size, correlation = struct.unpack(">ii", await reader.readexactly(8))
                return bool(correlation == CORRELATION)
            finally:
                writer.close()
    return False
