"""What differs between two states of an item and is in no history is told once, with what it means."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from schemas.work_items import Actor, ChangeAspect, ChangeKind, DueSource, StatusCategory, WorkItem, WorkItemChange
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions
from services.connectors.untold import untold_changes
from tests.builders import jira_history, jira_issue, jira_person, jira_time, work_item

AT = datetime(2026, 5, 20, 12, tzinfo=UTC)
LATER = AT + timedelta(hours=3)
ANA, BO = Actor(id="ana", name="Ana"), Actor(id="bo", name="Bo")
DUE, STATUS = ChangeAspect.DUE, ChangeAspect.STATUS


def seen(before: WorkItem, after: WorkItem, *history: WorkItemChange) -> list[WorkItemChange]:
    return list(untold_changes(before, after, history, 7, LATER))


def item(**fields: Any) -> WorkItem:
    return work_item(1, updated=AT, **fields)


def told(field: str, aspect: ChangeAspect | None, becomes: str | None, at: datetime = LATER) -> WorkItemChange:
    return WorkItemChange(
        ref=item().ref, key="APP-1", change_id=f"1:{field}", kind=ChangeKind.FIELD, field=field, aspect=aspect,
        becomes=becomes, at=at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"due": date(2026, 6, 8)}, {"due": None}, ("due", DUE, "2026-06-08", None)),
        ({}, {"start": date(2026, 6, 1)}, ("start", ChangeAspect.START, None, "2026-06-01")),
        ({}, {"status_category": StatusCategory.IN_PROGRESS}, ("status", STATUS, "todo", "in_progress")),
        ({"assignee": ANA}, {"assignee": BO}, ("assignee", ChangeAspect.ASSIGNEE, "Ana", "Bo")),
        ({"estimate": 3.0}, {"estimate": 5.5}, ("estimate", ChangeAspect.ESTIMATE, "3", "5.5")),
        ({}, {"parent": "jira:archive:9"}, ("parent", ChangeAspect.PARENT, None, "jira:archive:9")),
        ({"title": "Old"}, {"title": "New"}, ("title", None, None, None)),
        ({"sections": ("a",)}, {"sections": ("b",)}, ("section", None, None, None)),
    ],
)
def test_a_difference_is_told_with_what_it_means(before: Any, after: Any, expected: Any) -> None:
    [change] = seen(item(**before), item(**after))
    assert (change.field, change.aspect, change.was, change.becomes) == expected
    assert (change.by, change.at) == (None, LATER)
    assert seen(item(**before), item(**after)) == [change], "the same difference has the same id"


def test_a_new_name_of_the_same_owner_is_no_change_of_owner() -> None:
    assert seen(item(assignee=ANA), item(assignee=Actor(id="ana", name="Ana Moor"))) == []


@pytest.mark.parametrize(
    ("change", "is_untold"),
    [
        (told("duedate", DUE, "2026-06-30"), False),
        (told("due_date_changed", DUE, "2026-06-30"), False),
        (told("duedate", DUE, "2026-06-30", AT - timedelta(days=1)), True),  # of long ago
        (told("duedate", DUE, "2026-06-08"), True),  # another day than the one that it has
        (told("duedate", DUE, None), True),
        (told("fix version", None, None), True),  # says nothing of the day
        (told("due_date_changed", ChangeAspect.START, "2026-06-30"), True),
    ],
)
def test_a_history_accounts_for_a_day_where_it_tells_how_the_item_came_to_it(
    change: WorkItemChange, is_untold: bool
) -> None:
    assert bool(seen(item(), item(due=date(2026, 6, 30)), change)) is is_untold


@pytest.mark.parametrize(
    ("change", "is_untold"),
    [
        (told("status", STATUS, "done"), False),
        (told("section_changed", STATUS, "done"), False),
        (told("status", STATUS, None), False),  # to a status of which nobody knows what it means
        (told("section_changed", None, None), True),  # a move that does not change the category
        (told("resolution", None, None), True),
    ],
)
def test_a_history_accounts_for_a_category_where_it_tells_a_change_of_it(
    change: WorkItemChange, is_untold: bool
) -> None:
    assert bool(seen(item(), item(status_category=StatusCategory.DONE), change)) is is_untold


def release(on: str) -> dict[str, Any]:
    return {"fixVersions": [{"id": "8", "name": "1.0", "releaseDate": on}]}


def issue(*items: dict[str, Any], **fields: Any) -> Mapped:
    history = [jira_history(1, AT, jira_person("bo"), *items)] if items else []
    outcome = map_issue(
        jira_issue(1, histories=history, updated=jira_time(AT), **fields), "archive", None, MappingOptions()
    )
    assert isinstance(outcome, Mapped)
    return outcome


PLANNED = {"field": "Fix Version", "fieldId": "fixVersions", "to": "8", "toString": "1.0"}
CLEARED = {"field": "duedate", "fieldId": "duedate", "from": "2026-06-08", "fromString": "2026-06-08 00:00:00.0"}


@pytest.mark.parametrize(
    ("before", "after", "was"),
    [
        (issue(), issue(PLANNED, **release("2026-07-01")), None),  # planned for a release
        (
            issue(PLANNED, **release("2026-06-15")),
            issue(PLANNED, **release("2026-07-01")),
            "2026-06-15",
        ),  # that is put off
    ],
)
def test_a_day_that_releases_move_is_told_though_the_history_tells_of_releases_only(
    before: Mapped, after: Mapped, was: str | None
) -> None:
    assert after.item.due_source is DueSource.FIX_VERSION
    [change] = seen(before.item, after.item, *after.changes)
    assert (change.field, change.aspect, change.was, change.becomes) == ("due", DUE, was, "2026-07-01")


def test_a_day_of_its_own_that_was_taken_away_leaves_that_of_the_release_and_the_history_says_so() -> None:
    before, after = issue(duedate="2026-06-08", **release("2026-07-01")), issue(CLEARED, **release("2026-07-01"))
    assert seen(before.item, after.item, *after.changes) == []
    [change] = after.changes
    assert (change.aspect, change.was, change.becomes) == (DUE, "2026-06-08", "2026-07-01")
