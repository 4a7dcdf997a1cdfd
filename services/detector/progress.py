"""How far a key result has come, and how much of its time is gone: exact, and in words.

Promise: numbers count as they are written, so that 0.225 is exactly as far from 0.2 as 0.025 says; what lies in the
future of the moment asked about does not count. A baseline or target that is missing, or equal to the other, or no
finite number gives no way, and a value that is no finite number counts for nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import isfinite
from typing import Final

from schemas.findings import Evidence
from services.detector.context import KEY_RESULT_PREFIX, Context, KeyResultContext
from services.detector.facts import KeyResultFacts, Measured
from services.detector.rule import Telling

_DAY: Final = timedelta(days=1)
_MICROSECOND: Final = timedelta(microseconds=1)
_LAST_DUE: Final = date.max - 3 * _DAY
"""So that the end of a due day lies in the calendar, in every zone."""


def exact(number: float) -> Fraction:
    """Return the number as it is written in decimals."""
    return Fraction(repr(float(number)))


@dataclass(frozen=True, slots=True)
class Way:
    """The way of a key result from its baseline to its target, up or down."""

    baseline: Fraction
    target: Fraction

    def moved(self, from_: float, to: float) -> Fraction:
        """Return which share of the way lies between two values; below 0 where it leads back."""
        return (exact(to) - exact(from_)) / (self.target - self.baseline)

    def gone(self, value: float) -> Fraction:
        """Return which share of the way is gone at this value, from 0 to 1."""
        return min(max((exact(value) - self.baseline) / (self.target - self.baseline), Fraction(0)), Fraction(1))


def key_result_ref(facts: KeyResultFacts) -> str:
    """Return the key result as a finding names it."""
    return f"{KEY_RESULT_PREFIX}{facts.objective}/{facts.key_result}"


def way_of(key_result: KeyResultContext) -> Way | None:
    """Return the key result's way, or none where it has none."""
    baseline, target = key_result.baseline, key_result.target
    if baseline is None or target is None or not isfinite(baseline) or not isfinite(target) or baseline == target:
        return None
    return Way(exact(baseline), exact(target))


def measured_by(facts: KeyResultFacts, now: datetime) -> list[Measured]:
    """Return the measurements up to and with `now`, oldest first; of one instant, by source."""
    known = (one for one in facts.measurements if one.at <= now and isfinite(one.value))
    return sorted(known, key=lambda one: (one.at, one.source))


def measuring(facts: KeyResultFacts) -> list[datetime]:
    """Return the moments at which a measurement begins to count."""
    return [one.at for one in facts.measurements if isfinite(one.value)]


@dataclass(frozen=True, slots=True)
class Clock:
    """The time that a key result has: from the cycle's first day, 00:00, to the end of its due day."""

    start: datetime
    end: datetime

    def gone(self, now: datetime) -> Fraction:
        """Return which share of the time is gone, from 0 to 1; of none all is gone once it is over."""
        if now >= self.end:
            return Fraction(1)
        if now <= self.start:
            return Fraction(0)
        return Fraction((now - self.start) // _MICROSECOND, (self.end - self.start) // _MICROSECOND)

    def reaches(self, share: Fraction) -> datetime | None:
        """Return the first instant, in microseconds, at which at least this share is gone; none: never."""
        if share > 1:
            return None
        if self.end <= self.start:
            return self.end
        return self.start + -(-(share * self._length) // 1) * _MICROSECOND

    def exceeds(self, share: Fraction) -> datetime | None:
        """Return the first instant, in microseconds, at which more than this share is gone; none: never."""
        if share >= 1:
            return None
        if self.end <= self.start:
            return self.end
        return self.start + (share * self._length // 1 + 1) * _MICROSECOND

    @property
    def _length(self) -> int:
        return (self.end - self.start) // _MICROSECOND


def clock_of(key_result: KeyResultContext, context: Context) -> Clock:
    """Return the key result's time, in the zone of its objective's team."""
    objective = context.objectives[key_result.objective]
    calendar = context.calendar(objective.team)
    start = calendar.start_of(context.cycle.starts_on)
    return Clock(start, calendar.start_of(min(key_result.due, _LAST_DUE) + _DAY))


def clock_evidence(key_result: KeyResultContext, context: Context) -> tuple[Evidence, ...]:
    """Return when the key result's time begins and ends, and its due day."""
    clock, ref = clock_of(key_result, context), key_result.ref
    return (
        Evidence(fact="time-begins", ref=ref, at=clock.start),
        Evidence(fact="time-ends", ref=ref, at=clock.end, value=key_result.due.isoformat()),
    )


def clock_told(telling: Telling) -> Clock:
    """Return the time that a finding's evidence tells of; one without an end is over."""
    begins, ends = telling.find("time-begins"), telling.find("time-ends")
    return Clock(begins.at if begins and begins.at else telling.now, ends.at if ends and ends.at else telling.now)


def way_evidence(key_result: KeyResultContext) -> tuple[Evidence, ...]:
    """Return where the way begins and ends, and in which unit."""
    unit = (Evidence(fact="unit", ref=key_result.ref, value=key_result.unit),) if key_result.unit else ()
    return (
        Evidence(fact="baseline", ref=key_result.ref, value=key_result.baseline),
        Evidence(fact="target", ref=key_result.ref, value=key_result.target),
        *unit,
    )


def amount(value: float, unit: str | None) -> str:
    """Return "12 %", "1,200 orders", "0.3"."""
    number = f"{value:,.12g}"
    return f"{number} {unit}" if unit else number


def amount_of(telling: Telling, fact: str) -> str:
    """Return the value of this fact with the key result's unit."""
    return amount(telling.value(fact), telling.value("unit"))
