"""How to reach Kafka, once for the producer and once for FastStream, from the same settings."""

import ssl
from typing import Any, Final

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from services.runtime.errors import Misconfigured
from services.runtime.settings import BusSettings

REQUEST_TIMEOUT_MS: Final = 15_000
_SASL: Final = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


def bootstrap_servers(settings: BusSettings) -> list[str]:
    """Return the servers to ask first, or say that none are set."""
    servers = [server for server in settings.bootstrap_servers.split(",") if server]
    if not servers:
        raise Misconfigured("No Kafka is set: give LEEWAY_KAFKA_BOOTSTRAP_SERVERS, or run `leeway up`.")
    return servers


def tls_context(settings: BusSettings) -> ssl.SSLContext | None:
    """Return the TLS context, which always checks the broker's certificate and name; none without TLS."""
    if not settings.security_protocol.endswith("SSL"):
        return None
    try:
        context = ssl.create_default_context(cafile=settings.tls_ca)
        if settings.tls_certificate is not None:
            password = settings.tls_key_password
            context.load_cert_chain(
                settings.tls_certificate, settings.tls_key, password.get_secret_value() if password else None
            )
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"The TLS files for Kafka (LEEWAY_KAFKA_TLS_*) cannot be used: {error}.") from error
    return context


def client_arguments(settings: BusSettings) -> dict[str, Any]:
    """Return what every client of aiokafka takes to connect."""
    arguments: dict[str, Any] = {
        "bootstrap_servers": bootstrap_servers(settings),
        "security_protocol": settings.security_protocol,
        "ssl_context": tls_context(settings),
        "request_timeout_ms": REQUEST_TIMEOUT_MS,
    }
    if settings.security_protocol.startswith("SASL") and settings.sasl_password is not None:
        arguments |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password.get_secret_value(),
        }
    return arguments


def stream_security(settings: BusSettings) -> BaseSecurity | None:
    """Return the same for FastStream; none for plain text without a user."""
    context = tls_context(settings)
    if settings.security_protocol.startswith("SASL") and settings.sasl_username and settings.sasl_password:
        password = settings.sasl_password.get_secret_value()
        return _SASL[settings.sasl_mechanism](settings.sasl_username, password, context, context is not None)
    return BaseSecurity(context, use_ssl=True) if context is not None else None
