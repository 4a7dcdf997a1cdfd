"""What a receiver's answer means: the one table from status codes to errors."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from services.notifier.channels.base import ReceiverGone
from services.runtime.errors import LeewayError, RateLimited, Transient

SLOW_DOWN = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""Standard Webhooks: the receiver is overloaded. Only these, and no mere failure, may ask for a pause."""


def error_of(status: int, retry_after: str | None, wall: datetime) -> LeewayError | None:
    """Return what an answer's status means, or none for a yes. Redirects are failures: we follow none."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    message = f"the receiver answered {status}"
    if status == HTTPStatus.GONE:
        return ReceiverGone(message)
    if status in SLOW_DOWN:
        return RateLimited(message, retry_after=seconds_of(retry_after, wall))
    return Transient(message)


def seconds_of(retry_after: str | None, wall: datetime) -> float | None:
    """Return the seconds that a `Retry-After` header asks for: a number or a date; none where it says nothing."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        return _seconds_until(retry_after, wall)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_until(text: str, wall: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - wall).total_seconds())
