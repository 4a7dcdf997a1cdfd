"""Rules of the mapping of one Jira issue, as it stands now."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from schemas.work_items import (
    ActorKind,
    ChangeKind,
    DueSource,
    ItemType,
    LinkDirection,
    Resolution,
    StatusCategory,
    WorkItem,
)
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import DependencyType, Mapped, MappingOptions, SetAside
from tests.builders import jira_comment, jira_issue, jira_link, jira_person

ME = "jira:site:1"


def mapped(raw: dict[str, Any], **options: Any) -> Mapped:
    outcome = map_issue(raw, "site", None, MappingOptions(**options))
    assert isinstance(outcome, Mapped), outcome
    return outcome


def item_of(raw: dict[str, Any], **options: Any) -> WorkItem:
    return mapped(raw, **options).item


def pairs(raw: dict[str, Any], **options: Any) -> set[tuple[str, str]]:
    return {(each.blocker, each.dependent) for each in item_of(raw, **options).dependencies}


def test_the_ref_holds_the_immutable_id_and_the_key_is_for_showing() -> None:
    item = item_of(jira_issue(7, project="PAY"))
    assert (item.ref, item.key, item.title) == ("jira:site:7", "PAY-7", "Item 7")


@pytest.mark.parametrize(
    ("link", "blocker", "dependent"),
    [
        (jira_link(9, "Blocks", inward=2), "jira:site:2", ME),  # 1 is blocked by 2
        (jira_link(9, "Blocks", outward=2), ME, "jira:site:2"),  # 1 blocks 2
        (jira_link(9, "Depends", outward=2), "jira:site:2", ME),  # 1 depends on 2
        (jira_link(9, "Depends", inward=2), ME, "jira:site:2"),  # 1 is dependent of 2
    ],
)
def test_a_dependency_points_from_blocker_to_dependent(link: dict[str, Any], blocker: str, dependent: str) -> None:
    assert pairs(jira_issue(1, issuelinks=[link])) == {(blocker, dependent)}


def test_the_phrase_decides_where_a_site_has_turned_a_type_round() -> None:
    kind = {"id": "5", "name": "Dependency", "inward": "depends on", "outward": "is dependency of"}
    link = {"id": "9", "type": kind, "inwardIssue": {"id": "2", "key": "APP-2"}}
    assert pairs(jira_issue(1, issuelinks=[link])) == {("jira:site:2", ME)}


def test_a_link_type_may_be_configured_by_its_id_whatever_it_is_called() -> None:
    kind = {"id": "77", "name": "Blockiert", "inward": "wird blockiert von", "outward": "blockiert"}
    link = {"id": "9", "type": kind, "inwardIssue": {"id": "2", "key": "APP-2"}}
    known = (DependencyType("77", "blockiert", "blocker"),)
    assert pairs(jira_issue(1, issuelinks=[link])) == set()
    assert pairs(jira_issue(1, issuelinks=[link]), dependency_types=known) == {("jira:site:2", ME)}


def test_a_pair_is_told_once_however_many_links_tell_it() -> None:
    links = [jira_link(9, "Blocks", inward=2), jira_link(10, "Depends", outward=2)]
    item = item_of(jira_issue(1, issuelinks=links))
    assert len(item.dependencies) == 1
    assert [link.direction for link in item.links] == [LinkDirection.INWARD, LinkDirection.OUTWARD]


def test_other_links_are_kept_and_make_nobody_wait_and_one_without_far_end_is_dropped() -> None:
    broken = {"id": "11", "type": {"id": "10000", "name": "Blocks"}}
    item = item_of(jira_issue(1, issuelinks=[jira_link(9, "Relates", outward=2), broken]))
    assert [link.type for link in item.links] == ["Relates"]
    assert item.dependencies == ()


@pytest.mark.parametrize("name", ["Won't Fix", "Duplicate", "Hold", "Needs more info", "Not Our Bug"])
def test_done_with_a_resolution_that_means_no_success_is_cancelled(name: str) -> None:
    raw = jira_issue(1, category="done", resolution={"name": name}, resolutiondate="2026-05-04T09:00:00.000+0200")
    item = item_of(raw)
    assert (item.resolution, item.resolution_name) == (Resolution.CANCELLED, name)
    assert item.done == datetime(2026, 5, 4, 7, tzinfo=UTC)


def test_done_with_any_other_resolution_is_delivered_and_without_one_is_neither() -> None:
    assert item_of(jira_issue(1, category="done", resolution={"name": "won't fix"})).resolution is Resolution.DELIVERED
    assert item_of(jira_issue(1, category="done")).resolution is None


def test_the_category_is_read_by_its_key_and_never_by_its_localised_name() -> None:
    status = {"id": "9", "name": "开发中", "statusCategory": {"id": 4, "key": "indeterminate", "name": "Done"}}
    item = item_of(jira_issue(1, status=status))
    assert (item.status, item.status_category) == ("开发中", StatusCategory.IN_PROGRESS)


def test_an_own_due_date_comes_before_releases_and_of_those_the_earliest_counts() -> None:
    versions = [
        {"id": "1", "name": "2.0", "releaseDate": "2026-07-01"},
        {"id": "2", "name": "1.9", "releaseDate": "2026-06-01"},
    ]
    released = item_of(jira_issue(1, fixVersions=versions))
    assert (released.due, released.due_source) == (date(2026, 6, 1), DueSource.FIX_VERSION)
    own = item_of(jira_issue(1, fixVersions=versions, duedate="2026-08-01"))
    assert (own.due, own.due_source) == (date(2026, 8, 1), DueSource.ITEM)


def test_a_comment_by_a_person_touches_when_it_was_made_and_never_when_it_was_edited() -> None:
    comment = jira_comment(1, "2026-05-01T10:00", jira_person("bo")) | {"updated": "2026-06-01T10:00:00.000+0000"}
    item = item_of(jira_issue(1, comment={"comments": [comment]}))
    assert item.touched == datetime(2026, 5, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "author",
    [None, {}, jira_person("hook", accountType="app"), jira_person("builder"), jira_person("x", accountId="leeway-1")],
)
def test_no_author_no_bot_and_not_our_own_account_touches(author: dict[str, Any] | None) -> None:
    raw = jira_issue(1, comment={"comments": [jira_comment(1, "2026-05-01T10:00", author)]})
    item = item_of(raw, bots=frozenset({"builder"}), leeway_account="leeway-1")
    assert item.touched == item.created


def test_creation_by_anybody_and_the_resolution_are_touches() -> None:
    raw = jira_issue(1, category="done", resolutiondate="2026-05-02T00:00:00.000+0000", creator=None)
    assert item_of(raw).touched == datetime(2026, 5, 2, tzinfo=UTC)
    assert item_of(jira_issue(1, creator=None)).touched == datetime(2026, 4, 20, 12, tzinfo=UTC)


def test_comments_go_out_as_changes_without_their_text() -> None:
    raw = jira_issue(1, comment={"comments": [jira_comment(5, "2026-05-01T10:00", jira_person("bo"), "secret plan")]})
    [change] = mapped(raw).changes
    assert (change.kind, change.change_id, change.by and change.by.kind) == (
        ChangeKind.COMMENT,
        "comment:5",
        ActorKind.PERSON,
    )
    assert "secret" not in mapped(raw).item.model_dump_json() + change.model_dump_json()


def test_the_agile_shape_names_its_epic_by_number() -> None:
    item = item_of(jira_issue(1, epic={"id": 4711, "key": "APP-9"}, sprint={"id": 3, "name": "S 3", "state": "active"}))
    assert (item.epic, item.epic_key, item.sprint) == ("jira:site:4711", "APP-9", "S 3")


def test_a_parent_is_the_epic_where_it_is_one_and_else_the_parent() -> None:
    epic = {"id": "9", "key": "APP-9", "fields": {"issuetype": {"name": "Эпик", "hierarchyLevel": 1}}}
    story = item_of(jira_issue(1, parent=epic))
    assert (story.epic, story.parent) == ("jira:site:9", None)
    sub = item_of(jira_issue(1, subtask=True, parent={"id": "9", "key": "APP-9"}))
    assert (sub.parent, sub.epic, sub.type) == ("jira:site:9", None, ItemType.SUBTASK)


def test_an_epic_link_field_is_found_by_its_schema_and_gives_the_key() -> None:
    raw = jira_issue(1, customfield_10777="APP-9") | {
        "schema": {"customfield_10777": {"custom": "com.pyxis.greenhopper.jira:gh-epic-link"}}
    }
    assert item_of(raw).epic_key == "APP-9"
    assert item_of(jira_issue(1, customfield_10777="APP-9")).epic_key is None


GREENHOPPER = (
    "com.atlassian.greenhopper.service.sprint.Sprint@a88a698[id={id},rapidViewId=1,state={state},name={name},"
    "startDate=2026-05-01T00:00:00.000Z,endDate=<null>,completeDate=<null>,sequence=1,goal=<null>]"
)


@pytest.mark.parametrize(
    "field",
    [
        [
            {"id": 1, "name": "S 1", "state": "closed", "boardId": 1},
            {"id": 2, "name": "S 2", "state": "active", "boardId": 1},
        ],
        [GREENHOPPER.format(id=1, state="CLOSED", name="S 1"), GREENHOPPER.format(id=2, state="ACTIVE", name="S 2")],
    ],
)
def test_a_sprint_is_read_from_objects_and_from_java_texts_and_closed_ones_are_past(field: list[Any]) -> None:
    assert item_of(jira_issue(1, customfield_10020=field)).sprint == "S 2"
    assert item_of(jira_issue(1, customfield_10020=field[:1])).sprint is None


ADF = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [
    {"type": "text", "text": "see here", "marks": [{"type": "link", "attrs": {"href": "https://app.asana.com/0/12/345/f"}}]},
    {"type": "inlineCard", "attrs": {"url": "https://app.asana.com/1/8/project/12/task/678"}},
]}]}  # fmt: skip


@pytest.mark.parametrize(
    "text", [ADF, "wiki [x|https://app.asana.com/0/12/345] https://app.asana.com/1/8/task/678?a=b"]
)
def test_asana_tasks_in_the_text_are_twins_and_the_text_is_dropped(text: Any) -> None:
    item = item_of(jira_issue(1, description=text), twin_site="asana")
    assert [(twin.key, twin.ref) for twin in item.twins] == [("345", "asana:asana:345"), ("678", "asana:asana:678")]
    assert "see here" not in item.model_dump_json()


def test_custom_fields_stay_out_unless_wanted_or_they_name_the_objective() -> None:
    raw = jira_issue(1, customfield_1={"value": "Growth"}, customfield_2="private", customfield_3=["objective:go"])
    raw["names"] = {"customfield_1": "Squad"}
    assert item_of(raw, custom_fields=frozenset({"Squad"})).custom_fields == {
        "Squad": "Growth",
        "customfield_3": ("objective:go",),
    }


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (None, "no `fields`"),
        ({"id": "1", "key": "A-1"}, "no `fields`"),
        (jira_issue(1) | {"id": "a b"}, "no usable id"),
        (jira_issue(1) | {"key": ""}, "no key"),
        ({"id": "1", "key": "A-1", "fields": {"created": "yesterday"}}, "no readable time of creation"),
    ],
)
def test_what_makes_an_issue_unusable_sets_it_aside_with_its_reason(raw: Any, reason: str) -> None:
    outcome = map_issue(raw, "site", None, MappingOptions())
    assert isinstance(outcome, SetAside)
    assert reason in outcome.reason
