"""`python -m tests.oracle.forecast_replayed FIRST LAST TRIALS`: forecasts of `leeway replay` against plain trials."""

import sys
from pathlib import Path

from services.backtest.days import Days
from tests.oracle.comparing import compare_seeds
from tests.oracle.forecast_compare import Told, differences
from tests.oracle.governance_commands import replay, write
from tests.oracle.governance_raw import Json


def foretold(raws: list[Json], raw_plan: Json, days: Days, folder: Path) -> dict[str, Told]:
    """Return what a replay finds, by objective."""
    write(folder, raws, raw_plan)
    return {
        one["objective"]: {"severity": one["severity"]} | {each["fact"]: each.get("value") for each in one["evidence"]}
        for one in replay(folder, days.moment(0))
        if one["rule"] == "forecast-miss"
    }


def main() -> int:
    """Compare the seeds that are given, first and last, with so many trials of ours."""
    first, last, trials = map(int, sys.argv[1:])
    return compare_seeds(lambda seed, folder: differences(seed, trials, folder, foretold), first, last)


if __name__ == "__main__":
    sys.exit(main())
