"""One call to Jira, by httpx or by the package `jira`: its answer, or an error of the closed set in one sentence.

Promise: reads are repeated a few times where the wait is short, writes never; a quota stops all calls until the site
said, a limit of one issue's writes only that write; no token and no header gets into a message.
"""

import asyncio
import base64
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import httpx
import orjson
import requests
from jira import JIRA
from jira.exceptions import JIRAError

from services.connectors.refusals import Remedies, Said, refusal
from services.connectors.tracker import Limits
from services.connectors.transport import TRANSPORT_ERRORS, Late, Route, broken
from services.runtime.clock import Clock
from services.runtime.connections import JiraConnection, JiraKind
from services.runtime.errors import LeewayError, Misconfigured, RateLimited, Transient
from services.runtime.secrets import Redactor, Secret

T = TypeVar("T")

GATEWAY: Final = "https://api.atlassian.com/ex/jira"
"""Where scoped tokens are called. Source: TRACKERS, A6."""
COMMENT: Final = "leave a comment"
REGISTER: Final = "register webhooks"
_SCOPES_HINT: Final = "Give it the scopes read:jira-work and read:jira-user (and write:jira-work to comment)."
TRIES: Final = 3
LONGEST_WAIT_SECONDS: Final = 5.0
"""A longer wait is the engine's affair: it has other connections to look after."""
FIRST_WAIT_SECONDS: Final = 0.5
AT_ONCE: Final = 10
"""Calls at once. Cloud's burst limits lie far above; a Data Center's threads are its people's as well."""
THREADS: Final = 4
CONNECT_SECONDS: Final = 10.0
_ONE_WRITE: Final = "jira-per-issue-on-write"
_BURST: Final = "jira-burst-based"


