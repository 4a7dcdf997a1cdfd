"""What trackers tell us by webhooks: verified over the raw bytes, stored as hints, answered at once.

Promise: a delivery is answered with 200 only after what it told is committed; nothing that is not signed by the
tracker leaves a trace in the tables; who is refused learns nothing but that; a flood costs bounded memory.
Routes: `POST /hooks/jira/{connection}` and `POST /hooks/asana/{connection}/{key}`.
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, NamedTuple

from fastapi import APIRouter, Depends, Request, Response
from starlette.requests import ClientDisconnect

from schemas.work_items import Tracker
from services.connectors.hints import add_hints
from services.connectors.hooks_store import note_heard, secret_of, take_secret
from services.connectors.tracker import HookHints, TrackerClient
from services.runtime.clock import Clock
from services.runtime.database import RoomDatabase
from services.runtime.errors import InvalidMessage, Permanent, Transient
from services.runtime.faultpoints import faultpoint
from services.runtime.http import SignedBySender
from services.runtime.metrics import Metrics
from services.runtime.secrets import Secret

MOST_BYTES: Final = 1024 * 1024
MOST_AT_ONCE: Final = 64
"""So many deliveries may be read at once: 64 MiB at worst."""
MOST_STORING: Final = 3
"""So many of them may hold a connection to the database: the room's other work needs the others."""
READ_SECONDS: Final = 10.0
STORE_SECONDS: Final = 8.0
"""Asana gives up after ten seconds, and sends again."""
HANDSHAKE_MINUTES: Final = 5
"""Asana shakes hands during the call that creates the webhook; an address that waited longer is no longer answered."""
RETRY_AFTER: Final = "30"

_ITEM: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_HOOK_SECRET: Final = re.compile(r"[\x21-\x7e]{1,255}")

Outcome = Literal[
    "taken", "heartbeat", "handshake",
    "refused", "malformed", "too-large", "too-slow", "cut-off", "too-many", "database-away",
]  # fmt: skip
"""How a delivery ended; the metric's label."""

_STATUS: Final[Mapping[Outcome, int]] = {
    "taken": 200, "heartbeat": 200, "handshake": 200,
    "refused": 401, "malformed": 400, "too-large": 413, "too-slow": 408, "cut-off": 400, "too-many": 429,
    "database-away": 503,
}  # fmt: skip
_LATER: Final = frozenset({408, 429, 503})
"""Both trackers send again after these."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who may send: a connection with webhooks. `secret` is what Jira signs with; Asana's come by handshakes."""

    client: TrackerClient
    secret: Secret | None = None


class _Delivery(NamedTuple):
    """One request, read. `key` is the part of the address that only Asana and we know."""

    connection: str
    headers: Mapping[str, str]
    body: bytes
    key: str | None = None


