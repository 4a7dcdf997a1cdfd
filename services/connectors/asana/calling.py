"""One call to Asana through the vendor's package: it ends in its answer, or in one of our few errors.

Promise: nothing sleeps in a thread, nothing that writes is sent twice, a wait that the site asks for holds up all
calls of the token, and no error and no log line holds the token.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from random import SystemRandom
from typing import Any, Final, TypeVar

import asana
import orjson
import urllib3

from services.connectors.gate import Gate
from services.connectors.reading import mapping, text
from services.connectors.refusals import Denied, Refused, Remedies, Said, refusal
from services.connectors.tracker import Limits
from services.connectors.transport import TRANSPORT_ERRORS, Late, Route, broken, clock_off
from services.runtime.clock import Clock
from services.runtime.connections import AsanaConnection
from services.runtime.errors import LeewayError, Permanent, RateLimited, Transient
from services.runtime.secrets import Redactor, Secret

CALLS_AT_ONCE: Final = 8
BATCHES_AT_ONCE: Final = 4
"""Asana allows a token 50 reads at once, and counts each of the ten in a batch."""

READ_TRIES: Final = 3
FIRST_WAIT_SECONDS: Final = 0.25
TIMEOUT_SECONDS: Final = 30
PAGE_SIZE: Final = 100
API_PATH: Final = "/api/1.0"
_LONGEST_TOKEN: Final = 10_000

SCOPES: Final[Mapping[str, str]] = {
    "read its tasks": "tasks:read",
    "read its projects": "projects:read",
    "read histories and comments": "stories:read",
    "say who we are": "users:read",
    "list its workspaces": "workspaces:read",
    "read its custom fields": "custom_fields:read",
    "read its portfolios": "portfolios:read",
    "read its goals": "goals:read",
    "list our webhooks": "webhooks:read",
    "register a webhook": "webhooks:write",
    "remove a webhook": "webhooks:delete",
    "leave a comment": "stories:write",
}
"""The scope that each purpose of a call takes. Source: the vendor's OpenAPI file, `security`."""

Json = dict[str, Any]
Page = tuple[list[Json], str | None]
"""The objects of a page, and the offset of the next one."""

Method = Callable[..., Any]
"""A method of one of the package's API classes."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """The longest wait inside a call, and how often one that came too fast is made again."""

    seconds: float
    tries: int


SHORT: Final = Patience(5.0, READ_TRIES)
"""A longer wait is the engine's: it has other connections to look after."""

WHOLE_PAGE: Final = Patience(70.0, 8)
"""Asana's limits are of a minute, and on a small plan a minute's calls are fewer than a page takes: what is half read
waits for the rest, or the page would never come whole."""

_CHANCE: Final = SystemRandom()


class LostToken(Permanent):
    """The sync token of a stream of events is missing or too old; `sync` is the next one."""

    def __init__(self, sync: str) -> None:
        super().__init__("The token of the stream of events is missing or too old.")
        self.sync = sync


