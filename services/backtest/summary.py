"""What a run says of each rule: how often it fired, how long its findings lived, and whom they were for.

A finding that clears and comes again counts twice. Of one that stood on the first day already nobody knows here how
long it has lived, so it counts for no length of life.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from schemas.findings import Severity
from services.backtest.days import Days
from services.backtest.lives import Life
from services.detector.context import Context
from services.runtime.calendar import DEFAULT

WORKING_WEEK: Final = 5
"""Working days of the team that must act."""
_MEDIAN, _MOST = 50, 85


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """One rule's findings: `stood` on the first day, `fired` later, `open` after the last day.

    Days are of 24 hours, by nearest rank over those that fired and have ended; none if none has. Of `in_time` findings,
    those that fired early enough for it, `cleared_in_week` cleared within a working week. `severities` are the highest
    that each had; these, teams and objectives count all findings, in their own order and by name.
    """

    rule: str
    stood: int = 0
    fired: int = 0
    open: int = 0
    median_days: int | None = None
    p85_days: int | None = None
    in_time: int = 0
    cleared_in_week: int = 0
    severities: Mapping[str, int] = field(default_factory=dict)
    teams: Mapping[str, int] = field(default_factory=dict)
    objectives: Mapping[str, int] = field(default_factory=dict)


def summarize(rules: Sequence[str], lives: Iterable[Life], days: Days, context: Context) -> list[RuleSummary]:
    """Return the summary of each of these rules, in their order."""
    by_rule: dict[str, list[Life]] = {rule: [] for rule in rules}
    for life in lives:
        by_rule[life.draft.rule].append(life)
    return [_summary(rule, found, days, context) for rule, found in by_rule.items()]


def _summary(rule: str, lives: Sequence[Life], days: Days, context: Context) -> RuleSummary:
    fired = [life for life in lives if life.began > 0]
    ended = sorted(life.days for life in fired if life.days is not None)
    worst = Counter(life.worst for life in lives)
    weeks = list(_weeks(fired, days, context))
    return RuleSummary(
        rule=rule,
        stood=len(lives) - len(fired),
        fired=len(fired),
        open=sum(life.ended is None for life in lives),
        median_days=_ranked(ended, _MEDIAN),
        p85_days=_ranked(ended, _MOST),
        in_time=len(weeks),
        cleared_in_week=sum(weeks),
        severities={one.value: count for one in reversed(Severity) if (count := worst[one])},
        teams=_counted(life.draft.team for life in lives),
        objectives=_counted(life.draft.objective for life in lives),
    )


def _weeks(fired: Iterable[Life], days: Days, context: Context) -> Iterator[bool]:
    """Give of each that cleared or had the time to whether it cleared within a working week."""
    last = days.moment(len(days) - 1)
    for life in fired:
        calendar = DEFAULT if life.draft.team is None else context.calendar(life.draft.team)
        until = last if life.ended is None else days.moment(life.ended)
        took = calendar.working_days(days.moment(life.began), until)
        if life.ended is not None or took > WORKING_WEEK:
            yield took <= WORKING_WEEK


def _ranked(ordered: Sequence[int], percent: int) -> int | None:
    return ordered[-(-percent * len(ordered) // 100) - 1] if ordered else None


def _counted(names: Iterable[str | None]) -> dict[str, int]:
    return dict(sorted(Counter(name for name in names if name is not None).items()))
