"""Searching as Cloud does: cursors, fields, what is cut, and an index that lags behind."""

from datetime import timedelta
from typing import Any

import pytest

from services.runtime.connections import JiraKind
from tests.sandbox.jira.sites import ADA, START, Lab, comment, history, raw_issue

SECOND = timedelta(seconds=1)


def many(count: int = 250) -> Lab:
    return Lab().load(*(raw_issue(number) for number in range(1, count + 1)))


async def test_pages_follow_by_token_until_there_is_none() -> None:
    async with many().client() as api:
        first = await api.post("/search/jql", {"jql": "project = CAR order by key", "maxResults": 100})
        assert first.keys() == {"issues", "isLast", "nextPageToken"}
        assert [first["isLast"], len(first["issues"])] == [False, 100]
        body = {"jql": "project = CAR order by key", "maxResults": 100, "nextPageToken": first["nextPageToken"]}
        again = [await api.post("/search/jql", body) for _ in range(2)]
        assert again[0] == again[1]
        assert again[0]["issues"][0]["key"] == "CAR-101"
        last = await api.post("/search/jql", {**body, "nextPageToken": again[0]["nextPageToken"]})
        assert last.keys() == {"issues", "isLast"}
        assert [last["isLast"], len(last["issues"])] == [True, 50]


async def test_get_asks_the_same_as_post() -> None:
    async with many(3).client() as api:
        got = await api.get("/search/jql", jql="project = CAR", fields="summary,status", maxResults=2)
        asked = {"jql": "project = CAR", "fields": ["summary", "status"], "maxResults": 2}
        posted = await api.post("/search/jql", asked)
        assert got["issues"] == posted["issues"]
        assert got["issues"][0]["fields"].keys() == {"summary", "status"}


@pytest.mark.parametrize(
    ("fields", "has", "lacks"),
    [
        (None, set(), {"fields"}),
        (["id"], set(), {"fields"}),
        (["*all"], {"summary", "comment", "worklog", "issuelinks", "description", "updated"}, set()),
        (["*navigable"], {"summary", "issuelinks", "description", "updated"}, {"comment", "worklog"}),
        (["*all", "-comment"], {"summary", "worklog"}, {"comment"}),
        (["-summary"], {"comment", "updated"}, {"summary"}),
        (["updated", "parent"], {"updated"}, {"summary", "parent", "comment"}),
    ],
)
async def test_only_the_fields_that_are_asked_for_come(fields: Any, has: set[str], lacks: set[str]) -> None:
    async with many(1).client() as api:
        body = {"jql": "project = CAR"} if fields is None else {"jql": "project = CAR", "fields": fields}
        [issue] = (await api.post("/search/jql", body))["issues"]
    if "fields" in lacks:
        assert issue.keys() == {"expand", "id", "self", "key"}
    else:
        assert has <= issue["fields"].keys()
        assert not lacks & issue["fields"].keys()


@pytest.mark.parametrize(("fields", "size"), [(["key"], 1200), (["summary"], 1000), (["*all"], 100)])
async def test_a_page_is_smaller_the_more_fields_are_asked_for(fields: list[str], size: int) -> None:
    async with many(1200).client() as api:
        page = await api.post("/search/jql", {"jql": "project = CAR", "fields": fields, "maxResults": 5000})
        assert len(page["issues"]) == size


async def test_changelog_and_comments_are_cut_without_a_word() -> None:
    histories = [history(number, START + number * SECOND) for number in range(1, 151)]
    comments = {"comments": [comment(number, START + number * SECOND) for number in range(1, 31)]}
    async with Lab().load(raw_issue(1, histories=histories, comment=comments)).client() as api:
        body = {"jql": "project = CAR", "fields": ["comment"], "expand": "changelog"}
        [issue] = (await api.post("/search/jql", body))["issues"]
        assert [each["id"] for each in issue["changelog"]["histories"]] == [str(150 - at) for at in range(40)]
        assert [issue["changelog"]["total"], issue["changelog"]["maxResults"]] == [150, 40]
        assert [len(issue["fields"]["comment"]["comments"]), issue["fields"]["comment"]["total"]] == [20, 30]
        one = await api.get("/issue/CAR-1", expand="changelog")
        assert [len(one["changelog"]["histories"]), len(one["fields"]["comment"]["comments"])] == [100, 30]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"jql": "project = CAR", "startAt": 0}, 'Unrecognized field "startAt"'),
        ({"jql": "project = CAR", "validateQuery": "strict"}, 'Unrecognized field "validateQuery"'),
        ({"jql": "project = CAR", "nextPageToken": "bm9wZTo1"}, "token is invalid or has expired"),
        ({"jql": "project = CAR", "nextPageToken": "%%"}, "token is invalid or has expired"),
        ({"jql": "project = CAR", "reconcileIssues": list(range(51))}, "must not exceed 50"),
    ],
)
async def test_a_request_that_does_not_fit_is_refused(body: dict[str, Any], message: str) -> None:
    async with many(1).client() as api:
        assert message in (await api.post("/search/jql", body, 400))["errorMessages"][0]


