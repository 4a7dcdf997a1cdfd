"""The HTTP interface of the stand-in, under `/api/1.0`: tokens, limits, faults in Asana's words, batches."""

import hmac
import inspect
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox.asana import (
    finding_routes,
    listening_routes,
    place_routes,
    plan_routes,
    story_routes,
    task_routes,
)
from services.sandbox.asana.batch import batched
from services.sandbox.asana.calls import API, Answer, Call, fault
from services.sandbox.asana.routing import Handler, Routes, find
from services.sandbox.asana.site import AsanaSite
from services.sandbox.asana.store import Forbidden, Missing, Refused

ROUTES: Final[Routes] = {
    **task_routes.ROUTES,
    **story_routes.ROUTES,
    **place_routes.ROUTES,
    **plan_routes.ROUTES,
    **listening_routes.ROUTES,
    **finding_routes.ROUTES,
}
METHODS: Final = ("GET", "POST", "PUT", "DELETE")


class Api:
    """Answers requests to one site, each with the token."""

    def __init__(self, site: AsanaSite, token: str) -> None:
        self._site = site
        self._bearer = f"bearer {token}".encode()
        self._token = token
        self._recent: deque[datetime] = deque()

    async def __call__(self, request: Request) -> Response:
        """Answer a request."""
        answer = self._refusal(request) or await self._answer(request)
        headers = {"Asana-API-Version": "1.0", **answer.headers}
        body = orjson.dumps(answer.body)
        return Response(body, answer.status, headers, media_type="application/json; charset=UTF-8")

    async def token(self, _request: Request) -> Response:
        """Answer a client that refreshes its OAuth token: it is the one token that there is."""
        body = {"access_token": self._token, "token_type": "bearer", "expires_in": 3600}
        return Response(orjson.dumps(body), media_type="application/json")

    def _refusal(self, request: Request) -> Answer | None:
        scheme, _, said = request.headers.get("authorization", "").partition(" ")
        if not hmac.compare_digest(f"{scheme.lower()} {said}".encode(), self._bearer):
            return fault(401, "Not Authorized")
        return self._slowed(1)

    def _slowed(self, count: int) -> Answer | None:
        """Refuse what comes too fast; what is refused counts as well."""
        if self._site.requests_a_minute is None:
            return None
        now, minute = self._site.wall(), timedelta(minutes=1)
        while self._recent and now - self._recent[0] >= minute:
            self._recent.popleft()
        self._recent.extend([now] * count)
        if len(self._recent) <= self._site.requests_a_minute:
            return None
        wait = (self._recent[0] + minute - now).total_seconds()
        answer = fault(429, "You have made too many requests recently. Please, be chill.")
        return Answer(429, answer.body, {"Retry-After": str(max(1, int(wait) + 1))})

    async def _answer(self, request: Request) -> Answer:
        data: Any = {}
        if request.method in {"POST", "PUT"} and (body := await request.body()):
            try:
                sent = orjson.loads(body)
            except orjson.JSONDecodeError:
                return fault(400, "Could not parse request data, invalid JSON")
            data = sent.get("data", {}) if isinstance(sent, Mapping) else None
            if not isinstance(data, Mapping):
                return fault(400, "data: Must be an object")
        actions = data.get("actions")
        if isinstance(actions, list) and actions and (slowed := self._slowed(len(actions) - 1)):
            return slowed
        return await answered(self._site, request.method, request.path_params["path"], request.query_params, data)


async def answered(
    site: AsanaSite, method: str, path: str, query: Mapping[str, str], data: Mapping[str, Any]
) -> Answer:
    """Answer one request, of its own or out of a batch."""
    if (method, path) == ("POST", "batch"):
        return await _guarded(_batch, Call(site, method, path, (), query, data))
    found = find(ROUTES, method, path)
    if found is None:
        return fault(404, f"No matching route for request: {method} /{path}")
    handler, gids = found
    return await _guarded(handler, Call(site, method, path, gids, query, data))


async def _guarded(handler: Handler, call: Call) -> Answer:
    """Answer a request; what is refused becomes an answer too."""
    try:
        answer = handler(call)
        return await answer if inspect.isawaitable(answer) else answer
    except Missing as missing:
        return fault(404, str(missing))
    except Forbidden as forbidden:
        return fault(403, str(forbidden))
    except Refused as refused:
        return fault(400, str(refused))


async def _broken(_request: Request, _error: Exception) -> Response:
    return Response(orjson.dumps(fault(500, "Server Error").body), 500, media_type="application/json")


async def _batch(call: Call) -> Answer:
    return await batched(call, lambda method, path, query, data: answered(call.site, method, path, query, data))


def build_asana(site: AsanaSite, *, token: str = "sandbox") -> Starlette:  # noqa: S107 -- the sandbox's known token
    """Return the application that serves a site to whoever has the token."""
    api = Api(site, token)
    return Starlette(
        routes=[
            Route(API + "/{path:path}", api.__call__, methods=METHODS),
            Route("/-/oauth_token", api.token, methods=["POST"]),
        ],
        exception_handlers={Exception: _broken},
    )
