"""`leeway check` tells what is wrong in a strategy, where, and what to write instead."""

from pathlib import Path

from services.detector.policy import POLICY
from tests.commands.typed import leeway


def edit(folder: Path, old: str, new: str) -> int:
    """Change the example strategy; return the line on which the new text stands."""
    path = folder / "strategy.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path.read_text().partition(new)[0].count("\n") + 1


def test_a_sound_strategy_is_called_so() -> None:
    told = leeway("check", "strategy.yaml")
    assert told.code == 0
    assert told.out == "strategy.yaml: sound; 1 objective, 2 teams.\n"


def test_an_unknown_key_is_told_with_its_line_and_the_nearest_right_one(example: Path) -> None:
    line = edit(example, "owner: ana", "ownr: ana")
    told = leeway("check", "strategy.yaml")
    assert told.code == 2
    assert f"strategy.yaml:{line}: error: unknown key `ownr` in `objectives[0]`: did you mean `owner`?" in told.out


def test_an_unknown_policy_field_is_told_with_the_nearest_right_one(example: Path) -> None:
    line = edit(example, "stalled_after_working_days", "stalled_after_workng_days")
    told = leeway("check", "strategy.yaml")
    assert told.code == 2
    assert f"strategy.yaml:{line}: " in told.out
    assert "stalled_after_working_days" in told.out


def test_with_an_export_selectors_that_match_nothing_are_warned_of(example: Path) -> None:
    line = edit(example, "epic: GROW-120", "epic: GROW-12")
    told = leeway("check", "strategy.yaml", "--export", "issues.jsonl.gz", "--format", "json").json
    (problem,) = [one for one in told["problems"] if "GROW-12}" in one["message"]]
    assert (problem["severity"], problem["line"]) == ("warning", line)
    assert "GROW-120" in problem["message"] + (problem["hint"] or "")


def test_a_key_result_that_counts_what_is_made_is_warned_of_once_with_a_question(example: Path) -> None:
    path = example / "strategy.yaml"
    lines = [line for line in path.read_text().splitlines() if "ttfv" not in line and "key_results:" not in line]
    at = lines.index("    due_on: 2026-12-18") + 1
    results = [
        "    key_results:",
        "      - {id: editor, title: Ship the new editor}",
        "      - id: done",
        "        kind: output",
        "        title: Admins who finish the tour",
        "      - {id: intime, title: Orders shipped on time, unit: '%'}",
        "      - {id: stay, title: Migrated customers that stay}",
        "      - {id: flow, title: Throughput, unit: tickets}",
    ]
    path.write_text("\n".join([*lines[:at], *results, *lines[at:], ""]))
    told = leeway("check", "strategy.yaml")
    assert told.code == 0
    says = "counts what is made, not what changes for anybody."
    asks = "what would be different, and for whom, once that is done?"
    assert told.out.splitlines() == [
        f"strategy.yaml:{at + 2}: warning: the key result `editor` {says} “ship” says what we do: {asks}",
        f"strategy.yaml:{at + 5}: warning: the key result `done` {says} “output” says what we do: {asks}",
        f"strategy.yaml:{at + 8}: warning: the key result `flow` {says} “tickets” says what we do: {asks}",
        "strategy.yaml: sound; 1 objective, 2 teams, 3 to look at.",
    ]
    problems = leeway("check", "strategy.yaml", "--format", "json").json["problems"]
    assert [one["where"] for one in problems] == [f"objectives[0].key_results[{n}].title" for n in (0, 1, 4)]


def test_every_policy_field_is_listed_with_its_default_and_meaning() -> None:
    rows = leeway("check", "--policy", "--format", "json").json
    assert {row["name"] for row in rows} == set(POLICY.model_fields)
    assert all("Unit:" in row["meaning"] and "Source:" in row["meaning"] for row in rows)
    assert "stalled_after_working_days: 5" in leeway("check", "--policy").out


def test_check_wants_a_strategy_or_policy() -> None:
    assert leeway("check").code == 2
