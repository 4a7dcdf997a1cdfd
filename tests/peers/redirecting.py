"""Leads calls to a host that a client has built in to another address: LEEWAY_PEER_REDIRECT says from=to.

Also has `requests` heed REQUESTS_CA_BUNDLE where a client sends what it has prepared by itself, which skips it. It is
copied into each peer's environment, whose every Python runs it; the packages of the peers stay as they are.
"""

import os
from importlib import import_module
from typing import Any

FROM, _, TO = os.environ.get("LEEWAY_PEER_REDIRECT", "").partition("=")
TRUSTED = os.environ.get("REQUESTS_CA_BUNDLE")


def led(url: str) -> str:
    """Return where a call really goes."""
    return TO + url[len(FROM) :] if TO and url.startswith(FROM) else url


def lead_urllib3() -> None:
    """Lead what goes out through a pool of urllib3."""
    pool = import_module("urllib3").PoolManager
    plain = pool.urlopen

    def urlopen(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        return plain(self, method, led(url), *args, **kwargs)

    pool.urlopen = urlopen


def lead_requests() -> None:
    """Lead what goes out through requests, which takes connections from urllib3 without its pool's `urlopen`."""
    session = import_module("requests").Session
    plain = session.send

    def send(self: Any, request: Any, **kwargs: Any) -> Any:
        request.url = led(request.url)
        if TRUSTED:
            kwargs["verify"] = TRUSTED
        return plain(self, request, **kwargs)

    session.send = send


if TO or TRUSTED:
    lead_urllib3()
    lead_requests()
