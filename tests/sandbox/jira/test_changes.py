"""What happens to an issue, by site call and by request: fields, histories, links, parents, moves and comments."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from services.runtime.connections import JiraKind
from tests.sandbox.jira.sites import ADA, BEN, DONE, EPIC, START, SUBTASK, Lab, comment, history, person, raw_issue


def items(lab: Lab, id_: str) -> list[dict[str, Any]]:
    """All entries of an issue, newest first."""
    return [item for each in lab.site.raw(id_)["changelog"]["histories"] for item in each["items"]]


def garage(kind: JiraKind = JiraKind.CLOUD) -> Lab:
    lab = Lab(kind).load(
        raw_issue(1, assignee=person(BEN)), raw_issue(2, issuetype=EPIC), raw_issue(3, issuetype=EPIC),
        raw_issue(4, issuetype=SUBTASK, status=DONE), raw_issue(5, "VAN", labels=["old"]),
    )  # fmt: skip
    lab.wait(hours=1)
    return lab


FIELDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "summary": ("New name", {"from": None, "fromString": "Issue 1", "to": None, "toString": "New name"}),
    "description": ("Long", {"from": None, "fromString": None, "to": None, "toString": "Long"}),
    "duedate": ("2026-12-24", {"from": None, "to": "2026-12-24", "toString": "2026-12-24 00:00:00.0"}),
    "assignee": ({"accountId": ADA}, {"from": BEN, "fromString": "Ben Okoro", "to": ADA, "toString": "Ada Lund"}),
    "labels": (["a", "b"], {"from": None, "fromString": "", "to": None, "toString": "a b"}),
    "priority": ({"name": "High"}, {"from": "3", "fromString": "Medium", "to": "2", "toString": "High"}),
    "issuetype": ({"name": "Epic"}, {"from": "11", "fromString": "Story", "to": "12", "toString": "Epic"}),
}


@pytest.mark.parametrize("name", FIELDS)
async def test_an_edit_writes_the_entry_that_jira_writes(name: str) -> None:
    lab = garage()
    value, expected = FIELDS[name]
    async with lab.client() as api:
        await api.call("PUT", "/issue/CAR-1", 204, json={"fields": {name: value}})
        before = lab.site.raw("1001")
        await api.call("PUT", "/issue/CAR-1", 204, json={"fields": {name: value}})
    [entry] = items(lab, "1001")
    assert entry == {**entry, "field": name, "fieldId": name, "fieldtype": "jira", **expected}
    assert lab.site.raw("1001") == before, "what is the same already writes nothing"
    assert before["fields"]["updated"] == "2026-11-20T10:30:00.000+0000"


async def test_an_update_adds_and_removes() -> None:
    lab = garage()
    async with lab.client() as api:
        update = {"labels": [{"add": "new"}, {"remove": "old"}], "comment": [{"add": {"body": "so"}}]}
        await api.call("PUT", "/issue/VAN-5", 204, json={"update": update})
        fields = (await api.get("/issue/VAN-5"))["fields"]
    assert fields["labels"] == ["new"]
    assert fields["comment"]["total"] == 1


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"summary": ""}, "summary"),
    ({"status": {"id": "3"}}, "status"),
    ({"colour": "red"}, "colour"),
    ({"assignee": {"accountId": "nobody"}}, "assignee"),
    ({"labels": ["with space"]}, "labels"),
    ({"priority": {"name": "Sky"}}, "priority"),
    ({"components": [{"name": "Roof"}]}, "components"),
    ({"parent": {"key": "CAR-77"}}, "parentId"),
    ({"customfield_10020": 99}, "customfield_10020"),
]


@pytest.mark.parametrize(("fields", "named"), REFUSED)
async def test_a_value_that_is_not_there_is_refused_by_field(fields: dict[str, Any], named: str) -> None:
    lab = garage()
    before = lab.site.raw("1001")
    async with lab.client() as api:
        answer = await api.call("PUT", "/issue/CAR-1", 400, json={"fields": fields})
    assert answer["errors"].keys() == {named}
    assert lab.site.raw("1001") == before


async def test_done_sets_the_resolution_and_leaving_it_clears_it() -> None:
    lab = garage()
    async with lab.client() as api:
        offered = (await api.get("/issue/CAR-1/transitions"))["transitions"]
        ids = {each["to"]["name"]: each["id"] for each in offered}
        await api.post("/issue/CAR-1/transitions", {"transition": {"id": int(ids["Done"])}}, 204)
        done = lab.site.raw("1001")["fields"]
        assert [done["status"]["statusCategory"]["key"], done["resolution"]["name"]] == ["done", "Done"]
        assert done["resolutiondate"] == "2026-11-20T10:30:00.000+0000"
        assert {entry["field"] for entry in items(lab, "1001")} == {"status", "resolution"}
        await api.post("/issue/CAR-1/transitions", {"transition": {"id": ids["To do"]}}, 204)
        open_again = lab.site.raw("1001")["fields"]
        assert [open_again["resolution"], open_again["resolutiondate"]] == [None, None]
        await api.post("/issue/CAR-1/transitions", {"transition": {"id": "5"}}, 400)


async def test_an_issue_is_opened_without_a_history_under_the_next_key() -> None:
    lab = garage()
    async with lab.client() as api:
        fields = {
            "project": {"key": "CAR"},
            "summary": "Fresh",
            "issuetype": {"name": "Story"},
            "parent": {"key": "CAR-2"},
        }
        made = await api.post("/issue", {"fields": fields}, 201)
        assert made["key"] == "CAR-5"
        issue = await api.get(f"/issue/{made['id']}", expand="changelog")
        assert issue["changelog"]["total"] == 0
        assert issue["fields"]["parent"]["key"] == "CAR-2"
        assert issue["fields"]["created"] == issue["fields"]["updated"]
        for wrong in ({"project": {"key": "BUS"}, "summary": "x"}, {"project": {"key": "CAR"}}):
            await api.post("/issue", {"fields": wrong}, 400)


def test_updated_rises_by_a_millisecond_at_least_and_history_ids_rise_over_the_site() -> None:
    lab = garage()
    seen = []
    for number in range(5):
        lab.site.edit("1001", {"summary": f"Name {number}"}, ADA)
        lab.site.edit("1005", {"summary": f"Name {number}"}, ADA)
        seen.append(lab.site.issues["1001"].updated)
    assert all(later == earlier + 1 for earlier, later in pairwise(seen))
    ids = sorted(int(each["id"]) for id_ in ("1001", "1005") for each in lab.site.raw(id_)["changelog"]["histories"])
    assert len(set(ids)) == 10
    newest = lab.site.raw("1001")["changelog"]["histories"]
    assert [int(each["id"]) for each in newest] == sorted((int(each["id"]) for each in newest), reverse=True)


async def test_a_link_shows_on_both_issues_and_is_told_in_prose() -> None:
    lab = garage()
    async with lab.client() as api:
        body = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "CAR-1"}, "outwardIssue": {"key": "VAN-5"}}
        assert await api.post("/issueLink", body, 201) is None
        assert await api.post("/issueLink", {**body, "comment": {"body": "again"}}, 201) is None
        source, destination = (lab.site.raw(id_)["fields"] for id_ in ("1001", "1005"))
        [ahead], [back] = source["issuelinks"], destination["issuelinks"]
        assert ahead["id"] == back["id"]
        assert [ahead["outwardIssue"]["key"], back["inwardIssue"]["key"]] == ["VAN-5", "CAR-1"]
        assert destination["comment"]["total"] == 1, "a duplicate link still adds its comment, to the outward issue"
        told = [items(lab, id_)[0] for id_ in ("1001", "1005")]
        assert [entry["toString"] for entry in told] == ["This issue blocks VAN-5", "This issue is blocked by CAR-1"]
        assert all("fieldId" not in entry and entry["field"] == "Link" for entry in told)
        shown = await api.get(f"/issueLink/{ahead['id']}")
        assert [shown["inwardIssue"]["key"], shown["outwardIssue"]["key"]] == ["CAR-1", "VAN-5"]
        await api.call("DELETE", f"/issueLink/{ahead['id']}", 204)
        assert lab.site.raw("1005")["fields"]["issuelinks"] == []
        assert [items(lab, "1005")[0][side] for side in ("from", "to")] == ["CAR-1", None]
        await api.call("DELETE", f"/issueLink/{ahead['id']}", 404)
        await api.post("/issueLink", {**body, "type": {"name": "Adores"}}, 404)


PARENTS = {
    JiraKind.CLOUD: ["IssueParentAssociation", "Epic Link"],
    JiraKind.DATACENTER: ["Epic Link"],
}


@pytest.mark.parametrize("kind", JiraKind)
def test_a_new_epic_writes_two_entries_on_cloud_and_the_epics_write_who_joins_and_leaves(kind: JiraKind) -> None:
    lab = garage(kind)
    lab.site.set_parent("1001", "1002", ADA)
    lab.site.set_parent("1001", "1003", ADA)
    assert [entry["field"] for entry in items(lab, "1001")] == PARENTS[kind] * 2
    assert [items(lab, "1001")[0][side] for side in ("fromString", "toString")] == ["CAR-2", "CAR-3"]
    left, joined = items(lab, "1002"), items(lab, "1003")
    assert [entry["field"] for entry in (*left, *joined)] == ["Epic Child"] * 3
    assert [[entry["fromString"], entry["toString"]] for entry in left] == [["CAR-1", None], [None, "CAR-1"]]
    assert lab.site.store.children["1003"] == {"1001": None}


async def test_a_moved_issue_answers_to_its_old_key_and_keeps_its_id() -> None:
    lab = garage()
    lab.site.move("1001", "VAN", BEN)
    async with lab.client() as api:
        for path in ("/issue/CAR-1", "/issue/VAN-6", "/issue/1001"):
            issue = await api.get(path, fields="project")
            assert [issue["id"], issue["key"], issue["fields"]["project"]["key"]] == ["1001", "VAN-6", "VAN"]
        [bulk] = (await api.post("/issue/bulkfetch", {"issueIdsOrKeys": ["CAR-1"]}))["issues"]
        assert bulk["key"] == "VAN-6"
        assert await api.found("key = CAR-1") == ["VAN-6"]
        assert "VAN-6" not in await api.found("project = CAR")
    key = next(entry for entry in items(lab, "1001") if entry["field"] == "Key")
    assert [key["fromString"], key["toString"]] == ["CAR-1", "VAN-6"]


async def test_comments_are_left_changed_taken_away_and_paged_and_write_no_history() -> None:
    lab = garage()
    async with lab.client() as api:
        made = [await api.post("/issue/CAR-1/comment", {"body": f"No {number}"}, 201) for number in range(3)]
        assert made[0]["body"]["type"] == "doc"
        page = await api.get("/issue/CAR-1/comment", startAt=1, maxResults=1)
        assert [page["total"], page["startAt"], page["comments"][0]["id"]] == [3, 1, made[1]["id"]]
        newest = await api.get("/issue/CAR-1/comment", orderBy="-created")
        assert [each["id"] for each in newest["comments"]] == [each["id"] for each in reversed(made)]
        path = f"/issue/CAR-1/comment/{made[1]['id']}"
        before = lab.site.issues["1001"].updated
        changed = await api.call("PUT", path, json={"body": "Otherwise"})
        assert changed["body"]["content"][0]["content"][0]["text"] == "Otherwise"
        assert (await api.get(path))["updated"] > (await api.get(path))["created"]
        assert lab.site.issues["1001"].updated > before
        await api.call("DELETE", path, 204)
        await api.get(path, 404)
        await api.post("/issue/CAR-1/comment", {"body": ""}, 400)
        assert (await api.get("/issue/CAR-1/changelog"))["total"] == 0


async def test_a_deleted_issue_is_gone_with_its_sub_tasks_and_links() -> None:
    lab = garage()
    lab.site.set_parent("1004", "1001", ADA)
    lab.site.link("Blocks", "1005", "1001", ADA)
    async with lab.client() as api:
        await api.call("DELETE", "/issue/CAR-1", 400)
        await api.call("DELETE", "/issue/CAR-1", 204, params={"deleteSubtasks": "true"})
        for key in ("CAR-1", "CAR-4"):
            await api.get(f"/issue/{key}", 404)
        assert (await api.get("/issue/VAN-5"))["fields"]["issuelinks"] == []
    assert lab.site.store.deleted.keys() == {"1001", "1004"}


async def test_a_remote_link_with_the_same_global_id_is_replaced() -> None:
    lab = garage()
    async with lab.client() as api:
        body = {"globalId": "g", "object": {"url": "https://example.com/1", "title": "One"}}
        first = await api.post("/issue/CAR-1/remotelink", body, 201)
        body["object"] = {"url": "https://example.com/2", "title": "Two"}
        assert (await api.post("/issue/CAR-1/remotelink", body))["id"] == first["id"]
        [found] = await api.get("/issue/CAR-1/remotelink")
        assert found["object"]["title"] == "Two"
        assert (await api.get("/issue/CAR-1/remotelink", globalId="g"))["id"] == first["id"]
        await api.post("/issue/CAR-1/remotelink", {"object": {}}, 400)
    assert items(lab, "1001")[0]["field"] == "RemoteIssueLink"


async def test_changelogs_of_many_issues_come_by_date_and_may_split_an_issue() -> None:
    lab = Lab().load(
        *(raw_issue(number, histories=[history(10 * at + number, START + timedelta(hours=at)) for at in range(4)])
          for number in (1, 2))
    )  # fmt: skip
    async with lab.client() as api:
        body: dict[str, Any] = {"issueIdsOrKeys": ["1002", "CAR-1", "CAR-99"], "maxResults": 3}
        told, pages = [], 0
        while True:
            page = await api.post("/changelog/bulkfetch", body)
            pages += 1
            told += [(log["issueId"], each["id"]) for log in page["issueChangeLogs"] for each in log["changeHistories"]]
            if "nextPageToken" not in page:
                break
            body["nextPageToken"] = page["nextPageToken"]
        assert pages == 3
        assert sorted(told) == sorted(
            (str(1000 + number), str(10 * at + number)) for at in range(4) for number in (1, 2)
        )
        assert [id_ for issue, id_ in told if issue == "1001"] == ["1", "11", "21", "31"]
        lab.site.epoch_changelogs = True
        page = await api.post("/changelog/bulkfetch", {"issueIdsOrKeys": ["1001"]})
        assert page["issueChangeLogs"][0]["changeHistories"][0]["created"] == int(START.timestamp() * 1000)
        none = await api.post("/changelog/bulkfetch", {"issueIdsOrKeys": ["1001"], "fieldIds": ["status"]})
        assert none["issueChangeLogs"] == []
        wrong: dict[str, Any]
        for wrong in ({"issueIdsOrKeys": []}, {"issueIdsOrKeys": ["1"], "maxResults": 10_001},
                      {"issueIdsOrKeys": ["1"], "fieldIds": list("abcdefghijk")}):  # fmt: skip
            await api.post("/changelog/bulkfetch", wrong, 400)


async def test_an_issues_own_changelog_is_paged_oldest_first() -> None:
    histories = [history(number, START + timedelta(seconds=number)) for number in range(1, 6)]
    async with Lab().load(raw_issue(1, histories=histories)).client() as api:
        page = await api.get("/issue/CAR-1/changelog", maxResults=2)
        assert [each["id"] for each in page["values"]] == ["1", "2"]
        assert [page["total"], page["isLast"]] == [5, False]
        assert "startAt=2" in page["nextPage"]
        last = await api.get("/issue/CAR-1/changelog", startAt=4)
        assert [[each["id"] for each in last["values"]], last["isLast"]] == [["5"], True]
        listed = await api.post("/issue/CAR-1/changelog/list", {"changelogIds": [2, 4]})
        assert [each["id"] for each in listed["histories"]] == ["2", "4"]


async def test_too_many_writes_to_one_issue_are_slowed_down_and_others_go_on() -> None:
    lab = garage()
    async with lab.client() as api:
        for _ in range(20):
            await api.post("/issue/CAR-1/comment", {"body": "x"}, 201)
        response = await api.http.post(api.url("/issue/1001/comment"), json={"body": "x"})
        assert response.status_code == 429
        assert response.headers["RateLimit-Reason"] == "jira-per-issue-on-write"
        assert int(response.headers["Retry-After"]) > 0
        await api.post("/issue/CAR-2/comment", {"body": "x"}, 201)
        lab.elapsed += 2.1
        await api.post("/issue/CAR-1/comment", {"body": "x"}, 201)
        lab.site.limits_writes = False
        for _ in range(25):
            await api.post("/issue/CAR-1/comment", {"body": "x"}, 201)


async def test_a_hidden_project_looks_as_if_it_were_not_there() -> None:
    lab = garage()
    lab.site.link("Blocks", "1005", "1001", ADA)
    lab.site.hide("VAN")
    async with lab.client() as api:
        await api.get("/issue/VAN-5", 404)
        await api.get("/project/VAN", 404)
        assert [each["key"] for each in (await api.get("/project/search"))["values"]] == ["CAR"]
        assert "VAN-5" not in await api.found("updated > 0")
        await api.post("/search/jql", {"jql": "project = VAN"}, 400)
        assert (await api.get("/issue/CAR-1"))["fields"]["issuelinks"] == []
        lab.site.show("VAN")
        assert await api.found("project = VAN") == ["VAN-5"]


def test_what_is_put_again_is_replaced_and_what_clients_wrote_stays() -> None:
    lab = Lab().load(raw_issue(1, histories=[history(5, START)], comment={"comments": [comment(7, START)]}))
    own = lab.site.comment("1001", "ours", BEN)
    lab.site.put(raw_issue(1, summary="Other", histories=[history(5, START), history(6, START)]))
    raw = lab.site.raw("1001")
    assert raw["fields"]["summary"] == "Other"
    assert [each["id"] for each in raw["fields"]["comment"]["comments"]] == [own]
    assert [each["id"] for each in raw["changelog"]["histories"]] == ["6", "5"]


def test_a_key_is_one_issues_and_a_move_by_a_client_is_not_undone_by_what_is_put() -> None:
    lab = garage()
    own = lab.site.create("CAR", {"summary": "Ours"}, ADA)
    assert lab.site.issues[own].key == "CAR-5"
    for _ in range(2):
        lab.site.put(raw_issue(5), lab.at)
    lab.site.put({**raw_issue(5, summary="Put"), "id": "1055"}, lab.at)
    lab.site.put({**raw_issue(5, summary="Put again"), "id": "1055"}, lab.at)
    assert [lab.site.issues[id_].key for id_ in (own, "1055")] == ["CAR-5", "CAR-7"]
    assert lab.site.raw("1055")["fields"]["summary"] == "Put again"
    lab.site.move("1001", "VAN", BEN)
    lab.site.put(raw_issue(1, summary="Later"), lab.at)
    moved = lab.site.raw("1001")
    assert [moved["key"], moved["fields"]["project"]["key"], moved["fields"]["summary"]] == ["VAN-6", "VAN", "Later"]
