"""`python -m tests.oracle.governance_replayed FIRST LAST`: the plain reading of FINDINGS against `leeway replay`.

Two instants a seed, one after the other in the same home, what was measured read in between: some 40 seconds a seed.
"""

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.oracle.comparing import compare_seeds
from tests.oracle.governance_commands import leeway, replay, write
from tests.oracle.governance_compare import TIMES, oracle
from tests.oracle.governance_made import Company, measured
from tests.oracle.governance_strategies import RULES, STARTS_ON, made_plan
from tests.oracle.governance_world import Row


def replayed(folder: Path, now: datetime) -> dict[Row, datetime]:
    """Return what is found at this instant, and since when."""
    return {
        (one["rule"], tuple(each["ref"] for each in one["subjects"]), one["severity"], one["team"], one["objective"]):
        datetime.fromisoformat(one["since"])
        for one in replay(folder, now) if one["rule"] in RULES
    }  # fmt: skip


def differences(seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """Return how many findings of each rule the two agree on, and what they differ in."""
    at = TIMES[seed % len(TIMES)]
    company, raw_plan = Company(seed, at), made_plan(seed)
    values = measured(seed, raw_plan, at)
    write(folder, company.raws, raw_plan)
    told = [f"{name},{when.isoformat()},{value}" for name, each in values.items() for when, value in each]
    (folder / "measured.csv").write_text("\n".join(["key_result,measured_at,value", *told]))
    first = datetime.combine(STARTS_ON + timedelta(days=40 + seed % 20), at, UTC)
    replay(folder, first - timedelta(days=9))
    leeway("measure", "--csv", folder / "measured.csv", "--home", folder / "home")
    agreed: Counter[str] = Counter()
    wrong: list[str] = []
    for now in (first, first + timedelta(days=12)):
        held, theirs = oracle(company.raws, raw_plan, values, now), replayed(folder, now)
        ours = {row[:5]: since for row, since in held.items()}  # a replay does not say who is in shadow
        agreed.update(str(row[0]) for row in ours.keys() & theirs.keys())
        wrong += [f"{seed} {now} only FINDINGS: {row}" for row in ours.keys() - theirs.keys()]
        wrong += [f"{seed} {now} only replay:  {row}" for row in theirs.keys() - ours.keys()]
        wrong += [f"{seed} {now} other since: {row} {since} {theirs[row]}" for row, since in ours.items()
                  if since and row in theirs and since != theirs[row]]  # fmt: skip
    return agreed, wrong


def main() -> int:
    """Compare the seeds that are given, first and last."""
    first, last = map(int, sys.argv[1:])
    return compare_seeds(differences, first, last)


if __name__ == "__main__":
    sys.exit(main())
