"""`leeway backtest`: what the rules would have said on each day of a past, and what another policy would have changed.

Promise: nothing is started and nothing is kept; the same exports, strategy and days give the same numbers.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from schemas.strategy import Strategy
from services.backtest.comparing import Comparison, compare
from services.backtest.days import Days
from services.backtest.judge import Judge
from services.backtest.key_results import Measurements
from services.backtest.lives import Life
from services.backtest.loading import Past, Show, Source, load
from services.backtest.running import Run
from services.backtest.summary import RuleSummary, summarize
from services.commands.exports import refuse_unusable
from services.commands.measuring import lines_of
from services.connectors.mapped import MappingOptions
from services.detector.context import KEY_RESULT_PREFIX
from services.detector.facts import Measured
from services.detector.measuring import faults, key_results_of
from services.detector.policy import compile_strategy, parse_policy
from services.detector.rules.registry import BY_NAME
from services.runtime.errors import Misconfigured
from services.runtime.wording import suggestion

COSTLY: Final = ("forecast-miss",)
"""Rules that are judged only where they are asked for: 10,000 trials an objective and day."""


@dataclass(frozen=True)
class BacktestRequest:
    """What to go through, by which strategy; `changed` is the policy to try beside it, none for no second run."""

    exports: tuple[Path, ...]
    strategy: Strategy
    days: Days
    rules: tuple[str, ...]
    changed: Mapping[str, Any] = field(default_factory=dict)
    measurements: Path | None = None
    site: str = "archive"


@dataclass(frozen=True)
class Told:
    """One run: its findings and what they come to, rule by rule."""

    lives: tuple[Life, ...]
    rules: tuple[RuleSummary, ...]


@dataclass(frozen=True)
class Backtest:
    """What came of it; `with_changed` and `comparison` are there if another policy was tried."""

    request: BacktestRequest
    past: Past
    told: Told
    with_changed: Told | None = None
    comparison: Comparison | None = None


def backtest(request: BacktestRequest, options: MappingOptions, show: Show) -> Backtest:
    """Go through the days. Raises `Misconfigured` for whatever is wrong with the input."""
    refuse_unusable(request.exports)
    tried = _tried(request.strategy, request.changed) if request.changed else None
    measurements = _measurements(request.measurements, request.strategy)
    past = load(Source(request.exports, request.site, options), request.days, request.strategy, show)
    job = _Job(past, request.rules, measurements, show)
    told = job.run(request.strategy, "judging the days")
    if tried is None:
        return Backtest(request, past, told)
    changed = job.run(tried, "judging them with the changed policy")
    return Backtest(request, past, told, changed, compare(told.lives, changed.lives))


@dataclass(frozen=True)
class _Job:
    """What both runs have in common."""

    past: Past
    rules: tuple[str, ...]
    measurements: Measurements
    show: Show

    def run(self, strategy: Strategy, label: str) -> Told:
        context, days = compile_strategy(strategy), self.past.days
        run = Run(self.past, context, Judge(context, self.rules), self.measurements)
        for done, _ in enumerate(run.days(), 1):
            self.show(label, done, len(days))
        return Told(tuple(run.lives), tuple(summarize(self.rules, run.lives, days, context)))


def days_of(first: str, last: str, at: str) -> Days:
    """Return the days that the options mean."""
    try:
        moment = time.fromisoformat(at)
    except ValueError:
        raise Misconfigured(f"--at {at!r} is no time of day; write one in UTC, for example 12:00.") from None
    if moment.tzinfo is not None:
        raise Misconfigured(f"--at {at!r} has a time zone; write a time of day in UTC, for example 12:00.")
    return Days(_day(first, "--from"), _day(last, "--to"), moment)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misconfigured(f"{option} {text!r} is no day; write one as in 2026-06-15.") from None


def rules_of(names: Collection[str]) -> tuple[str, ...]:
    """Return the rules to judge, in the order of the registry: those named, else all but the costly ones."""
    for name in names:
        if name not in BY_NAME:
            raise Misconfigured(f"There is no rule {name!r}: {suggestion(name, list(BY_NAME))}")
    return tuple(name for name in BY_NAME if (name in names if names else name not in COSTLY))


def changed_policy(given: Iterable[str]) -> dict[str, Any]:
    """Return the values of `--set name=value`; a value is written as in the strategy file."""
    found: dict[str, Any] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise Misconfigured(f"--set {one!r} sets nothing; write it as in --set stalled_after_working_days=7.")
        try:
            found[name.strip()] = YAML(typ="safe").load(value)
        except YAMLError:
            raise Misconfigured(f"--set {one!r}: the value cannot be read; write it as in the strategy file.") from None
    parse_policy(found, "--set")
    return found


def _tried(strategy: Strategy, changed: Mapping[str, Any]) -> Strategy:
    return strategy.model_copy(update={"policy": strategy.policy | dict(changed)})


def _measurements(path: Path | None, strategy: Strategy) -> Measurements:
    """Read measurements as `leeway measure` does; those of key results that the strategy does not name are refused."""
    if path is None:
        return {}
    known = key_results_of(strategy)
    found: defaultdict[str, dict[tuple[datetime, str], Measured]] = defaultdict(dict)
    for line in lines_of(path):
        given = line.given
        if given.measured_at is None:
            raise Misconfigured(f"{line.place}: measured_at is missing; write when it was measured.")
        # Whatever the day on which this is asked, none of it is still to come.
        for fault in faults(given, known, given.measured_at):
            raise Misconfigured(f"{line.place}: {fault}.")
        one = Measured(given.measured_at, given.value, given.source, given.confidence)
        found[KEY_RESULT_PREFIX + given.key_result][one.at, one.source] = one
    return {ref: tuple(sorted(by_moment.values(), key=_order)) for ref, by_moment in found.items()}


def _order(one: Measured) -> tuple[datetime, str]:
    return one.at, one.source
