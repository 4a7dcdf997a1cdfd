"""What breaks between us and a site, in our closed set of errors: each sentence says what to look at.

Read alike from both HTTP libraries underneath (httpx, requests); neither's own words are repeated, because they may
hold headers, bodies and addresses with user names.
"""

import errno
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import httpx
import requests
import urllib3.exceptions

from services.connectors.times import instant_of
from services.runtime.errors import LeewayError, Misconfigured, Transient

_PROXY = (httpx.ProxyError, requests.exceptions.ProxyError, urllib3.exceptions.ProxyError)
_LATE = (httpx.TimeoutException, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
_BROKEN = (httpx.HTTPError, requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError)
LONGEST_PAUSE_SECONDS: Final = 3600.0
"""Whatever a site asks for, it is asked again within the hour: a nonsense must not silence a connection for days."""
TRANSPORT_ERRORS = (*_BROKEN, httpx.InvalidURL)
"""What either library raises when no whole answer came."""


class Late(Transient):
    """No answer came in time; the site is busy, so the call is not repeated at once."""


@dataclass(frozen=True, slots=True)
class Route:
    """How a site is reached, for the sentences: `who` begins each of them, as in `Jira at https://example.com`."""

    who: str
    tls_ca: Path | None = None
    proxy: str | None = None


def broken(error: BaseException, route: Route) -> LeewayError:
    """Return what to do about an exception of the HTTP library."""
    causes = tuple(_causes(error))
    if found := _of(causes, ssl.SSLCertVerificationError):
        return Misconfigured(_untrusted(found, route))
    if _of(causes, ssl.SSLError) or _of(causes, requests.exceptions.SSLError):
        return Misconfigured(f"{route.who} does not speak TLS there: check `url` (https or http, and the port).")
    if _of(causes, *_PROXY):
        return _proxy(causes, route)
    if found := _of(causes, socket.gaierror):
        return _unknown_host(found, route)
    # To urllib3 a refused connection is one that was late.
    if _of(causes, *_LATE) and not _of(causes, urllib3.exceptions.NewConnectionError):
        return Late(f"{route.who} did not answer in time.")
    return _lost(causes, route)


def _untrusted(error: BaseException, route: Route) -> str:
    why = getattr(error, "verify_message", None) or "its certificate cannot be checked"
    remedy = f"check {route.tls_ca}" if route.tls_ca else "name its authority's file in `tls_ca`"
    return f"{route.who} shows a certificate that is not trusted ({why}): {remedy}."


def _proxy(causes: tuple[BaseException, ...], route: Route) -> LeewayError:
    where = f"The proxy {route.proxy}" if route.proxy else "The proxy"
    if any("407" in str(cause)[:500] for cause in causes):
        return Misconfigured(f"{where} asks for a user name and password, which Leeway does not give: check `proxy`.")
    return Misconfigured(f"{where} does not let us through to {route.who}: check `proxy`.")


def _unknown_host(error: BaseException, route: Route) -> LeewayError:
    which = f"{route.who} or the proxy {route.proxy}" if route.proxy else route.who
    if getattr(error, "errno", None) == socket.EAI_AGAIN:
        return Transient(f"{which} cannot be found, because no name server answers.")
    return Misconfigured(f"{which} cannot be found: no name server knows that host; check `url`.")


def _lost(causes: tuple[BaseException, ...], route: Route) -> Transient:
    via = f" through the proxy {route.proxy} (check `proxy`)" if route.proxy else ""
    if any(getattr(cause, "errno", None) == errno.ECONNREFUSED for cause in causes):
        return Transient(f"{route.who} refuses connections{via}.")
    if _of(causes, httpx.ConnectError, urllib3.exceptions.NewConnectionError):
        return Transient(f"{route.who} cannot be reached{via}.")
    return Transient(f"{route.who} broke off in the middle of an answer{via}.")


def _of(causes: tuple[BaseException, ...], *kinds: type[BaseException]) -> BaseException | None:
    return next((cause for cause in causes if isinstance(cause, kinds)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give the error and all that lies under it: the libraries wrap one another, as causes and as arguments."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        under = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        waiting += [each for each in under if isinstance(each, BaseException)]


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that an answer asks us to wait, from seconds or from a date; header names in lower case.

    It is an hour at most. A date is held against the answer's own `date`, so that it does no harm if our clock is off.
    """
    asked = (headers.get("retry-after") or "").strip()
    reset = instant_of(headers.get("x-ratelimit-reset"))
    try:
        wait = float(asked) if asked[:1].isdigit() else _until(_http_date(asked) or reset, headers, now)
    except ValueError:
        return None
    return None if wait is None else min(max(0.0, wait), LONGEST_PAUSE_SECONDS)


def _until(moment: datetime | None, headers: Mapping[str, str], now: datetime) -> float | None:
    if moment is None:
        return None
    return (moment - (_http_date(headers.get("date")) or now)).total_seconds()


def _http_date(value: str | None) -> datetime | None:
    try:
        read = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    return read.replace(tzinfo=read.tzinfo or UTC) if read else None


def clock_off(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return our clock less the site's, in seconds, from an answer's `date`."""
    theirs = _http_date(headers.get("date"))
    return round((now - theirs).total_seconds(), 1) if theirs else None
