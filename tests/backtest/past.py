"""Backtests of the references' exports, and the same moments judged the plain way."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from schemas.strategy import Strategy
from services.backtest.days import Days
from services.backtest.judge import Judge
from services.backtest.key_results import Measurements
from services.backtest.loading import Past, Source, load
from services.backtest.running import Run
from services.detector.policy import compile_strategy
from services.detector.rules.registry import BY_NAME
from services.detector.verdict import Draft
from tests.detector.brute import World
from tests.detector.references import DATA, SITE, Reference, place

ARCHIVE = ("TIMOB", "MOD", "AC")
RULES = frozenset(BY_NAME) - {"forecast-miss"}

Told = tuple[Any, ...]


def told(drafts: Iterable[Draft]) -> list[Told]:
    """Return what two findings have to agree in to be the same, sorted."""
    found = ((one.rule, one.subjects, one.severity.value, one.team, one.objective, one.since) for one in drafts)
    return sorted(found, key=lambda one: (one[0], one[1]))


def exports(folder: str, names: Iterable[str]) -> tuple[Path, ...]:
    return tuple(DATA / folder / f"{name}.jsonl.gz" for name in names)


def load_past(paths: Iterable[Path], strategy: Strategy, days: Days) -> Past:
    return load(Source(tuple(paths), SITE), days, strategy, lambda *_: None)


def run_of(past: Past, strategy: Strategy, rules: Collection[str] = RULES, measured: Measurements | None = None) -> Run:
    context = compile_strategy(strategy)
    return Run(past, context, Judge(context, rules), measured or {})


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


@cache
def archive_items(day: date) -> Any:
    """Return the archive's items as of noon of this day."""
    return Reference("jira-archive", ARCHIVE, day.isoformat()).items()


def plain(items: Any, changes: Any, strategy: Strategy, now: datetime) -> list[Told]:
    """Return what a judge of everything finds, each subject assembled the plain way."""
    world = World(place(items, strategy), compile_strategy(strategy), now, changes)
    return told(world.judge().findings)
