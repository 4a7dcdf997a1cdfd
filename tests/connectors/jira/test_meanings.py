"""What each entry of a changelog means for the issue; and from when on an issue counts as started."""

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest

from schemas.work_items import ChangeAspect, StatusCategory, WorkItemChange
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions, Telling
from tests.builders import Json, jira_comment, jira_history, jira_issue, jira_link, jira_person
from tests.connectors.chains import chain_of

BO = jira_person("bo")
STATUS, DUE, START = ChangeAspect.STATUS, ChangeAspect.DUE, ChangeAspect.START
OWNER, ESTIMATE, PARENT, LINK = ChangeAspect.ASSIGNEE, ChangeAspect.ESTIMATE, ChangeAspect.PARENT, ChangeAspect.LINK
KNOWN = {"77": StatusCategory.IN_PROGRESS, "78": StatusCategory.DONE}
Side = tuple[Any, Any]
NOTHING: Side = (None, None)


def day(number: int) -> datetime:
    return datetime(2026, 5, number, 12, tzinfo=UTC)


def entry(field: str, before: Side, after: Side, field_id: str | None = None) -> Json:
    told = {"field": field, "from": before[0], "fromString": before[1], "to": after[0], "toString": after[1]}
    return told | ({"fieldId": field_id} if field_id else {})


def mapped(*histories: Json, as_of: datetime | None = None, raw: Json | None = None, **options: Any) -> Mapped:
    issue = jira_issue(1, histories=list(histories), **(raw or {}))
    outcome = map_issue(issue, "site", as_of, MappingOptions(**({"status_categories": KNOWN} | options)))
    assert isinstance(outcome, Mapped), outcome
    return outcome


def meaning(change: WorkItemChange) -> tuple[ChangeAspect, str | None, str | None] | None:
    return (change.aspect, change.was, change.becomes) if change.aspect else None


def meant(*items: Json, **more: Any) -> list[Any]:
    return [meaning(change) for change in mapped(jira_history(1, day(2), BO, *items), **more).changes]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (entry("status", ("new", "Open"), ("77", "开发中")), (STATUS, "todo", "in_progress")),
        (entry("status", ("77", "开发中"), ("78", "已完成")), (STATUS, "in_progress", "done")),
        (entry("status", (77, None), (78, None)), (STATUS, "in_progress", "done")),  # ids as numbers
        (entry("status", ("991", "Closed"), ("992", "Reopened")), (STATUS, "done", "todo")),  # by their usual names
        (entry("status", NOTHING, (None, "In Progress")), (STATUS, None, "in_progress")),
        (entry("status", ("new", "Open"), ("993", "Wartet")), (STATUS, "todo", None)),  # nobody knows what it means
        (entry("status", ("993", "Wartet"), ("994", "Ruht")), (STATUS, None, None)),
        (entry("status", ("new", "Open"), ("995", "Backlog")), None),  # to do before and after
        (entry("resolution", NOTHING, ("1", "Done")), None),
        (entry("duedate", NOTHING, ("2026-06-08", "2026-06-08 00:00:00.0")), (DUE, None, "2026-06-08")),
        (entry("duedate", ("2026-06-08", "08/Jun/26"), NOTHING), (DUE, "2026-06-08", None)),
        (entry("duedate", (None, "2026-06-08 00:00:00.0"), ("2026-06-09", None)), (DUE, "2026-06-08", "2026-06-09")),
        (entry("duedate", NOTHING, ("2026-06-08T23:30:00.000-1100", "9. Juni")), (DUE, None, "2026-06-08")),
        (entry("Start date", NOTHING, ("2026-06-01", "01/Jun/26")), (START, None, "2026-06-01")),
        (entry("End date", NOTHING, ("2026-06-01", "01/Jun/26")), None),
        (entry("assignee", ("cem", "Cem Wu"), ("dina", "Dina Ode")), (OWNER, "Cem Wu", "Dina Ode")),
        (entry("assignee", ("cem", None), NOTHING), (OWNER, "cem", None)),
        (entry("assignee", NOTHING, ("ana", "Ana before she married")), (OWNER, None, "Ana")),  # who has it now
        (entry("reporter", ("cem", "Cem Wu"), ("dina", "Dina Ode")), None),
        (entry("Story Points", NOTHING, (None, "5.0")), (ESTIMATE, None, "5")),
        (entry("Story point estimate", (None, "5"), (None, "0.5")), (ESTIMATE, "5", "0.5")),
        (entry("Story Points", (None, "5"), (None, "soon")), (ESTIMATE, "5", None)),
        (entry("Story Points", (None, 5), (None, 8.5)), (ESTIMATE, "5", "8.5")),  # numbers as such
        (entry("timeestimate", ("14400", "14400"), ("0", "0")), None),
        (entry("Parent", NOTHING, ("40", "APP-40")), (PARENT, None, "jira:site:40")),
        (entry("IssueParentAssociation", ("40", "APP-40"), (50, "APP-50")), (PARENT, "jira:site:40", "jira:site:50")),
        (entry("Epic Link", ("40", "APP-40"), NOTHING), (PARENT, "jira:site:40", None)),
        (entry("Epic Link", NOTHING, (None, "APP-40")), (PARENT, None, None)),  # its key alone is no ref
        (entry("Epic Child", NOTHING, ("60", "APP-60")), None),
        (entry("Link", NOTHING, ("APP-2", "Dieser Vorgang blockiert APP-2")), (LINK, None, "jira:site:2")),
        (entry("Link", ("APP-2", "This issue blocks APP-2"), NOTHING), (LINK, "jira:site:2", None)),
        (entry("Link", ("APP-9", "This issue blocks APP-9"), NOTHING), (LINK, None, None)),  # gone, and only its key
        (entry("Fix Version", NOTHING, ("8", "1.0")), None),
        (entry("labels", (None, "a"), (None, "b")), None),
    ],
)
def test_an_entry_means(item: Json, expected: Any) -> None:
    assert meant(item, raw={"issuelinks": [jira_link(9, "Blocks", outward=2)]}) == [expected]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (NOTHING, ("2026-06-08", None), (DUE, "2026-06-01", "2026-06-08")),
        (("2026-06-08", None), NOTHING, (DUE, "2026-06-08", "2026-06-01")),
        (("2026-06-01", None), NOTHING, None),  # due as before
        (("2026-06-08", None), ("2026-06-09", None), (DUE, "2026-06-08", "2026-06-09")),
    ],
)
def test_an_issue_without_a_day_of_its_own_was_due_with_its_release(before: Side, after: Side, expected: Any) -> None:
    releases = [{"id": "7", "name": "v7", "releaseDate": "2026-06-01"}, {"id": "8", "name": "v8"}]
    assert meant(entry("duedate", before, after), raw={"fixVersions": releases}) == [expected]