class Caller:
    """The one way to a site: threads, time-outs, limits and errors."""

    def __init__(
        self, connection: AsanaConnection, token: str, clock: Clock, *, timeout_seconds: int = TIMEOUT_SECONDS
    ) -> None:
        self.limits = Limits()
        self.clock_off_seconds: float | None = None
        self.who = f"Asana at {connection.url}"
        self._clock = clock
        self._route = Route(self.who, connection.tls_ca, connection.proxy)
        self._remedies = _remedies(self.who, connection)
        self._redactor = Redactor((Secret(token),))
        self._timeout = int(timeout_seconds)  # the package takes a float for no time-out at all
        self._gate = Gate(CALLS_AT_ONCE)
        self._batch_slots = asyncio.Semaphore(BATCHES_AT_ONCE)
        self._threads = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix=f"asana-{connection.id}")
        self._api = _package_client(connection, token)

    def api(self, kind: Callable[[Any], Any]) -> Any:
        """Return one of the package's API classes, for this site."""
        return kind(self._api)

    async def close(self) -> None:
        """Let go of the threads; a call that is under way ends by itself and is not heard."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._api.rest_client.pool_manager.clear()

    async def one(self, purpose: str, method: Method, *args: Any) -> Json:
        """Read one object."""
        return await self.read(purpose, method, args, self.object_in)

    async def page(self, purpose: str, method: Method, *args: Any) -> Page:
        """Read one page of a list."""
        return await self.read(purpose, method, args, self.page_in)

    async def rows(self, purpose: str, method: Method, *args: Any) -> list[Json]:
        """Read all pages of a list; the last argument holds the options."""
        *before, options = args
        found: list[Json] = []
        seen: set[str | None] = set()
        offset: str | None = None
        while offset not in seen:
            seen.add(offset)
            fresh = {"limit": PAGE_SIZE} | options | ({"offset": offset} if offset else {})
            rows, offset = await self.page(purpose, method, *before, fresh)
            found += rows
            if offset is None:
                break
        return found

    async def write(self, purpose: str, method: Method, *args: Any) -> Json:
        """Change something, once: after a `Transient` nobody knows whether it happened."""
        return self.object_in(await self._send(purpose, method, args))

    async def batch(self, purpose: str, actions: Sequence[Json], shape: Callable[[Json], T]) -> T:
        """Read up to ten things in one call."""
        method, body = self.api(asana.BatchAPIApi).create_batch_request, {"data": {"actions": list(actions)}}
        async with self._batch_slots:
            return await self.read(purpose, method, (body, {}), shape, WHOLE_PAGE)

    async def read(
        self, purpose: str, method: Method, args: Sequence[Any], shape: Callable[[Json], T],
        patience: Patience = SHORT,
    ) -> T:  # fmt: skip
        """Read an answer in a shape, again a few times where that is soon enough."""
        tries = 0
        while True:
            tries += 1
            try:
                return shape(await self._send(purpose, method, args, patience))
            except Transient as error:
                self._heed(error)
                wait = _wait_seconds(error, tries)
                enough = patience.tries if isinstance(error, RateLimited) else READ_TRIES
                if tries >= enough or wait > patience.seconds or isinstance(error, Late):
                    raise
            await self._clock.sleep(wait)

    def object_in(self, body: Json) -> Json:
        """Return the object under `data`."""
        data = body.get("data")
        if not isinstance(data, dict):
            raise self._no_answer()
        return data

    def page_in(self, body: Json) -> Page:
        """Return the objects under `data` and where the next page begins."""
        data = body.get("data")
        if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
            raise self._no_answer()
        return data, text(mapping(body.get("next_page")).get("offset"), _LONGEST_TOKEN)

    def whole(self, body: object) -> Json:
        """Return an answer as it came; what is no object comes from something between us and Asana."""
        if not isinstance(body, dict):
            raise self._no_answer()
        return body

    def refused(self, purpose: str, status: int, headers: Mapping[str, Any], content: bytes) -> LeewayError:
        """Return what a status other than success means, alone or inside a batch."""
        said = Said(status, {str(name).lower(): str(value) for name, value in headers.items()}, content)
        if status == HTTPStatus.PRECONDITION_FAILED and (sync := _sync_in(content)):
            return LostToken(sync)
        if status == HTTPStatus.NOT_FOUND and not said.quote:
            return Denied(f"{self.who} has no API there: check `url`.", status)
        error = refusal(said, purpose, self._remedies, self._redactor, self._clock.wall())
        if isinstance(error, Denied) and error.status == HTTPStatus.FORBIDDEN and _is_about_one(said.quote):
            return Refused(str(error), error.status, said.quote)
        return error

    def _no_answer(self) -> Transient:
        return Transient(f"{self.who} answers with something else than was asked for: check `url` if that goes on.")

    async def _may_go(self, patience: Patience) -> None:
        """Wait out a pause that the site asked for, or say how long it is where that is long."""
        while (left := (self.limits.paused_until or 0.0) - self._clock.monotonic()) > 0:
            if left > patience.seconds:
                raise RateLimited(f"{self.who} asked us to wait; {left:.0f} seconds are left.", retry_after=left)
            await self._clock.sleep(left)
        self.limits.paused_until = None

    def _heed(self, error: LeewayError) -> None:
        if isinstance(error, RateLimited):
            self._gate.narrow()
            until = self._clock.monotonic() + (error.retry_after or FIRST_WAIT_SECONDS)
            self.limits.paused_until = max(until, self.limits.paused_until or 0.0)

    async def _send(self, purpose: str, method: Method, args: Sequence[Any], patience: Patience = SHORT) -> Json:
        async with self._gate:
            await self._may_go(patience)
            call = partial(self._in_thread, method, args)
            outcome = await asyncio.get_running_loop().run_in_executor(self._threads, call)
        if not isinstance(outcome, Exception):
            body, headers = outcome
            told = {str(name).lower(): str(value) for name, value in headers.items()}
            self.clock_off_seconds = clock_off(told, self._clock.wall())
            self._gate.widen()
            return self.whole(body)
        error = self._meaning(outcome, purpose)
        self._heed(error)
        raise error

    def _in_thread(self, method: Method, args: Sequence[Any]) -> tuple[Any, Mapping[str, str]] | Exception:
        # The package writes into the options that it is given, and a second call with them reads the last page only.
        fresh = [dict(each) if isinstance(each, dict) else each for each in args]
        try:
            body, _, headers = method(
                *fresh, full_payload=True, _return_http_data_only=False, _request_timeout=self._timeout
            )
        except (asana.rest.ApiException, RecursionError, *TRANSPORT_ERRORS) as error:
            return error  # returned, not raised: its traceback holds the request with the token
        return body, headers

    def _meaning(self, error: Exception, purpose: str) -> LeewayError:
        if isinstance(error, RecursionError):
            return self._no_answer()
        if isinstance(error, asana.rest.ApiException) and error.status:
            return self.refused(purpose, error.status, dict(error.headers or {}), error.body or b"")
        return broken(error, self._route)


def _is_about_one(quote: str) -> bool:
    """Tell whether a 403 is about one object that the account does not see; a missing scope is about all of them."""
    return bool(quote) and "scope" not in quote.casefold()


def _sync_in(content: bytes) -> str | None:
    try:
        return text(mapping(orjson.loads(content)).get("sync"), _LONGEST_TOKEN)
    except ValueError:
        return None


def _wait_seconds(error: Transient, tries: int) -> float:
    if error.retry_after is not None:
        return error.retry_after * _CHANCE.uniform(1.0, 1.1)
    doubled: float = FIRST_WAIT_SECONDS * 2 ** (tries - 1)
    return doubled * _CHANCE.uniform(0.5, 1.5)


def _remedies(who: str, connection: AsanaConnection) -> Remedies:
    return Remedies(
        who=who,
        unknown=f"It is wrong, revoked or expired: make a new one and put it into the secret `{connection.token}`.",
        forbidden={
            purpose: f"Give the token the scope {scope}, or its account the right to see this."
            for purpose, scope in SCOPES.items()
        },
    )


def _package_client(connection: AsanaConnection, token: str) -> Any:
    """Return the package's client with its own repeating switched off, and without its idle threads."""
    configuration = asana.Configuration()
    configuration.host = connection.url.removesuffix(API_PATH) + API_PATH
    configuration.access_token = token
    configuration.retry_strategy = urllib3.Retry(
        0, redirect=0, raise_on_redirect=False, raise_on_status=False, respect_retry_after_header=False
    )
    configuration.connection_pool_maxsize = CALLS_AT_ONCE
    configuration.proxy = connection.proxy
    configuration.ssl_ca_cert = str(connection.tls_ca) if connection.tls_ca else None
    client = asana.ApiClient(configuration)
    client.pool.close()
    client.pool.join()
    return client
