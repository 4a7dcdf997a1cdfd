"""The site as a whole: who may call, what each kind has, boards, and what it learns from what it is given."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions
from services.runtime.connections import JiraKind
from services.sandbox.company import build_company
from tests.connectors.shared_data import archive, lines_of
from tests.sandbox.jira.sites import ADA, BEN, EPIC, START, SUBTASK, Lab, comment, history, person, raw_issue

SPRINTS = [
    {"id": 7, "name": "Spring", "state": "closed", "boardId": 20001, "goal": ""},
    {"id": 8, "name": "Summer", "state": "active", "boardId": 20001, "goal": "Sun, mostly"},
]


def garage(kind: JiraKind = JiraKind.CLOUD) -> Lab:
    return Lab(kind).load(
        raw_issue(1, assignee=person(BEN), description="Line", customfield_10020=SPRINTS,
                  comment={"comments": [comment(3, START)]}, histories=[history(5, START)],
                  parent={"id": "1002", "key": "CAR-2"}),
        raw_issue(2, issuetype=EPIC), raw_issue(3, issuetype=SUBTASK, parent={"id": "1001", "key": "CAR-1"}),
        raw_issue(4, "VAN"),
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/myself", "/issue/CAR-1", "/rest/agile/1.0/board", "/rest/webhooks/1.0/webhook"])
async def test_who_has_not_the_token_stays_outside(path: str) -> None:
    lab = garage()
    for bearer in (False, True):
        async with lab.client(bearer=bearer, token="wrong") as api:  # noqa: S106
            await api.get(path, 401)
            await api.get("/serverInfo", 401)
        async with lab.client(bearer=bearer) as api:
            await api.get(path)
            for header in ("", "Digest sandbox", "Basic %%%", "Basic c2FuZGJveA=="):
                await api.call("GET", path, 401, headers={"Authorization": header})
            del api.http.headers["Authorization"]
            await api.get(path, 401)
            assert (await api.get("/serverInfo"))["serverTime"] == "2026-11-20T09:30:00.000+0000"


@pytest.mark.parametrize("kind", JiraKind)
async def test_each_answer_tells_how_much_room_this_second_has(kind: JiraKind) -> None:
    lab = garage(kind)
    lab.site.burst = 10
    async with lab.client() as api:
        told = [(await api.http.get(api.url("/myself"))).headers for _ in range(12)]
        assert [int(each["X-RateLimit-Remaining"]) for each in told] == [*range(9, -1, -1), 0, 0]
        near = [each.get("X-RateLimit-NearLimit") for each in told]
        assert near == ([None] * 8 + ["true"] * 4 if kind is JiraKind.CLOUD else [None] * 12)
        assert ("X-RateLimit-FillRate" in told[0]) is (kind is JiraKind.DATACENTER)
        lab.elapsed += 1
        assert (await api.http.get(api.url("/myself"))).headers["X-RateLimit-Remaining"] == "9"


async def test_nulls_in_changes_can_be_left_out_everywhere() -> None:
    lab = garage()
    async with lab.client() as api:
        for omitted in (False, True):
            lab.site.shapes.options.omits_nulls = omitted
            body = {"jql": "key = CAR-1", "expand": "changelog"}
            bulk = (await api.post("/changelog/bulkfetch", {"issueIdsOrKeys": ["CAR-1"]}))["issueChangeLogs"]
            logs = [
                (await api.post("/search/jql", body))["issues"][0]["changelog"]["histories"],
                (await api.get("/issue/CAR-1", expand="changelog"))["changelog"]["histories"],
                (await api.get("/issue/CAR-1/changelog"))["values"],
                (await api.post("/issue/CAR-1/changelog/list", {"changelogIds": [5]}))["histories"],
                bulk[0]["changeHistories"],
            ]
            assert [None in log[0]["items"][0].values() for log in logs] == [not omitted] * 5


CLOUD_ONLY = [
    ("GET", "/rest/api/3/myself"), ("GET", "/search/jql"), ("POST", "/changelog/bulkfetch"), ("GET", "/webhook"),
    ("GET", "/issue/CAR-1/changelog"), ("POST", "/issue/bulkfetch"), ("GET", "/users/search"),
    ("GET", "/project/search"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), CLOUD_ONLY)
async def test_data_center_has_not_what_only_cloud_has(method: str, path: str) -> None:
    async with garage(JiraKind.DATACENTER).client() as api:
        response = await api.http.request(method, api.url(path), json={})
        assert response.status_code in {404, 405}


async def test_version_2_has_plain_text_where_version_3_has_documents() -> None:
    async with garage().client() as api:
        new, old = [(await api.get(f"/rest/api/{version}/issue/CAR-1"))["fields"] for version in (3, 2)]
        assert new["description"]["type"] == "doc"
        assert [old["description"], old["comment"]["comments"][0]["body"]] == ["Line", "said"]
        assert old["assignee"]["accountId"] == new["assignee"]["accountId"] == BEN
        made = await api.call("POST", "/rest/api/2/issue/CAR-1/comment", 201, json={"body": "a\nb"})
        assert made["body"] == "a\nb"
        assert len((await api.get(f"/issue/CAR-1/comment/{made['id']}"))["body"]["content"]) == 2


async def test_data_center_names_people_sprints_and_epics_in_its_own_way() -> None:
    async with garage(JiraKind.DATACENTER).client() as api:
        assert (await api.get("/serverInfo"))["deploymentType"] == "Server"
        issue = await api.get("/issue/CAR-1", expand="changelog")
        fields = issue["fields"]
        epic = next(each["id"] for each in await api.get("/field")
                    if each["schema"].get("custom") == "com.pyxis.greenhopper.jira:gh-epic-link")  # fmt: skip
        assert [epic, fields[epic]] == ["customfield_10101", "CAR-2"]
        assert "parent" not in fields
        assert (await api.get("/issue/CAR-3"))["fields"]["parent"]["key"] == "CAR-1"
        for one in (
            fields["assignee"],
            fields["comment"]["comments"][0]["author"],
            issue["changelog"]["histories"][0]["author"],
        ):
            assert "accountId" not in one
            assert {"name", "key", "displayName"} <= one.keys()
        assert [fields["assignee"]["name"], fields["assignee"]["key"]] == ["ben.okoro", BEN]
        assert all(
            text.startswith("com.atlassian.greenhopper.service.sprint.Sprint@") for text in fields["customfield_10020"]
        )
        assert "[id=8,rapidViewId=20001,state=ACTIVE,name=Summer," in fields["customfield_10020"][1]
        assert (await api.get("/user", username="ben.okoro"))["key"] == BEN
        assert (await api.get("/user", 404, username="nobody"))["errors"] == {}


@pytest.mark.parametrize("kind", JiraKind)
async def test_boards_have_sprints_and_issues_in_the_shape_of_the_agile_api(kind: JiraKind) -> None:
    agile = "/rest/agile/1.0"
    async with garage(kind).client() as api:
        boards = (await api.get(f"{agile}/board"))["values"]
        assert [board["location"]["projectKey"] for board in boards] == ["CAR", "VAN"]
        assert (await api.get(f"{agile}/board", projectKeyOrId="VAN"))["total"] == 1
        path = f"{agile}/board/{boards[0]['id']}"
        sprints = (await api.get(f"{path}/sprint"))["values"]
        assert [(each["id"], each["state"]) for each in sprints] == [(7, "closed"), (8, "active")]
        assert [each["id"] for each in (await api.get(f"{path}/sprint", state="active"))["values"]] == [8]
        assert (await api.get(f"{agile}/sprint/8"))["originBoardId"] == 20001
        assert (await api.get(f"{path}/issue"))["total"] == 3
        assert (await api.get(f"{path}/issue", jql="type = Epic"))["issues"][0]["key"] == "CAR-2"
        assert (await api.get(f"{path}/epic"))["values"][0]["key"] == "CAR-2"
        fields = (await api.get(f"{agile}/issue/CAR-1"))["fields"]
        assert [fields["sprint"]["id"], [each["id"] for each in fields["closedSprints"]]] == [8, [7]]
        assert [fields["epic"]["key"], fields["flagged"]] == ["CAR-2", False]
        for missing in ("/board/9", "/sprint/9", "/issue/CAR-9"):
            await api.get(agile + missing, 404)


async def test_far_ends_show_as_they_stand_now() -> None:
    lab = garage()
    lab.site.edit("1002", {"summary": "Another name"}, ADA)
    lab.site.move("1002", "VAN", ADA)
    parent = lab.site.raw("1001")["fields"]["parent"]
    assert [parent["key"], parent["fields"]["summary"]] == ["VAN-5", "Another name"]
    assert [each["key"] for each in lab.site.raw("1001")["fields"]["subtasks"]] == ["CAR-3"]


@pytest.mark.parametrize("kind", JiraKind)
def test_the_company_maps_the_same_from_the_site_as_from_its_maker(kind: JiraKind) -> None:
    """What comes out is what went in, but for how far ends stand, which no mapping reads."""
    lab = Lab(kind)
    items = [each.raw for each in build_company(1, START).items_at(START) if each.tracker.value == "jira"]
    lab.load(*items)
    for given in items:
        old, new = mapped(given), mapped(lab.site.raw(given["id"]))
        if kind is JiraKind.CLOUD:
            assert new == old
        else:
            assert (new.title, new.status, new.status_category, new.links) == (
                old.title,
                old.status,
                old.status_category,
                old.links,
            )


def mapped(raw: dict[str, Any]) -> Any:
    outcome = map_issue(raw, "garage", None, MappingOptions())
    assert isinstance(outcome, Mapped), outcome
    return outcome.item


def test_the_company_told_event_by_event_comes_to_the_same_and_every_history_is_delivered_once() -> None:
    company = build_company(2, START)
    lab = Lab()
    days = START - timedelta(days=20)
    first = [each.raw for each in company.items_at(days) if each.tracker.value == "jira"]
    lab.load(*first)
    loaded = {id_: lab.site.raw(id_)["changelog"]["total"] for id_ in lab.site.issues}
    everything = {"events": ("jira:issue_created", "jira:issue_updated", "comment_created"), "url": "https://a.example"}
    listen(lab, everything)
    for happening in company.events(days):
        if happening.item.tracker.value == "jira":
            lab.at = happening.at
            lab.site.put(happening.item.raw, happening.at)
    for item in company.items_at(START):
        if item.tracker.value == "jira":
            raw = lab.site.raw(item.raw["id"])
            assert raw["fields"]["status"]["id"] == item.raw["fields"]["status"]["id"]
            assert raw["changelog"]["total"] == item.raw["changelog"]["total"]
            assert raw["fields"]["comment"]["total"] == item.raw["fields"]["comment"]["total"]
            assert {link["id"] for link in raw["fields"]["issuelinks"]} == {
                link["id"] for link in item.raw["fields"]["issuelinks"]
            }
    told = [body["changelog"]["id"] for body in lab.bodies() if "changelog" in body]
    assert len(told) == len(set(told))
    later = sum(lab.site.raw(id_)["changelog"]["total"] - loaded.get(id_, 0) for id_ in lab.site.issues)
    created = {body["issue"]["id"] for body in lab.bodies() if body["webhookEvent"] == "jira:issue_created"}
    with_created = sum(lab.site.raw(id_)["changelog"]["total"] for id_ in created)
    assert later - with_created <= len(told) <= later
    assert told == sorted(told, key=int)


def listen(lab: Lab, hook: dict[str, Any]) -> None:
    from services.sandbox.jira.webhooks import Hook  # noqa: PLC0415 -- only this test goes around the API

    lab.site.webhooks.register(Hook("", hook["url"], hook["events"]))


@pytest.mark.parametrize("kind", JiraKind)
def test_an_archive_maps_the_same_from_the_site_as_from_its_file(kind: JiraKind) -> None:
    """Of a real export, in the agile shape: titles, standing, people, dependencies and parents."""
    lab = Lab(kind)
    lines = list(islice(lines_of(archive("MOD")[0]), 700))
    lab.load(*lines)
    lab.at = datetime(2022, 1, 1, tzinfo=START.tzinfo)
    checked = 0
    for line in lines:
        old, new = mapped(line), mapped(lab.site.raw(line["id"]))
        for name in (
            "title",
            "status",
            "status_category",
            "assignee",
            "links",
            "dependencies",
            "labels",
            "components",
            "sprint",
        ):
            assert getattr(new, name) == getattr(old, name), (line["key"], name)
        checked += bool(old.links)
    assert checked > 50
