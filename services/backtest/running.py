"""A run: day by day, the rules on whoever was touched by the day or whose moment has come.

Promise: what is open after a day is what a judge of everything would find at that day's moment: a verdict holds until
its subject is touched or its `check_after` has come (`tests/backtest/test_equality.py`).
"""

from collections.abc import Iterator
from datetime import datetime
from heapq import heappop, heappush

from services.backtest.judge import Judge
from services.backtest.key_results import Measurements
from services.backtest.lives import Life, Lives
from services.backtest.loading import Past
from services.backtest.subjects import Subjects
from services.detector.context import Context
from services.detector.verdict import Draft


class Run:
    """The days of a past, gone through in order."""

    def __init__(self, past: Past, context: Context, judge: Judge, measurements: Measurements) -> None:
        self._past = past
        self._subjects = Subjects(context, judge, measurements)
        self._lives = Lives()
        self._checks: list[tuple[datetime, str]] = []
        self._check_of: dict[str, datetime] = {}

    @property
    def lives(self) -> list[Life]:
        """All findings so far."""
        return self._lives.all

    def open(self) -> list[Draft]:
        """Return the findings that are open after the last day."""
        return self._lives.now()

    def days(self) -> Iterator[datetime]:
        """Go through the days; give the moment of each once it is judged."""
        for day, now in enumerate(self._past.days):
            touched = self._subjects.touched(self._past.news[day], now, self._lives)
            for anchor in sorted({*touched, *self._come(now)}):
                self._settle(anchor, day, now)
            yield now

    def _come(self, now: datetime) -> Iterator[str]:
        """Give the anchors whose moment has come."""
        while self._checks and self._checks[0][0] <= now:
            moment, anchor = heappop(self._checks)
            if self._check_of.get(anchor) == moment:
                del self._check_of[anchor]
                yield anchor

    def _settle(self, anchor: str, day: int, now: datetime) -> None:
        verdict = self._subjects.judge(anchor, now)
        self._lives.judged(anchor, verdict.findings, verdict.unknown, day)
        if verdict.check_after is None:
            self._check_of.pop(anchor, None)
        elif self._check_of.get(anchor) != verdict.check_after:
            self._check_of[anchor] = verdict.check_after
            heappush(self._checks, (verdict.check_after, anchor))
