"""A small Jira with a clock to move, its webhooks caught, and a client to call it with."""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson

from services.runtime.connections import JiraKind
from services.sandbox.hooks import HookCall
from services.sandbox.jira.app import build_jira
from services.sandbox.jira.site import JiraSite

START = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
BASE = "http://jira.example"
ADA, BEN = "5fada", "5fben"
PEOPLE = {ADA: "Ada Lund", BEN: "Ben Okoro"}
PROJECTS = {"CAR": ("20001", "Cars"), "VAN": ("20002", "Vans")}
TODO = {"id": "1", "name": "To do", "statusCategory": {"id": 2, "key": "new", "name": "To Do", "colorName": "gray"}}
DONE = {"id": "3", "name": "Done", "statusCategory": {"id": 3, "key": "done", "name": "Done", "colorName": "green"}}
STORY = {"id": "11", "name": "Story", "subtask": False, "hierarchyLevel": 0}
EPIC = {"id": "12", "name": "Epic", "subtask": False, "hierarchyLevel": 1}
SUBTASK = {"id": "13", "name": "Sub-task", "subtask": True, "hierarchyLevel": -1}
Raw = dict[str, Any]


def person(account: str) -> Raw:
    return {"accountId": account, "accountType": "atlassian", "displayName": PEOPLE[account], "active": True}


def text_of(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def raw_issue(number: int, project: str = "CAR", *, histories: list[Raw] | None = None, **fields: Any) -> Raw:
    """An issue in the shape of version 3, created `number` hours before the start and never changed since."""
    id_, name = PROJECTS[project]
    created = text_of(START - timedelta(hours=number))
    given: Raw = {
        "summary": f"Issue {number}", "issuetype": STORY, "status": TODO, "priority": {"id": "3", "name": "Medium"},
        "project": {"id": id_, "key": project, "name": name}, "created": created, "updated": created,
        "reporter": person(ADA), "creator": person(ADA), **fields,
    }  # fmt: skip
    raw: Raw = {"id": str(1000 + number), "key": f"{project}-{number}", "fields": given}
    if histories is not None:
        raw["changelog"] = {"histories": histories}
    return raw


def history(id_: int, at: datetime, field_: str = "summary", *, by: str = ADA) -> Raw:
    item = {
        "field": field_, "fieldtype": "jira", "fieldId": field_,
        "from": None, "fromString": "a", "to": None, "toString": "b",
    }  # fmt: skip
    return {"id": str(id_), "author": person(by), "created": text_of(at), "items": [item]}


def comment(id_: int, at: datetime, text: str = "said", *, by: str = ADA) -> Raw:
    return {"id": str(id_), "author": person(by), "body": text, "created": text_of(at), "updated": text_of(at)}


@dataclass
class Lab:
    """A site, what it delivered, and its time. `elapsed` is the machine's clock, which stands still."""

    kind: JiraKind = JiraKind.CLOUD
    lag: timedelta = timedelta(0)
    at: datetime = START
    elapsed: float = 0.0
    calls: list[HookCall] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site = JiraSite(
            kind=self.kind, now=lambda: self.at, base_url=BASE, deliver=self.calls.append, index_lag=self.lag,
            elapsed=lambda: self.elapsed,
        )  # fmt: skip

    @property
    def version(self) -> int:
        """The newest version of the API that this kind has."""
        return 2 if self.site.is_datacenter else 3

    def load(self, *raws: Raw) -> "Lab":
        """Put issues in as they are."""
        for raw in raws:
            self.site.put(raw)
        return self

    def wait(self, **span: float) -> None:
        """Let time pass."""
        self.at += timedelta(**span)

    def bodies(self) -> list[Raw]:
        """What was delivered, read."""
        return [orjson.loads(call.body) for call in self.calls]

    def events(self) -> list[str]:
        """The kinds of what was delivered."""
        return [body["webhookEvent"] for body in self.bodies()]

    @asynccontextmanager
    async def client(self, *, bearer: bool = False, token: str = "sandbox") -> AsyncIterator["Api"]:  # noqa: S107
        """A client with the token."""
        proof = f"Bearer {token}" if bearer else "Basic " + b64encode(f"me@example.com:{token}".encode()).decode()
        transport = httpx.ASGITransport(build_jira(self.site))
        async with httpx.AsyncClient(transport=transport, base_url=BASE, headers={"Authorization": proof}) as http:
            yield Api(http, self.version)


@dataclass
class Api:
    """Calls the API under its version, and expects a status."""

    http: httpx.AsyncClient
    version: int

    def url(self, path: str) -> str:
        """The address of a path of the API; one that says /rest itself is taken as it is."""
        return path if path.startswith("/rest") else f"/rest/api/{self.version}{path}"

    async def call(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        """Call, check the status, and return what came as JSON, or nothing."""
        response = await self.http.request(method, self.url(path), **options)
        assert response.status_code == status, (path, response.status_code, response.text)
        return response.json() if response.content else None

    async def get(self, path: str, status: int = 200, **params: Any) -> Any:
        """GET."""
        return await self.call("GET", path, status, params=params)

    async def post(self, path: str, body: Any, status: int = 200) -> Any:
        """POST."""
        return await self.call("POST", path, status, json=body)

    async def found(self, jql: str, **options: Any) -> list[str]:
        """The keys that a query finds, all pages of it."""
        keys: list[str] = []
        body = {"jql": jql, "fields": ["key"], **options}
        while True:
            page = await self.post("/search/jql", body)
            keys += [issue["key"] for issue in page["issues"]]
            if "nextPageToken" not in page:
                assert page["isLast"]
                return keys
            body["nextPageToken"] = page["nextPageToken"]