class _Refused(Exception):  # noqa: N818 -- named by what happens, as the handlers read
    """The delivery ends so."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome: Outcome = outcome


class Receiver:
    """Takes deliveries for the connections in `senders`; `wake` is told which one has hints, after the commit."""

    def __init__(
        self,
        database: RoomDatabase,
        clock: Clock,
        metrics: Metrics,
        senders: Mapping[str, Sender],
        wake: Callable[[str], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._senders = senders
        self._wake = wake
        self._reading = 0
        self._storing = asyncio.Semaphore(MOST_STORING)

    def router(self) -> APIRouter:
        """Return the two routes, whose senders prove themselves by their signatures."""
        router = APIRouter(prefix="/hooks", dependencies=[Depends(SignedBySender())])

        @router.post("/jira/{connection}")
        async def jira(request: Request, connection: str) -> Response:
            """Take a delivery of Jira's."""
            return await self._answer(request, Tracker.JIRA, connection, None)

        @router.post("/asana/{connection}/{key}")
        async def asana(request: Request, connection: str, key: str) -> Response:
            """Take a delivery of Asana's, or shake hands."""
            return await self._answer(request, Tracker.ASANA, connection, key)

        return router

    async def _answer(self, request: Request, tracker: Tracker, connection: str, key: str | None) -> Response:
        headers: dict[str, str] = {}
        try:
            outcome, headers = await self._bounded(request, tracker, connection, key)
        except _Refused as refused:
            outcome = refused.outcome
        self._metrics.hook(outcome)
        status = _STATUS[outcome]
        return Response(
            status_code=status, headers=headers | ({"Retry-After": RETRY_AFTER} if status in _LATER else {})
        )

    async def _bounded(
        self, request: Request, tracker: Tracker, connection: str, key: str | None
    ) -> tuple[Outcome, dict[str, str]]:
        """Read and take one of the few deliveries that may be at hand at once; the others are told to come later."""
        if self._reading >= MOST_AT_ONCE:
            raise _Refused("too-many")
        self._reading += 1
        try:
            delivery = _Delivery(connection, request.headers, await _read(request), key)
            sender = self._senders.get(connection)
            if sender is None or sender.client.tracker is not tracker:
                _verify_in_vain(delivery.body)
                raise _Refused("refused")
            return await self._in_time(sender, delivery)
        finally:
            self._reading -= 1

    async def _in_time(self, sender: Sender, delivery: _Delivery) -> tuple[Outcome, dict[str, str]]:
        try:
            async with asyncio.timeout(STORE_SECONDS):
                if delivery.key is not None and "x-hook-secret" in delivery.headers:
                    return "handshake", await self._shake_hands(delivery.key, delivery)
                return await self._take(sender, delivery), {}
        except (Transient, TimeoutError) as error:
            raise _Refused("database-away") from error

    async def _shake_hands(self, key: str, delivery: _Delivery) -> dict[str, str]:
        """Keep a secret that was sent to an address of ours that waits for one, and say so by sending it back."""
        secret = delivery.headers["x-hook-secret"]
        if not (_KEY.fullmatch(key) and _HOOK_SECRET.fullmatch(secret)):
            raise _Refused("refused")
        at = self._clock.wall()
        since = at - timedelta(minutes=HANDSHAKE_MINUTES)
        async with self._storing, self._database.transaction() as conn:
            if not await take_secret(conn, delivery.connection, key, secret, at=at, since=since):
                raise _Refused("refused")
        return {"X-Hook-Secret": secret}

    async def _take(self, sender: Sender, delivery: _Delivery) -> Outcome:
        hints = _hints(sender, delivery, await self._secret(sender, delivery))
        told = bool(hints.changed or hints.deleted)
        at = self._clock.wall()
        async with self._storing, self._database.transaction() as conn:
            await add_hints(
                conn, delivery.connection, changed=hints.changed, deleted=hints.deleted, reason="webhook", at=at
            )
            await note_heard(conn, delivery.connection, delivery.key, at, told=told)
        if told:
            faultpoint("connectors.hinted")
            self._wake(delivery.connection)
        return "taken" if told else "heartbeat"

    async def _secret(self, sender: Sender, delivery: _Delivery) -> str:
        if delivery.key is None:
            if sender.secret is None:
                raise _Refused("refused")
            return sender.secret.get_secret_value()
        if not _KEY.fullmatch(delivery.key):
            raise _Refused("refused")
        async with self._storing, self._database.transaction() as conn:
            secret = await secret_of(conn, delivery.connection, delivery.key)
        if secret is None:
            _verify_in_vain(delivery.body)
            raise _Refused("refused")
        return secret


def _hints(sender: Sender, delivery: _Delivery, secret: str) -> HookHints:
    try:
        hints = sender.client.hook_hints(delivery.headers, delivery.body, secret)
    except (InvalidMessage, RecursionError) as error:
        raise _Refused("malformed") from error
    except Permanent as error:
        raise _Refused("refused") from error
    if not all(map(_ITEM.fullmatch, (*hints.changed, *hints.deleted))):
        raise _Refused("malformed")
    return hints


async def _read(request: Request) -> bytes:
    """Return the body, as long as it is not too long, whatever its length is said to be."""
    said = request.headers.get("content-length", "0")
    if not said.isdecimal() or len(said) > len(str(MOST_BYTES)) or int(said) > MOST_BYTES:
        raise _Refused("too-large")
    body = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise _Refused("too-large")
    except TimeoutError as error:
        raise _Refused("too-slow") from error
    except ClientDisconnect as error:
        raise _Refused("cut-off") from error
    return bytes(body)


def _verify_in_vain(body: bytes) -> None:
    """Take as long as with a known sender, so that the time of an answer does not tell who is known."""
    hmac.digest(b"nobody", body, hashlib.sha256)
