"""A site that answers as a test says, on a port of this machine, and a clock that nobody waits for."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from services.connectors.jira.client import JiraClient, build_client
from services.runtime.clock import SystemClock
from services.runtime.connections import JiraConnection
from services.sandbox.listening import Authority, listening

TOKEN = "very-secret-token"  # noqa: S105 -- opens nothing
NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)


class StillClock(SystemClock):
    """Stands at one instant and moves only by being slept on; each sleep is on record."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def wall(self) -> datetime:
        return NOW + timedelta(seconds=sum(self.slept))

    def monotonic(self) -> float:
        return 1_000.0 + sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Says:
    """An answer. `breaks` ends it in the middle of its body, `hangs` never gives it."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    breaks: bool = False
    hangs: bool = False

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Came:
    """A request as it came."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: Any


class ScriptedSite:
    """Answers by method and path, in the order given; the last answer of each is repeated."""

    def __init__(self, kind: str = "Cloud") -> None:
        self.kind = kind
        self.came: list[Came] = []
        self._answers: dict[tuple[str, str], list[Says]] = {}
        version = "3" if kind == "Cloud" else "2"
        self.api = f"/rest/api/{version}"
        me = {"accountId": "me-1"} if kind == "Cloud" else {"key": "me-1", "name": "leeway"}
        info = {"version": "1001.0.0", "versionNumbers": [1001, 0, 0], "deploymentType": kind}
        self.on("GET", "/rest/api/2/serverInfo", Says(body=info))
        self.on("GET", "myself", Says(body={**me, "displayName": "Leeway"}))
        self.on("GET", "mypermissions", Says(body={"permissions": {}}))
        self.on("GET", "field", Says(body=FIELDS))
        self.on("GET", "status", Says(body=STATUSES))
        self.on("GET", "project", Says(body=[project("10001", "PAY", "Payments"), project("10002", "MOB", "Mobile")]))

    def on(self, method: str, path: str, *answers: Says) -> None:
        """Answer so from now on; a path without a leading slash is under the REST API."""
        self._answers[method, self._full(path)] = list(answers)

    def asked(self, path: str) -> list[Came]:
        """Return what was asked of a path."""
        return [came for came in self.came if came.path == self._full(path)]

    def _full(self, path: str) -> str:
        return path if path.startswith("/") else f"{self.api}/{path}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        params = dict(parse_qsl(scope["query_string"].decode()))
        came = Came(scope["method"], scope["path"], params, headers, json.loads(body) if body else None)
        self.came.append(came)
        await self._answer(self._next(came), send)

    def _next(self, came: Came) -> Says:
        answers = self._answers.get((came.method, came.path), [Says(404, {"errorMessages": ["Not here"]})])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def _answer(self, says: Says, send: Send) -> None:
        if says.hangs:
            await asyncio.sleep(3600)
        headers = {"content-type": "application/json", "content-length": str(len(says.content)), **says.headers}
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": says.status, "headers": encoded})
        content = says.content[: len(says.content) // 2] if says.breaks else says.content
        await send({"type": "http.response.body", "body": content, "more_body": says.breaks})
        if says.breaks:
            raise ConnectionAbortedError


def project(id_: str, key: str, name: str) -> dict[str, Any]:
    return {"id": id_, "key": key, "name": name, "self": f"https://example/rest/api/3/project/{id_}"}


def custom(id_: str, name: str, schema: str) -> dict[str, Any]:
    return {"id": id_, "name": name, "custom": True, "clauseNames": [name], "schema": {"custom": schema}}


FIELDS: list[dict[str, Any]] = [
    {"id": "summary", "name": "Summary", "custom": False, "clauseNames": ["summary"], "schema": {"type": "string"}},
    custom("customfield_10020", "Sprint", "com.pyxis.greenhopper.jira:gh-sprint"),
    custom("customfield_10008", "Epos", "com.pyxis.greenhopper.jira:gh-epic-link"),
    custom("customfield_10015", "Start date", "com.atlassian.jira.plugin.system.customfieldtypes:datepicker"),
    custom("customfield_10016", "Story point estimate", "com.pyxis.greenhopper.jira:jsw-story-points"),
    custom("customfield_10021", "Markiert", "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes")
    | {"untranslatedName": "Flagged"},
    custom("customfield_10001", "Team", "com.atlassian.jira.plugin.system.customfieldtypes:atlassian-team"),
    custom("customfield_10099", "Colour", "com.atlassian.jira.plugin.system.customfieldtypes:textfield"),
]
STATUSES: list[dict[str, Any]] = [
    {"id": "1", "name": "Offen", "statusCategory": {"id": 2, "key": "new", "name": "Zu erledigen"}},
    {"id": "3", "name": "开发中", "statusCategory": {"id": 4, "key": "indeterminate", "name": "In Arbeit"}},
]


def connection(url: str, **changes: Any) -> JiraConnection:
    """Return the settings of a connection to a site of the kind that `changes` say, Cloud by default."""
    if changes.get("kind") != "datacenter":
        changes.setdefault("user", "ada@example.com")
    return JiraConnection.model_validate(
        {"id": "jira", "tracker": "jira", "token": "jira-token", "url": url, **changes}
    )


@asynccontextmanager
async def at(
    site: ScriptedSite,
    clock: SystemClock | None = None,
    authority: Authority | None = None,
    timeout_seconds: float = 10.0,
    gateway: str | None = None,
    **changes: Any,
) -> AsyncIterator[JiraClient]:
    """Give a client of a site that listens; its settings fit the site's kind unless `changes` say another."""
    if site.kind != "Cloud":
        changes.setdefault("kind", "datacenter")
    async with listening(site, 0, "--port", authority) as url:
        more = {"gateway": url + gateway} if gateway else {}
        settings = connection(changes.pop("url", url), **changes)
        client = build_client(settings, TOKEN, clock or StillClock(), timeout_seconds=timeout_seconds, **more)
        try:
            yield client
        finally:
            await client.close()
