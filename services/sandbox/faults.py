"""Faults of a tracker, switched on for requests and webhooks: an ASGI layer around each of the sandbox's sites.

Promise: what strikes is drawn from the seed and from the how-manieth request of a method and path it is, so that a run
repeats whatever comes between. The admin endpoint itself is never struck.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from random import Random
from typing import Any, Final

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime.clock import Clock
from services.sandbox.fault_kinds import HOOK_KINDS, Fault, FaultKind, Order, is_token, orders_from

ADMIN: Final = "/__sandbox/"
QUOTA_SECONDS: Final = 1847
SECONDS: Final = 1
LONGEST_ORDER: Final = 100_000
NO_CONTENT: Final = 204
_HTML: Final = (
    b"<!DOCTYPE html><html><head><title>Log in</title></head><body><h1>We'll be right back</h1></body></html>"
)
_SAID: Final = {
    401: "The token has expired.", 403: "You do not have permission to do this.", 404: "Not found, or no permission.",
    429: "Rate limit exceeded.", 500: "Internal server error", 502: "Bad gateway", 503: "Service unavailable",
    504: "Gateway time-out",
}  # fmt: skip

State = Callable[[], dict[str, Any]]


class Switch:
    """One fault that is on: how often it was met, and how often it struck."""

    def __init__(self, fault: Fault, seed: int, number: int) -> None:
        self.fault = fault
        self.struck = 0
        self._met = Counter[str]()
        self._matched = 0
        self._seed = f"{seed} {number}"

    def strikes(self, method: str, path: str) -> bool:
        """Say whether this request is struck; each call is one more request."""
        fault = self.fault
        if self._is_spent() or not fault.fits(method, path):
            return False
        self._matched += 1
        place = f"{method} {path}"
        self._met[place] += 1
        draw = Random(f"{self._seed} {place} {self._met[place]}").random()  # noqa: S311 -- a fault, no secret
        if self._matched <= fault.skip or draw >= fault.probability:
            return False
        self.struck += 1
        return True

    def told(self) -> dict[str, Any]:
        """Return the fault and its count, for the admin endpoint."""
        return {**self.fault.model_dump(mode="json"), "struck": self.struck}

    def _is_spent(self) -> bool:
        return self.fault.count is not None and self.struck >= self.fault.count


class Faults:
    """An ASGI application around another one. `state` gives what `GET /__sandbox/state` answers."""

    def __init__(self, app: ASGIApp, clock: Clock, *, token: str = "sandbox", state: State = dict) -> None:  # noqa: S107 -- the sandbox's known one
        self._app = app
        self._clock = clock
        self._token = token
        self._state = state
        self._seed = 1
        self._given = 0
        self._switches: list[Switch] = []
        self._released = asyncio.Event()

    def switch_on(self, *faults: Fault, seed: int | None = None) -> None:
        """Switch on more faults; the first that strikes wins."""
        self._seed = self._seed if seed is None else seed
        for fault in faults:
            self._given += 1
            self._switches.append(Switch(fault, self._seed, self._given))

    def clear(self) -> None:
        """Switch all off, forget the counts, and let go of the requests that are held."""
        self._switches.clear()
        self._given = 0
        self._released.set()
        self._released = asyncio.Event()

    def told(self) -> dict[str, Any]:
        """Return what is on, and how often each struck."""
        return {"seed": self._seed, "faults": [switch.told() for switch in self._switches]}

    def struck(self) -> int:
        """Return how often any of what is on struck."""
        return sum(switch.struck for switch in self._switches)

    def for_hook(self, url: str) -> Fault | None:
        """Return the fault that strikes the next delivery to an address, if one does."""
        return self._first("POST", url, hooks=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request: badly, if a fault strikes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith(ADMIN):
            await self._administer(scope, receive, send)
        else:
            fault = self._first(scope["method"], scope["path"], hooks=False)
            if fault is None:
                await self._app(scope, receive, send)
            else:
                await self._strike(fault, scope, receive, send)

    def _first(self, method: str, path: str, *, hooks: bool) -> Fault | None:
        for switch in tuple(self._switches):
            if (switch.fault.kind in HOOK_KINDS) is hooks and switch.strikes(method, path):
                return switch.fault
        return None

    async def _strike(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        kind = fault.kind
        if kind in {FaultKind.RESET, FaultKind.TRUNCATED, FaultKind.WRONG_SHAPE}:
            await _spoil(kind, await self._real_answer(scope, receive), send)
            return
        if fault.acts:
            await self._real_answer(scope, receive)
        if kind is FaultKind.TIMEOUT:
            await self._hold(receive, send)
        elif kind is FaultKind.HTML:
            await _answer(send, 200, _HTML, {"content-type": "text/html; charset=utf-8"})
        else:
            await self._refuse(fault, send)

    async def _real_answer(self, scope: Scope, receive: Receive) -> list[Message]:
        """Let the site do what it was asked, and keep its answer."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        return messages

    async def _hold(self, receive: Receive, send: Send) -> None:
        """Answer nothing until the client leaves, or the faults are cleared."""
        left = asyncio.ensure_future(_until_left(receive))
        released = asyncio.ensure_future(self._released.wait())
        done, _ = await asyncio.wait((left, released), return_when=asyncio.FIRST_COMPLETED)
        for waiting in (left, released):
            waiting.cancel()
        if left not in done:
            await _answer(send, 503, b"", {})

    async def _refuse(self, fault: Fault, send: Send) -> None:
        status = int(fault.kind.value[:3])
        said = _SAID[status]
        body = {"errorMessages": [said], "errors": [{"message": said}]}
        headers = {"content-type": "application/json"} | self._headers(fault)
        await _answer(send, status, orjson.dumps(body), headers)

    def _headers(self, fault: Fault) -> dict[str, str]:
        """Return what says how long to wait, in the form that the kind is about."""
        if fault.kind is FaultKind.QUOTA:
            seconds = QUOTA_SECONDS if fault.seconds is None else fault.seconds
            reset = self._clock.wall() + timedelta(seconds=seconds)
            return {
                "retry-after": f"{seconds:g}", "ratelimit-reason": "jira-quota-global-based",
                "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset.strftime("%Y-%m-%dT%H:%MZ"),
            }  # fmt: skip
        seconds = SECONDS if fault.seconds is None else fault.seconds
        if fault.kind is FaultKind.RATE_LIMITED_DATE:
            until = (self._clock.wall() + timedelta(seconds=seconds)).replace(microsecond=0)
            return {"retry-after": format_datetime(until, usegmt=True)}
        if fault.kind is FaultKind.RATE_LIMITED or fault.seconds is not None:
            return {"retry-after": f"{seconds:g}"}
        return {}

    async def _administer(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, body = 401, dict[str, Any](error="the sandbox's token is needed")
        if is_token(dict(scope["headers"]).get(b"authorization", b""), self._token):
            status, body = self._obey(scope["method"], scope["path"], await _body(receive))
        headers = {"content-type": "application/json"}
        await _answer(send, status, orjson.dumps(body), headers)

    def _obey(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        match method, path.removeprefix(ADMIN):
            case "GET", "state":
                return 200, self._state()
            case "GET", "faults":
                return 200, self.told()
            case "DELETE", "faults":
                self.clear()
                return 200, self.told()
            case "POST", "faults":
                order = orders_from(body)
                if not isinstance(order, Order):
                    return 400, {"error": order}
                self.switch_on(*order.faults, seed=order.seed)
                return 200, self.told()
        return 404, {"error": "GET /__sandbox/state; GET, POST or DELETE /__sandbox/faults"}


async def _spoil(kind: FaultKind, messages: list[Message], send: Send) -> None:
    """Send an answer that is right up to its head: half of its body, or JSON of another shape."""
    start = next(message for message in messages if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in messages if message["type"] == "http.response.body")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    status = 200 if start["status"] == NO_CONTENT else start["status"]
    if kind is FaultKind.RESET:
        headers["content-length"] = str(len(body) + 1000)
        await _begin(send, status, headers)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        return  # the server closes a connection whose answer is left unfinished
    spoilt = body[: len(body) // 2] if kind is FaultKind.TRUNCATED else _other_shape(body)
    await _answer(send, status, spoilt, headers)


def _other_shape(body: bytes) -> bytes:
    return b'{"value":' + (body or b"null") + b"}" if body.startswith(b"[") else b"[" + body + b"]"


async def _answer(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    await _begin(send, status, headers | {"content-length": str(len(body))})
    await send({"type": "http.response.body", "body": body})


async def _begin(send: Send, status: int, headers: dict[str, str]) -> None:
    coded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": coded})


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive) -> bytes:
    """Read an order; one that is too long is cut, and so refused as JSON."""
    body, more = b"", True
    while more and len(body) <= LONGEST_ORDER:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body[:LONGEST_ORDER]
