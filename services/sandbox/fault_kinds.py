"""Which faults there are, and the closed form in which they are ordered."""

import base64
import binascii
import hmac
import re
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError


class FaultKind(StrEnum):
    """What goes wrong. Those that begin with `hook-` are of webhooks, all others of answers."""

    RATE_LIMITED = "429"
    RATE_LIMITED_DATE = "429-date"
    QUOTA = "429-quota"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    GATEWAY_TIMEOUT = "504"
    TIMEOUT = "timeout"
    RESET = "reset"
    HTML = "html"
    TRUNCATED = "truncated"
    WRONG_SHAPE = "wrong-shape"
    EXPIRED_TOKEN = "401"  # noqa: S105 -- a status
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    HOOK_DUPLICATE = "hook-duplicate"
    HOOK_REVERSED = "hook-reversed"
    HOOK_DROPPED = "hook-dropped"
    HOOK_DELAYED = "hook-delayed"


HOOK_KINDS: Final = frozenset(kind for kind in FaultKind if kind.startswith("hook-"))


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    return text


class Fault(BaseModel):
    """One fault. It strikes requests whose path `path` is found in, by chance or for the next `count` of them.

    `skip` lets so many of them pass before. `seconds` is what Retry-After says (429-quota: 1847 unless given), or how
    long a webhook is delayed. With `acts` the site does what it was asked before it answers so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    count: Annotated[int, Field(gt=0)] | None = None
    skip: Annotated[int, Field(ge=0)] = 0
    path: Annotated[str, Field(max_length=500), AfterValidator(_pattern)] = ""
    methods: tuple[str, ...] = ()
    seconds: Annotated[float, Field(ge=0, le=86_400)] | None = None
    acts: bool = False

    def fits(self, method: str, path: str) -> bool:
        """Say whether this is about requests such as this one."""
        return (not self.methods or method in self.methods) and re.search(self.path, path) is not None


class Order(BaseModel):
    """The body of `POST /__sandbox/faults`: what to switch on besides what is on, and a seed for its chances."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    faults: Annotated[tuple[Fault, ...], Field(min_length=1, max_length=100)]
    seed: int | None = None


def orders_from(body: bytes) -> Order | str:
    """Read an order, or say in one sentence what is wrong in it."""
    try:
        return Order.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        return f"{place + ': ' if place else ''}{first['msg']}"


def is_token(header: bytes, token: str) -> bool:
    """Say whether an Authorization header holds the token: as a bearer, or as the password of anybody."""
    scheme, _, given = header.partition(b" ")
    if scheme.lower() == b"basic":
        try:
            given = base64.b64decode(given.strip(), validate=True).rpartition(b":")[2]
        except binascii.Error:
            return False
    elif scheme.lower() != b"bearer":
        return False
    return hmac.compare_digest(given.strip(), token.encode())
