"""Each answer of the Cloud stand-in is what Jira's own description says, and no path of it is unchecked."""

from typing import Any

import pytest

from services.sandbox.jira.app import PATHS
from tests.sandbox.jira.contract import described, faults
from tests.sandbox.jira.sites import ADA, BEN, EPIC, START, SUBTASK, Lab, comment, history, person, raw_issue

SPRINT = {"id": 7, "name": "Spring", "state": "active", "boardId": 1}
LINK = {
    "id": "77", "type": {"id": "10050", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"},
    "outwardIssue": {"id": "1002", "key": "CAR-2", "fields": {"summary": "x"}},
}  # fmt: skip
ISSUE = "/issue/{issueIdOrKey}"
BLOCKS = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "CAR-1"}, "outwardIssue": {"key": "CAR-3"}}
HOOK = {"url": "https://a.example", "webhooks": [{"events": ["comment_created"], "jqlFilter": ""}]}
EXPANDS = "changelog,names,schema,transitions"
PAGE = {"startAt": 0, "maxResults": 1}


def garage() -> Lab:
    return Lab().load(
        raw_issue(1, assignee=person(BEN), issuelinks=[LINK], components=[{"id": "9", "name": "Brakes"}],
                  fixVersions=[{"id": "4", "name": "1.0", "released": False}], labels=["red"],
                  customfield_10020=[SPRINT],
                  histories=[history(5, START), history(6, START)], comment={"comments": [comment(3, START)]}),
        raw_issue(2, issuetype=EPIC), raw_issue(3, parent={"id": "1002", "key": "CAR-2"}),
        raw_issue(4, "VAN", issuetype=SUBTASK), raw_issue(5),
    )  # fmt: skip


