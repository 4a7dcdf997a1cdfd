"""Who is told: the receivers as the configuration names them. Closed: an unknown key is an error."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from schemas.base import Identifier
from services.notifier.retries import QUICK_WAITS, STANDARD_WAITS, Schedule

DELIVER_TO = "deliver-to"
INTERNAL_NETWORKS = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))


class Receiver(BaseModel):
    """One receiver of notifications.

    `kind` is a channel by its name. `secrets` sign what is sent; more than one while the secret changes.
    `allowed_networks` are networks that the guard would refuse (see `guard.py`) and that the operator allows here;
    `allow_http` lets go without TLS. `ports` are those that may be connected to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Identifier
    kind: str
    url: str | None = Field(default=None, repr=False)
    secrets: tuple[SecretStr, ...] = ()
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    allow_http: bool = False
    ports: tuple[int, ...] = (443,)
    waits: tuple[Annotated[float, Field(ge=0)], ...] = STANDARD_WAITS
    concurrency: Annotated[int, Field(ge=1, le=64)] = 4
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 20.0

    @model_validator(mode="after")
    def _address_is_usable(self) -> Self:
        if self.url is not None:
            _check_address(self.url, allow_http=self.allow_http, ports=self.ports)
        return self

    @property
    def schedule(self) -> Schedule:
        """When a failed delivery is tried again."""
        return Schedule(self.waits)


def deliver_to(url: str, secret: str) -> Receiver:
    """Return the receiver of `replay --deliver-to`: its name is fixed, so that any address gets the same webhook ids.

    The person who types the command chose the address, so internal ones and plain http are allowed. `secret` may hold
    several, parted by white space.
    """
    parts = urlsplit(url)
    return Receiver(
        name=DELIVER_TO,
        kind="webhook",
        url=url,
        secrets=tuple(SecretStr(part) for part in secret.split()),
        allowed_networks=INTERNAL_NETWORKS,
        allow_http=True,
        ports=(parts.port or (80 if parts.scheme == "http" else 443),),
        waits=QUICK_WAITS,
        concurrency=16,
        timeout_seconds=10.0,
    )


def webhook(name: str, url: str, secret: str, allowed_networks: Sequence[str] = ()) -> Receiver:
    """Return a receiver of signed webhooks as the configuration names it.

    Plain http is allowed only where the operator has allowed internal networks for it.
    """
    parts = urlsplit(url)
    return Receiver.model_validate(
        {
            "name": name,
            "kind": "webhook",
            "url": url,
            "secrets": tuple(secret.split()),
            "allowed_networks": tuple(allowed_networks),
            "allow_http": bool(allowed_networks),
            "ports": (parts.port or (80 if parts.scheme == "http" else 443),),
        }
    )


def _check_address(url: str, *, allow_http: bool, ports: tuple[int, ...]) -> None:
    if not url.isascii() or re.search(r"[\x00-\x20\x7f]", url):
        raise ValueError("the url has white space or characters that are not ASCII; write it percent-encoded")
    parts = urlsplit(url)
    if parts.scheme != "https" and not (allow_http and parts.scheme == "http"):
        raise ValueError("the url must begin with https:// (or set allow_http for plain http)")
    if not parts.hostname:
        raise ValueError("the url names no host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the url must not carry a user name or a password; the signature tells who sends")
    port = parts.port or (80 if parts.scheme == "http" else 443)
    if port not in ports:
        raise ValueError(f"port {port} is not among the receiver's ports {list(ports)}; add it to `ports`")
