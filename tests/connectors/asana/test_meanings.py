"""What each story of a task means for it; and from when on a task counts as started."""

from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.work_items import ChangeAspect, StatusCategory, WorkItemChange
from services.connectors.asana.mapping import map_task
from services.connectors.mapped import Mapped, MappingOptions, Telling
from tests.builders import Json, asana_person, asana_story, asana_task

ANA, BO, CEM = asana_person(11, "Ana"), asana_person(12, "Bo"), asana_person(13, "Cem")
STATUS, DUE, START = ChangeAspect.STATUS, ChangeAspect.DUE, ChangeAspect.START
OWNER, ESTIMATE, PARENT, LINK = ChangeAspect.ASSIGNEE, ChangeAspect.ESTIMATE, ChangeAspect.PARENT, ChangeAspect.LINK
HOME = {"gid": "900", "name": "Onboarding"}
OTHER = {"gid": "800", "name": "Harbour"}
TODO, DOING, REVIEW = (
    {"gid": gid, "name": name} for gid, name in (("901", "To do"), ("902", "Doing"), ("903", "Review"))
)
Meaning = tuple[ChangeAspect, str | None, str | None]


def at(number: int) -> str:
    return f"2026-05-{number:02}T12:00:00.000Z"


def day(number: int) -> datetime:
    return datetime(2026, 5, number, 12, tzinfo=UTC)


def story(number: int, subtype: str, **more: Any) -> Json:
    return asana_story(number, subtype, at(number), BO, **more)


def moved(number: int, old: Json, new: Json, project: Json = HOME) -> Json:
    return story(number, "section_changed", old_section=old, new_section=new, project=project)


def mapped(*stories: Json, as_of: datetime | None = None, options: Any = None, **fields: Any) -> Mapped:
    outcome = map_task(asana_task(1, stories=list(stories), **fields), "site", as_of, MappingOptions(**(options or {})))
    assert isinstance(outcome, Mapped), outcome
    return outcome


def meaning(change: WorkItemChange) -> Meaning | None:
    return (change.aspect, change.was, change.becomes) if change.aspect else None


def meant(*stories: Json, **more: Any) -> list[Meaning | None]:
    return [meaning(change) for change in mapped(*stories, **more).changes]


def standing_in(*sections: tuple[Json, Json]) -> list[Json]:
    return [{"project": project, "section": section} for project, section in sections]


DATES: list[tuple[Json, Json, Meaning | None]] = [
    ({"due_on": None}, {"due_on": "2026-06-08"}, (DUE, None, "2026-06-08")),
    ({"due_on": "2026-06-08"}, {"due_on": None}, (DUE, "2026-06-08", None)),
    (
        {"due_on": "2026-06-08"},
        {"due_on": "2026-06-08", "due_at": "2026-06-09T01:00:00.000Z"},
        None,
    ),  # as people see it
    ({}, {"due_at": "2026-06-09T01:00:00.000Z"}, (DUE, None, "2026-06-09")),  # a time alone: its day in UTC
    (
        {"due_on": "2026-06-08"},
        {"due_on": "2026-06-08", "start_on": "2026-06-01"},
        (START, None, "2026-06-01"),
    ),
    (
        {"due_on": "2026-06-08", "start_on": "2026-06-01"},
        {"due_on": "2026-06-09", "start_on": "2026-06-02"},
        (DUE, "2026-06-08", "2026-06-09"),
    ),
]


@pytest.mark.parametrize("subtype", ["due_date_changed", "start_date_changed"])
@pytest.mark.parametrize(("old", "new", "expected"), DATES)
def test_a_story_of_dates_means_what_is_due_or_else_what_starts(
    subtype: str, old: Json, new: Json, expected: Meaning | None
) -> None:
    assert meant(story(2, subtype, old_dates=old, new_dates=new)) == [expected]


@pytest.mark.parametrize("subtype", ["due_date_changed", "due_today", "comment_added", "name_changed"])
def test_a_story_without_dates_means_none(subtype: str) -> None:
    assert meant(story(2, subtype)) == [None]


def test_an_assignment_names_the_new_owner_and_the_story_before_it_the_old_one() -> None:
    stories = [
        story(2, "assigned", assignee=BO), story(3, "assigned", assignee=CEM), story(4, "unassigned", assignee=CEM),
        story(5, "assigned", assignee=asana_person(11, "Ana before she married")),
    ]  # fmt: skip
    expected = [(OWNER, None, "Bo"), (OWNER, "Bo", "Cem"), (OWNER, "Cem", None), (OWNER, None, "Ana")]
    assert meant(*stories) == expected
    assert meant(story(2, "unassigned", assignee=BO), assignee=None) == [(OWNER, "Bo", None)]
    assert meant(story(2, "assigned", assignee=BO), story(3, "assigned", assignee=BO), assignee=BO)[1] is None


