"""`python -m tests.oracle.history_compare FIRST LAST [STEP]`: FINDINGS read the long way, and a backtest.

On days on which a clock, a holiday or a month turns; with a STEP on every so many days.
"""

import sys
from collections import Counter
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

from schemas.strategy import Strategy
from services.backtest.days import Days
from services.detector.policy import parse_policy
from services.detector.verdict import Draft
from tests.backtest.past import load_past, run_of
from tests.oracle.comparing import compare_seeds
from tests.oracle.history_company import strategy
from tests.oracle.history_export import FIRST, LAST, Season
from tests.oracle.history_found import Found
from tests.oracle.history_placed import Company
from tests.oracle.history_rules import findings

RULES: Final = frozenset({
    "date-slip", "aging-work", "rework", "scope-growth", "objective-starved", "objective-idle", "stale-work",
    "capacity-drift", "unaligned-work", "stalled-dependency", "missed-handoff",
})  # fmt: skip
_TURNING: Final = {
    date.fromisoformat(f"2026-{day}")
    for day in ("02-16", "03-08", "03-09", "03-27", "03-29", "03-30", "03-31", "04-03", "04-06", "04-17", "04-30",
                "05-04", "05-25", "05-30")
}  # fmt: skip
"""Holidays of both countries, days on which clocks are put forward and the next, a day off, ends of months."""
_TIMES: Final = (time(12), time(0), time(22), time(4, 30), time(21))


@cache
def _defaults() -> dict[str, Any]:
    """Return the policy as delivered."""
    return parse_policy({}).model_dump()


def compared(seed: int, folder: Path, step: int | None = None) -> tuple[Counter[str], list[str]]:
    """Return what both find in this season, counted by rule, and a line for each finding in which they differ."""
    raws, told = Season(seed, 30 + seed * 7 % 90).raws(), strategy(seed)
    company, given = Company(raws, told, _defaults()), Strategy.model_validate(told)
    path = folder / f"{seed}.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, raws)))
    run = run_of(load_past([path], given, Days(FIRST, LAST, _TIMES[seed % len(_TIMES)])), given, RULES)
    agreed: Counter[str] = Counter()
    wrong: list[str] = []
    for number, now in enumerate(run.days()):
        if number % step == 0 if step else now.date() in _TURNING:
            ours = set(findings(company.at(now)))
            undated = {found[:2] for found in ours if found[5] is None}
            theirs = {_found(draft, undated) for draft in run.open()}
            agreed.update(found[0] for found in ours & theirs)
            wrong += _lines(f"{seed} {now:%m-%d %H:%M}", ours - theirs, theirs - ours)
    return agreed, wrong


def _found(draft: Draft, undated: set[tuple[str, tuple[str, ...]]]) -> Found:
    since = None if (draft.rule, draft.subjects) in undated else draft.since
    return draft.rule, draft.subjects, draft.severity.value, draft.team, draft.objective, since


def _lines(where: str, ours: set[Found], theirs: set[Found]) -> list[str]:
    sides = (("FINDINGS", ours), ("the backtest", theirs))
    return [f"{where} only {side}: {_shown(one)}" for side, found in sides for one in sorted(found, key=str)]


def _shown(found: Found) -> str:
    since: datetime | None = found[5]
    return f"{found[:5]} since {since:%m-%d %H:%M}" if since else str(found[:5])


def main() -> int:
    """Compare the seeds from the first to the last that are given."""
    first, last, *step = map(int, sys.argv[1:])
    return compare_seeds(lambda seed, folder: compared(seed, folder, *step), first, last)


if __name__ == "__main__":
    sys.exit(main())