def test_a_release_that_an_issue_was_planned_for_later_says_nothing_of_its_day_before() -> None:
    raw = {"fixVersions": [{"id": "7", "name": "v7", "releaseDate": "2026-06-01"}]}
    own = jira_history(1, day(2), BO, entry("duedate", NOTHING, ("2026-06-08", None)))
    planned = jira_history(2, day(3), BO, entry("Fix Version", NOTHING, ("7", "v7")))
    gone = jira_history(3, day(4), BO, entry("duedate", ("2026-06-08", None), NOTHING))
    told = [meaning(change) for change in mapped(own, planned, gone, raw=raw).changes]
    assert told == [(DUE, None, "2026-06-08"), None, (DUE, "2026-06-08", "2026-06-01")]


def test_a_status_means_what_the_site_has_been_told_that_it_means() -> None:
    item = entry("status", ("new", "Open"), ("77", "Doing"))
    known, wanted = {"77": StatusCategory.IN_PROGRESS}, {"77": StatusCategory.DONE, "new": StatusCategory.IN_PROGRESS}
    both = meant(item, status_categories={**known, **wanted}, status_overrides=wanted)
    assert both == [(STATUS, "in_progress", "done")]


@pytest.mark.parametrize(
    ("field", "field_id", "counts"),
    [
        ("Beginn", "customfield_5", True),
        ("Start date", "customfield_6", False),
        ("Beginn", None, True),
        ("Start date", None, False),
    ],
)
def test_a_configured_field_goes_before_one_of_the_usual_name(field: str, field_id: str | None, counts: bool) -> None:
    raw = jira_issue(1, histories=[
        jira_history(1, day(2), BO, entry(field, NOTHING, ("2026-06-01", "1. Juni"), field_id))
    ]) | {"names": {"customfield_5": "Beginn"}}  # fmt: skip
    outcome = map_issue(raw, "site", None, MappingOptions(start_fields=frozenset({"customfield_5"})))
    assert isinstance(outcome, Mapped)
    assert [meaning(change) for change in outcome.changes] == [(START, None, "2026-06-01") if counts else None]


def test_an_older_site_that_tells_no_ids_of_fields_is_known_by_the_usual_names() -> None:
    points = entry("Story Points", NOTHING, (None, "3"))
    assert meant(points, estimate_fields=frozenset({"customfield_10026"})) == [(ESTIMATE, None, "3")]


