"""The commands that only look: findings, explain, doctor, and how a replay is printed."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

import typer

from schemas.findings import Finding, FindingState, Severity
from services.commands.checks import Check
from services.commands.doctor import look
from services.commands.output import EXIT_FOUND, OutputFormat, counted, out, print_json, say
from services.commands.replaying import ReplayResult
from services.commands.reports import finding_row, print_findings
from services.commands.start import configuration_for, run, settings_for
from services.commands.times import parse_instant
from services.commands.workplace import Workplace, workplace
from services.detector import queries
from services.detector.queries import FindingFilter
from services.detector.rules.registry import BY_NAME
from services.mapper import queries as mapper
from services.notifier.channels.terminal.channel import safe
from services.runtime.clock import SystemClock
from services.runtime.errors import Misconfigured
from services.runtime.wording import suggestion

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}


def _one_of(text: str | None, kind: type[E], option: str) -> E | None:
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        known = [member.value for member in kind]
        raise Misconfigured(f"{option} {text!r} is none of {', '.join(known)}.") from None


def threshold(text: str | None) -> Severity | None:
    """Return the severity that `--fail-on` names."""
    return _one_of(text, Severity, "--fail-on")


def exit_on(found: Iterable[Finding], worst: Severity | None) -> None:
    """End with exit code 1 if a finding is as severe as asked, or worse; what a rule in shadow finds fails nothing."""
    if worst is not None and any(_RANKS[one.severity] >= _RANKS[worst] for one in found if not one.shadow):
        raise typer.Exit(EXIT_FOUND)


def wanted(
    rule: str | None, team: str | None, objective: str | None, severity: str | None, state: str | None
) -> FindingFilter:
    """Return the filter that the options mean, or say which names there are."""
    if rule is not None and rule not in BY_NAME:
        raise Misconfigured(f"There is no rule {rule!r}: {suggestion(rule, list(BY_NAME))}")
    return FindingFilter(
        rule=rule,
        team=team,
        objective=objective,
        severity=_one_of(severity, Severity, "--severity"),
        state=_one_of(state, FindingState, "--state"),
    )


def at_home(home: Path | None, work: Callable[[Workplace], Awaitable[T]]) -> T:
    """Do some work at the place that the home, or the environment, means."""
    settings, clock = settings_for(home), SystemClock()

    async def inside() -> T:
        async with workplace(settings, clock) as place:
            return await work(place)

    return run(inside())


def instant(as_of: str | None) -> datetime:
    """Return the instant that `--as-of` means; now where nothing is said."""
    return SystemClock().now() if as_of is None else parse_instant(as_of, "--as-of")


def findings_at(home: Path | None, wanted: FindingFilter, as_of: str | None) -> list[Finding]:
    """Return the findings of a home or of the configured database, the worst first."""
    now = instant(as_of)

    async def listed(place: Workplace) -> list[Finding]:
        listed = await queries.list_findings(place.room("detector"), now, wanted)
        if not listed and await mapper.newest_strategy(place.room("mapper")) is None:
            say("No strategy is applied, so nothing can be found yet: run `leeway apply strategy.yaml`.")
        return listed

    found = at_home(home, listed)
    return sorted(found, key=lambda finding: (-_RANKS[finding.severity], finding.rule, finding.since))


def finding_at(home: Path | None, prefix: str, as_of: str | None) -> Finding:
    """Return the one finding whose fingerprint begins so."""
    now = instant(as_of)
    found = at_home(home, lambda place: queries.find_finding(place.room("detector"), now, prefix))
    if found is None:
        raise Misconfigured(f"No finding, or more than one, begins with {prefix!r}; `leeway findings` lists them.")
    return found


def print_list(found: Sequence[Finding], format_: OutputFormat) -> None:
    """Print findings."""
    if format_ is OutputFormat.JSON:
        more = ("title", "state", "shadow")
        print_json([finding_row(finding) | finding.model_dump(include=set(more)) for finding in found])
        return
    print_findings(found)
    out.print(f"{counted(len(found), 'finding')}.")


def print_replay(result: ReplayResult, format_: OutputFormat) -> None:
    """Print what a replay found; lines that could not be used go to standard error."""
    for problem in result.report.problems:
        say(safe(f"{problem.source}, line {problem.line}: set aside: {problem.reason}"))
    if (more := result.report.set_aside - len(result.report.problems)) > 0:
        say(
            f"... and {more} more lines set aside; `leeway dead-letters list --home` shows them where --home was given."
        )
    if format_ is OutputFormat.JSON:
        print_json(result.row())
        return
    print_findings(result.findings)
    counts = result.counts
    live = counted(counts.live_dependencies, "live dependency", "live dependencies")
    out.print(
        f"As of {result.as_of.isoformat()}: {counted(counts.items, 'item')}, {counts.open} open, "
        f"{counts.aligned} aligned, {live}, {counted(len(result.findings), 'finding')}; {result.seconds:.1f} s."
    )
    if result.notifications.sent or result.notifications.parked:
        out.print(f"Notifications: {result.notifications.sent} sent, {result.notifications.parked} parked.")


def is_healthy(home: Path | None, format_: OutputFormat) -> bool:
    """Look at everything, print it, and return whether all is well."""
    configuration = configuration_for(settings_for(home))

    async def all_checks(place: Workplace) -> list[Check]:
        return [check async for check in look(place, configuration)]

    return print_checks(at_home(home, all_checks), format_)


def print_checks(checks: Sequence[Check], format_: OutputFormat) -> bool:
    """Print what was looked at, and return whether all is well."""
    if format_ is OutputFormat.JSON:
        print_json([check.row() for check in checks])
    else:
        for check in checks:
            out.print(safe(f"{'ok   ' if check.is_well else 'FAULT'}  {check.what}: {check.found}"))
            if check.remedy:
                out.print(safe(f"       {check.remedy}"), style="italic")
    return all(check.is_well for check in checks)
