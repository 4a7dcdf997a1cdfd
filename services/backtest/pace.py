"""How long each team's finished items were in progress, counted anew only when that may have changed."""

from collections.abc import Collection
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final

from services.backtest.teams import Teams
from services.detector.facts import PaceFacts


class Paces:
    """The pace of every team as of the last moment that `stirred` was told."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams
        self._known: dict[str, PaceFacts] = {}
        self._counted: dict[str, int] = {}
        self._lapses: list[tuple[datetime, str]] = []

    def of(self, team: str) -> PaceFacts:
        """Return a team's pace."""
        return self._known.get(team, _NONE)

    def stirred(self, teams: Collection[str], now: datetime) -> set[str]:
        """Return the items, by ref, whose team's pace is another one now; `teams` are those with any change."""
        due = {team for team in teams if self._teams[team].finished_version != self._counted.get(team, 0)}
        while self._lapses and self._lapses[0][0] <= now:
            due.add(heappop(self._lapses)[1])
        found: set[str] = set()
        for team in due:
            if self._count(team, now):
                found.update(self._teams[team].in_progress)
        return found

    def _count(self, team: str, now: datetime) -> bool:
        """Count a team's pace; tell whether it is another one than before."""
        numbers = self._teams[team]
        self._counted[team] = numbers.finished_version
        lasted = sorted(numbers.finished_after(now - _WINDOW))
        place = -(-_PERCENT * len(lasted) // 100) - 1
        pace = PaceFacts(len(lasted), lasted[place][0]) if lasted else _NONE
        if lasted:
            heappush(self._lapses, (min(done for _, done in lasted) + _WINDOW, team))
        before = self.of(team)
        self._known[team] = pace
        return pace != before


_WINDOW: Final = timedelta(days=90)
_PERCENT: Final = 85
_NONE: Final = PaceFacts()
