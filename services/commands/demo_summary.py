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
ODDS_WIDTH: Final = len("less than 1 in 10") + 2
EVERYBODY: Final = "All teams"
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


def conclude(summary: Summary, names: Mapping[str, str]) -> None:
    """Say what stalled, what drifted, what is foretold, and who was asked what; `names` are of people by their ids."""
    standing, cleared = summary.standing, summary.cleared
    came_up = counted(len(standing) + len(cleared), "finding")
    out.print(f"\nThe quarter is over. {came_up} came up; {len(cleared)} have cleared, {len(standing)} stand.")
    _show("What stalled", [one for one in standing if one.rule in STALLED], cleared, stalled=True)
    drifted = [one for one in standing if one.rule not in STALLED]
    _show("What drifted", [one for one in drifted if one.rule != FORETOLD], cleared, stalled=False)
    _foresee(summary.foreseen, standing, cleared)
    _ask([one for one in standing if one.rule != FORETOLD], names)
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


def _foresee(foreseen: Sequence[Foreseen], standing: Sequence[Finding], cleared: Sequence[Finding]) -> None:
    """Say of each objective how likely it is to be done in time and by when it may be, or why nobody can tell."""
    may_miss, right = (sum(one.rule == FORETOLD for one in findings) for findings in (standing, cleared))
    out.print(f"\nWhat the forecasts say ({may_miss} may miss their day, {counted(right, 'miss', 'misses')} cleared):")
    for one in foreseen:
        said, more = foretold(one)
        rest = f"{one.title}: {more}" if more else one.title
        out.print(Text.assemble((f"  {said:<{ODDS_WIDTH}}", "bold"), safe(rest)))
    out.print("  (of 10,000 trials each; likely by: the day by which 85 % of them end)", style="dim")


def foretold(one: Foreseen) -> tuple[str, str]:
    """Return how likely an objective is to be done in time, and what else there is to know of it, in few words."""
    newest = one.forecasts[0] if one.forecasts else None
    if not one.is_open:
        return ("all done", "") if newest else ("not begun", "no work of it is known")
    if newest is None:
        return "no forecast", "none was made yet"
    today = newest.as_of.date()
    if newest.probability is None:
        if not newest.open_leaves:
            return "all done", "only what held its work together is open"
        return "no forecast", f"it delivered on {newest.active_days} of {counted(newest.sampled_days, 'working day')}"
    likely = f", likely by {texts.day(newest.base, today)}" if newest.base else ", likely not within 5 years"
    if newest.due < today:
        return "late", f"was due {texts.day(newest.due, today)}{likely}"
    return odds(newest.probability), f"due {texts.day(newest.due, today)}{likely}"


def _ask(standing: Sequence[Finding], names: Mapping[str, str]) -> None:
    """Say which team was asked what: by name, nobody first, each with what matters most there."""
    asked: Mapping[str, list[Finding]] = defaultdict(list)
    for one in standing:
        lead = f" ({names.get(one.lead, one.lead)})" if one.lead else ""
        asked[f"{one.team_name}{lead}" if one.team_name else EVERYBODY].append(one)
    out.print("\nWho was asked what:")
    for who, findings in sorted(asked.items(), key=lambda entry: (entry[0] == EVERYBODY, entry[0])):
        worst = min(findings, key=lambda one: (_WORST_FIRST.index(one.severity.value), one.since, one.fingerprint))
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        out.print(f"  {safe(who)}: {safe(worst.title)}\n      ? {safe(worst.question)}{more}")
