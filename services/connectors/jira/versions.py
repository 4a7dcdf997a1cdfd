"""Versions of issues: `updated` in epoch milliseconds, as text, which is also how JQL takes an instant without a zone.

Promise: a listing that lags behind what we hold is no news; a version that nobody can read always is.
"""

from services.connectors.reading import mapping, text
from services.connectors.times import instant_of
from services.connectors.tracker import Raw

UNREADABLE = "0"


def version_of(raw: Raw) -> str:
    """Return `updated` in epoch milliseconds."""
    updated = instant_of(mapping(raw.get("fields")).get("updated"))
    return UNREADABLE if updated is None else str(round(updated.timestamp() * 1000))


def id_of(raw: Raw) -> str:
    """Return the immutable id; a key changes when the issue moves."""
    return text(raw.get("id")) or str(raw.get("id") or "")


def is_news(listed: str, kept: str | None) -> bool:
    """Tell whether the listed version is later than the one kept: the search index lags, so an older one is none."""
    if kept is None or not (listed.isdecimal() and kept.isdecimal()):
        return listed != kept
    return int(listed) > int(kept) or listed == UNREADABLE


def since_of(version: str, overlap_seconds: float) -> str:
    """Return the instant so many seconds before a version, as JQL takes it."""
    return str(max(0, (int(version) if version.isdecimal() else 0) - round(overlap_seconds * 1000)))
