"""The rules that rest on what happened find what FINDINGS says, read the long way by somebody else."""

from collections import Counter
from pathlib import Path

from tests.oracle.history_compare import RULES, compared

SEASONS = (2, 4, 7, 13, 21)


def test_a_backtest_finds_what_findings_says_of_whole_histories(tmp_path: Path) -> None:
    agreed: Counter[str] = Counter()
    wrong: list[str] = []
    for seed in SEASONS:
        more, different = compared(seed, tmp_path)
        agreed += more
        wrong += different
    assert not wrong, "\n".join(wrong)
    assert {rule for rule in RULES if agreed[rule] < 5} == set(), "these say too little of themselves"
