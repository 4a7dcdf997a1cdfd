"""Asana sites for the client's tests: the sandbox behind faults, and a server that says what it is told."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Message, Receive, Scope, Send

from services.connectors.asana.client import AsanaClient, build_client
from services.runtime.clock import SystemClock
from services.runtime.connections import AsanaConnection
from services.sandbox.asana.app import build_asana
from services.sandbox.asana.site import AsanaSite
from services.sandbox.faults import Faults
from services.sandbox.listening import listening

TOKEN = "sandbox"  # noqa: S105 -- the sandbox's known one
TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
BOT = "4000000000000003"
"""The account of the sandbox's token."""


class QuickClock(SystemClock):
    """Waits are noted instead of waited for; time passes by them."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.ahead = timedelta(0)

    def wall(self) -> datetime:
        return super().wall() + self.ahead + timedelta(seconds=sum(self.slept))

    def monotonic(self) -> float:
        return super().monotonic() + sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Ticking:
    """The company's time: each look at it is a second later."""

    def __init__(self) -> None:
        self.at = TODAY

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def settings(url: str, **fields: Any) -> AsanaConnection:
    known = {"id": "marketing", "tracker": "asana", "workspace": "Brightmoor", "token": "ops", "url": url}
    return AsanaConnection.model_validate(known | fields)


@dataclass
class Served:
    """The sandbox's site, what stands in front of it, and a client that is open."""

    site: AsanaSite
    faults: Faults
    client: AsanaClient
    clock: QuickClock
    url: str
    asked: list[str]

    def project(self, name: str) -> str:
        return self.site.plans.add_project(name)

    def task(self, project: str | None, name: str = "A task", parent: str | None = None, **fields: Any) -> str:
        return self.site.create(project, {"name": name, **fields}, self.person, parent)

    @property
    def person(self) -> str:
        return str(self.site.store.user("4100000000000001", "Ana Lund")["gid"])


@asynccontextmanager
async def served(*projects: str, timeout_seconds: int = 5, **fields: Any) -> AsyncIterator[Served]:
    """Serve a site with these projects; the client is open, and has read them."""
    clock = QuickClock()
    site = AsanaSite(now=Ticking(), base_url="http://asana.example", wall=clock.wall)
    app, asked = build_asana(site, token=TOKEN), list[str]()

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(f"{scope['method']} {scope['path']}")
        await app(scope, receive, send)

    faults = Faults(noting, clock, token=TOKEN)
    for name in projects:
        site.plans.add_project(name)
    async with listening(faults, 0, "--asana-port") as url:
        client = build_client(settings(url, **fields), TOKEN, clock, timeout_seconds=timeout_seconds)
        await client.open()
        try:
            yield Served(site, faults, client, clock, url, asked)
        finally:
            faults.clear()
            await client.close()


@dataclass(frozen=True)
class Answer:
    """What the told server says next. `cut` ends the connection in the middle of the body."""

    status: int = 200
    body: bytes = b'{"data": {"gid": "1"}}'
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


def said(data: object, status: int = 200, **beside: Any) -> Answer:
    return Answer(status, json.dumps({"data": data, **beside}).encode())


def refused(status: int, message: str = "No.", **headers: str) -> Answer:
    body = json.dumps({"errors": [{"message": message}]}).encode()
    return Answer(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass
class Asked:
    """A request as it came over the wire."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Told:
    """An ASGI application that answers as it is told, one after the other, the last one again and again."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = list(answers)
        self.asked: list[Asked] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message: Message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode()))
        self.asked.append(Asked(scope["method"], scope["path"], query, headers, body))
        await _send(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0], send)


async def _send(answer: Answer, send: Send) -> None:
    length = len(answer.body) + (1_000 if answer.cut else 0)
    given = {"content-length": str(length), "content-type": "application/json"} | answer.headers
    headers = [(name.encode(), value.encode()) for name, value in given.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": answer.cut})


@asynccontextmanager
async def told(*answers: Answer, **fields: Any) -> AsyncIterator[tuple[AsanaClient, Told, QuickClock]]:
    """Serve these answers to a client that is not open yet."""
    app, clock = Told(answers), QuickClock()
    async with listening(app, 0, "--asana-port") as url:
        client = build_client(settings(url, **fields), TOKEN, clock, timeout_seconds=2)
        try:
            yield client, app, clock
        finally:
            await client.close()
