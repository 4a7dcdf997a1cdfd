"""Counts over real and made exports, equal to those of the reference that was written apart from the product."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.work_items import StatusCategory, WorkItem
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions, SetAside
from tests.connectors.shared_data import archive, lines_of, shared

ALL = ("TIMOB", "MOD", "AC")


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)


def items_of(paths: tuple[Path, ...], as_of: datetime | None) -> list[WorkItem]:
    outcomes = [map_issue(raw, "archive", as_of, MappingOptions()) for path in paths for raw in lines_of(path)]
    assert not [outcome for outcome in outcomes if isinstance(outcome, SetAside)]
    return [outcome.item for outcome in outcomes if isinstance(outcome, Mapped)]


def live_pairs(items: list[WorkItem]) -> set[tuple[str, str]]:
    open_refs = {item.ref for item in items if item.status_category is not StatusCategory.DONE}
    told = {(each.blocker, each.dependent) for item in items for each in item.dependencies}
    return {pair for pair in told if pair[0] != pair[1] and open_refs.issuperset(pair)}


@pytest.mark.parametrize(
    ("projects", "day", "known", "still_open", "live"),
    [(ALL, "2016-05-27", 21300, 4452, 41), (ALL, "2013-05-17", 13100, 3472, 59), (("MOD",), "2018-06-29", 194, 53, 0)],
)
def test_the_archive_stands_as_the_reference_says(
    projects: tuple[str, ...], day: str, known: int, still_open: int, live: int
) -> None:
    items = items_of(archive(*projects), at(day))
    open_items = [item for item in items if item.status_category is not StatusCategory.DONE]
    assert (len(items), len(open_items), len(live_pairs(items))) == (known, still_open, live)


def test_the_made_cases_stand_as_the_reference_says() -> None:
    items = items_of(shared("made-cases/cases.jsonl.gz"), at("2026-06-15"))
    open_items = [item for item in items if item.status_category is not StatusCategory.DONE]
    assert (len(items), len(open_items), len(live_pairs(items))) == (87, 78, 24)


def test_made_dependencies_point_from_blocker_to_dependent() -> None:
    items = items_of(shared("made-cases/cases.jsonl.gz"), at("2026-06-15"))
    keys = {item.ref: item.key for item in items}
    pairs = {(keys.get(blocker), keys.get(dependent)) for blocker, dependent in live_pairs(items)}
    assert {("APP-117", "PAY-118"), ("APP-113", "PAY-114"), ("OPS-129", "WEB-130"), ("APP-131", "APP-133")} <= pairs


def test_captured_issues_of_cloud_map_with_their_changelogs() -> None:
    paths = shared("devlake-jira/issues.jsonl.gz", "devlake-jira/epics.jsonl.gz")
    items = {item.key: item for item in items_of(paths, None)}
    assert len(items) == 33
    assert items["K5-2"].epic_key == "K5-1"
    assert items["K5-2"].parent is None, "a parent that is an epic is the epic"
    assert items["EE-25"].parent_key == "EE-1"


def test_captured_webhook_bodies_hold_issues_that_map_unless_they_are_partial() -> None:
    [folder] = shared("jira-webhooks")
    bodies = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    for body in bodies:
        if "issue" in body:
            outcome = map_issue(body["issue"], "site", None, MappingOptions())
            partial = "created" not in body["issue"]["fields"]
            assert isinstance(outcome, SetAside if partial else Mapped)
