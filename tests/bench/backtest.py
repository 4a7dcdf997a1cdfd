"""A backtest of a real archive, by all rules but the one on forecasts: days a second once it is loaded.

The floor is the same days with nothing judged: only what happened is applied. Where the archive is not beside the
checkout, a made-up one takes its place, and the result says so.
"""

from collections import deque
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, Final

from schemas.strategy import Strategy
from services.backtest.days import Days
from services.backtest.judge import Judge
from services.backtest.loading import Past, Source, load
from services.backtest.running import Run
from services.backtest.world import World
from services.commands.backtesting import rules_of
from services.detector.policy import compile_strategy
from tests.bench.archive import ARCHIVE, AS_MANY, NAMES, make_up, strategy_in
from tests.bench.company import AS_OF

DAYS: Final = Days(date(2013, 1, 1), date(2021, 12, 31))
MADE_UP: Final = Days(AS_OF.date().replace(month=1, day=1), AS_OF.date())


def measure(archive: Path = ARCHIVE, size: int = AS_MANY, days: Days = DAYS) -> dict[str, Any]:
    """Go through these days of the archive, or through half a year of a made-up one of this size."""
    exports = [archive / name for name in NAMES]
    if all(path.is_file() for path in exports):
        return _measured([*exports, archive / "strategy.yaml"], days)
    with TemporaryDirectory() as folder:
        made = make_up(Path(folder), size)
        return _measured(made, MADE_UP) | {"made_up": f"{archive.name} is not beside the checkout"}


def _measured(paths: list[Path], days: Days) -> dict[str, Any]:
    *exports, plan = paths
    strategy = strategy_in(plan)
    began = monotonic()
    past = load(Source(tuple(exports)), days, strategy, lambda *_: None)
    loaded = monotonic()
    floor = _floor(past, strategy)
    context = compile_strategy(strategy)
    run = Run(past, context, Judge(context, rules_of(())), {})
    ran = monotonic()
    deque(run.days(), maxlen=0)
    seconds = monotonic() - ran
    return {
        "items": past.items,
        "days": len(days),
        "load_seconds": round(loaded - began, 1),
        "findings": len(run.lives),
        "days_per_second": round(len(days) / seconds),
        "ratio_to_floor": round(floor / seconds, 2),
    }


def _floor(past: Past, strategy: Strategy) -> float:
    """Return the seconds that it takes to apply all days without a judgement."""
    world = World(compile_strategy(strategy))
    began = monotonic()
    for news in past.news:
        world.apply(news)
    return monotonic() - began
