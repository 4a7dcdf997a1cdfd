"""`python -m tests.backtest.equal [EXPORT ... --strategy FILE]`: a backtest against `leeway replay` itself.

On month ends of the archive, all rules but the forecast's: rule, subjects, severity, team, objective and since of every
finding. Some minutes; it ends with 1 if anything differs. Made archives and cases have their own `--days`.
"""

import argparse
import json
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

from services.backtest.days import Days
from services.mapper.strategy_file import load_strategy
from tests.backtest.past import ARCHIVE, RULES, Told, exports, load_past, run_of, told
from tests.detector.references import DATA

ROOT = Path(__file__).resolve().parents[2]
MONTH_ENDS = tuple(
    date.fromisoformat(day)
    for day in ("2013-01-31", "2013-09-30", "2014-06-30", "2015-02-28", "2015-11-30", "2016-05-31",
                "2016-12-31", "2017-08-31", "2018-06-30", "2019-03-31", "2020-02-29", "2021-06-30")
)  # fmt: skip


def replayed(paths: tuple[Path, ...], strategy: Path, day: date) -> list[Told]:
    """Return what `leeway replay` finds at noon of this day."""
    command = [sys.executable, "-m", "services.cli", "replay", *map(str, paths), "--strategy", str(strategy)]
    command += ["--as-of", f"{day}T12:00:00Z", "--format", "json"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)
    return sorted(map(_row, filter(_is_compared, answer["findings"])), key=lambda one: (one[0], one[1]))


def _is_compared(finding: dict[str, Any]) -> bool:
    return finding["rule"] in RULES


def _row(finding: dict[str, Any]) -> Told:
    subjects = tuple(subject["ref"] for subject in finding["subjects"])
    since = datetime.fromisoformat(finding["since"])
    return finding["rule"], subjects, finding["severity"], finding["team"], finding["objective"], since


def differing(ours: list[Told], theirs: list[Told], now: datetime) -> list[str]:
    """Return what the two say differently. What began at no known instant is told to have begun when it was found."""
    filled = [(*one[:-1], one[-1] or now) for one in ours]
    only_ours = [f"only the backtest: {one}" for one in filled if one not in theirs]
    return only_ours + [f"only the replay: {one}" for one in theirs if one not in filled]


def main() -> int:
    """Compare, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exports", nargs="*", type=Path, default=exports("jira-archive", ARCHIVE))
    parser.add_argument("--strategy", type=Path, default=DATA / "jira-archive" / "strategy.yaml")
    parser.add_argument("--days", nargs="*", type=date.fromisoformat, default=MONTH_ENDS)
    given = parser.parse_args()
    paths, days = tuple(given.exports), sorted(given.days)
    strategy = load_strategy(given.strategy)
    run = run_of(load_past(paths, strategy, Days(days[0], days[-1])), strategy)
    wrong = 0
    for now in run.days():
        if now.date() in days:
            ours = told(run.open())
            found = differing(ours, replayed(paths, given.strategy, now.date()), now)
            wrong += bool(found)
            print(f"{now.date()}: {len(ours)} findings, {'equal' if not found else 'NOT EQUAL'}", *found, sep="\n  ")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