async def test_a_token_ends_after_seven_days_and_belongs_to_its_query() -> None:
    lab = many(3)
    async with lab.client() as api:
        body: dict[str, Any] = {"jql": "project = CAR", "maxResults": 1}
        body["nextPageToken"] = (await api.post("/search/jql", body))["nextPageToken"]
        await api.post("/search/jql", {**body, "jql": "project = CAR order by key"}, 400)
        lab.wait(days=6.9)
        await api.post("/search/jql", body)
        lab.wait(days=0.2)
        await api.post("/search/jql", body, 400)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_old_search_is_gone(method: str) -> None:
    async with many(1).client() as api:
        answer = await api.call(method, "/search", 410)
    assert "migrate to the /rest/api/3/search/jql API" in answer["errorMessages"][0]


async def test_the_index_lags_and_reading_by_id_does_not() -> None:
    lab = Lab(lag=timedelta(seconds=30)).load(raw_issue(1), raw_issue(2))
    moment = int(START.timestamp() * 1000)
    query = f"updated >= {moment}"
    lab.site.edit("1001", {"summary": "Changed"}, ADA)
    made = lab.site.create("CAR", {"summary": "New"}, ADA)
    async with lab.client() as api:
        assert await api.found(query) == []
        assert (await api.get("/issue/CAR-1"))["fields"]["summary"] == "Changed"
        bulk = await api.post("/issue/bulkfetch", {"issueIdsOrKeys": ["1001", made], "fields": ["summary"]})
        assert [issue["fields"]["summary"] for issue in bulk["issues"]] == ["Changed", "New"]
        body = {"jql": "key = CAR-1", "fields": ["summary"]}
        [stale] = (await api.post("/search/jql", body))["issues"]
        assert stale["fields"]["summary"] == "Issue 1"
        [fresh] = (await api.post("/search/jql", {**body, "reconcileIssues": [1001]}))["issues"]
        assert fresh["fields"]["summary"] == "Changed"
        lab.wait(seconds=29)
        assert await api.found(query) == []
        lab.wait(seconds=1)
        assert sorted(await api.found(query)) == ["CAR-1", lab.site.issues[made].key]


async def test_what_is_deleted_is_found_no_more() -> None:
    lab = Lab(lag=timedelta(seconds=30)).load(raw_issue(1), raw_issue(2))
    lab.site.delete("1001", ADA)
    async with lab.client() as api:
        assert await api.found("project = CAR") == ["CAR-2"]
        assert (await api.post("/search/approximate-count", {"jql": "project = CAR"})) == {"count": 1}
        await api.post("/search/approximate-count", {"jql": "order by key"}, 400)


async def test_bulk_fetch_passes_over_what_is_not_there_and_sorts_by_id() -> None:
    lab = Lab().load(raw_issue(2), raw_issue(1), raw_issue(3, "VAN"))
    lab.site.hide("VAN")
    async with lab.client() as api:
        body = {"issueIdsOrKeys": ["CAR-2", "1001", "1001", "CAR-99", "VAN-3"]}
        answer = await api.post("/issue/bulkfetch", body)
        assert [issue["key"] for issue in answer["issues"]] == ["CAR-1", "CAR-2"]
        assert answer["issueErrors"] == []
        assert "comment" not in answer["issues"][0]["fields"]
        await api.post("/issue/bulkfetch", {"issueIdsOrKeys": [str(number) for number in range(101)]}, 400)
        await api.post("/issue/bulkfetch", {"issueIdsOrKeys": []}, 400)


async def test_data_center_pages_by_offset_with_a_total_and_a_whole_changelog() -> None:
    histories = [history(number, START + number * SECOND) for number in range(1, 151)]
    lab = Lab(JiraKind.DATACENTER).load(*(raw_issue(number, histories=histories) for number in range(1, 4)))
    async with lab.client() as api:
        for method in ("GET", "POST"):
            asked: dict[str, Any] = {
                "jql": "project = CAR order by key",
                "startAt": 1,
                "maxResults": 1,
                "expand": "changelog",
            }
            if method == "POST":
                asked["expand"] = ["changelog"]
            options: dict[str, Any] = {"params" if method == "GET" else "json": asked}
            page = await api.call(method, "/search", **options)
            assert [page["startAt"], page["maxResults"], page["total"]] == [1, 1, 3]
            [issue] = page["issues"]
            assert issue["key"] == "CAR-2"
            assert len(issue["changelog"]["histories"]) == 150
            assert "comment" not in issue["fields"]
        assert (await api.get("/search", jql=""))["total"] == 3
        lab.site.edit("1001", {"summary": "Rust"}, ADA)
        assert (await api.get("/search", jql="summary ~ Rust"))["total"] == 1
