"""A small workspace, a clock that the test moves, and a client that speaks to the stand-in without a network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from starlette.types import ASGIApp

from services.sandbox.asana.app import build_asana
from services.sandbox.asana.site import AsanaSite
from services.sandbox.hooks import HookCall

START = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
BASE = "http://asana.test"
ANA, BO = "6000000000000001", "6000000000000002"
BOATS, DOCKS = "8000000000000001", "8000000000000002"
TODO, DOING, DONE = "8000000000000011", "8000000000000012", "8000000000000013"


@dataclass
class Time:
    """A clock that goes where it is put."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def pass_(self, **length: float) -> None:
        self.at += timedelta(**length)


@dataclass
class World:
    """A site with two people and two projects, and what its webhooks sent."""

    time: Time = field(default_factory=Time)
    sent: list[HookCall] = field(default_factory=list)
    echo: bool = True

    def __post_init__(self) -> None:
        self.site = AsanaSite(now=self.time.now, base_url=BASE, deliver=self.sent.append, shake=self._shake)
        plans = self.site.plans
        plans.add_user("Ana Moor", gid=ANA)
        plans.add_user("Bo Tern", gid=BO)
        for gid, name in ((BOATS, "Boats"), (DOCKS, "Docks")):
            self.site.store.project(gid, name)
        for gid, name in ((TODO, "To do"), (DOING, "Doing"), (DONE, "Done")):
            plans.add_section(BOATS, name, gid=gid)

    async def _shake(self, _target: str, secret: str) -> str | None:
        return secret if self.echo else "something else"

    def task(self, name: str = "Mend the hull", project: str | None = BOATS, **fields: Any) -> str:
        return self.site.create(project, {"name": name, **fields}, ANA)


@asynccontextmanager
async def client_of(app: ASGIApp, token: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/api/1.0", headers=headers) as client:
        yield client


@dataclass
class Caller:
    """Speaks to the site; each method returns the `data`, or the whole answer where that is what is looked at."""

    client: httpx.AsyncClient

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def send(self, method: str, path: str, **data: Any) -> httpx.Response:
        return await self.client.request(method, path, json={"data": data})

    async def post(self, path: str, **data: Any) -> Any:
        answer = await self.send("POST", path, **data)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()["data"]


@asynccontextmanager
async def served(world: World) -> AsyncIterator[Caller]:
    async with client_of(build_asana(world.site), "sandbox") as client:
        yield Caller(client)
