"""How a connection to a tracker stands, so that missing data is never taken for good news."""

from enum import StrEnum

from schemas.base import Contract, Identifier, Instant, Revision


class ConnectionState(StrEnum):
    """Whether the connection brings data."""

    CONNECTED = "connected"
    DEGRADED = "degraded"
    DISCONNECTED = "disconnected"


class ConnectionReported(Contract):
    """State, age of data (seconds) and last success of one connection; `reason` says why not."""

    connection: Identifier
    state: ConnectionState
    age_seconds: float | None = None
    last_success: Instant | None = None
    reason: str | None = None
    first_connected: Instant | None = None
    revision: Revision
    at: Instant
