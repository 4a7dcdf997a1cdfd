"""`leeway.yaml`: how this installation of Leeway is set up. The strategy is another file, with other owners.

Closed, like the strategy: an unknown key is refused with its line and the nearest right one. It holds no secret, only
the names of secrets, so that it can be kept in version control.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from schemas.base import Identifier
from services.runtime.closed_models import refuse_at
from services.runtime.closed_yaml import load
from services.runtime.connections import (
    AsanaConnection,
    Connection,
    DependencyLink,
    JiraConnection,
    OutwardEnd,
    SecretName,
)
from services.runtime.errors import Misconfigured
from services.runtime.wording import suggestion

_Problem = tuple[tuple[str | int, ...], str]


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _http_url(url: str) -> str:
    parts = urlsplit(url)
    is_plain = url.isascii() and url.isprintable() and " " not in url
    if not is_plain or parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError("must be a URL, as in https://hooks.example.com/leeway")
    if parts.username or parts.password:
        raise ValueError("must hold no user name and no password: a receiver knows us by the signature")
    return url


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise ValueError(f"must be a network, as in 10.20.0.0/16 ({error})") from error


HttpUrl = Annotated[str, AfterValidator(_http_url)]
Network = Annotated[str, AfterValidator(_network)]


class Receiver(_Closed):
    """A program that is told of alerts by signed webhooks.

    `secret` names the secret that signs (LEEWAY_WEBHOOK_SECRET where it is left out). `allowed_networks` are internal
    networks that the URL may lead to all the same; without them only public addresses are called.
    """

    id: Identifier
    webhook: HttpUrl
    secret: SecretName | None = None
    allowed_networks: tuple[Network, ...] = ()

    @model_validator(mode="after")
    def _goes_by_tls(self) -> Self:
        if self.webhook.startswith("http://") and not self.allowed_networks:
            told = "must begin with https://; plain http goes only to internal networks that `allowed_networks` names"
            refuse_at([(("webhook",), told)])
        return self


DEPENDENCY_LINKS: Final = (
    DependencyLink(type="Blocks", outward_is=OutwardEnd.BLOCKER),
    DependencyLink(type="Depends", outward_is=OutwardEnd.DEPENDENT),
    DependencyLink(type="Dependency", outward_is=OutwardEnd.DEPENDENT),
)
"""What counts where nothing else is said; a list in the file replaces it whole, a connection's that of the file."""


class Configuration(_Closed):
    """The whole of `leeway.yaml`; everything may be left out. `bots` are names whose changes are no touch."""

    version: Literal[1] = 1
    connections: tuple[Connection, ...] = ()
    receivers: tuple[Receiver, ...] = ()
    dependency_links: tuple[DependencyLink, ...] = DEPENDENCY_LINKS
    bots: tuple[Annotated[str, Field(min_length=1)], ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        refuse_at([*self._twice(), *self._twins_that_are_none()])
        return self

    def connection(self, name: str) -> JiraConnection | AsanaConnection:
        """Return a connection by its id, whole, or say which there are."""
        for one in self.whole_connections():
            if one.id == name:
                return one
        known = [one.id for one in self.connections]
        there = suggestion(name, known) if known else "leeway.yaml names none; `leeway init` adds one."
        raise Misconfigured(f"There is no connection `{name}`: {there}")

    def whole_connections(self) -> tuple[JiraConnection | AsanaConnection, ...]:
        """Return the connections with what the rest of the file says of them: bots, link types, the only twin site."""
        return tuple(map(self._whole, self.connections))

    def _whole(self, one: JiraConnection | AsanaConnection) -> JiraConnection | AsanaConnection:
        others = [other.id for other in self.connections if other.tracker != one.tracker]
        links = self.dependency_links if one.dependency_links is None else one.dependency_links
        twins = one.twins or (others[0] if len(others) == 1 else None)
        bots = tuple(dict.fromkeys((*one.bots, *self.bots)))
        return one.model_copy(update={"dependency_links": links, "twins": twins, "bots": bots})

    def _twice(self) -> Iterator[_Problem]:
        for name, key, values in (
            ("connections", "id", [connection.id for connection in self.connections]),
            ("receivers", "id", [receiver.id for receiver in self.receivers]),
            ("dependency_links", "type", [link.type for link in self.dependency_links]),
        ):
            yield from _again((name,), key, values)
        for place, one in enumerate(self.connections):
            types = [link.type for link in one.dependency_links or ()]
            yield from _again(("connections", place, "dependency_links"), "type", types)

    def _twins_that_are_none(self) -> Iterator[_Problem]:
        for place, one in enumerate(self.connections):
            others = [other.id for other in self.connections if other.tracker != one.tracker]
            if one.twins is not None and one.twins not in others:
                yield ("connections", place, "twins"), _other_tracker(one.twins, others)


def _again(where: tuple[str | int, ...], key: str, values: Sequence[str]) -> Iterator[_Problem]:
    for place, value in enumerate(values):
        if value in values[:place]:
            yield (*where, place, key), f"{value} stands more than once among `{where[-1]}`; keep one"


def _other_tracker(name: str, others: list[str]) -> str:
    told = f"there is no connection `{name}` to the other tracker"
    return f"{told}; {suggestion(name, others).rstrip('.')}" if others else f"{told}, nor any other; leave `twins` out"


__all__ = ["Configuration", "DependencyLink", "OutwardEnd", "Receiver", "configuration_schema", "load_configuration"]


def load_configuration(path: Path, *, required: bool = False) -> Configuration:
    """Read the file, or raise Misconfigured. A file that is not there means the defaults, unless it is required."""
    if not required and not path.exists():
        return Configuration()
    return load(path, Configuration).value


def configuration_schema() -> dict[str, Any]:
    """Return the JSON Schema that editors complete the file by."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Configuration.model_json_schema()}
