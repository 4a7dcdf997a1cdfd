"""Instants as people type them."""

from datetime import UTC, datetime

from services.runtime.errors import Misconfigured


def parse_instant(text: str, option: str) -> datetime:
    """Read an ISO 8601 instant with a zone and return it in UTC; raise `Misconfigured` with an example otherwise."""
    example = "for example 2026-06-15T12:00:00Z"
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise Misconfigured(f"{option} {text!r} is no date and time; write one with a zone, {example}.") from None
    if instant.tzinfo is None:
        raise Misconfigured(f"{option} {text!r} has no time zone; write one, {example}.")
    return instant.astimezone(UTC)
