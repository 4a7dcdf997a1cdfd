"""A forecast of one objective from what is known of it: pure, and the same for the same seed."""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final

TRIALS: Final = 10_000
_SEED_BYTES: Final = 6
"""So that a seed is a whole number in every reader of JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastInputs:
    """What a forecast is made from; items by their refs.

    `leaves` are the objective's open leaves, `unowned` those of them without an assignee. `dependencies` are pairs
    (blocker, dependent) of open known items: all in which a leaf waits, and those in which its blockers wait, and so on;
    others do no harm. `delivered` are the moments at which its leaves were delivered (done with a resolution that means
    success), those of the last 60 working days at least. `began` is when the first of its leaves was created, whatever
    became of it; none if it never had one.
    """

    objective: str
    leaves: tuple[str, ...] = ()
    unowned: tuple[str, ...] = ()
    dependencies: tuple[tuple[str, str], ...] = ()
    delivered: tuple[datetime, ...] = ()
    began: datetime | None = None


def seed_of(objective: str, day: date) -> int:
    """Return the seed of this objective's forecasts of this day: the same in every process."""
    return int.from_bytes(sha256(f"{objective}\n{day.isoformat()}".encode()).digest()[:_SEED_BYTES])