@dataclass(frozen=True, slots=True)
class Asked:
    """A call: `path` is under the REST API, or with a leading slash under the site itself; `purpose` is for people.

    `shape` is what the answer's JSON has to be, where there is any.
    """

    method: str
    path: str
    purpose: str
    params: Mapping[str, Any] | None = None
    body: Any = None
    shape: type[dict[str, Any]] | type[list[Any]] = dict


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: the JSON, none where there was no body, and the headers by their names in lower case."""

    json: Any
    headers: Mapping[str, str]


class Calls:
    """All calls of one connection to one site."""

    def __init__(
        self, settings: JiraConnection, token: str, clock: Clock, remedies: Remedies, *, base: str, timeout: float
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.is_cloud = settings.kind is JiraKind.CLOUD
        self.base = base
        self.limits = Limits()
        self.who = remedies.who
        self.remedies = remedies
        self._route = Route(remedies.who, settings.tls_ca, settings.proxy)
        self._api = f"{self.base}/rest/api/{'3' if self.is_cloud else '2'}/"
        self._token = token
        self._timeout = timeout
        basic = base64.b64encode(f"{settings.user}:{token}".encode()).decode()
        self._redactor = Redactor((Secret(token), Secret(basic)))
        self._authorization = f"Basic {basic}" if settings.user else f"Bearer {token}"
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="jira")
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._http = self._build_http()
        self._library = self._build_library()

    def _build_http(self) -> httpx.AsyncClient:
        ca = self.settings.tls_ca
        try:
            return httpx.AsyncClient(
                headers={"Accept": "application/json", "X-Atlassian-Token": "no-check"},
                timeout=httpx.Timeout(self._timeout, connect=min(CONNECT_SECONDS, self._timeout)),
                limits=httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE),
                verify=True if ca is None else ssl.create_default_context(cafile=ca),
                proxy=self.settings.proxy,
                trust_env=False,
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise Misconfigured(f"`tls_ca` names {ca}, which cannot be used ({why}): give a PEM file.") from error

    def _build_library(self) -> JIRA:
        """Build the package's client without its guesses: kind and version said, no retries, no words in the log."""
        proxy, user = self.settings.proxy, self.settings.user
        library = JIRA(
            server=self.base,
            options={
                "rest_api_version": "3" if self.is_cloud else "2",
                "verify": str(self.settings.tls_ca) if self.settings.tls_ca else True,
            },
            basic_auth=(user, self._token) if user else None,
            token_auth=None if user else self._token,
            get_server_info=False,
            max_retries=0,
            logging=False,
            timeout=(min(CONNECT_SECONDS, self._timeout), self._timeout),
            proxies={"http": proxy, "https": proxy} if proxy else None,
        )
        library.deploymentType = "Cloud" if self.is_cloud else "Server"
        session = library._session  # noqa: SLF001 -- the package gives no other way to the three settings below
        session.trust_env = False
        session.max_redirects = 0
        session.hooks["response"].append(lambda answer, **_: self._note(answer.headers))
        return library

    async def close(self) -> None:
        """Let go of connections and threads; what a thread is still waiting for is not waited for."""
        await self._http.aclose()
        self._library.close()  # type: ignore[no-untyped-call]  # the package's own
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def read(self, asked: Asked, *, anonymous: bool = False) -> Answer:
        """Return the answer to a read; that may be a POST which only asks."""
        return await self._repeated(lambda: self._sent(asked, anonymous=anonymous))

    async def write(self, asked: Asked) -> Answer:
        """Send a change, once."""
        return await self._once(lambda: self._sent(asked))

    async def ask(self, purpose: str, call: Callable[[JIRA], T]) -> T:
        """Return what a method of the package that only reads returns."""
        return await self._repeated(lambda: self._threaded(purpose, call))

    async def tell(self, purpose: str, call: Callable[[JIRA], T]) -> T:
        """Call a method of the package that changes something: once."""
        return await self._once(lambda: self._threaded(purpose, call))

    async def _repeated(self, attempt: Callable[[], Awaitable[T | LeewayError]]) -> T:
        for tries in range(1, TRIES + 1):
            try:
                return await self._once(attempt)
            except Transient as error:
                wait = _wait(error, tries)
                if wait is None:
                    raise
            await self.clock.sleep(wait)
        raise AssertionError("the last try returns or raises")

    async def _once(self, attempt: Callable[[], Awaitable[T | LeewayError]]) -> T:
        await self._pause()
        async with self._slots:
            outcome = await attempt()
        if isinstance(outcome, LeewayError):
            raise outcome
        return outcome

    async def _pause(self) -> None:
        until = self.limits.paused_until
        if until is None:
            return
        left = until - self.clock.monotonic()
        if left > LONGEST_WAIT_SECONDS:
            raise RateLimited(f"{self.who} has told us to wait: no call for {left:.0f} seconds.", left)
        if left > 0:
            await self.clock.sleep(left)
        if self.limits.paused_until == until:
            self.limits.paused_until = None

    async def _sent(self, asked: Asked, *, anonymous: bool = False) -> Answer | LeewayError:
        url = f"{self.base}{asked.path}" if asked.path.startswith("/") else self._api + asked.path
        headers = {} if anonymous else {"Authorization": self._authorization}
        if asked.body is not None:
            headers["Content-Type"] = "application/json"
        content = None if asked.body is None else orjson.dumps(asked.body)
        try:
            came = await self._http.request(asked.method, url, params=asked.params, content=content, headers=headers)
        except TRANSPORT_ERRORS as error:
            return broken(error, self._route)
        self._note(came.headers)
        return self._judged(Said(came.status_code, _lower(came.headers), came.content), asked)

    def _judged(self, said: Said, asked: Asked) -> Answer | LeewayError:
        if said.is_refused:
            return self._refused(said, asked.purpose)
        try:
            found = orjson.loads(said.content) if said.content else None
        except ValueError:
            return _garbled(self.who, said.content)
        is_right = isinstance(found, asked.shape) or (found is None and asked.method != "GET")
        return Answer(found, said.headers) if is_right else self._other(asked.purpose)

    def _other(self, purpose: str) -> Transient:
        return Transient(f"{self.who} answered with something else than it should ({purpose}).")

    async def _threaded(self, purpose: str, call: Callable[[JIRA], T]) -> T | LeewayError:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._called, purpose, call)

    def _called(self, purpose: str, call: Callable[[JIRA], T]) -> T | LeewayError:
        """Call the package in a thread. Its errors are told anew: their text holds headers and bodies."""
        try:
            return call(self._library)
        except JIRAError as error:
            return self._refused(_said(error.status_code, error.response, error.text or ""), purpose)
        except requests.exceptions.TooManyRedirects as error:
            return self._refused(_said(302, error.response, ""), purpose)
        except requests.exceptions.JSONDecodeError as error:
            return _garbled(self.who, (error.doc or "").encode("utf-8", "replace"))
        except TRANSPORT_ERRORS as error:
            return broken(error, self._route)
        except (ValueError, TypeError, KeyError, AttributeError):  # the package reads answers without looking at them
            return self._other(purpose)

    def _refused(self, said: Said, purpose: str) -> LeewayError:
        error = refusal(said, purpose, self.remedies, self._redactor, self.clock.wall())
        if isinstance(error, RateLimited) and said.headers.get("ratelimit-reason") not in {_ONE_WRITE, _BURST}:
            until = self.clock.monotonic() + (error.retry_after or FIRST_WAIT_SECONDS)
            self.limits.paused_until = max(until, self.limits.paused_until or 0.0)
        return error

    def _note(self, headers: Mapping[str, str]) -> None:
        told = _lower(headers)
        if "x-ratelimit-limit" not in told and "ratelimit-reason" not in told:
            return
        limit, remaining = told.get("x-ratelimit-limit", ""), told.get("x-ratelimit-remaining", "")
        self.limits.limit = int(limit) if limit.isdecimal() else self.limits.limit
        self.limits.remaining = int(remaining) if remaining.isdecimal() else self.limits.remaining
        self.limits.extra = {name: value for name, value in told.items() if "ratelimit" in name}


