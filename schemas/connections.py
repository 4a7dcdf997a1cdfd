"""How a connection to a tracker stands, so that missing data is never taken for good news."""

from enum import StrEnum
from typing import Final

from schemas.base import Contract, Identifier, Instant, Revision
from schemas.work_items import Tracker

GAP_SECONDS: Final = 3_600.0


class ConnectionState(StrEnum):
    """Whether the connection brings data."""

    CONNECTED = "connected"
    DEGRADED = "degraded"
    DISCONNECTED = "disconnected"


class ConnectionReported(Contract):
    """State, age of data (seconds) and last success of one connection; `reason` says why not.

    Told when the state changes, and several times in each `gap_after_seconds` of domain time while all is well: whoever
    has heard of no success for so long cannot tell anything of the connection's items.
    """

    connection: Identifier
    tracker: Tracker | None = None
    state: ConnectionState
    gap_after_seconds: float = GAP_SECONDS
    rate_remaining: int | None = None
    age_seconds: float | None = None
    last_success: Instant | None = None
    reason: str | None = None
    first_connected: Instant | None = None
    revision: Revision
    at: Instant
