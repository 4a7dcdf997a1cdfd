"""The one reader of the environment: every `LEEWAY_*` variable typed, closed and checked before anything starts.

A name that is not known is refused with the nearest right one. A secret may come as `NAME` or, from a file, as
`NAME_FILE`. `LEEWAY_SECRET_<NAME>` holds any further secret that `leeway.yaml` refers to by its name.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from services.runtime.errors import Misconfigured
from services.runtime.secrets import Secret, read_secret_file
from services.runtime.wording import phrase, suggestion

PREFIX: Final = "LEEWAY_"
NAMED_SECRET: Final = "LEEWAY_SECRET_"  # noqa: S105 -- the beginning of a variable's name, not a secret
WEBHOOK_SECRET_PREFIX: Final = "whsec_"  # noqa: S105 -- says what a secret looks like
OF_THE_TESTS: Final = ("LEEWAY_TEST_", "LEEWAY_FAULTPOINT")
"""Read by tests and by `faultpoints`, so known, but no settings."""

Port = Annotated[int, Field(ge=0, le=65535)]
Servers = Annotated[str, StringConstraints(pattern=r"^$|^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$|^\[[0-9a-fA-F:]+\]:\d+$")]
NamePrefix = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_.-]*)?$", max_length=80)]
SchemaPrefix = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]*)?$", max_length=40)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BusSettings(_Part):
    """How to reach Kafka. Without `bootstrap_servers` the embedded broker is meant."""

    bootstrap_servers: Servers = ""
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    sasl_username: str | None = None
    sasl_password: Secret | None = None
    tls_ca: Path | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_key_password: Secret | None = None
    idempotent: bool = False
    topic_prefix: NamePrefix = ""
    partitions: Annotated[int, Field(ge=1, le=10_000)] = 4
    replication: Annotated[int, Field(ge=-1, le=100)] = -1
    """Copies of each partition; -1 leaves it to the broker."""
    groups: bool = False
    """True: consumer groups share the work. False: this process takes all partitions, without waiting for a group."""
    epoch: str = ""
    """The incarnation of the embedded broker, which forgets everything when it restarts."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.security_protocol.startswith("SASL") and not (self.sasl_username and self.sasl_password):
            message = f"security protocol {self.security_protocol} needs a SASL user name and a SASL password"
            raise ValueError(message)
        if self.sasl_username and not self.security_protocol.startswith("SASL"):
            message = "a SASL user name is given, so the security protocol must be SASL_SSL or SASL_PLAINTEXT"
            raise ValueError(message)
        if (self.tls_certificate is None) != (self.tls_key is None):
            message = "a TLS certificate and a TLS key go together: give both or none"
            raise ValueError(message)
        return self


class HttpSettings(_Part):
    """Where the process's one HTTP server listens. Port 0 takes any free one."""

    host: str = "127.0.0.1"
    port: Port = 8420


