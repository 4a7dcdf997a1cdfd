"""Every line of an export that cannot be used is told, however many there are."""

import gzip
from pathlib import Path

from tests.commands.typed import AS_OF, leeway

POISON = 60


def test_each_line_that_is_set_aside_is_told_with_its_number_and_reason(example: Path) -> None:
    good = gzip.decompress((example / "issues.jsonl.gz").read_bytes()).splitlines()
    mixed = [*good, *good, *[b"{not json"] * POISON]
    (example / "mixed.jsonl").write_bytes(b"\n".join(mixed) + b"\n")
    told = leeway("replay", "mixed.jsonl", "--strategy", "strategy.yaml", "--as-of", AS_OF, "--format", "json")
    first = 2 * len(good) + 1
    lines = [line for line in told.err.splitlines() if "set aside" in line]
    assert len(lines) == POISON
    for number, line in enumerate(lines, first):
        assert f"mixed.jsonl, line {number}: set aside: " in line
