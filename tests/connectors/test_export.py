"""Rules of reading an export: a stream, in every form, each problem told with its line."""

import gzip
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.work_items import StatusCategory, Tracker
from services.connectors.export import lines
from services.connectors.export.lines import Problem, Value, values_of
from services.connectors.export.survey import Entry, entries_of, survey
from services.runtime.errors import Misconfigured
from tests.builders import asana_task, jira_issue


def written(folder: Path, *issues: Any, name: str = "export.jsonl") -> Path:
    """Write the values as JSON lines; bytes are written as they are."""
    path = folder / name
    path.write_bytes(b"".join(one if isinstance(one, bytes) else orjson.dumps(one) + b"\n" for one in issues))
    return path


def read(*paths: Path) -> tuple[list[Entry], list[Problem]]:
    found = list(entries_of(paths, survey(paths)))
    return [one for one in found if isinstance(one, Entry)], [one for one in found if isinstance(one, Problem)]


def test_lines_packed_lines_and_arrays_give_the_same(tmp_path: Path) -> None:
    issues = [jira_issue(1, customfield_5=1.5), asana_task(2), jira_issue(3)]
    plain = written(tmp_path, *issues)
    packed = tmp_path / "export.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    array = tmp_path / "export.json"
    array.write_text("\ufeff \n" + json.dumps(issues, indent=2), encoding="utf-8")
    packed_array = tmp_path / "named-otherwise"
    packed_array.write_bytes(gzip.compress(orjson.dumps(issues)))
    for path in (plain, packed, array, packed_array):
        entries, problems = read(path)
        assert ([entry.raw for entry in entries], problems) == (issues, [])
    assert [entry.tracker for entry in read(plain)[0]] == [Tracker.JIRA, Tracker.ASANA, Tracker.JIRA]


def test_a_poison_line_is_told_with_its_number_and_blocks_nobody(tmp_path: Path) -> None:
    path = written(
        tmp_path, jira_issue(1), b'{"id": "2", \n', b"\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n", [1],
        {"a": 1}, jira_issue(3),
    )  # fmt: skip
    entries, problems = read(path)
    assert [entry.line for entry in entries] == [1, 8]
    assert [problem.line for problem in problems] == [2, 4, 5, 6, 7]
    assert all(problem.source == "export.jsonl" and problem.reason for problem in problems)
    assert "no UTF-8" in problems[1].reason
    assert "neither a Jira issue" in problems[-1].reason


def test_what_only_the_standard_library_reads_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, b'{"id":"1","key":"A-1","fields":{"summary":"\\ud800","x":NaN}}\n')
    [entry], problems = read(path)
    assert (entry.raw["key"], problems) == ("A-1", [])


def test_a_packed_file_that_was_cut_gives_what_it_holds_and_says_so(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(orjson.dumps(jira_issue(n, description="x" * n)) + b"\n" for n in range(1, 800)))
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(whole[: len(whole) // 2])
    entries, [problem] = read(path)
    assert 0 < len(entries) < 799
    assert (problem.line, "cut short" in problem.reason) == (len(entries) + 1, True)


def test_an_array_that_breaks_gives_what_came_before_and_says_where(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(b"[" + orjson.dumps(jira_issue(1)) + b"," + orjson.dumps(jira_issue(2)) + b", {oops")
    entries, [problem] = read(path)
    assert len(entries) == 2
    assert (problem.line, "after element 2" in problem.reason) == (3, True)


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "empty"), (b" \n\n", "empty"), (b"[]", "empty"), (b"\x1f\x8b\x08", "cut")]
)
def test_a_file_with_nothing_in_it_is_a_problem(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "export.jsonl"
    path.write_bytes(content)
    entries, [problem] = read(path)
    assert (entries, problem.line) == ([], 0)
    assert reason in problem.reason


def test_a_missing_file_is_one_sentence_for_the_person_who_named_it(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"There is no export .*nowhere.jsonl; give the path"):
        survey([tmp_path / "nowhere.jsonl"])
    with pytest.raises(Misconfigured, match="cannot be read"):
        survey([tmp_path])


def test_a_line_without_end_is_passed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 4_000)
    path = written(tmp_path, b"x" * 10_000 + b"\n", jira_issue(1))
    problem, value = values_of(path)
    assert isinstance(problem, Problem)
    assert isinstance(value, Value)
    assert (problem.line, value.line) == (1, 2)


def test_of_the_same_id_the_newest_counts_then_the_last(tmp_path: Path) -> None:
    def version(number: int, title: str, hour: int) -> dict[str, Any]:
        return jira_issue(number, summary=title, updated=f"2026-05-01T{hour:02}:00:00.000+0000")

    first = written(
        tmp_path, version(1, "old", 1), version(1, "new", 3), version(1, "older", 2), version(2, "a", 5), name="1"
    )
    second = written(
        tmp_path, version(2, "b", 5), asana_task(1), version(1, "oldest", 0), {"fields": {}}, {"fields": {}}, name="2"
    )
    entries, _ = read(first, second)
    titles = [entry.raw["fields"].get("summary") for entry in entries if entry.tracker is Tracker.JIRA]
    assert titles == ["new", "b", None, None], "entries without an id are like no other"
    assert len(survey([first, second]).superseded) == 4


def test_the_export_teaches_what_its_statuses_mean(tmp_path: Path) -> None:
    path = written(tmp_path, jira_issue(1, category="indeterminate"), jira_issue(2, category="done"))
    assert survey([path]).status_categories == {
        "indeterminate": StatusCategory.IN_PROGRESS,
        "done": StatusCategory.DONE,
    }
