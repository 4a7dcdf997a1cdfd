"""What is known of each key result: its measurements, and what was delivered for its objective."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from services.backtest.objectives import Objectives
from services.detector.context import KEY_RESULT_PREFIX, Context, KeyResultContext
from services.detector.facts import KeyResultFacts, Measured

Measurements = Mapping[str, tuple[Measured, ...]]
"""By the ref of the key result, oldest first."""

_WINDOW = timedelta(days=28)


class KeyResults:
    """The key results of a strategy, and what is given of them for all time."""

    def __init__(self, context: Context, measurements: Measurements, objectives: Objectives) -> None:
        self._by_objective = {one.id: one.key_results for one in context.objectives.values()}
        self._by_ref = {one.ref: one for found in self._by_objective.values() for one in found}
        self._measurements = measurements
        self._objectives = objectives

    def of(self, objectives: Iterable[str]) -> Iterator[str]:
        """Give the refs of the key results of these objectives."""
        return (one.ref for objective in objectives for one in self._by_objective.get(objective, ()))

    def measured(self, after: datetime | None, now: datetime) -> Iterator[str]:
        """Give the refs of those that were measured since."""
        for ref in self._by_ref:
            if any(one.at <= now and (after is None or one.at > after) for one in self._measurements.get(ref, ())):
                yield ref

    def facts(self, ref: str, now: datetime) -> KeyResultFacts:
        """Return the facts of a key result as of `now`: what was measured later is not known yet."""
        one: KeyResultContext = self._by_ref[ref]
        since = now - _WINDOW - timedelta(days=one.lag_days)
        delivered = self._objectives[one.objective].delivered.since(since)
        known = tuple(measured for measured in self._measurements.get(ref, ()) if measured.at <= now)
        return KeyResultFacts(one.objective, one.id, known, tuple(at for at, _ in delivered))


def is_key_result(anchor: str) -> bool:
    """Tell whether this is the ref of a key result."""
    return anchor.startswith(KEY_RESULT_PREFIX)
