"""What `leeway demo` says before and after its quarter: who the company is, what stalled and drifted, who was asked."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.text import Text

from schemas.findings import Finding, FindingState
from services.commands.engine import Engine
from services.commands.forecasting import odds
from services.commands.output import counted, out
from services.commands.reports import STYLES
from services.detector import queries, texts
from services.detector.forecast.queries import Foreseen, list_forecasts
from services.detector.queries import FindingFilter
from services.notifier.channels.terminal.channel import safe
from services.runtime.clock import Clock
from services.sandbox.server import Running

STALLED: Final = frozenset(
    {
        "stalled-dependency",
        "dependency-date-conflict",
        "undated-blocker",
        "late-start",
        "unowned-blocker",
        "dependency-cycle",
        "missed-handoff",
        "bottleneck-team",
    }
)
"""The rules on what waits for something; all others are on work that leaves the strategy."""
FORETOLD: Final = "forecast-miss"
"""The rule whose findings are said as forecasts, objective by objective."""
SHOWN: Final = 4
_WORST_FIRST: Final = tuple(reversed(STYLES))


@dataclass(frozen=True)
class Summary:
    """What stands at the end, and what was found and has cleared since."""

    standing: Sequence[Finding]
    cleared: Sequence[Finding]
    foreseen: Sequence[Foreseen]


async def of_the_quarter(made: Engine, clock: Clock) -> Summary:
    """Return what the detector holds now."""
    door = made.door("detector")
    standing = await queries.list_findings(door, clock.now())
    cleared = await queries.list_findings(door, clock.now(), FindingFilter(state=FindingState.RESOLVED))
    return Summary(standing, cleared, await list_forecasts(door))


def introduce(console: Console, world: Running) -> None:
    """Say who the company is and where it lives."""
    company, strategy = world.company, world.company.strategy
    console.print(
        f"Brightmoor, a made-up company: {len(strategy.teams)} teams, {len(strategy.objectives)} objectives, "
        f"{company.size} items in a Jira and an Asana that stand in for the real ones. "
        f"Its quarter from {company.starts_on:%d %B} goes by:\n"
    )


def conclude(summary: Summary) -> None:
    """Say what stalled, what drifted, and who was asked what."""
    standing, cleared = summary.standing, summary.cleared
    came_up = counted(len(standing) + len(cleared), "finding")
    out.print(f"\nThe quarter is over. {came_up} came up; {len(cleared)} have cleared, {len(standing)} stand.")
    _show("What stalled", [one for one in standing if one.rule in STALLED], cleared, stalled=True)
    drifted = [one for one in standing if one.rule not in STALLED]
    _show("What drifted", [one for one in drifted if one.rule != FORETOLD], cleared, stalled=False)
    _foresee(summary.foreseen)
    _ask([one for one in standing if one.rule != FORETOLD])
    out.print(
        "\nNext: `.venv/bin/leeway sandbox` serves this Jira and Asana for you to try things on;\n"
        "      `.venv/bin/leeway init` connects your own, and `.venv/bin/leeway up` watches over it.\n"
        "README.md tells more. Everything that the demo started is stopped and removed."
    )


def _show(title: str, standing: Sequence[Finding], cleared: Sequence[Finding], *, stalled: bool) -> None:
    over = sum((one.rule in STALLED) is stalled and one.rule != FORETOLD for one in cleared)
    out.print(f"\n{title} ({len(standing)} stand, {over} cleared):")
    worst = sorted(standing, key=lambda one: (_WORST_FIRST.index(one.severity.value), one.since, one.fingerprint))
    for one in worst[:SHOWN]:
        out.print(Text.assemble((f"  {one.severity.value.upper():<9}", STYLES[one.severity.value]), safe(one.title)))
    if len(worst) > SHOWN:
        out.print(f"           and {len(worst) - SHOWN} more")


def _foresee(foreseen: Sequence[Foreseen]) -> None:
    """Say of each objective how likely it is to be done in time, and by when it may be, as of its newest forecast."""
    out.print("\nWhat the forecasts say (of 10,000 trials each):")
    for one in foreseen:
        newest = one.forecasts[0] if one.forecasts else None
        if newest is None or newest.probability is None:
            told = "no forecast yet" if newest is None or newest.open_leaves else "nothing of it is open"
        else:
            today = newest.as_of.date()
            by = f", likely by {texts.day(newest.base, today)}" if newest.base else ""
            told = f"{odds(newest.probability)} to be done by {texts.day(newest.due, today)}{by}"
        out.print(f"  {safe(one.title)}: {told}")


def _ask(standing: Sequence[Finding]) -> None:
    """Say who was asked what: by name, nobody first, each with what matters most there."""
    asked: Mapping[str, list[Finding]] = defaultdict(list)
    for one in standing:
        who = one.owner or one.lead
        asked[f"{who} ({one.team_name})" if who and one.team_name else who or one.team_name or "the teams"].append(one)
    out.print("\nWho was asked what:")
    for who, findings in sorted(asked.items()):
        worst = min(findings, key=lambda one: (_WORST_FIRST.index(one.severity.value), one.since, one.fingerprint))
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        out.print(f"  {safe(who)}: {safe(worst.title)}\n      ? {safe(worst.question)}{more}")
