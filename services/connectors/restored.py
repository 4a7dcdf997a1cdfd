"""Items that a site lists in an older state than ours: a copy of it that lags, or a site that was restored.

Promise: an older state is believed only where two censuses some time apart have listed the same one; until then, and
for every other reading, what we have stays.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from services.connectors.tracker import Listed, TrackerClient
from services.runtime.clock import Clock

PATIENCE: Final = timedelta(minutes=30)
"""No index and no copy of a site lags for so long."""
MOST_OLDER: Final = 50_000
"""So many are remembered at once; the others have their turn once these are believed."""


class OlderStates:
    """What the censuses of one connection listed that was older than what we had."""

    def __init__(self, client: TrackerClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._seen: dict[str, tuple[str, datetime]] = {}
        self.are_new = False
        """Whether the newest census listed any that those before it had not: the next one should come soon."""

    def begin(self) -> None:
        """Begin a census."""
        self.are_new = False

    def believed(self, listed: Sequence[Listed], kept: Mapping[str, str]) -> list[str]:
        """Return the ids of a page whose older state is to be taken over, given the versions that we have."""
        now, found = self._clock.wall(), []
        for one in listed:
            if not self._is_older(one, kept.get(one.id)):
                self._seen.pop(one.id, None)
            elif (before := self._seen.get(one.id)) is not None and before[0] == one.version:
                found += [one.id] if now - before[1] >= PATIENCE else []
            elif before is not None or len(self._seen) < MOST_OLDER:
                self._seen[one.id], self.are_new = (one.version, now), True
        return found

    def _is_older(self, one: Listed, kept: str | None) -> bool:
        return kept is not None and one.version != kept and not self._client.is_news(one.version, kept)