def test_a_move_under_another_parent_that_is_told_twice_in_a_history_means_it_once() -> None:
    ends = (("40", "APP-40"), ("50", "APP-50"))
    moved = (PARENT, "jira:site:40", "jira:site:50")
    items = entry("Epic Link", *ends), entry("IssueParentAssociation", *ends)
    assert meant(*items) == [moved, None]
    changes = mapped(jira_history(1, day(2), BO, items[0]), jira_history(2, day(3), BO, items[1])).changes
    assert [meaning(change) for change in changes] == [moved, moved]


def test_a_change_that_means_something_tells_the_trackers_own_values_too() -> None:
    item = entry("Beginn", NOTHING, ("2026-06-01", "1. Juni"), "customfield_5")
    [change] = mapped(jira_history(1, day(2), BO, item), start_fields=frozenset({"customfield_5"})).changes
    assert (change.before, change.after) == (None, "1. Juni")


def test_where_only_what_means_something_is_told_comments_and_the_rest_stay_out() -> None:
    due, labels = entry("duedate", NOTHING, ("2026-06-08", "")), entry("labels", NOTHING, (None, "x"))
    history = jira_history(1, day(2), BO, labels, due)
    raw = {"comment": {"comments": [jira_comment(5, day(3), BO)]}}
    told = {each: [change.change_id for change in mapped(history, raw=raw, telling=each).changes] for each in Telling}
    assert told[Telling.ALL] == ["comment:5", "1:labels", "1:duedate"]
    assert told[Telling.MEANINGS] == ["1:duedate"]
    assert told[Telling.NOTHING] == []


def test_as_of_a_time_only_what_had_happened_by_then_is_told() -> None:
    moves = (
        jira_history(1, day(2), BO, entry("duedate", NOTHING, ("2026-06-08", ""))),
        jira_history(2, day(9), BO, entry("duedate", ("2026-06-08", ""), ("2026-06-30", ""))),
    )
    then = mapped(*moves, as_of=day(5), raw={"duedate": "2026-06-30"})
    assert [change.becomes for change in then.changes] == ["2026-06-08"]
    assert then.item.due == date(2026, 6, 8)
    now = chain_of(mapped(*moves).changes, DUE)
    assert now is not None
    assert (now.values, now.whole) == ((None, "2026-06-08", "2026-06-30"), True)


OPEN, DOING, CHECKING, CLOSED = ("new", "Open"), ("77", "Doing"), ("indeterminate", "In Progress"), ("done", "Closed")


@pytest.mark.parametrize(
    ("stations", "now", "started"),
    [
        ([OPEN, DOING], "indeterminate", day(1)),
        ([OPEN, DOING, CHECKING], "indeterminate", day(1)),  # from one kind of work to another: the same stretch
        ([OPEN, DOING, OPEN], "new", None),
        ([OPEN, DOING, OPEN, DOING], "indeterminate", day(3)),
        ([OPEN, DOING, CLOSED], "done", day(1)),
        ([OPEN, DOING, CLOSED, DOING], "indeterminate", day(3)),
        ([OPEN, DOING, CLOSED, OPEN, CHECKING, CLOSED], "done", day(4)),
        ([OPEN, DOING, CLOSED, OPEN, CLOSED], "done", None),
        ([OPEN, CLOSED], "done", None),
        ([CHECKING, DOING], "indeterminate", datetime(2026, 4, 20, 12, tzinfo=UTC)),  # it was created in progress
        ([], "indeterminate", datetime(2026, 4, 20, 12, tzinfo=UTC)),
        ([], "new", None),
    ],
)
def test_started_is_when_the_present_stretch_of_work_began_and_is_kept_once_done(
    stations: list[Side], now: str, started: datetime | None
) -> None:
    ends = enumerate(pairwise(stations), 1)
    moves = [jira_history(at, day(at), BO, entry("status", *pair)) for at, pair in ends]
    categories = {"77": StatusCategory.IN_PROGRESS, "indeterminate": StatusCategory.IN_PROGRESS,
                  "new": StatusCategory.TODO, "done": StatusCategory.DONE}  # fmt: skip
    assert mapped(*moves, raw={"category": now}, status_categories=categories).item.started == started


def test_when_work_began_is_not_known_where_the_history_is_cut_or_missing() -> None:
    cut = jira_issue(1, category="indeterminate", histories=[])
    cut["changelog"]["total"] = 40
    for raw in (cut, jira_issue(1, category="indeterminate")):
        outcome = map_issue(raw, "site", None, MappingOptions())
        assert isinstance(outcome, Mapped)
        assert outcome.item.started is None
