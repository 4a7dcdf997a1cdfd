"""`python -m tests.oracle.governance_compare FIRST LAST`: the plain reading of FINDINGS against the product."""

import sys
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path

import orjson

from schemas.strategy import Strategy
from services.backtest.days import Days
from services.backtest.judge import Judge
from services.backtest.loading import Source, load
from services.backtest.running import Run
from services.detector.facts import Measured
from services.detector.policy import compile_strategy
from tests.oracle.comparing import compare_seeds
from tests.oracle.governance_goals import goals
from tests.oracle.governance_items import items, teams
from tests.oracle.governance_made import Company, measured
from tests.oracle.governance_raw import Json
from tests.oracle.governance_strategies import RULES, made_plan
from tests.oracle.governance_waits import waits
from tests.oracle.governance_world import Row, Values, World

TIMES = (time(0, 30), time(5), time(12), time(15, 30), time(23, 30))
STEP = 9


def oracle(raws: list[Json], raw_plan: Json, values: Values, now: datetime) -> dict[Row, datetime | None]:
    """Return what holds at `now` by the words of FINDINGS, and since when where they tell."""
    world = World(raws, raw_plan, values, now)
    return {found.row: found.since for each in (waits, items, teams, goals) for found in each(world)}


def differences(seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """Return how many findings of each rule the two agree on, and what they differ in, over a quarter's days."""
    at = TIMES[seed % len(TIMES)]
    company, raw_plan = Company(seed, at), made_plan(seed)
    values = measured(seed, raw_plan, at)
    path = folder / f"{seed}.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, company.raws)))
    plan = Strategy.model_validate(raw_plan)
    days = Days(date(2026, 5, 4) + timedelta(days=seed % STEP), date(2026, 6, 30), at)
    given = {f"key-result:{name}": tuple(Measured(at, value, "csv") for at, value in each)
             for name, each in values.items()}  # fmt: skip
    context = compile_strategy(plan)
    run = Run(load(Source((path,)), days, plan, lambda *_: None), context, Judge(context, RULES), given)
    agreed: Counter[str] = Counter()
    wrong: list[str] = []
    for number, now in enumerate(run.days()):
        if number % STEP == 0:
            ours = oracle(company.raws, raw_plan, values, now)
            theirs = {(one.rule, one.subjects, one.severity.value, one.team, one.objective, one.shadow): one.since
                      for one in run.open()}  # fmt: skip
            agreed.update(str(row[0]) for row in ours.keys() & theirs.keys())
            told = [f"only FINDINGS: {row}" for row in ours.keys() - theirs.keys()]
            told += [f"only product:  {row}" for row in theirs.keys() - ours.keys()]
            told += [f"other since: {row} {since} {theirs[row]}" for row, since in ours.items()
                     if since and row in theirs and since != theirs[row]]  # fmt: skip
            wrong += [f"{seed} {now:%m-%d %H:%M} {one}" for one in sorted(told)]
    return agreed, wrong


def main() -> int:
    """Compare the seeds that are given, first and last."""
    first, last = map(int, sys.argv[1:])
    return compare_seeds(differences, first, last)


if __name__ == "__main__":
    sys.exit(main())
