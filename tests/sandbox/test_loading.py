"""Exports are served as Jira and as Asana; what cannot be is told with its line, and all else is served."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.runtime.clock import SystemClock
from services.runtime.errors import Misconfigured
from services.sandbox.asana.site import AsanaSite
from services.sandbox.converting import gid_of
from services.sandbox.jira.site import JiraSite
from services.sandbox.loading import LoadAs, load
from services.sandbox.passing import SandboxTime
from services.sandbox.server import SandboxOptions, sandbox

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
ANA = {"accountId": "ana-1", "displayName": "Ana Lindqvist"}
TODO = {"id": "1", "name": "Open", "statusCategory": {"id": 2, "key": "new"}}
DONE = {"id": "5", "name": "Closed", "statusCategory": {"id": 3, "key": "done"}}
BLOCKS = {"id": "10", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}


def issue(number: int, **fields: Any) -> dict[str, Any]:
    """An issue of the project SHOP."""
    return {
        "id": str(number),
        "key": f"SHOP-{number}",
        "fields": {
            "summary": f"Thing {number}",
            "project": {"id": "77", "key": "SHOP", "name": "Shop"},
            "issuetype": {"id": "3", "name": "Task", "subtask": False},
            "status": TODO,
            "created": "2026-05-04T10:00:00.000+0200",
            "updated": "2026-06-04T10:00:00.000+0200",
            **fields,
        },
    }


def far(number: int) -> dict[str, Any]:
    return {"id": str(number), "key": f"SHOP-{number}", "fields": {"summary": "", "status": TODO}}


def blocks(link: int, other: int) -> dict[str, Any]:
    return {"id": str(link), "type": BLOCKS, "outwardIssue": far(other)}


def is_blocked(link: int, other: int) -> dict[str, Any]:
    return {"id": str(link), "type": BLOCKS, "inwardIssue": far(other)}


def written(path: Path, *issues: Any) -> Path:
    path.write_bytes(b"".join((one if isinstance(one, bytes) else orjson.dumps(one)) + b"\n" for one in issues))
    return path


class Sites:
    """Two empty sites."""

    def __init__(self) -> None:
        time = SandboxTime(SystemClock(), NOW)
        self.jira = JiraSite(now=time.now)
        self.asana = AsanaSite(now=time.now, base_url="")

    def task(self, number: int) -> dict[str, Any]:
        return dict(self.asana.raw(gid_of("task", number)))


@pytest.fixture
def sites() -> Sites:
    return Sites()


@pytest.mark.parametrize("form", LoadAs)
def test_an_export_fills_the_sites_that_it_is_to_fill(form: LoadAs, sites: Sites, tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", issue(1), issue(2))
    assert load([path], sites.jira, sites.asana, form) == []
    assert len(sites.jira.issues) == (0 if form is LoadAs.ASANA else 2)
    assert len(sites.asana.tasks) == (0 if form is LoadAs.JIRA else 2)


@pytest.mark.parametrize("shape", ["lines", "packed", "array", "indented array"])
def test_lines_and_arrays_are_read_packed_or_not(shape: str, sites: Sites, tmp_path: Path) -> None:
    issues = [issue(1), issue(2)]
    lines = b"\n".join(map(orjson.dumps, issues))
    body = {
        "lines": lines,
        "packed": gzip.compress(lines),
        "array": orjson.dumps(issues),
        "indented array": b"\n\n" + orjson.dumps(issues, option=orjson.OPT_INDENT_2),
    }[shape]
    path = tmp_path / "export"
    path.write_bytes(body)
    assert load([path], sites.jira, sites.asana) == []
    assert sites.jira.raw("2")["fields"]["summary"] == "Thing 2"


BAD: list[tuple[Any, str]] = [
    (b"{", "it is no JSON"),
    (b"[1]", "it is no Jira issue"),
    ({"gid": "1"}, "it is no Jira issue"),
    ({**issue(9), "id": "x"}, "no usable id or key"),
    ({**issue(9), "key": "SHOP"}, "no usable id or key"),
    (issue(9, project=None), "no project"),
    (issue(9, status=None, issuetype=None), "no issuetype and no status"),
    (issue(9, created="yesterday"), "no readable time"),
    (issue(9, comment={"comments": [{"author": ANA}]}), "not as Jira gives it"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD, ids=range(len(BAD)))
def test_what_is_no_issue_is_told_with_its_line_and_the_others_are_served(
    bad: Any, reason: str, sites: Sites, tmp_path: Path
) -> None:
    path = written(tmp_path / "a.jsonl", issue(1), bad, b"", issue(2))
    (told,) = load([path], sites.jira, sites.asana, LoadAs.BOTH)
    assert (told.file, told.line) == ("a.jsonl", 2)
    assert reason in told.reason
    assert set(sites.jira.issues) >= {"1", "2"}
    assert set(sites.asana.tasks) >= {gid_of("task", 1), gid_of("task", 2)}


@pytest.mark.parametrize(
    "content", [gzip.compress(orjson.dumps(issue(1)) * 1)[:-9], b"[" + orjson.dumps(issue(1)) + b", {"]
)
def test_a_file_that_was_cut_short_is_told(content: bytes, sites: Sites, tmp_path: Path) -> None:
    whole, cut = written(tmp_path / "whole.jsonl", issue(5)), tmp_path / "cut"
    cut.write_bytes(content)
    (told,) = load([whole, cut], sites.jira, sites.asana)
    assert told.file == "cut"


def test_files_without_any_issue_are_refused(sites: Sites, tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", {"no": "issue"})
    with pytest.raises(Misconfigured, match=r"No issue in .*a.jsonl, line 1"):
        load([path], sites.jira, sites.asana)


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_read_is_refused(name: str, sites: Sites, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        load([tmp_path / name], sites.jira, sites.asana)


def test_a_task_has_what_the_issue_had(sites: Sites, tmp_path: Path) -> None:
    comment = {"id": "8", "author": ANA, "created": "2026-05-05T10:00:00.000+0000", "body": "Begun."}
    moved = {"field": "status", "from": "1", "fromString": "Open", "to": "5", "toString": "Closed"}
    history = {"id": "9", "author": ANA, "created": "2026-06-01T08:00:00.000+0000", "items": [moved]}
    one = issue(
        1, status=DONE, resolutiondate="2026-06-01T10:00:00.000+0200", labels=["late"], duedate="2026-06-30",
        assignee=ANA, description="Why.", comment={"comments": [comment]}, parent={"id": "4", "key": "SHOP-4"},
    )  # fmt: skip
    load(
        [written(tmp_path / "a.jsonl", {**one, "changelog": {"histories": [history]}})],
        sites.jira,
        sites.asana,
        LoadAs.ASANA,
    )
    task = sites.task(1)
    assert (task["name"], task["notes"], task["due_on"]) == ("Thing 1", "Why.", "2026-06-30")
    assert (task["completed"], task["completed_at"]) == (True, "2026-06-01T08:00:00.000Z")
    assert task["created_at"] == "2026-05-04T08:00:00.000Z"
    assert task["assignee"]["name"] == "Ana Lindqvist"
    assert {tag["name"] for tag in task["tags"]} == {"late", "epic SHOP-4"}
    (place,) = task["memberships"]
    assert (place["project"]["name"], place["section"]["name"]) == ("Shop", "Closed")
    assert [story["resource_subtype"] for story in task["stories"]] == ["comment_added", "section_changed"]
    assert task["stories"][0]["text"] == "Begun."


def test_a_subtask_stays_one_and_is_in_no_project(sites: Sites, tmp_path: Path) -> None:
    kind = {"id": "4", "name": "Sub-task", "subtask": True}
    child = issue(2, issuetype=kind, parent=far(1))
    lost = issue(3, issuetype=kind, parent=far(99))
    load([written(tmp_path / "a.jsonl", child, issue(1), lost)], sites.jira, sites.asana, LoadAs.ASANA)
    assert sites.task(2)["parent"]["gid"] == gid_of("task", 1)
    assert sites.task(2)["memberships"] == []
    assert sites.task(3)["parent"] is None
    assert len(sites.task(3)["memberships"]) == 1


def test_a_task_gets_at_most_thirty_dependencies_and_both_ends_agree(sites: Sites, tmp_path: Path) -> None:
    hub = issue(1, issuelinks=[blocks(100 + number, number) for number in range(2, 42)])
    others = [issue(number, issuelinks=[is_blocked(100 + number, 1)]) for number in range(2, 42)]
    load([written(tmp_path / "a.jsonl", *others[:20], hub, *others[20:])], sites.jira, sites.asana, LoadAs.BOTH)
    assert len(sites.jira.raw("1")["fields"]["issuelinks"]) == 40
    dependents = {one["gid"] for one in sites.task(1)["dependents"]}
    assert len(dependents) == 30
    waiting = {gid for gid in sites.asana.tasks if sites.asana.raw(gid)["dependencies"]}
    assert waiting == dependents


def test_a_link_to_what_is_not_in_the_export_leads_nowhere(sites: Sites, tmp_path: Path) -> None:
    load([written(tmp_path / "a.jsonl", issue(1, issuelinks=[blocks(5, 99)]))], sites.jira, sites.asana, LoadAs.ASANA)
    assert not sites.task(1)["dependents"]
    assert set(sites.asana.tasks) == {gid_of("task", 1)}


async def test_the_server_serves_exports_in_the_place_of_the_company(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", issue(1, assignee=ANA), b"junk")
    options = SandboxOptions(NOW, load=(path,), load_as=LoadAs.BOTH)
    async with sandbox(options, SystemClock()) as running:
        assert (set(running.jira.issues), len(running.asana.tasks), len(running.bad)) == ({"1"}, 1, 1)
        with pytest.raises(LookupError):
            _ = running.company
        assert all(running.people.act() for _ in range(50))
