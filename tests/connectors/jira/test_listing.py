"""Listings end, keep their order, and begin again where the site has forgotten them."""

from collections.abc import Sequence
from typing import Any

import pytest

from schemas.work_items import Tracker
from services.connectors.jira.client import JiraClient, build_client
from services.connectors.tracker import Scope, TrackerClient
from services.runtime.errors import Misconfigured, Permanent, Transient
from tests.connectors.jira.scripted import TOKEN, Says, ScriptedSite, StillClock, at, connection

PAY = Scope("10001", "Payments", "PAY")
SEARCH = "search/jql"
LOGS = "changelog/bulkfetch"


def found(*ids: str, leads: str | None = None, is_last: bool | None = None) -> Says:
    """Return a page of a search as Cloud gives it."""
    fields = {"updated": "2026-06-01T10:00:00.000+0000", "created": "2026-05-01T10:00:00.000+0000"}
    body: dict[str, Any] = {"issues": [{"id": id_, "key": f"PAY-{id_}", "fields": dict(fields)} for id_ in ids]}
    if leads is not None:
        body["nextPageToken"] = leads
    if is_last is not None:
        body["isLast"] = is_last
    return Says(body=body)


def scripted(*pages: Says) -> ScriptedSite:
    site = ScriptedSite()
    site.on("POST", SEARCH, *pages)
    site.on("POST", LOGS, Says(body={"issueChangeLogs": []}))
    site.on("POST", "search/approximate-count", Says(body={"count": 3}))
    return site


async def listed(client: JiraClient, cursor: str | None = None) -> list[str]:
    ids: list[str] = []
    for _ in range(20):
        page = await client.changed_page([PAY], "0", cursor)
        ids += [each.id for each in page.items]
        if page.cursor is None:
            return ids
        cursor = page.cursor
    raise AssertionError("the listing does not end")


@pytest.mark.parametrize(
    "pages",
    [
        (found("1", leads="a"), found("2", leads="b"), found("3")),
        (found("1", leads="a"), found("2", leads="b"), found("3", leads="b")),  # repeats the last one
        (found("1", leads="a"), found("2", leads="b"), found("3", leads="a")),  # goes round
        (found("1", leads="a", is_last=True), found("2", leads="b"), found("3", is_last=False)),  # isLast is wrong
    ],
)
async def test_a_listing_ends_without_a_token_or_with_one_seen_before(pages: Sequence[Says]) -> None:
    """Trap 3: a token may come twice, and `isLast` may be left out or wrong."""
    async with at(scripted(*pages)) as client:
        await client.open()
        assert await listed(client) == ["1", "2", "3"]


async def test_asking_again_for_a_page_is_no_coming_back() -> None:
    site = scripted(found("1", leads="a"), found("2", leads="b"), found("2", leads="b"), found("3"))
    async with at(site) as client:
        await client.open()
        assert (await client.changed_page([PAY], "0", None)).cursor == "a"
        assert (await client.changed_page([PAY], "0", "a")).cursor == "b"
        assert (await client.changed_page([PAY], "0", "a")).cursor == "b"
        assert (await client.changed_page([PAY], "0", "b")).cursor is None


async def test_a_token_that_has_ended_begins_its_listing_again_once() -> None:
    ended = Says(400, {"errorMessages": ["The provided next page token is invalid or expired."]})
    async with at(scripted(ended, found("1", leads="a"), found("2"))) as client:
        await client.open()
        assert await listed(client, "from last week") == ["1", "2"]
    async with at(scripted(ended, found("1", leads="a"), ended)) as client:
        await client.open()
        with pytest.raises(Permanent, match="invalid or expired"):
            await listed(client, "from last week")


async def test_the_poll_is_bounded_below_in_milliseconds_and_in_a_stable_order() -> None:
    """Traps 4, 6 and 7."""
    site = scripted(found())
    async with at(site) as client:
        await client.open()
        await client.changed_page([PAY, Scope("10002", "Mobile", "MOB")], "1732877091000", None)
        await client.census_page(PAY, None)
        await client.high_water([PAY])
        with pytest.raises(Permanent, match="epoch milliseconds"):
            await client.changed_page([PAY], "2026-06-01 OR 1 = 1", None)
    assert [came.body["jql"] for came in site.asked(SEARCH)] == [
        "project in (10001, 10002) AND updated >= 1732877091000 ORDER BY updated ASC, key ASC",
        "project in (10001) ORDER BY created ASC, key ASC",
        "project in (10001) ORDER BY updated DESC",
    ]
    assert {tuple(came.body["fields"]) for came in site.asked(SEARCH)} == {("updated",)}


async def test_fields_are_always_named() -> None:
    """Trap 2: without them the site gives ids alone, which look like empty issues."""
    site = scripted(found("1"))
    async with at(site, reading={"custom_fields": ["Colour"]}) as client:
        await client.open()
        [raw] = (await client.backfill_page(PAY, None)).raws
    [came] = site.asked(SEARCH)
    wanted = {"summary", "status", "issuelinks", "comment", "parent", "customfield_10020", "customfield_10099"}
    assert wanted <= set(came.body["fields"])
    assert "*all" not in came.body["fields"]
    assert set(came.body) == {"jql", "fields", "maxResults"}, "the site refuses what it does not know"
    assert raw["names"]["customfield_10099"] == "Colour"
    assert raw["changelog"] == {"startAt": 0, "maxResults": 0, "total": 0, "histories": []}