@pytest.mark.parametrize(
    ("subtype", "expected"),
    [
        ("dependency_added", (LINK, None, "asana:site:7")),
        ("dependency_removed", (LINK, "asana:site:7", None)),
        ("dependent_added", (LINK, None, "asana:site:7")),
        ("dependent_removed", (LINK, "asana:site:7", None)),
        ("dependency_due_date_changed", None),
        ("dependency_marked_complete", None),
    ],
)
def test_a_story_of_a_dependency_means_its_far_end(subtype: str, expected: Meaning | None) -> None:
    assert meant(story(2, subtype, dependency={"gid": "7"})) == [expected]


def test_a_story_of_a_parent_means_the_one_that_it_names_or_that_the_task_has() -> None:
    stories = [
        story(2, "added_to_task", task={"gid": "5"}), story(3, "parent_changed", task={"gid": "6"}),
        story(4, "removed_from_task", task={"gid": "6"}), story(5, "made_subtask"),
    ]  # fmt: skip
    assert meant(*stories, parent={"gid": "9"}) == [
        (PARENT, None, "asana:site:5"),
        (PARENT, "asana:site:5", "asana:site:6"),
        (PARENT, "asana:site:6", None),
        (PARENT, None, "asana:site:9"),
    ]


@pytest.mark.parametrize(
    ("field", "configured", "counts"),
    [
        ({"gid": "70", "name": "Story points"}, (), True),
        ({"gid": "70", "name": "Effort"}, ("Effort",), True),
        ({"gid": "70"}, ("70",), True),
        ({"gid": "71"}, (), True),  # the task tells what it is called
        ({"gid": "70", "name": "Effort"}, (), False),
        ({}, (), False),
    ],
)
def test_a_story_of_a_number_means_the_estimate_where_the_field_holds_estimates(
    field: Json, configured: tuple[str, ...], counts: bool
) -> None:
    told = story(2, "number_custom_field_changed", custom_field=field, old_number_value=None, new_number_value=3)
    known = [{"gid": "71", "name": "Estimate", "number_value": 3}]
    found = meant(told, custom_fields=known, options={"estimate_fields": frozenset(configured)})
    assert found == [(ESTIMATE, None, "3") if counts else None]


@pytest.mark.parametrize("new", [{"due_on": "2026-06-01"}, {"date": "2026-06-01"}])
def test_a_story_of_a_date_field_means_the_start_where_it_is_configured_and_the_task_has_none(new: Json) -> None:
    told = story(2, "date_custom_field_changed", custom_field={"gid": "70", "name": "Begin"}, new_date_value=new)
    options = {"start_fields": frozenset({"Begin"})}
    assert meant(told, options=options) == [(START, None, "2026-06-01")]
    assert meant(told, options=options, start_on="2026-05-30") == [None]
    assert meant(told) == [None]


def test_a_move_between_sections_means_a_status_where_it_changes_the_category() -> None:
    stories = [moved(2, TODO, {"gid": "904", "name": "Ideas"}), moved(3, {"gid": "904", "name": "Ideas"}, DOING),
               moved(4, DOING, REVIEW), moved(5, REVIEW, TODO)]  # fmt: skip
    now: Json = {"memberships": standing_in((HOME, TODO))}
    assert meant(*stories, **now) == [None, (STATUS, "todo", "in_progress"), None, (STATUS, "in_progress", "todo")]
    ideas = {"in_progress_sections": frozenset({"ideas"})}
    assert meant(*stories, options=ideas, **now) == [
        (STATUS, "todo", "in_progress"), (STATUS, "in_progress", "todo"), None, None,
    ]  # fmt: skip


def test_completing_means_done_and_back_is_where_its_section_says() -> None:
    stories = [moved(2, TODO, DOING), story(3, "marked_complete"), story(4, "marked_incomplete"),
               story(5, "marked_complete"), moved(6, DOING, TODO)]  # fmt: skip
    now: Json = {"completed": True, "completed_at": at(5), "memberships": standing_in((HOME, TODO))}
    assert meant(*stories, **now) == [
        (STATUS, "todo", "in_progress"), (STATUS, "in_progress", "done"), (STATUS, "done", "in_progress"),
        (STATUS, "in_progress", "done"), None,
    ]  # fmt: skip


def test_coming_to_a_project_and_leaving_it_mean_a_status_by_the_section_there() -> None:
    stories = [
        story(2, "added_to_project", project=OTHER), moved(3, DOING, REVIEW, OTHER),
        story(4, "removed_from_project", project=OTHER),
    ]  # fmt: skip
    now: Json = {"memberships": standing_in((HOME, TODO))}
    assert meant(*stories, **now) == [(STATUS, "todo", "in_progress"), None, (STATUS, "in_progress", "todo")]
    both: Json = {"memberships": standing_in((HOME, TODO), (OTHER, DOING))}
    assert meant(story(2, "added_to_project", project=OTHER), **both) == [(STATUS, "todo", "in_progress")]


