"""Instants and days as trackers write them; what cannot be read is none."""

from datetime import UTC, date, datetime
from typing import Final

_SECONDS_BELOW: Final = 100_000_000_000
"""A number of this size or more is in milliseconds: in seconds it would lie beyond the year 5000."""


def instant_of(value: object) -> datetime | None:
    """Return an instant in UTC from ISO 8601 text (taken as UTC where it names no zone) or from an epoch number."""
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
            return read if read.tzinfo is UTC else read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value if abs(value) < _SECONDS_BELOW else value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def day_of(value: object) -> date | None:
    """Return a day without a zone from `YYYY-MM-DD`, also where a time follows it."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def by(at: datetime | None, as_of: datetime | None) -> bool:
    """Tell whether something that happened at `at` had happened by `as_of`; without an `as_of` all of it has."""
    return at is not None and (as_of is None or at <= as_of)