async def test_the_next_page_is_read_while_the_engine_works_on_this_one() -> None:
    site = scripted(found("1", leads="a"), found("2", leads="b"), found("3"))
    async with at(site) as client:
        await client.open()
        page = await client.backfill_page(PAY, None)
        assert (page.total, page.cursor) == (3, "a")
        task = client._listing._ahead["10001"].page
        assert [raw["id"] for raw in (await task).raws] == ["2"]
        assert (await client.backfill_page(PAY, "a")).raws == (await task).raws
        assert [raw["id"] for raw in (await client.backfill_page(PAY, "b")).raws] == ["3"]
    assert len(site.asked(SEARCH)) == 3


async def test_a_page_read_ahead_too_long_ago_or_for_another_cursor_is_read_again() -> None:
    site = scripted(found("1", leads="a"), found("2", leads="b"), found("2"))
    async with at(site) as client:
        await client.open()
        await client.backfill_page(PAY, None)
        await client._listing._ahead["10001"].page
        client._calls.clock.slept.append(61)  # type: ignore[attr-defined]  # the still clock's
        assert (await client.backfill_page(PAY, "a")).cursor is None
    assert len(site.asked(SEARCH)) == 3


async def test_a_page_ahead_that_failed_is_told_when_it_is_asked_for() -> None:
    site = scripted(found("1", leads="a"), Says(500), Says(500), Says(500), found("2"))
    async with at(site) as client:
        await client.open()
        await client.backfill_page(PAY, None)
        with pytest.raises(Transient):
            await client.backfill_page(PAY, "a")
        assert [raw["id"] for raw in (await client.backfill_page(PAY, "a")).raws] == ["2"]


async def test_one_issues_histories_over_pages_are_joined_and_a_repeated_token_ends() -> None:
    """Trap 9."""
    site = scripted(found("1", "2"))
    first = [{"issueId": "1", "changeHistories": [{"id": "7", "created": 1_748_772_000_000, "items": []}]}]
    second = [
        {"issueId": "1", "changeHistories": [{"id": "8", "created": "2026-06-02T10:00:00.000+0000", "items": []}]}
    ]
    site.on(
        "POST", LOGS,
        Says(body={"issueChangeLogs": first, "nextPageToken": "x"}),
        Says(body={"issueChangeLogs": second, "nextPageToken": "x"}),
    )  # fmt: skip
    async with at(site) as client:
        await client.open()
        one, two = (await client.backfill_page(PAY, None)).raws
    assert [each["id"] for each in one["changelog"]["histories"]] == ["8", "7"]
    assert two["changelog"]["total"] == 0
    assert len(site.asked(LOGS)) == 2


@pytest.mark.parametrize("says", [Says(body={}), Says(body={"issues": "none"}), Says(body={"issues": [{}]})])
async def test_an_answer_of_another_shape_is_no_empty_listing(says: Says) -> None:
    async with at(scripted(says)) as client:
        await client.open()
        with pytest.raises(Transient, match="no list of issues"):
            await client.changed_page([PAY], "0", None)


async def test_issues_that_the_site_cannot_give_in_bulk_are_asked_for_one_by_one() -> None:
    site = scripted()
    site.on("POST", "issue/bulkfetch", Says(body={"issues": [], "issueErrors": [{"id": "1", "errorMessage": "busy"}]}))
    fields = {"updated": "2026-06-01T10:00:00.000+0000", "project": {"id": "10001"}}
    site.on(
        "GET",
        "issue/1",
        Says(body={"id": "1", "key": "PAY-1", "fields": fields, "changelog": {"histories": [], "total": 0}}),
    )
    site.on("GET", "issue/2", Says(body={"id": "2", "key": "PAY-2", "archived": True, "fields": fields}))
    async with at(site) as client:
        await client.open()
        fetched = await client.fetch(["1", "2", "3"])
    assert [raw["id"] for raw in fetched.raws] == ["1"]
    assert {(gone.id, gone.absence) for gone in fetched.gone} == {("2", "archived"), ("3", "unreachable")}


async def test_what_is_no_id_gets_into_no_query_and_no_address() -> None:
    site = scripted()
    async with at(site) as client:
        await client.open()
        came = len(site.came)
        assert {gone.id for gone in (await client.fetch(["../myself", "1) OR (1 = 1"])).gone} == {
            "../myself",
            "1) OR (1 = 1",
        }
    assert len(site.came) == came


async def test_a_denied_issue_is_unreachable_unless_all_is_denied() -> None:
    site = scripted()
    site.on("GET", "issue/1", Says(403, {"errorMessages": ["You do not have the permission to see it."]}))
    async with at(site) as client:
        await client.open()
        assert [gone.absence for gone in (await client.fetch(["1"])).gone] == ["unreachable"]
        site.on("GET", "project", Says(403))
        with pytest.raises(Misconfigured, match="read:jira-work"):
            await client.fetch(["1"])


async def test_remote_links_are_read_where_the_history_tells_of_one() -> None:
    site = scripted(found("1", "2"))
    log = {"id": "7", "created": "2026-06-02T10:00:00.000+0000", "items": [{"field": "RemoteIssueLink"}]}
    site.on("POST", LOGS, Says(body={"issueChangeLogs": [{"issueId": "1", "changeHistories": [log]}]}))
    link = {"id": 3, "object": {"url": "https://app.asana.com/0/1/4711"}}
    site.on("GET", "issue/1/remotelink", Says(body=[link]))
    async with at(site) as client:
        await client.open()
        one, two = (await client.backfill_page(PAY, None)).raws
    assert (one["remotelinks"], "remotelinks" in two) == ([link], False)


def test_the_client_is_a_tracker_client() -> None:
    client: TrackerClient = build_client(connection("http://127.0.0.1:9"), TOKEN, StillClock())
    assert (client.tracker, client.site, client.parallel) == (Tracker.JIRA, "jira", 4)
