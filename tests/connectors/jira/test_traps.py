"""What Jira does that readers of it stumble over, where no other file of this folder shows it. Source: TRACKERS, E."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from schemas.work_items import ActorKind, StatusCategory
from services.connectors.jira.hooks import hook_hints
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions
from tests.builders import jira_comment, jira_history, jira_issue, jira_link, jira_person
from tests.connectors.jira.scripted import Says, ScriptedSite, StillClock, at
from tests.connectors.jira.standing_in import BO, company
from tests.connectors.jira.test_hooks import SECRET, signed

ADA = jira_person("ada")
OLD_SPRINT = "com.atlassian.greenhopper.service.sprint.Sprint@a1[id=2,rapidViewId=1,state=ACTIVE,name=S 2,goal=<null>]"
PARENT_ITEMS = (
    {"field": "Epic Link", "fieldId": "customfield_10014", "from": None, "to": "9", "toString": "APP-9"},
    {"field": "IssueParentAssociation", "from": None, "to": "9", "toString": "APP-9"},
)


def mapped(raw: dict[str, Any], **options: Any) -> Mapped:
    outcome = map_issue(raw, "site", None, MappingOptions(**options))
    assert isinstance(outcome, Mapped)
    return outcome


def test_trap_10_a_links_direction_is_read_from_the_links_and_never_from_the_prose_of_the_changelog() -> None:
    lies = jira_history(7, "2026-05-01T10:00", ADA, {"field": "Link", "to": "APP-2", "toString": "blocks APP-2"})
    raw = jira_issue(1, issuelinks=[jira_link(9, "Blocks", inward=2)], histories=[lies])
    [dependency] = mapped(raw).item.dependencies
    assert (dependency.blocker, dependency.dependent) == ("jira:site:2", "jira:site:1")


async def test_trap_11_one_link_has_one_id_at_both_ends_and_is_one_dependency() -> None:
    async with company() as found:
        one, two = found.some("GROW"), found.some("MOB")
        found.site.link("Blocks", one, two, BO)
        raws = {raw["id"]: found.mapped(raw)[0] for raw in (await found.client.fetch([one, two])).raws}
    told = [
        {(each.link_id, each.blocker, each.dependent) for each in item.dependencies if {one, two} <= ends(each)}
        for item in raws.values()
    ]
    assert told[0] == told[1]
    assert len(told[0]) == 1


def ends(dependency: Any) -> set[str]:
    return {ref.rpartition(":")[2] for ref in (dependency.blocker, dependency.dependent)}


def test_trap_11_one_move_under_an_epic_is_two_items_of_one_history_with_ids_of_their_own() -> None:
    changes = mapped(jira_issue(1, histories=[jira_history(7, "2026-05-01T10:00", ADA, *PARENT_ITEMS)])).changes
    assert [change.change_id for change in changes] == ["7:customfield_10014", "7:issueparentassociation"]


def test_trap_12_a_status_means_what_its_id_does_in_whatever_language() -> None:
    status = {"id": "3", "name": "W toku", "statusCategory": {"id": 4, "key": "indeterminate", "name": "Otwarte"}}
    moved = jira_history(7, "2026-05-01T10:00", ADA, {"field": "status", "from": "8", "to": "3", "toString": "進行中"})
    [change] = mapped(jira_issue(1, status=status, histories=[moved])).changes
    assert change.after["category"] == "in_progress"


def test_what_somebody_says_of_a_status_stands_against_what_the_site_says() -> None:
    status = {"id": "3", "name": "Released", "statusCategory": {"id": 4, "key": "indeterminate"}}
    raw = jira_issue(1, status=status)
    assert mapped(raw).item.status_category is StatusCategory.IN_PROGRESS
    assert mapped(raw, status_overrides={"3": StatusCategory.DONE}).item.status_category is StatusCategory.DONE


@pytest.mark.parametrize(
    "fields",
    [
        {"customfield_10020": [{"id": 2, "name": "S 2", "state": "active", "boardId": 1}]},
        {"customfield_10104": [OLD_SPRINT]},
        {"sprint": {"id": 2, "name": "S 2", "state": "active"}},
    ],
)
def test_trap_15_a_sprint_is_read_in_all_three_encodings(fields: dict[str, Any]) -> None:
    assert mapped(jira_issue(1, **fields)).item.sprint == "S 2"


def test_trap_18_the_two_deliveries_of_one_comment_hint_at_the_same_issue() -> None:
    """Data Center tells a comment twice, with different bodies; as hints they are one."""
    bodies = (
        b'{"webhookEvent":"comment_created","comment":{"id":"5","self":"http://j/rest/api/2/issue/7/comment/5"}}',
        b'{"webhookEvent":"jira:issue_updated","issue_event_type_name":"issue_commented","issue":{"id":"7"}}',
    )
    assert {hook_hints(signed(body), body, SECRET, StillClock()).changed for body in bodies} == {("7",)}


async def test_trap_19_what_arrives_late_brings_the_item_as_it_stands_and_no_older_one() -> None:
    async with company() as found:
        id_ = found.some()
        found.later(minutes=1)
        found.site.edit(id_, {"summary": "First"}, BO)
        [first] = (await found.client.fetch([id_])).raws
        found.later(minutes=1)
        found.site.edit(id_, {"summary": "Second"}, BO)
        [second] = (await found.client.fetch([id_])).raws  # the late event of the first edit is only a hint
        assert second["fields"]["summary"] == "Second"
        assert found.client.is_news(found.client.version_of(second), found.client.version_of(first))
        assert not found.client.is_news(found.client.version_of(first), found.client.version_of(second))


@pytest.mark.parametrize(
    ("author", "kind"),
    [
        (jira_person("ada", accountId="a-1", accountType="atlassian"), ActorKind.PERSON),
        (jira_person("hook", accountId="a-2", accountType="app"), ActorKind.BOT),
        (jira_person("leeway", accountId="me-1", accountType="atlassian"), ActorKind.LEEWAY),
    ],
)
def test_trap_20_an_app_and_our_own_account_are_told_from_people(author: dict[str, Any], kind: ActorKind) -> None:
    raw = jira_issue(1, comment={"comments": [jira_comment(5, "2026-05-01T10:00", author)]})
    outcome = mapped(raw, leeway_account="me-1")
    assert [change.by.kind for change in outcome.changes if change.by] == [kind]
    assert (outcome.item.touched > outcome.item.created) is (kind is ActorKind.PERSON)


async def test_also_an_edit_goes_to_the_site_and_not_where_the_comment_says_it_is() -> None:
    """Behind the vendor's gateway, and from July 2026 everywhere, `self` is an address that is not to be called."""
    site = ScriptedSite()
    elsewhere = {"id": "5", "self": "https://api.example.com/ex/jira/x/rest/api/3/issue/1/comment/5", "body": "x"}
    site.on("PUT", "issue/1/comment/5", Says(body=elsewhere))
    async with at(site) as client:
        await client.edit_comment("1", "5", "Hello")
    assert [came.method for came in site.asked("issue/1/comment/5")] == ["PUT"]


def test_also_a_due_date_has_no_zone_and_stays_that_day() -> None:
    assert mapped(jira_issue(1, duedate="2026-06-01")).item.due == date(2026, 6, 1)


async def test_also_an_answer_of_another_zone_is_the_same_instant() -> None:
    async with company() as found:
        id_ = found.some()
        found.later(hours=1)
        found.site.time_zone = "Asia/Shanghai"
        found.site.comment(id_, "Hello", BO)
        [raw] = (await found.client.fetch([id_])).raws
        item, _ = found.mapped(raw)
        assert abs(item.updated - datetime.fromisoformat("2026-06-15T10:00:00+00:00")) < timedelta(seconds=1)