class Settings(_Part):
    """All that the environment says. `database_url` None means the embedded PostgreSQL in `home`."""

    home: Path = Path(".leeway")
    configuration: Path = Path("leeway.yaml")
    database_url: Secret | None = None
    database_prefix: SchemaPrefix = ""
    bus: BusSettings = BusSettings()
    http: HttpSettings = HttpSettings()
    webhook_secret: Secret | None = None
    named_secrets: Mapping[str, Secret] = {}
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the environment (the process's own by default), or raise Misconfigured with a sentence a problem."""
        given = _given(os.environ if environ is None else environ)
        return cls._checked(given)

    @classmethod
    def _checked(cls, given: Mapping[str, str | Secret]) -> Self:
        values = _nested(given)
        values["bus"].setdefault("idempotent", bool(values["bus"].get("bootstrap_servers")))
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise Misconfigured("\n".join(_sentence(detail, given) for detail in error.errors())) from None

    @model_validator(mode="after")
    def _webhook_secret_is_one(self) -> Self:
        if self.webhook_secret is not None and not is_webhook_secret(self.webhook_secret):
            message = "LEEWAY_WEBHOOK_SECRET must be whsec_ followed by random bytes in base64"
            raise ValueError(message)
        return self

    def secret(self, name: str) -> Secret:
        """Return the secret that `leeway.yaml` calls by this name, from `LEEWAY_SECRET_<NAME>`."""
        found = self.named_secrets.get(_secret_key(name))
        if found is None:
            variable = NAMED_SECRET + _secret_key(name)
            raise Misconfigured(f"The secret `{name}` is not set: give it as {variable} or {variable}_FILE.")
        return found

    def secrets(self) -> tuple[Secret, ...]:
        """Return all secrets, for the redactor."""
        own = (self.database_url, self.webhook_secret, self.bus.sasl_password, self.bus.tls_key_password)
        return tuple(secret for secret in own if secret is not None) + tuple(self.named_secrets.values())


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the environment: its name, the field that it fills, and what to write."""

    name: str
    field: tuple[str, ...]
    help: str
    secret: bool = False


VARIABLES: Final[tuple[Variable, ...]] = (
    Variable("LEEWAY_HOME", ("home",), "the folder that holds all state; .leeway where nothing is said"),
    Variable("LEEWAY_CONFIGURATION", ("configuration",), "the configuration file; leeway.yaml where nothing is said"),
    Variable(
        "LEEWAY_DATABASE_URL", ("database_url",), "postgresql://user:password@host/name, PostgreSQL 15 or newer", True
    ),
    Variable("LEEWAY_DATABASE_PREFIX", ("database_prefix",), "what the names of our schemas begin with"),
    Variable("LEEWAY_KAFKA_BOOTSTRAP_SERVERS", ("bus", "bootstrap_servers"), "host:port, or several with commas"),
    Variable(
        "LEEWAY_KAFKA_SECURITY_PROTOCOL", ("bus", "security_protocol"), "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    ),
    Variable("LEEWAY_KAFKA_SASL_MECHANISM", ("bus", "sasl_mechanism"), "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"),
    Variable("LEEWAY_KAFKA_SASL_USERNAME", ("bus", "sasl_username"), "the user that Kafka knows"),
    Variable("LEEWAY_KAFKA_SASL_PASSWORD", ("bus", "sasl_password"), "that user's password", True),
    Variable("LEEWAY_KAFKA_TLS_CA", ("bus", "tls_ca"), "a file with the authorities to trust, PEM"),
    Variable("LEEWAY_KAFKA_TLS_CERTIFICATE", ("bus", "tls_certificate"), "a file with our certificate, PEM"),
    Variable("LEEWAY_KAFKA_TLS_KEY", ("bus", "tls_key"), "a file with our certificate's key, PEM"),
    Variable("LEEWAY_KAFKA_TLS_KEY_PASSWORD", ("bus", "tls_key_password"), "the password of that key", True),
    Variable("LEEWAY_KAFKA_IDEMPOTENT", ("bus", "idempotent"), "true or false; true for a Kafka of your own"),
    Variable("LEEWAY_KAFKA_TOPIC_PREFIX", ("bus", "topic_prefix"), "what the names of our topics begin with"),
    Variable("LEEWAY_KAFKA_PARTITIONS", ("bus", "partitions"), "partitions of a topic that we create; 4"),
    Variable("LEEWAY_KAFKA_REPLICATION", ("bus", "replication"), "copies of each partition; -1: the broker's default"),
    Variable("LEEWAY_KAFKA_GROUPS", ("bus", "groups"), "true: share the work by consumer groups"),
    Variable("LEEWAY_HTTP_HOST", ("http", "host"), "the address to listen on; 127.0.0.1 where nothing is said"),
    Variable("LEEWAY_HTTP_PORT", ("http", "port"), "the port to listen on, 0 for any free one; 8420"),
    Variable("LEEWAY_WEBHOOK_SECRET", ("webhook_secret",), "whsec_ and random bytes in base64: signs webhooks", True),
    Variable("LEEWAY_LOG_LEVEL", ("log_level",), "debug, info, warning or error"),
)
_BY_NAME: Final = {variable.name: variable for variable in VARIABLES}
_BY_FIELD: Final = {variable.field: variable for variable in VARIABLES}


def is_webhook_secret(secret: Secret) -> bool:
    """Say whether this is `whsec_` and some bytes in base64, as Standard Webhooks writes its secrets."""
    value = secret.get_secret_value()
    try:
        return value.startswith(WEBHOOK_SECRET_PREFIX) and bool(
            base64.b64decode(value.removeprefix(WEBHOOK_SECRET_PREFIX), validate=True)
        )
    except binascii.Error:
        return False


def _given(environ: Mapping[str, str]) -> dict[str, str | Secret]:
    """Return our variables that say something, secrets already read from their files."""
    ours = {name: text for name, text in sorted(environ.items()) if _is_ours(name) and text}
    given: dict[str, str | Secret] = {}
    problems: list[str] = []
    for name, text in ours.items():
        try:
            target, value = _read(name, text)
            if target in given or (target != name and target in ours):
                problems.append(f"{target} and {target}_FILE are both set: keep one.")
            given[target] = value
        except Misconfigured as error:
            problems.append(str(error))
    if problems:
        raise Misconfigured("\n".join(problems))
    return given


def _is_ours(name: str) -> bool:
    return name.startswith(PREFIX) and not name.startswith(OF_THE_TESTS)


def _is_secret(name: str) -> bool:
    return name.startswith(NAMED_SECRET) or (name in _BY_NAME and _BY_NAME[name].secret)


def _read(name: str, text: str) -> tuple[str, str | Secret]:
    """Return the name without `_FILE`, and the value that it stands for."""
    base = name.removesuffix("_FILE")
    if name != base and _is_secret(base):
        return base, read_secret_file(Path(text), name)
    if _is_secret(name):
        return name, Secret(text)
    if name in _BY_NAME:
        return name, text
    known = [*_BY_NAME, *(f"{variable.name}_FILE" for variable in VARIABLES if variable.secret)]
    raise Misconfigured(f"{name} is no setting of Leeway: {suggestion(name, known)}")


def _nested(given: Mapping[str, str | Secret]) -> dict[str, Any]:
    values: dict[str, Any] = {"bus": {}, "http": {}, "named_secrets": {}}
    for name, value in given.items():
        if name.startswith(NAMED_SECRET):
            values["named_secrets"][name.removeprefix(NAMED_SECRET)] = value
            continue
        *parents, last = _BY_NAME[name].field
        part = values[parents[0]] if parents else values
        part[last] = value
    return values


def _sentence(detail: Any, given: Mapping[str, str | Secret]) -> str:
    variable = _BY_FIELD.get(detail["loc"])
    if variable is None:
        area = "The Kafka settings (LEEWAY_KAFKA_*) do not fit together: " if detail["loc"] == ("bus",) else ""
        return f"{area}{phrase(detail)}."
    value = given.get(variable.name)
    shown = f' is "{value}" but' if isinstance(value, str) else ""
    wrong = "has another form" if detail["type"] == "string_pattern_mismatch" else phrase(detail)
    return f"{variable.name}{shown} {wrong} ({variable.help})."


def _secret_key(name: str) -> str:
    return name.upper().replace("-", "_").replace(".", "_")
