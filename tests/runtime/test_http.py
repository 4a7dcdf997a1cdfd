"""Every route but health wants a token with the declared role; a route without one does not start."""

import socket
from collections.abc import Sequence

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import iter_route_contexts
from prometheus_client import CollectorRegistry, Counter

from services.runtime.clock import SystemClock
from services.runtime.errors import Misconfigured, Transient
from services.runtime.health import Health
from services.runtime.http import (
    OPEN_PATHS,
    HttpServer,
    Requires,
    Responder,
    SignedBySender,
    build_http,
    routes_without_role,
)
from services.runtime.settings import HttpSettings
from services.runtime.tokens import Role, Token, Tokens


class KnownTokens(Tokens):
    """One token of each role, called by the role's name."""

    def __init__(self) -> None:
        self.down = False

    async def find(self, token: str) -> Token | None:
        if self.down:
            raise Transient("the database is away")
        if token not in set(Role):
            return None
        return Token(1, token, Role(token), SystemClock().wall(), None, None, None)


def room_routes() -> APIRouter:
    router = APIRouter(prefix="/room")

    @router.get("/show")
    async def show(token: Responder) -> dict[str, str]:
        return {"hello": token.name}

    @router.post("/hook", dependencies=[Depends(SignedBySender())])
    async def hook() -> dict[str, str]:
        return {}

    return router


def app(
    health: Health | None = None, tokens: Tokens | None = None, routers: Sequence[APIRouter] | None = None
) -> FastAPI:
    async def check() -> Health:
        return health or Health()

    registry = CollectorRegistry()
    Counter("leeway_example", "An example.", registry=registry)
    return build_http(tokens or KnownTokens(), check, registry, (room_routes(),) if routers is None else routers)


def client(served: FastAPI, token: str | None = None) -> httpx.AsyncClient:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://test", headers=headers)


def test_all_routes_declare_a_role() -> None:
    routes = app().routes
    assert routes_without_role(routes) == []
    paths = {route.path for route in iter_route_contexts(routes)}
    assert paths == {"/room/show", "/room/hook", "/metrics", *OPEN_PATHS}


def test_a_route_without_a_role_does_not_start() -> None:
    router = APIRouter()

    @router.get("/open")
    async def open_to_all() -> dict[str, str]:
        return {}

    with pytest.raises(Misconfigured, match="/open"):
        app(routers=[router])


def test_a_mounted_application_without_a_role_does_not_start() -> None:
    router = APIRouter()
    router.mount("/files", FastAPI())
    with pytest.raises(Misconfigured, match="/files"):
        app(routers=[router])


async def test_no_token_a_wrong_one_and_a_malformed_one_get_the_same_answer() -> None:
    served = app()
    answers = set()
    for header in (None, "Bearer wrong", "Bearer", "Basic admin", "admin", "Bearer " + "x" * 5000):
        async with client(served) as http:
            answer = await http.get("/room/show", headers={} if header is None else {"Authorization": header})
            answers.add((answer.status_code, answer.text, answer.headers["www-authenticate"]))
    assert answers == {(401, '{"detail":"a valid token is needed"}', "Bearer")}


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("responder", 200), ("admin", 200), ("metrics", 403)])
async def test_a_route_wants_its_role_or_a_higher_one(role: str, status: int) -> None:
    async with client(app(), role) as http:
        assert (await http.get("/room/show")).status_code == status


async def test_metrics_want_a_token_too() -> None:
    served = app()
    async with client(served) as http:
        assert (await http.get("/metrics")).status_code == 401
    async with client(served, "metrics") as http:
        assert "leeway_example_total 0.0" in (await http.get("/metrics")).text


async def test_tokens_that_cannot_be_checked_are_not_refused_but_asked_to_come_again() -> None:
    tokens = KnownTokens()
    tokens.down = True
    async with client(app(tokens=tokens), "admin") as http:
        assert (await http.get("/room/show")).status_code == 503


async def test_health_says_why_not() -> None:
    async with client(app(Health((), ("mapper: not started",)))) as http:
        assert (await http.get("/health/live")).status_code == 200
        ready = await http.get("/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"ok": False, "reasons": ["mapper: not started"]})


async def test_a_stuck_room_is_neither_live_nor_ready() -> None:
    async with client(app(Health(("stuck",), ("stuck",)))) as http:
        assert [(await http.get(path)).status_code for path in sorted(OPEN_PATHS)] == [503, 503]


async def test_the_server_listens_on_loopback_where_nothing_else_is_said() -> None:
    server = HttpServer(app(), HttpSettings(port=0))
    address = await server.start()
    assert address.startswith("http://127.0.0.1:")
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{address}/health/ready")
        assert (answer.status_code, "server" in answer.headers) == (200, False)
    await server.stop()


async def test_a_port_that_is_taken_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = HttpServer(app(), HttpSettings(port=taken.getsockname()[1]))
        with pytest.raises(Misconfigured, match="LEEWAY_HTTP_PORT"):
            await server.start()


def test_a_role_is_part_of_the_dependency() -> None:
    assert Requires(Role.EDITOR).role is Role.EDITOR