# What is asked for: the method, the path as it is described, what stands in its braces, the query or the body.
ASKED: list[tuple[str, str, str, dict[str, Any], int]] = [
    ("GET", "/serverInfo", "", {}, 200),
    ("GET", "/myself", "", {}, 200),
    ("GET", "/mypermissions", "", {"permissions": "BROWSE_PROJECTS,ADMINISTER"}, 200),
    ("GET", "/configuration", "", {}, 200),
    ("GET", "/field", "", {}, 200),
    ("GET", "/field/search", "", {"query": "s", "maxResults": 3}, 200),
    ("GET", "/status", "", {}, 200),
    ("GET", "/status/{idOrName}", "1", {}, 200),
    ("GET", "/statuses/search", "", {}, 200),
    ("GET", "/statuscategory", "", {}, 200),
    ("GET", "/priority", "", {}, 200),
    ("GET", "/priority/search", "", {}, 200),
    ("GET", "/priority/{id}", "3", {}, 200),
    ("GET", "/resolution", "", {}, 200),
    ("GET", "/resolution/search", "", {}, 200),
    ("GET", "/resolution/{id}", "10000", {}, 200),
    ("GET", "/issuetype", "", {}, 200),
    ("GET", "/issuetype/{id}", "11", {}, 200),
    ("GET", "/issueLinkType", "", {}, 200),
    ("GET", "/project/search", "", PAGE, 200),
    ("GET", "/project", "", {}, 200),
    ("GET", "/project/type", "", {}, 200),
    ("GET", "/project/{projectIdOrKey}", "CAR", {}, 200),
    ("GET", "/project/{projectIdOrKey}/statuses", "CAR", {}, 200),
    ("GET", "/project/{projectIdOrKey}/components", "CAR", {}, 200),
    ("GET", "/project/{projectIdOrKey}/component", "CAR", {}, 200),
    ("GET", "/project/{projectIdOrKey}/versions", "CAR", {}, 200),
    ("GET", "/project/{projectIdOrKey}/version", "CAR", {}, 200),
    ("GET", "/user", "", {"accountId": ADA}, 200),
    ("GET", "/user/search", "", {"query": "ada"}, 200),
    ("GET", "/users/search", "", {}, 200),
    ("GET", "/users", "", {}, 200),
    ("GET", "/user/groups", "", {"accountId": ADA}, 200),
    ("GET", "/group/member", "", {"groupname": "jira-users"}, 200),
    ("GET", "/group/bulk", "", {}, 200),
    ("GET", "/label", "", {}, 200),
    ("GET", "/search/jql", "", {"jql": "project = CAR", "fields": "*all", "expand": EXPANDS}, 200),
    ("POST", "/search/jql", "", {"jql": "project = CAR", "fields": ["*navigable"], "maxResults": 1}, 200),
    ("POST", "/search/approximate-count", "", {"jql": "project = CAR"}, 200),
    ("POST", "/issue/bulkfetch", "", {"issueIdsOrKeys": ["CAR-1"], "fields": ["*all"], "expand": ["changelog"]}, 200),
    ("POST", "/changelog/bulkfetch", "", {"issueIdsOrKeys": ["CAR-1"], "maxResults": 1}, 200),
    ("GET", ISSUE, "CAR-1", {"expand": "changelog,transitions,names", "properties": "x"}, 200),
    ("POST", "/issue", "", {"fields": {"project": {"key": "CAR"}, "summary": "Fresh"}}, 201),
    ("PUT", ISSUE, "CAR-1", {"fields": {"summary": "Changed"}}, 204),
    ("PUT", f"{ISSUE}/assignee", "CAR-1", {"accountId": ADA}, 204),
    ("GET", f"{ISSUE}/transitions", "CAR-1", {}, 200),
    ("POST", f"{ISSUE}/transitions", "CAR-1", {"transition": {"id": "11"}}, 204),
    ("GET", f"{ISSUE}/changelog", "CAR-1", {"maxResults": 1}, 200),
    ("POST", f"{ISSUE}/changelog/list", "CAR-1", {"changelogIds": [5]}, 200),
    ("GET", f"{ISSUE}/comment", "CAR-1", {}, 200),
    ("POST", f"{ISSUE}/comment", "CAR-1", {"body": {"type": "doc", "version": 1, "content": []}}, 201),
    ("GET", f"{ISSUE}/comment/{{id}}", "CAR-1 3", {}, 200),
    ("PUT", f"{ISSUE}/comment/{{id}}", "CAR-1 3", {"body": {"type": "doc", "version": 1, "content": []}}, 200),
    ("DELETE", f"{ISSUE}/comment/{{id}}", "CAR-1 3", {}, 204),
    ("POST", f"{ISSUE}/remotelink", "CAR-1", {"object": {"url": "https://a.example", "title": "A"}}, 201),
    ("GET", f"{ISSUE}/remotelink", "CAR-1", {}, 200),
    ("POST", "/issueLink", "", BLOCKS, 201),
    ("GET", "/issueLink/{linkId}", "77", {}, 200),
    ("DELETE", "/issueLink/{linkId}", "77", {}, 204),
    ("GET", f"{ISSUE}/worklog", "CAR-1", {}, 200),
    ("GET", f"{ISSUE}/votes", "CAR-1", {}, 200),
    ("GET", f"{ISSUE}/watchers", "CAR-1", {}, 200),
    ("GET", f"{ISSUE}/properties", "CAR-1", {}, 200),
    ("GET", "/worklog/updated", "", {"since": 0}, 200),
    ("GET", "/worklog/deleted", "", {"since": 0}, 200),
    ("POST", "/worklog/list", "", {"ids": [1]}, 200),
    ("GET", "/dashboard", "", {}, 200),
    ("GET", "/dashboard/search", "", {}, 200),
    ("GET", "/filter/search", "", {}, 200),
    ("GET", "/workflow/search", "", {}, 200),
    ("GET", "/issuetypescheme", "", {}, 200),
    ("GET", "/permissionscheme", "", {}, 200),
    ("GET", "/permissions", "", {}, 200),
    ("GET", "/auditing/record", "", {}, 200),
    ("GET", "/role", "", {}, 200),
    ("GET", "/projectCategory", "", {}, 200),
    ("POST", "/webhook", "", HOOK, 200),
    ("GET", "/webhook", "", {}, 200),
    ("PUT", "/webhook/refresh", "", {"webhookIds": [1]}, 200),
    ("GET", "/webhook/failed", "", {}, 200),
    ("DELETE", "/webhook", "", {"webhookIds": [1]}, 202),
    ("DELETE", ISSUE, "CAR-5", {}, 204),
    ("GET", ISSUE, "CAR-99", {}, 404),
    ("POST", "/search/jql", "", {"jql": "project = BUS"}, 400),
]  # fmt: skip


def filled(path: str, names: str) -> str:
    """The path with what stands in its braces."""
    for name in names.split():
        start, end = path.index("{"), path.index("}") + 1
        path = path[:start] + name + path[end:]
    return path


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: f"{asked[0]} {asked[1]} {asked[4]}")
async def test_an_answer_is_as_described(asked: tuple[str, str, str, dict[str, Any], int]) -> None:
    method, path, names, given, status = asked
    described()
    lab = garage()
    async with lab.client(bearer=True) as api:
        if path.startswith("/webhook") and method != "POST":
            await api.post("/webhook", HOOK)
        options = {"params": given} if method == "GET" else {"json": given}
        answer = await api.call(method, filled(path, names), status, **options)
    assert faults(method, f"/rest/api/3{path}", status, answer) == []


@pytest.mark.parametrize("junk", [{"baseUrl": 5}, {"colour": "red"}, []])
def test_the_check_sees_what_is_wrong(junk: Any) -> None:
    assert faults("GET", "/rest/api/3/serverInfo", 200, junk)


def shape(path: str) -> str:
    """The path without the names in its braces."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def test_every_path_of_the_stand_in_is_checked() -> None:
    checked = {(method, shape(path)) for method, path, *_ in ASKED}
    served = {(method, shape(each.path)) for each in PATHS if each.on_cloud for method in each.methods}
    assert served - checked == {("GET", "/search"), ("POST", "/search")}, "that one is only ever refused"
