"""Rules of how an issue stood at an earlier time: with a changelog it is rewound, without one its dates decide."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from schemas.work_items import ActorKind, ItemType, Project, Resolution, StatusCategory, WorkItem
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions, NotYet
from tests.builders import jira_comment, jira_history, jira_issue, jira_link, jira_person

T = datetime(2026, 5, 20, 12, tzinfo=UTC)
BO = jira_person("bo")


def day(number: int) -> datetime:
    return datetime(2026, 5, number, 12, tzinfo=UTC)


def stood(raw: dict[str, Any], as_of: datetime | None = T, **options: Any) -> WorkItem:
    outcome = map_issue(raw, "site", as_of, MappingOptions(**options))
    assert isinstance(outcome, Mapped), outcome
    return outcome.item


def moved(field: str, before: tuple[str | None, str | None], after: tuple[str | None, str | None]) -> dict[str, Any]:
    return {"field": field, "fieldId": field, "from": before[0], "fromString": before[1], "to": after[0],
            "toString": after[1]}  # fmt: skip


def test_an_issue_exists_from_its_creation_on() -> None:
    raw = jira_issue(1, created=T)
    assert isinstance(map_issue(raw, "site", T - timedelta(seconds=1), MappingOptions()), NotYet)
    assert stood(raw, T).created == T


def test_without_a_changelog_it_is_done_from_its_resolution_on() -> None:
    raw = jira_issue(
        1, category="done", resolution={"name": "Duplicate"}, resolutiondate="2026-05-21T12:00:00.000+0000"
    )
    before, after = stood(raw), stood(raw, day(21))
    assert (before.status_category, before.resolution, before.done) == (StatusCategory.TODO, None, None)
    assert (after.status_category, after.resolution, after.done) == (StatusCategory.DONE, Resolution.CANCELLED, day(21))


def test_without_a_changelog_and_closed_without_resolution_it_is_done_from_its_last_update_on() -> None:
    raw = jira_issue(1, category="done", updated="2026-05-21T12:00:00.000+0000")
    assert stood(raw).status_category is StatusCategory.TODO
    done = stood(raw, day(22))
    assert (done.status_category, done.done) == (StatusCategory.DONE, day(21))
    assert done.touched == done.created, "an update by nobody knows whom is no touch"


@pytest.mark.parametrize(("now", "then"), [("new", StatusCategory.TODO), ("indeterminate", StatusCategory.IN_PROGRESS)])
def test_without_a_changelog_an_open_issue_stood_as_it_stands_now(now: str, then: StatusCategory) -> None:
    assert stood(jira_issue(1, category=now)).status_category is then


def test_an_issue_that_is_told_to_have_never_changed_was_begun_as_it_was_created() -> None:
    assert stood(jira_issue(1, category="indeterminate", histories=[], created=day(3))).started == day(3)
    assert stood(jira_issue(1, category="indeterminate", created=day(3))).started is None, "nobody told of it"
    assert stood(jira_issue(1, category="new", histories=[], created=day(3))).started is None


@pytest.mark.parametrize(("as_of", "touched"), [(9, 1), (10, 10), (11, 10), (12, 1), (14, 1), (15, 15), (16, 15)])
def test_the_resolution_that_stood_at_the_time_touches_whoever_made_it(as_of: int, touched: int) -> None:
    rule = jira_person("rule", accountType="app")
    histories = [
        jira_history(1, day(10), rule, moved("resolution", (None, None), ("1", "Done"))),
        jira_history(2, day(12), rule, moved("resolution", ("1", "Done"), (None, None))),
        jira_history(3, day(15), rule, moved("resolution", (None, None), ("1", "Done"))),
    ]
    raw = jira_issue(1, created=day(1), histories=histories, resolution={"name": "Done"},
                     resolutiondate=day(15).isoformat())  # fmt: skip
    assert stood(raw, day(as_of)).touched == day(touched)


DONE = moved("status", ("new", "Open"), ("done", "Closed"))
AGAIN = moved("status", ("done", "Closed"), ("new", "Open"))
SETTLED = moved("resolution", (None, None), ("1", "Done"))
CORRECTED = moved("resolution", ("1", "Done"), ("2", "Duplicate"))


@pytest.mark.parametrize(
    ("steps", "resolved", "as_of", "done"),
    [
        ([(10, DONE, SETTLED)], 10, 11, 10),
        ([(10, DONE), (12, SETTLED)], 12, 14, 10),
        ([(10, DONE, SETTLED), (12, CORRECTED)], 12, 14, 10),
        ([(10, DONE, SETTLED), (11, AGAIN), (13, DONE)], 10, 14, 13),
        ([(10, DONE, SETTLED), (11, AGAIN), (13, DONE)], 10, None, 13),
        ([(10, DONE, SETTLED), (12, AGAIN), (14, DONE)], 14, 11, 10),
    ],
)
def test_an_issue_is_done_from_when_its_status_says_so_whenever_its_resolution_was_made(
    steps: list[tuple[Any, ...]], resolved: int, as_of: int | None, done: int
) -> None:
    histories = [jira_history(number, day(at), BO, *items) for number, (at, *items) in enumerate(steps)]
    raw = jira_issue(1, category="done", created=day(1), histories=histories, resolution={"name": "Done"},
                     resolutiondate=day(resolved).isoformat())  # fmt: skip
    assert stood(raw, day(as_of) if as_of else None).done == day(done)


def test_where_nobody_knows_what_an_issue_was_before_it_was_closed_its_resolution_says_since_when_it_is_done() -> None:
    closed = jira_history(1, day(12), BO, moved("status", ("77", "Erledigt"), ("done", "Closed")))
    raw = jira_issue(1, category="done", created=day(1), histories=[closed], resolution={"name": "Done"},
                     resolutiondate=day(10).isoformat())  # fmt: skip
    assert stood(raw, day(14)).done == day(10)


IN_8 = moved("Epic Link", ("7", "APP-7"), ("8", "APP-8"))
IN_9 = moved("IssueParentAssociation", ("8", "APP-8"), ("9", "APP-9"))
OUT = moved("IssueParentAssociation", ("9", "APP-9"), (None, None))


@pytest.mark.parametrize(
    ("steps", "as_of", "epic"),
    [
        ([(10, IN_8), (12, IN_9)], 9, "7"),
        ([(10, IN_8), (12, IN_9)], 11, "8"),
        ([(10, IN_9), (12, IN_8)], 9, "8"),
        ([(10, IN_9), (12, IN_8)], 11, "7"),
        ([(10, OUT)], 9, "9"),
        ([(10, OUT)], 11, None),
    ],
)
def test_the_first_move_after_the_time_says_in_which_epic_an_issue_was(
    steps: list[tuple[Any, ...]], as_of: int, epic: str | None
) -> None:
    histories = [jira_history(number, day(at), BO, *items) for number, (at, *items) in enumerate(steps)]
    item = stood(jira_issue(1, created=day(1), histories=histories), day(as_of))
    assert (item.epic, item.parent) == (epic and f"jira:site:{epic}", None)


def test_an_issue_was_of_the_project_and_of_the_type_that_it_had_then() -> None:
    moves = [moved("project", ("20", "Payments"), ("10", "The app")), moved("Key", (None, "PAY-7"), (None, "APP-1"))]
    histories = [
        jira_history(1, day(10), BO, *moves),
        jira_history(2, day(11), BO, moved("issuetype", ("5", "Bug"), ("7", "Story"))),
    ]
    raw = jira_issue(1, created=day(1), histories=histories)
    before, between, after = (stood(raw, day(number)) for number in (9, 10, 11))
    assert (before.key, before.project) == ("PAY-7", Project(id="20", key="PAY", name="Payments"))
    assert (before.type, before.type_name) == (ItemType.BUG, "Bug")
    assert (between.key, between.project.key, between.type_name) == ("APP-1", "APP", "Bug")
    assert (after.project, after.type, after.type_name) == (stood(raw, None).project, ItemType.STORY, "Story")


@pytest.mark.parametrize(
    ("name", "kind"), [("Sub-task", ItemType.SUBTASK), ("Epic", ItemType.EPIC), ("Chore", ItemType.TASK)]
)
def test_of_the_type_that_an_issue_was_its_name_says_what_it_means(name: str, kind: ItemType) -> None:
    told = jira_history(1, day(10), BO, moved("issuetype", ("5", name), ("7", "Story")))
    assert stood(jira_issue(1, created=day(1), histories=[told]), day(9)).type is kind


def test_comments_after_the_time_do_not_count() -> None:
    comments = [jira_comment(1, day(19), BO), jira_comment(2, day(21), BO)]
    raw = jira_issue(1, comment={"comments": comments}, updated="2026-06-01T00:00:00.000+0000")
    item = stood(raw)
    assert (item.touched, item.updated) == (day(19), day(19))


def history_of_a_life() -> list[dict[str, Any]]:
    """Begun on the 10th; due, owner, epic, sprint, labels, title and status changed after the 20th."""
    return [
        jira_history(90, day(10), BO, moved("status", ("new", "Open"), ("77", "Werkelt"))),
        jira_history(
            95, day(22), BO,
            moved("status", ("77", "Werkelt"), ("done", "Closed")),
            moved("resolution", (None, None), ("1", "Done")),
            moved("duedate", ("2026-05-30", "2026-05-30 00:00:00.0"), ("2026-06-30", "2026-06-30 00:00:00.0")),
            moved("assignee", ("bo", "Bo"), ("ana", "Ana")),
            moved("Epic Link", ("40", "APP-40"), ("50", "APP-50")),
            moved("Sprint", ("3", "S 3"), ("4", "S 4")),
            moved("labels", (None, "red blue"), (None, "green")),
            moved("summary", (None, "Old name"), (None, "Item 1")),
            moved("Fix Version", ("8", "1.0"), (None, None)),
        ),
    ]  # fmt: skip


def test_with_a_changelog_every_field_is_as_it_was() -> None:
    raw = jira_issue(
        1, category="done", resolution={"name": "Done"}, resolutiondate="2026-05-22T12:00:00.000+0000",
        duedate="2026-06-30", labels=["green"], epic={"id": 50, "key": "APP-50"}, histories=history_of_a_life(),
        updated="2026-05-22T12:00:00.000+0000",
    )  # fmt: skip
    then = stood(raw)
    assert (then.status, then.status_category) == ("Werkelt", StatusCategory.IN_PROGRESS)
    assert (then.resolution, then.done, then.started) == (None, None, day(10))
    assert (then.due, then.epic, then.epic_key) == (date(2026, 5, 30), "jira:site:40", "APP-40")
    assert (then.sprint, then.labels, then.title) == ("S 3", ("red", "blue"), "Old name")
    assert then.assignee is not None
    assert (then.assignee.id, then.assignee.kind) == ("bo", ActorKind.PERSON)
    assert [version.name for version in then.fix_versions] == ["1.0"]
    assert (then.touched, then.updated) == (day(10), day(10))
    now = stood(raw, None)
    assert (now.status_category, now.started, now.done) == (StatusCategory.DONE, day(10), day(22))
    assert now.due == date(2026, 6, 30)


def test_an_old_status_means_what_the_site_says_it_means() -> None:
    raw = jira_issue(1, category="done", histories=history_of_a_life())
    known = {"77": StatusCategory.TODO}
    assert stood(raw, status_categories=known).status_category is StatusCategory.TODO


def test_a_changelog_that_was_cut_and_does_not_reach_back_is_not_used() -> None:
    raw = jira_issue(
        1, category="done", resolutiondate="2026-05-22T12:00:00.000+0000", histories=history_of_a_life()[1:]
    )
    raw["changelog"]["total"] = 41
    assert stood(raw).status_category is StatusCategory.TODO


def test_newest_first_and_epoch_dates_read_the_same() -> None:
    histories = history_of_a_life()
    turned = [each | {"created": int(datetime.fromisoformat(each["created"]).timestamp() * 1000)} for each in histories]
    one, other = (jira_issue(1, category="done", histories=each) for each in (histories, turned[::-1]))
    assert stood(one) == stood(other)


def test_a_link_counts_from_the_day_that_the_changelog_says_it_was_made() -> None:
    made = [jira_history(5, day(21), BO, {"field": "Link", "to": "APP-2", "toString": "wird blockiert von APP-2"})]
    raw = jira_issue(1, issuelinks=[jira_link(9, "Blocks", inward=2)], histories=made)
    assert stood(raw, day(20)).dependencies == ()
    assert stood(raw, day(21)).dependencies[0].made == day(21)


@pytest.mark.parametrize(
    ("item", "touches"),
    [
        (moved("priority", ("1", "Low"), ("2", "High")), True),
        (moved("Rank", (None, None), (None, "Ranked higher")), False),
        (moved("RemoteIssueLink", (None, None), ("1", "a pull request")), False),
        (moved("Sprint", ("34", "S 34"), ("34, 35", "S 34, S 35")), False),  # rolled over when 34 was closed
        (moved("Sprint", ("34", "S 34"), ("35", "S 35")), True),  # moved by hand
        (moved("Sprint", ("", ""), ("35", "S 35")), True),
    ],
)
def test_a_change_by_a_person_touches_unless_it_is_noise(item: dict[str, Any], touches: bool) -> None:
    touched = stood(jira_issue(1, histories=[jira_history(1, day(2), BO, item)]), None).touched
    assert (touched == day(2)) is touches


@pytest.mark.parametrize("author", [None, jira_person("rule", accountType="app"), jira_person("ci")])
def test_a_change_by_no_person_is_no_touch(author: dict[str, Any] | None) -> None:
    history = jira_history(1, day(2), author, moved("priority", ("1", "Low"), ("2", "High")))
    item = stood(jira_issue(1, histories=[history]), None, bots=frozenset({"ci"}))
    assert item.touched == item.created


def test_changes_carry_the_trackers_ids_the_values_and_no_free_text() -> None:
    history = jira_history(
        7, day(2), BO, moved("status", ("new", "Open"), ("done", "Closed")),
        moved("description", (None, "old secret"), (None, "new secret")),
        {"field": "Link", "to": "APP-2", "toString": "blocks"}, {"field": "Link", "to": "APP-3", "toString": "blocks"},
    )  # fmt: skip
    outcome = map_issue(jira_issue(1, category="done", histories=[history]), "site", None, MappingOptions())
    assert isinstance(outcome, Mapped)
    changes = {change.change_id: change for change in outcome.changes}
    assert set(changes) == {"7:status", "7:description", "7:link:APP-2", "7:link:APP-3"}
    assert changes["7:status"].after == {"id": "done", "name": "Closed", "category": "done"}
    assert changes["7:description"].after is None
