"""Forecasts of 200 objectives with 500 open leaves each, over the floor: only drawing as many days and adding them up.

One in ten leaves waits for another or for somebody else's item, one in five has no assignee, and about 3 are delivered
a working day. What moves an objective most has its own number, because it asks the same trials again and again.
"""

import random
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any, Final

import numpy as np

from services.detector.facts import Forecast
from services.detector.forecast.pure import TRIALS, ForecastInputs, make_forecast, seed_of
from services.runtime.calendar import DEFAULT

NOW: Final = datetime(2026, 6, 15, 12, tzinfo=UTC)
DUE: Final = (NOW + timedelta(days=270)).date()
MOST_SECONDS: Final = 10
"""What 200 objectives of 500 items may take."""
WAITING: Final = 0.1
UNOWNED: Final = 0.2
WITH_MOVERS: Final = 10
"""One objective in so many is asked what moves it most."""
_DAYS: Final = 100


def measure(objectives: int = 200, items: int = 500, repeats: int = 3) -> dict[str, Any]:
    """Return the seconds for all base forecasts, and their ratio to the floor in the same run."""
    made = [objective(number, items) for number in range(objectives)]
    ours, floors = list[float](), list[float]()
    for _ in range(repeats):
        seconds, forecasts = _timed(made, with_movers=False)
        ours.append(seconds)
        floors.append(_floor(made, forecasts))
    asked = made[::WITH_MOVERS]
    whole, _ = _timed(asked, with_movers=True)
    bare, _ = _timed(asked, with_movers=False)
    return {
        "objectives": objectives,
        "items": items,
        "trials": TRIALS,
        "seconds": round(median(ours), 2),
        "seconds_held": MOST_SECONDS,
        "floor_seconds": round(median(floors), 2),
        "ratio": round(median(ours) / median(floors), 2),
        "movers_ms_an_objective": round(1000 * (whole - bare) / len(asked)),
    }


def objective(number: int, items: int) -> ForecastInputs:
    """Return a made-up objective with so many open leaves, the same one for the same number."""
    chance = random.Random(number)  # noqa: S311 -- a made-up company
    leaves = [f"jira:made:{number}-{leaf:04}" for leaf in range(items)]
    waiting = []
    for place, leaf in enumerate(leaves):
        if place and chance.random() < WAITING:
            far = f"asana:made:{number}-{place}" if chance.random() < UNOWNED else chance.choice(leaves[:place])
            waiting.append((far, leaf))
    return ForecastInputs(
        objective=f"objective-{number}",
        leaves=tuple(leaves),
        unowned=tuple(leaf for leaf in leaves if chance.random() < UNOWNED),
        dependencies=tuple(waiting),
        delivered=tuple(NOW - timedelta(days=day) for day in range(_DAYS) for _ in range(chance.randint(0, 4))),
        began=NOW - timedelta(days=_DAYS),
    )


def _timed(made: list[ForecastInputs], *, with_movers: bool) -> tuple[float, list[Forecast]]:
    began = perf_counter()
    seeds = [seed_of(one.objective, NOW.date()) for one in made]
    found = [
        make_forecast(one, DUE, DEFAULT, NOW, seed, with_movers=with_movers)
        for one, seed in zip(made, seeds, strict=True)
    ]
    return perf_counter() - began, found


def _floor(made: list[ForecastInputs], forecasts: list[Forecast]) -> float:
    """Return the seconds that drawing and adding up takes, for the days until 95 % of the trials have ended."""
    sample = np.arange(5, dtype=np.int32).repeat(12)
    began = perf_counter()
    for one, forecast in zip(made, forecasts, strict=True):
        random_ = np.random.Generator(np.random.SFC64(len(one.leaves)))
        total, drawn = np.zeros(TRIALS, dtype=np.int32), np.empty(TRIALS, dtype=np.int32)
        for _ in range(DEFAULT.days_to(NOW, forecast.worst or DUE)):
            days = random_.integers(0, len(sample), TRIALS, dtype=np.uint16)
            total += np.take(sample, days.astype(np.intp), out=drawn, mode="wrap")
    return perf_counter() - began
