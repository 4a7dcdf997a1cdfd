"""Rows that a real Jira gave map without loss: each history, each comment, each link and each sprint is there."""

from typing import Any

import pytest

from schemas.work_items import ChangeAspect, DueSource, WorkItem, WorkItemChange
from services.connectors.jira.life import told_category
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions
from services.connectors.times import instant_of
from tests.builders import jira_issue
from tests.connectors.chains import chain_of, value_of
from tests.connectors.shared_data import lines_of, shared

ROWS = ("issues", "epics")


def rows(name: str) -> list[dict[str, Any]]:
    [path] = shared(f"devlake-jira/{name}.jsonl.gz")
    return list(lines_of(path))


def mapped(raw: dict[str, Any], options: MappingOptions | None = None) -> tuple[WorkItem, tuple[WorkItemChange, ...]]:
    outcome = map_issue(raw, "site", None, options or MappingOptions())
    assert isinstance(outcome, Mapped), outcome
    return outcome.item, outcome.changes


def lost(histories: list[dict[str, Any]], changes: tuple[WorkItemChange, ...]) -> set[tuple[str, str]]:
    """Return the items of histories that no change tells of."""
    told = {(change.change_id.partition(":")[0], change.field) for change in changes}
    return {(history["id"], item["field"].casefold()) for history in histories for item in history["items"]} - told


@pytest.mark.parametrize("name", ROWS)
def test_each_item_of_each_history_and_each_comment_is_a_change_of_its_own(name: str) -> None:
    for raw in rows(name):
        _, changes = mapped(raw)
        histories = raw["changelog"]["histories"]
        comments = (raw["fields"].get("comment") or {}).get("comments", [])
        assert not lost(histories, changes)
        assert len({change.change_id for change in changes}) == len(changes)
        assert len(changes) == sum(len(history["items"]) for history in histories) + len(comments)


MEANT = {"status", "duedate", "start date", "assignee", "parent", "epic link", "issueparentassociation", "link"}
IN_ONE_MOVE = {"epic link", "issueparentassociation"}
"""What Jira Cloud writes twice when something comes under another epic."""


def meanings() -> MappingOptions:
    return MappingOptions(status_categories={
        status["id"]: category for status in rows("statuses") if (category := told_category(status))
    })  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_each_change_of_what_rules_rest_on_says_what_it_means(name: str) -> None:
    options, seen = meanings(), set[str]()
    for raw in rows(name):
        _, changes = mapped(raw, options)
        for change in changes:
            if change.field not in MEANT:
                assert change.aspect is None, change
            elif change.aspect is not None:
                seen.add(change.field)
                assert change.aspect is not ChangeAspect.STATUS or change.was is None or change.was != change.becomes
            else:
                twice = {other.field for other in changes if other.at == change.at} >= IN_ONE_MOVE
                assert change.field == "status" or (change.field in IN_ONE_MOVE and twice), change
    assert seen >= ({"status", "assignee", "start date", "parent"} if name == "issues" else set())


@pytest.mark.parametrize("name", ROWS)
def test_where_the_history_is_whole_it_ends_at_the_rows_status_and_due(name: str) -> None:
    options = meanings()
    for raw in rows(name):
        item, changes = mapped(raw, options)
        for aspect in (ChangeAspect.STATUS, ChangeAspect.DUE):
            chain = chain_of(changes, aspect)
            assert chain is None or (chain.whole and chain.values[-1] == value_of(item, aspect)), (item.key, chain)


@pytest.mark.parametrize("name", ROWS)
def test_each_field_that_a_work_item_has_is_the_rows(name: str) -> None:
    for raw in rows(name):
        item, _ = mapped(raw)
        fields = raw["fields"]
        assert (item.key, item.title, item.status) == (
            raw["key"],
            fields["summary"].replace("\x00", "").strip(),
            fields["status"]["name"],
        )
        assert (item.created, item.updated) == (instant_of(fields["created"]), instant_of(fields["updated"]))
        assert set(item.labels) == set(fields.get("labels") or [])
        assert set(item.components) == {each["name"] for each in fields.get("components") or []}
        assert (item.assignee.name if item.assignee else None) == (fields.get("assignee") or {}).get("displayName")
        assert item.due_source is DueSource.FIX_VERSION or (str(item.due) if item.due else None) == fields["duedate"]
        assert item.sprint == (fields.get("sprint") or {}).get("name")
        assert len(item.links) == len(fields.get("issuelinks") or [])
        assert (item.parent or item.epic) is not None or not (fields.get("parent") or fields.get("epic"))


def test_histories_from_elsewhere_are_read_whole_in_an_issue() -> None:
    histories = rows("changelogs")
    raw = jira_issue(1, created="2000-01-01T00:00", histories=histories)
    _, changes = mapped(raw)
    assert not lost(histories, changes)
    assert {change.at for change in changes} == {instant_of(history["created"]) for history in histories}


def test_each_sprint_that_is_not_past_is_read_in_the_shape_of_a_field() -> None:
    for sprint in rows("sprints"):
        item, _ = mapped(jira_issue(1, customfield_10020=[sprint]))
        assert item.sprint == (None if sprint["state"] == "closed" else sprint["name"])


def test_each_status_tells_its_category_in_whatever_language() -> None:
    found = [told_category(status) for status in rows("statuses")]
    assert len(found) > 50
    assert None not in found
