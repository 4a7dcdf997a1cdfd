"""Receivers for tests: a collector that verifies and counts what it is sent and can misbehave, and a canary.

Both listen on 127.0.0.1 and a free port, in the test's own event loop.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import standardwebhooks
import svix

SECRET = "whsec_" + "bGVld2F5LXRlc3Qtc2VjcmV0LWxlZXdheS10ZXN0LXM="


@dataclass(frozen=True)
class Answer:
    """What the collector answers. `holds` keeps the answer back until the collector is closed."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b"ok"
    holds: bool = False


@dataclass(frozen=True)
class Delivery:
    """One request as it came. `status` is what it was answered."""

    webhook_id: str
    body: dict[str, Any]
    raw: bytes
    headers: dict[str, str]
    path: str
    status: int


Script = Callable[[int], Answer]


def always(answer: Answer) -> Script:
    """Answer every request in the same way."""
    return lambda _number: answer


def at_first(count: int, answer: Answer, then: Answer | None = None) -> Script:
    """Answer the first requests in one way, and all others in another (by default with a yes)."""
    return lambda number: answer if number < count else then or Answer()


def every(nth: int, answer: Answer) -> Script:
    """Answer each nth request in one way, the others with a yes."""
    return lambda number: answer if number % nth == nth - 1 else Answer()


@dataclass
class Canary:
    """Counts connections; nobody ought to make one."""

    connections: int = 0
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The address that nobody ought to go to."""
        return f"http://127.0.0.1:{self.port}/"

    async def start(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._count, "127.0.0.1", 0)
        return self

    async def stop(self) -> None:
        """Listen no more."""
        assert self._server is not None
        self._server.close()

    async def _count(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.connected.set()
        writer.close()


@dataclass
class Collector:
    """Takes webhooks: refuses those with a bad signature, keeps the others, and acts on each `webhook-id` once."""

    script: Script = field(default_factory=lambda: always(Answer()))
    secret: str = SECRET
    deliveries: list[Delivery] = field(default_factory=list)
    effects: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    any_age: bool = False
    at_once: int = 0
    most_at_once: int = 0
    _server: asyncio.Server | None = None
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Where to send."""
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def attempts(self) -> Counter[str]:
        """How often each webhook id came, whatever was answered."""
        return Counter(delivery.webhook_id for delivery in self.deliveries)

    async def start(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def stop(self) -> None:
        """Listen no more, and drop the connections."""
        assert self._server is not None
        self._closing.set()
        self._server.close()
        for writer in tuple(self._writers):
            writer.close()

    async def wait_for(self, reached: Callable[[Self], bool], seconds: float = 20.0) -> None:
        """Wait until something holds of the collector; it is asked after each request."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: reached(self))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the sender gave up, as some tests want it to
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        raw = await reader.readexactly(int(headers.get("content-length", "0")))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = await self._take(head[0].split(" ")[1], headers, raw)
        finally:
            self.at_once -= 1
        await _write(writer, answer)
        return True

    async def _take(self, path: str, headers: dict[str, str], raw: bytes) -> Answer:
        problem = problem_with(self.secret, headers, raw, any_age=self.any_age)
        answer = Answer(401) if problem else self.script(len(self.deliveries))
        async with self._changed:
            if problem:
                self.refused.append(problem)
            else:
                self._keep(path, headers, raw, answer)
            self._changed.notify_all()
        if answer.holds:
            await self._closing.wait()
        return answer

    def _keep(self, path: str, headers: dict[str, str], raw: bytes, answer: Answer) -> None:
        webhook_id, body = headers["webhook-id"], json.loads(raw)
        self.deliveries.append(Delivery(webhook_id, body, raw, headers, path, answer.status))
        if 200 <= answer.status < 300:
            self.effects.setdefault(webhook_id, body)


async def _write(writer: asyncio.StreamWriter, answer: Answer) -> None:
    lines = [f"HTTP/1.1 {answer.status} X", f"content-length: {len(answer.body)}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    writer.write("\r\n".join([*lines, "", ""]).encode() + answer.body)
    await writer.drain()


def problem_with(secret: str, headers: dict[str, str], raw: bytes, *, any_age: bool = False) -> str | None:
    """Return why a delivery must be refused, or none. Two independent verifiers have to agree that it is good.

    With `any_age` the signature is checked and its time is not, for tests that move the clock by days.
    """
    try:
        if any_age:
            at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
            good = standardwebhooks.Webhook(secret).sign(headers["webhook-id"], at, raw.decode())
            return None if good in headers["webhook-signature"].split(" ") else "bad signature"
        standardwebhooks.Webhook(secret).verify(raw, headers)
        svix.Webhook(secret).verify(raw, headers)
    except (standardwebhooks.WebhookVerificationError, svix.WebhookVerificationError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return None


@asynccontextmanager
async def collecting(script: Script | None = None, secret: str = SECRET) -> AsyncIterator[Collector]:
    """A collector for the length of a block."""
    collector = await Collector(script=script or always(Answer()), secret=secret).start()
    try:
        yield collector
    finally:
        await collector.stop()