def test_a_field_named_status_means_a_status_and_other_fields_none() -> None:
    stories = [
        story(number, "enum_custom_field_changed", custom_field={"gid": gid, "name": name},
              old_enum_value={"gid": "1", "name": "Waiting"}, new_enum_value={"gid": "2", "name": "In progress"})
        for number, gid, name in ((2, "70", "Status"), (3, "71", "Colour"))
    ]  # fmt: skip
    fields = [{"gid": "70", "name": "Status", "enum_value": {"gid": "2", "name": "In progress"}}]
    assert meant(*stories, custom_fields=fields) == [(STATUS, "todo", "in_progress"), None]


def test_an_approval_means_done_once_whether_asana_tells_it_in_one_story_or_in_two() -> None:
    answered = story(3, "approval_status_changed", old_approval_status="pending", new_approval_status="approved")
    now: Json = {"completed": True, "completed_at": at(3), "approval_status": "approved"}
    assert meant(answered, **now) == [(STATUS, "todo", "done")]
    assert meant(story(2, "marked_complete"), answered, **now) == [(STATUS, "todo", "done"), None]


def test_what_went_untold_is_not_taken_back_into_what_stories_told() -> None:
    """A rule moved the task on when it was completed, and left no story of the move."""
    stories = [moved(2, TODO, DOING), story(3, "comment_added"), story(4, "marked_complete")]
    now: Json = {
        "completed": True,
        "completed_at": at(4),
        "memberships": standing_in((HOME, {"gid": "905", "name": "Done"})),
    }
    expected = [(STATUS, "todo", "in_progress"), None, (STATUS, "in_progress", "done")]
    assert meant(*stories, **now) == expected
    assert mapped(*stories, as_of=day(3), **now).item.status_category is StatusCategory.IN_PROGRESS


def test_as_of_a_time_only_what_had_happened_by_then_is_told_and_the_task_stands_as_told() -> None:
    stories = [moved(2, TODO, DOING), story(4, "added_to_project", project=OTHER), moved(6, DOING, TODO)]
    now: Json = {"memberships": standing_in((HOME, TODO), (OTHER, REVIEW))}
    then = mapped(*stories, as_of=day(3), **now)
    assert [meaning(change) for change in then.changes] == [(STATUS, "todo", "in_progress")]
    assert (then.item.sections, then.item.status_category) == (("Doing",), StatusCategory.IN_PROGRESS)
    assert set(mapped(*stories, **now).item.sections) == {"To do", "Review"}


def test_where_only_what_means_something_is_told_comments_and_the_rest_stay_out() -> None:
    stories = [story(2, "comment_added"), moved(3, TODO, DOING), story(4, "name_changed"), moved(5, DOING, REVIEW)]
    now: Json = {"memberships": standing_in((HOME, REVIEW))}
    told = {each: [change.change_id for change in mapped(*stories, options={"telling": each}, **now).changes]
            for each in Telling}  # fmt: skip
    assert told == {Telling.ALL: ["2", "3", "4", "5"], Telling.MEANINGS: ["3"], Telling.NOTHING: []}


DONE, REOPENED = "marked_complete", "marked_incomplete"


@pytest.mark.parametrize(
    ("stories", "section", "completed", "started"),
    [
        ([moved(2, TODO, DOING)], DOING, False, day(2)),
        ([moved(2, TODO, DOING), moved(3, DOING, REVIEW)], REVIEW, False, day(2)),  # the same stretch of work
        ([moved(2, TODO, DOING), moved(3, DOING, TODO)], TODO, False, None),
        ([moved(2, TODO, DOING), moved(3, DOING, TODO), moved(4, TODO, DOING)], DOING, False, day(4)),
        ([moved(2, TODO, DOING), story(3, DONE)], DOING, True, day(2)),
        ([moved(2, TODO, DOING), story(3, DONE), moved(4, DOING, TODO)], TODO, True, day(2)),
        ([moved(2, TODO, DOING), story(3, DONE), story(4, REOPENED)], DOING, False, day(4)),
        ([moved(2, TODO, DOING), story(3, DONE), moved(4, DOING, TODO), story(5, REOPENED), moved(6, TODO, DOING)],
         DOING, False, day(6)),
        ([story(2, DONE)], TODO, True, None),
        ([], DOING, False, None),  # it was moved untold, or made there: nobody knows when
    ],
)  # fmt: skip
def test_started_is_when_the_present_stretch_of_work_began_and_is_kept_once_done(
    stories: list[Json], section: Json, completed: bool, started: datetime | None
) -> None:
    done = next((each["created_at"] for each in stories if each["resource_subtype"] == DONE), None)
    now: Json = {"completed": completed, "completed_at": done if completed else None}
    assert mapped(*stories, memberships=standing_in((HOME, section)), **now).item.started == started