def objects(found: object) -> list[dict[str, Any]]:
    """Return a list of objects as such; raises `TypeError` on any other shape, which the package lets through."""
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise TypeError("not a list of objects")
    return found


def _wait(error: Transient, tries: int) -> float | None:
    """Return how long to wait before the next try, never less than was asked for; none where it is not to be made."""
    doubled: float = FIRST_WAIT_SECONDS * 2 ** (tries - 1)
    if tries >= TRIES or isinstance(error, Late) or (error.retry_after or 0.0) > LONGEST_WAIT_SECONDS:
        return None
    if error.retry_after is not None:
        return error.retry_after * random.uniform(1.0, 1.3)  # noqa: S311 -- so that not all come back at once
    return doubled * random.uniform(0.7, 1.3)  # noqa: S311


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _said(status: int | None, response: requests.Response | None, text: str) -> Said:
    if response is None:
        return Said(status or 0, {}, text.encode("utf-8", "replace"))
    return Said(response.status_code, _lower(response.headers), response.content or b"")


def _garbled(who: str, content: bytes) -> Transient:
    if content.lstrip()[:1] == b"<":
        return Transient(f"{who} answered with a web page instead of JSON: a login page or a proxy in between.")
    return Transient(f"{who} answered with broken JSON.")


def remedies(settings: JiraConnection) -> Remedies:
    """Return what to do about refusals of this site."""
    if settings.kind is JiraKind.DATACENTER:
        unknown = "The personal access token may have ended: make a new one in the profile and set it."
    elif settings.cloud_id:
        unknown = (
            f"It may have ended (make a new one), `cloud_id` may be another site's, or a scope lacks. {_SCOPES_HINT}"
        )
    else:
        unknown = (
            "It may have ended (API tokens live a year at most), `user` may not be its account's e-mail address, or it "
            "has scopes: such a token needs `cloud_id`, because it works at the vendor's gateway only."
        )
    return Remedies(
        who=f"Jira at {settings.url}",
        unknown=unknown,
        forbidden={
            "": f"Let its account browse the projects. {_SCOPES_HINT}",
            COMMENT: "Give it the scope write:jira-work and the permission Add comments in that project.",
            REGISTER: (
                "That takes the permission Administer Jira (for an app: the scope manage:jira-webhook). Or have an "
                "administrator create the webhook by hand and set `register: false`."
            ),
        },
    )


def base_of(settings: JiraConnection, gateway: str = GATEWAY) -> str:
    """Return the address that calls go to: the site, or the gateway for a scoped token."""
    return f"{gateway}/{settings.cloud_id}" if settings.cloud_id else settings.url
