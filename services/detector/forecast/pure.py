"""A forecast of one objective from what is known of it: pure, and the same for the same seed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final

from services.detector.facts import Forecast, Mover
from services.detector.forecast.movers import Asked, movers_of
from services.detector.forecast.reading import BASE, BEST, WORST, Reading
from services.detector.forecast.sample import ACTIVE_DAYS, sample
from services.detector.forecast.trials import Trials
from services.detector.forecast.work import work_of
from services.runtime.calendar import Calendar

TRIALS: Final = 10_000
HORIZON: Final = timedelta(days=5 * 365 + 1)
"""Trials that have not ended by then count as never."""
_SEED_BYTES: Final = 6
"""So that a seed is a whole number in every reader of JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastInputs:
    """What a forecast is made from; items by their refs.

    `leaves` are the objective's open leaves, `unowned` those of them without an assignee. `dependencies` are pairs
    (blocker, dependent) of open known items: all in which a leaf waits, those in which its blockers wait, and so on;
    others do no harm. `delivered` are the moments at which its leaves were delivered (done with a resolution that
    means success), those of the last 60 working days at least. `began` is when the first of its leaves was created,
    whatever became of it; none if it never had one. `names` are pairs of a ref and how people call that item, for what
    may move the end.
    """

    objective: str
    leaves: tuple[str, ...] = ()
    unowned: tuple[str, ...] = ()
    dependencies: tuple[tuple[str, str], ...] = ()
    delivered: tuple[datetime, ...] = ()
    began: datetime | None = None
    names: tuple[tuple[str, str], ...] = ()


def seed_of(objective: str, day: date) -> int:
    """Return the seed of this objective's forecasts of this day: the same in every process."""
    return int.from_bytes(sha256(f"{objective}\n{day.isoformat()}".encode()).digest()[:_SEED_BYTES])


def make_forecast(
    inputs: ForecastInputs,
    due: date,
    calendar: Calendar,
    now: datetime,
    seed: int,
    *,
    trials: int = TRIALS,
    with_movers: bool = True,
) -> Forecast:
    """Return the forecast as of `now`, or why there is none; `calendar` is that of the objective's team.

    Without movers it takes a fraction of the time.
    """
    days = sample(inputs.began, inputs.delivered, calendar, now)
    active = sum(day > 0 for day in days)
    made = Forecast(
        objective=inputs.objective,
        as_of=now,
        due=due,
        seed=seed,
        trials=trials,
        open_leaves=len(inputs.leaves),
        sampled_days=len(days),
        active_days=active,
        refused=_refusal(len(inputs.leaves), len(days), active),
    )
    return made if made.refused else _foretold(made, inputs, days, calendar, with_movers=with_movers)


def _refusal(leaves: int, days: int, active: int) -> str | None:
    if not leaves:
        return "It has no open leaf, so there is nothing left to forecast."
    if active < ACTIVE_DAYS:
        return (
            f"Something was delivered on {active} of its last {days} working days; a forecast needs {ACTIVE_DAYS} such "
            "days, of the last 60."
        )
    return None


def _foretold(
    made: Forecast, inputs: ForecastInputs, days: tuple[int, ...], calendar: Calendar, *, with_movers: bool
) -> Forecast:
    horizon = calendar.days_to(made.as_of, calendar.date_of(made.as_of) + HORIZON)
    trials = Trials(days, made.trials, horizon, made.seed)
    reading = Reading(calendar.days_to(made.as_of, made.due), horizon)
    asked = Asked(frozenset(inputs.leaves), frozenset(inputs.unowned), inputs.dependencies)
    work = work_of(asked.leaves, asked.dependencies)
    ends = trials.ends(work)

    def by(share: float) -> date | None:
        day = reading.day(ends, share)
        return calendar.date_of(calendar.reaches(made.as_of, day)) if day <= horizon else None

    return replace(
        made,
        probability=reading.probability(ends),
        best=by(BEST),
        base=by(BASE),
        worst=by(WORST),
        movers=_named(movers_of(trials, asked, work, ends, reading), dict(inputs.names)) if with_movers else (),
    )


def _named(movers: tuple[Mover, ...], names: Mapping[str, str]) -> tuple[Mover, ...]:
    """Return the movers with the names of their subjects, where all of them are known."""
    return tuple(
        replace(mover, names=tuple(names[ref] for ref in mover.subjects))
        if names.keys() >= {*mover.subjects}
        else mover
        for mover in movers
    )
