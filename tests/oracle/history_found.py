"""What a finding of the oracle is."""

from datetime import datetime
from typing import Final

Found = tuple[str, tuple[str, ...], str, str | None, str | None, datetime | None]
"""Rule, subjects, severity, team, objective; and since when, where FINDINGS leaves no doubt."""
_LEVELS: Final = ("low", "medium", "high", "critical")


def raised(severity: str, *reasons: bool) -> str:
    """Return the severity one step higher for each reason that holds."""
    return _LEVELS[min(3, _LEVELS.index(severity) + sum(reasons))]
