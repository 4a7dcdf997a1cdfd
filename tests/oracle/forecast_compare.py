"""`python -m tests.oracle.forecast_compare FIRST LAST TRIALS`: the product's forecasts against plain trials."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, time
from math import sqrt
from pathlib import Path
from typing import Any

import orjson

from schemas.strategy import Strategy
from services.backtest.days import Days
from services.backtest.judge import Judge
from services.backtest.loading import Source, load
from services.backtest.running import Run
from services.detector.policy import compile_strategy
from tests.oracle.comparing import compare_seeds
from tests.oracle.forecast_made import TODAY, made_company, made_plan
from tests.oracle.forecast_plain import NEVER, Odds, odds, working_days_until
from tests.oracle.governance_raw import Json
from tests.oracle.governance_world import World

TIMES = (time(0, 30), time(12), time(23, 30))
QUANTILES = {"best": 0.5, "base": 0.85, "worst": 0.95}
SIGMAS = 4.5
_THEIR_TRIALS = 10_000


Told = dict[str, Any]
"""The evidence of a finding by its facts, and its severity."""
Foretell = Callable[[list[Json], Json, Days, Path], dict[str, Told]]


def foretold(raws: list[Json], raw_plan: Json, days: Days, folder: Path) -> dict[str, Told]:
    """Return what a backtest finds on the last of these days, by objective."""
    path = folder / "made.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, raws)))
    plan = Strategy.model_validate(raw_plan)
    context = compile_strategy(plan)
    run = Run(load(Source((path,)), days, plan, lambda *_: None), context, Judge(context, ("forecast-miss",)), {})
    list(run.days())
    return {
        str(one.objective): {"severity": one.severity.value} | {each.fact: each.value for each in one.evidence}
        for one in run.open()
    }


def unlike(world: World, objective: str, ours: Odds, told: Told | None) -> Iterator[str]:
    """Give what the two say differently beyond what chance explains."""
    if told is None:
        if ours.in_time < 1 - 10 / len(ours.ends):
            yield f"told of nothing, but {ours.in_time} of {len(ours.ends)} trials are in time"
        return
    if abs(told["probability"] - ours.in_time) > _slack(ours.in_time, ours):
        yield f"{told['probability']} in time, not {ours.in_time}"
    elif abs(ours.in_time - 0.7) > _slack(0.7, ours) and (told["severity"] == "high") is not (ours.in_time <= 0.7):
        yield f"{told['severity']} at {ours.in_time}"
    for name, share in QUANTILES.items():
        slack = _slack(share, ours)
        if told[name] is None:
            if ours.by(NEVER - 1) > share + slack:
                yield f"{name} never, though {ours.by(NEVER - 1)} end"
            continue
        days = working_days_until(world, objective, date.fromisoformat(told[name]))
        if not ours.by(days - 1) - slack < share < ours.by(days) + slack:
            yield f"{name} after {days} working days, by when {ours.by(days - 1)} to {ours.by(days)} ended"


def _slack(share: float, ours: Odds) -> float:
    variance = max(share * (1 - share), 2 / len(ours.ends))
    return SIGMAS * sqrt(variance * (1 / len(ours.ends) + 1 / _THEIR_TRIALS))


def differences(seed: int, trials: int, folder: Path, foretell: Foretell = foretold) -> tuple[Counter[str], list[str]]:
    """Return how often what was said, and what the two differ in."""
    raws, raw_plan = made_company(seed), made_plan(seed)
    days = Days(TODAY, TODAY, TIMES[seed % len(TIMES)])
    theirs = foretell(raws, raw_plan, days, folder)
    world = World(raws, raw_plan, {}, days.moment(0))
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    for objective in world.plan.objectives:
        ours = odds(world, objective, trials, seed)
        if ours is None:
            seen["refused"] += 1
            wrong += [f"{seed} {objective}: ours refuses"] if objective in theirs else []
            continue
        seen[_kind(world, objective, ours)] += 1
        seen["open odds"] += 0.02 < ours.in_time < 0.98
        wrong += [f"{seed} {objective}: {one}" for one in unlike(world, objective, ours, theirs.get(objective))]
    return seen, wrong


def _kind(world: World, objective: str, ours: Odds) -> str:
    if ours.by(NEVER - 1) == 0:
        return "in a ring"
    blockers = {left for left, right in world.live if world.items[right].objective == objective}
    abroad = any(world.items[ref].objective != objective for ref in blockers)
    return "waits for others" if abroad else "waits for its own" if blockers else "waits for nobody"


def main() -> int:
    """Compare the seeds that are given, first and last, with so many trials of ours."""
    first, last, trials = map(int, sys.argv[1:])
    return compare_seeds(lambda seed, folder: differences(seed, trials, folder), first, last)


if __name__ == "__main__":
    sys.exit(main())
