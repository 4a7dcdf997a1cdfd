"""`leeway replay` as a user types it gives the references' findings on the real archive and on the made cases."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.commands.typed import REPOSITORY
from tests.detector.references import DATA, REFERENCES, Reference
from tests.detector.rule_sets import REFERENCED

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the archive is not beside the checkout")

COUNTS = ("items", "open", "aligned", "live_dependencies")


def replayed(reference: Reference) -> dict[str, Any]:
    folder = DATA / reference.folder
    exports = [str(folder / f"{name}.jsonl.gz") for name in reference.exports]
    options = ["--strategy", str(folder / "strategy.yaml"), "--as-of", f"{reference.day}T12:00:00Z", "--format", "json"]
    command = [sys.executable, "-m", "services.cli", "replay", *exports, *options]
    result: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=REPOSITORY).stdout)
    return result


def row(rule: str, subjects: list[str], found: dict[str, Any]) -> tuple[object, ...]:
    """FINDINGS sorts the members of a cycle by ref; the reference by key."""
    shown = sorted(subjects) if rule == "dependency-cycle" else subjects
    return (rule, tuple(shown), found["severity"], found["team"] or "", found["objective"] or "")


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda one: one.path.stem)
def test_the_command_prints_exactly_the_findings_of_the_references_rules_and_its_counts(reference: Reference) -> None:
    result, expected = replayed(reference), reference.expected()
    found = [
        row(one["rule"], [sub["key"] or sub["ref"] for sub in one["subjects"]], one)
        for one in result["findings"]
        if one["rule"] in REFERENCED
    ]
    wanted = [row(one["rule"], one["subjects"], one) for one in expected["findings"]]
    assert sorted(found) == sorted(wanted)
    assert {name: result[name] for name in COUNTS} == {name: expected[name] for name in COUNTS}
