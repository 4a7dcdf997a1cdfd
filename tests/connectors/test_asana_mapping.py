"""Rules of the mapping of one Asana task with its stories, now and at an earlier time."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from schemas.work_items import ChangeKind, ItemType, Resolution, StatusCategory, WorkItem
from services.connectors.asana.mapping import map_task
from services.connectors.mapped import Mapped, MappingOptions, NotYet, SetAside
from tests.builders import asana_person, asana_story, asana_task

BO = asana_person(12, "Bo")
T = datetime(2026, 5, 20, 12, tzinfo=UTC)
EARLY, LATE = "2026-05-10T12:00:00.000Z", "2026-05-22T12:00:00.000Z"


def mapped(raw: dict[str, Any], as_of: datetime | None = None, **options: Any) -> Mapped:
    outcome = map_task(raw, "site", as_of, MappingOptions(**options))
    assert isinstance(outcome, Mapped), outcome
    return outcome


def item_of(raw: dict[str, Any], as_of: datetime | None = None, **options: Any) -> WorkItem:
    return mapped(raw, as_of, **options).item


def test_the_gid_is_a_text_and_is_never_made_a_float() -> None:
    gid = "12345678901234567"
    assert item_of(asana_task(gid)).ref == f"asana:site:{gid}"


def test_completed_is_delivered() -> None:
    item = item_of(asana_task(1, completed=True, completed_at=EARLY))
    assert (item.status_category, item.resolution) == (StatusCategory.DONE, Resolution.DELIVERED)
    assert item.done == item.touched == datetime(2026, 5, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(("section", "category"), [("Doing", "in_progress"), ("To do", "todo"), ("Ideas", "todo")])
def test_a_section_that_means_work_puts_a_task_in_progress(section: str, category: str) -> None:
    item = item_of(asana_task(1, section=section))
    assert (item.status, item.status_category.value, item.sections) == (section, category, (section,))


@pytest.mark.parametrize(
    ("subtype", "parent", "kind"),
    [
        ("default_task", None, ItemType.TASK),
        ("milestone", None, ItemType.MILESTONE),
        ("approval", None, ItemType.TASK),
        ("milestone", {"gid": "5"}, ItemType.SUBTASK),
    ],
)
def test_the_subtype_is_the_kind_unless_the_task_has_a_parent(subtype: str, parent: Any, kind: ItemType) -> None:
    item = item_of(asana_task(1, resource_subtype=subtype, parent=parent))
    assert (item.type, item.type_name) == (kind, subtype)
    assert item.parent == ("asana:site:5" if parent else None)


def test_dependencies_block_the_task_and_dependents_wait_for_it() -> None:
    item = item_of(asana_task(1, dependencies=[{"gid": "2"}], dependents=[{"gid": "3"}]))
    assert [(each.blocker[-1], each.dependent[-1]) for each in item.dependencies] == [("2", "1"), ("1", "3")]
    assert len(item.links) == 2


def test_due_at_gives_the_day_too_and_tags_are_labels() -> None:
    item = item_of(
        asana_task(1, due_at="2026-06-01T23:30:00.000Z", start_on="2026-05-01", tags=[{"gid": "7", "name": "ktlo"}])
    )
    assert (item.due, item.start, item.labels) == (date(2026, 6, 1), date(2026, 5, 1), ("ktlo",))
    assert item.due_at == datetime(2026, 6, 1, 23, 30, tzinfo=UTC)


def test_custom_fields_that_are_wanted_or_name_the_objective_are_kept() -> None:
    fields = [
        {"gid": "1", "name": "Squad", "enum_value": {"name": "Growth"}, "display_value": "Growth"},
        {"gid": "2", "name": "Serves", "text_value": "objective:onboarding", "display_value": "objective:onboarding"},
        {"gid": "3", "name": "Diary", "text_value": "private", "display_value": "private"},
        {"gid": "4", "name": "Priority", "enum_value": {"name": "High"}},
        {"gid": "5", "name": "Story points", "number_value": 3},
    ]
    item = item_of(asana_task(1, custom_fields=fields), custom_fields=frozenset({"Squad"}))
    assert item.custom_fields == {"Squad": "Growth", "Serves": "objective:onboarding"}
    assert (item.priority, item.estimate) == ("High", 3)


def test_comments_and_changes_by_people_touch_and_watching_liking_and_rules_do_not() -> None:
    noise = [
        asana_story(1, "follower_added", LATE, BO),
        asana_story(2, "comment_liked", LATE, BO),
        asana_story(3, "section_changed", LATE, None),
    ]
    assert item_of(asana_task(1, stories=noise)).touched == datetime(2026, 4, 20, 12, tzinfo=UTC)
    for subtype in ("comment_added", "due_date_changed"):
        touched = item_of(asana_task(1, stories=[*noise, asana_story(4, subtype, EARLY, BO)])).touched
        assert touched == datetime(2026, 5, 10, 12, tzinfo=UTC)


def test_jira_issues_in_the_notes_are_twins_and_texts_are_dropped() -> None:
    story = asana_story(1, "comment_added", EARLY, BO, text="secret, see https://invented.atlassian.net/browse/APP-7")
    raw = asana_task(1, notes="https://invented.atlassian.net/browse/APP-6?x=1", stories=[story])
    result = mapped(raw)
    assert [twin.key for twin in result.item.twins] == ["APP-6", "APP-7"]
    [change] = result.changes
    assert (change.kind, change.change_id) == (ChangeKind.COMMENT, "1")
    assert "secret" not in result.item.model_dump_json() + change.model_dump_json()


def test_a_task_is_rewound_by_the_values_in_its_stories_never_by_their_prose() -> None:
    doing, todo = {"gid": "902", "name": "Doing"}, {"gid": "901", "name": "To do"}
    stories = [
        asana_story(1, "assigned", EARLY, BO, assignee=asana_person(11, "Ana")),
        asana_story(2, "marked_complete", LATE, BO, text="completed this task"),
        asana_story(
            3, "due_date_changed", LATE, BO, old_dates={"due_on": "2026-05-25"}, new_dates={"due_on": "2026-06-30"}
        ),
        asana_story(4, "section_changed", LATE, BO, old_section=doing, new_section=todo),
        asana_story(5, "assigned", LATE, BO, assignee=BO),
        asana_story(6, "name_changed", LATE, BO, old_name="Old name", new_name="Task 1"),
        asana_story(7, "dependency_added", LATE, BO, dependency={"gid": "2"}),
    ]
    raw = asana_task(1, completed=True, completed_at=LATE, due_on="2026-06-30", assignee=BO, stories=stories,
                     dependencies=[{"gid": "2"}])  # fmt: skip
    then = item_of(raw, T)
    assert (then.status_category, then.due, then.title) == (StatusCategory.IN_PROGRESS, date(2026, 5, 25), "Old name")
    assert then.assignee is not None
    assert (then.assignee.name, then.dependencies) == ("Ana", ())
    now = item_of(raw)
    assert (now.status_category, now.due, len(now.dependencies)) == (StatusCategory.DONE, date(2026, 6, 30), 1)
    assert now.dependencies[0].made == datetime(2026, 5, 22, 12, tzinfo=UTC)


def test_a_task_is_not_there_before_its_creation_and_done_only_from_its_completion_on() -> None:
    raw = asana_task(1, completed=True, completed_at=LATE)
    assert isinstance(map_task(raw, "site", datetime(2026, 4, 1, tzinfo=UTC), MappingOptions()), NotYet)
    assert item_of(raw, T).status_category is StatusCategory.TODO


def test_a_task_without_a_project_is_in_its_workspace() -> None:
    item = item_of(asana_task(1, projects=[], memberships=[], parent={"gid": "5"}))
    assert item.project.name == "Invented Ltd"


@pytest.mark.parametrize("change", [{"gid": None}, {"gid": "a b"}, {"created_at": None}])
def test_what_makes_a_task_unusable_sets_it_aside(change: dict[str, Any]) -> None:
    assert isinstance(map_task(asana_task(1) | change, "site", None, MappingOptions()), SetAside)


def test_a_start_in_a_configured_date_field_counts_where_the_task_has_none_of_its_own() -> None:
    fields = [{"gid": "5", "name": "Kick-off", "date_value": {"date": "2026-05-04", "date_time": None}}]
    for known in ({"5"}, {"Kick-off"}):
        start = frozenset(known)
        assert item_of(asana_task(1, custom_fields=fields), start_fields=start).start == date(2026, 5, 4)
        own = asana_task(1, custom_fields=fields, start_on="2026-05-01")
        assert item_of(own, start_fields=start).start == date(2026, 5, 1)
    assert item_of(asana_task(1, custom_fields=fields)).start is None
