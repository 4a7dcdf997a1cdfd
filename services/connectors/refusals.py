"""What a site's status codes mean for us: one table from the code to the closed set of errors, and the sentences.

Of what a site says in words only a line is repeated, and no secret in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from services.connectors.reading import mapping, sequence, text
from services.connectors.transport import retry_after
from services.runtime.errors import LeewayError, Misconfigured, Permanent, RateLimited, Transient
from services.runtime.secrets import Redactor

LONGEST_QUOTE: Final = 300
_LATER: Final = frozenset({408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524})


class Denied(Misconfigured):
    """The site knows us and lets us not, or does not know us: `status` is 401 or 403."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Refused(Permanent):
    """The site understood and said no; asking again brings the same. `status` is a 4xx, `quote` are its words."""

    def __init__(self, message: str, status: int, quote: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.quote = quote


@dataclass(frozen=True, slots=True)
class Said:
    """What a site answered, whichever library carried it. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def login_failed(self) -> bool:
        """Tell whether Jira let us in as nobody because our login failed: it may do so with a 200."""
        return "AUTHENTICATED_FAILED" in self.headers.get("x-seraph-loginreason", "").upper()

    @property
    def is_refused(self) -> bool:
        """Tell whether this is anything but what was asked for."""
        return not 200 <= self.status < 300 or self.login_failed  # noqa: PLR2004 -- the codes that mean success

    @property
    def quote(self) -> str:
        """Return the site's own words, where it answered in JSON as trackers do."""
        try:
            told = mapping(orjson.loads(self.content))
        except ValueError:
            return ""
        return " ".join(dict.fromkeys(_words(told)))[:LONGEST_QUOTE]


@dataclass(frozen=True, slots=True)
class Remedies:
    """How a tracker's site is spoken of: `who` begins each sentence, the others are sentences of their own."""

    who: str
    unknown: str
    forbidden: Mapping[str, str] = field(default_factory=dict)
    """What to do about a 403, by the purpose of the call; under "" for all others."""


def refusal(said: Said, purpose: str, remedies: Remedies, redactor: Redactor, now: datetime) -> LeewayError:
    """Return what to do about an answer that is not what was asked for; `purpose` is what we wanted to do."""
    quote = redactor.text(said.quote)
    words, who = f" (it says: {quote})" if quote else "", remedies.who
    wait = retry_after(said.headers, now)
    if said.status == 429:  # noqa: PLR2004
        return RateLimited(f"{who} asks us to slow down{_for(wait)}.", wait)
    if said.status in _LATER:
        return Transient(f"{who} answers with an error of its own ({said.status}).", wait)
    if said.status == 401 or said.login_failed:  # noqa: PLR2004
        return Denied(f"{who} does not accept the token. {remedies.unknown}", 401)
    if said.status == 403:  # noqa: PLR2004
        remedy = remedies.forbidden.get(purpose) or remedies.forbidden.get("", "")
        return Denied(f"{who} does not let the token {purpose}{words}. {_denied(said.headers) or remedy}", 403)
    if 300 <= said.status < 400:  # noqa: PLR2004
        return Misconfigured(f"{who} sends us on to {_place(said.headers)}: if that is the site, make it the `url`.")
    return Refused(f"{who} refuses to {purpose} ({said.status}){words}.", said.status, quote)


def _words(told: Mapping[str, Any]) -> Iterator[str]:
    """Give what a body says in words: `errorMessages` and `errors` of Jira, `message` of gateways, Asana's `errors`."""
    errors = told.get("errors")
    in_list = [mapping(each).get("message") for each in sequence(errors)]
    in_fields = list(mapping(errors).values())
    for each in (
        *sequence(told.get("errorMessages")),
        told.get("message"),
        told.get("errorMessage"),
        *in_list,
        *in_fields,
    ):
        if words := text(each, LONGEST_QUOTE):
            yield " ".join(words.split())


def _for(wait: float | None) -> str:
    return "" if wait is None else f" for {wait:.0f} seconds"


def _denied(headers: Mapping[str, str]) -> str | None:
    """Tell of a login that Data Center has locked until somebody solves a riddle in the browser."""
    if "CAPTCHA" in headers.get("x-authentication-denied-reason", "").upper():
        return "Log in once with the browser as that user, then try again."
    return None


def _place(headers: Mapping[str, str]) -> str:
    """Return where a redirect leads, without its path's arguments, which may hold secrets."""
    parts = urlsplit(headers.get("location", ""))
    return (
        f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"
        if parts.hostname
        else "another page"
    )
