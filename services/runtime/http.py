"""The process's one HTTP server: health for everybody, and every other route for a bearer token with the right role.

Promise: a route without a declared role does not start; an unknown, expired or revoked token and no token at all
get the same answer.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Final

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.routing import BaseRoute

from services.runtime.errors import Misconfigured, Transient
from services.runtime.health import Health
from services.runtime.settings import HttpSettings
from services.runtime.tokens import Role, Token, Tokens, includes

OPEN_PATHS: Final = frozenset({"/health/live", "/health/ready"})
_ATTRIBUTE: Final = "tokens"
GRACE_SECONDS: Final = 5

HealthCheck = Callable[[], Awaitable[Health]]


class Requires:
    """A dependency that lets a request through only with a token of a role: `Depends(Requires(Role.VIEWER))`."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def __call__(self, request: Request) -> Token:
        """Return the token of the request, or answer 401 or 403."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        token = await self._find(request, given.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            raise HTTPException(401, "a valid token is needed", headers={"WWW-Authenticate": "Bearer"})
        if not includes(token.role, self.role):
            raise HTTPException(403, f"the role {self.role} is needed")
        return token

    async def _find(self, request: Request, given: str) -> Token | None:
        tokens: Tokens = getattr(request.app.state, _ATTRIBUTE)
        try:
            return await tokens.find(given)
        except Transient as error:
            raise HTTPException(503, "tokens cannot be checked now", headers={"Retry-After": "5"}) from error


class SignedBySender:
    """A dependency that marks a route whose sender proves itself by a signature, which the handler must verify."""

    async def __call__(self) -> None:
        """Let the request through to the handler."""


Viewer = Annotated[Token, Depends(Requires(Role.VIEWER))]
Responder = Annotated[Token, Depends(Requires(Role.RESPONDER))]
Editor = Annotated[Token, Depends(Requires(Role.EDITOR))]
Admin = Annotated[Token, Depends(Requires(Role.ADMIN))]


def build_http(
    tokens: Tokens, health: HealthCheck, registry: CollectorRegistry, routers: Iterable[APIRouter] = ()
) -> FastAPI:
    """Return the application with the routes of the runtime and of the rooms."""
    app = FastAPI(title="Leeway", docs_url=None, redoc_url=None, openapi_url=None)
    setattr(app.state, _ATTRIBUTE, tokens)
    app.include_router(_own_routes(health, registry))
    for router in routers:
        app.include_router(router)
    undeclared = routes_without_role(app.routes)
    if undeclared:
        raise Misconfigured(f"Routes without a declared role: {', '.join(undeclared)}.")
    return app


def routes_without_role(routes: Sequence[BaseRoute]) -> list[str]:
    """Return the paths of all routes that nobody guards, health apart."""
    return sorted(
        str(route.path)
        for route in iter_route_contexts(routes)
        if route.path not in OPEN_PATHS and not _is_guarded(getattr(route, "dependant", None))
    )


def _is_guarded(dependant: Dependant | None) -> bool:
    """Say whether a role, or the sender's signature, is asked for; mounts and plain routes have no dependencies."""
    if dependant is None:
        return False
    if isinstance(dependant.call, Requires | SignedBySender):
        return True
    return any(_is_guarded(one) for one in dependant.dependencies)


def _own_routes(health: HealthCheck, registry: CollectorRegistry) -> APIRouter:
    router = APIRouter()

    @router.get("/health/live")
    async def live(response: Response) -> dict[str, object]:
        """Say whether this process should go on: 503 when it is stuck."""
        return _answer(response, (await health()).stuck)

    @router.get("/health/ready")
    async def ready(response: Response) -> dict[str, object]:
        """Say whether this process works as it should: 503 with the reasons when not."""
        return _answer(response, (await health()).not_ready)

    @router.get("/metrics", dependencies=[Depends(Requires(Role.METRICS))])
    async def metrics() -> Response:
        """Return the metrics in Prometheus' text format."""
        await health()
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _answer(response: Response, reasons: Sequence[str]) -> dict[str, object]:
    response.status_code = 503 if reasons else 200
    return {"ok": not reasons, "reasons": list(reasons)}


class HttpServer:
    """Serves an application until it is stopped, and says where."""

    def __init__(self, app: FastAPI, settings: HttpSettings) -> None:
        self._server = _Server(
            uvicorn.Config(
                app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE_SECONDS
            )
        )
        self._settings = settings
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """Begin to serve; return the address, with the port that was free where 0 was asked for."""
        listener = listen(self._settings)
        host, port = listener.getsockname()[:2]
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]), name="http")
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def stop(self) -> None:
        """Finish what is being answered and stop."""
        self._server.should_exit = True
        if self._task is not None:
            await asyncio.wait([self._task])


def listen(settings: HttpSettings) -> socket.socket:
    """Return a socket that listens where the settings say, or raise what to change."""
    try:
        listener = socket.create_server(
            (settings.host, settings.port), family=socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        )
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]  # Python says once more where, in brackets
        raise Misconfigured(
            f"Cannot listen on {settings.host}:{settings.port} ({reason}); set LEEWAY_HTTP_PORT to a free port."
        ) from error
    # asyncio does this for sockets of its own making only; without it an answer waits 40 ms for its acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _Server(uvicorn.Server):
    """Leaves the process's signals to the host."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield
