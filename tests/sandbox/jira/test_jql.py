"""JQL: what a query finds, in which order, and how Jira refuses."""

from datetime import timedelta
from typing import Any

import pytest

from services.sandbox.jira.jql.parsing import JqlError, parse
from tests.sandbox.jira.sites import ADA, BEN, DONE, EPIC, START, SUBTASK, Lab, person, raw_issue

HOUR = timedelta(hours=1)
SPRINTS = [
    {"id": 7, "name": "Spring", "state": "closed", "boardId": 1},
    {"id": 8, "name": "Summer", "state": "active", "boardId": 1},
]  # fmt: skip


def garage() -> Lab:
    """CAR-1 to CAR-5 and VAN-6, each created and updated so many hours before the start."""
    lab = Lab().load(
        raw_issue(
            1, status=DONE, labels=["Red", "fast"], assignee=person(BEN), resolution={"id": "5", "name": "Fixed"}
        ),
        raw_issue(2, issuetype=EPIC, summary="All the wheels"),
        raw_issue(3, parent={"id": "1002", "key": "CAR-2"}, components=[{"id": "9", "name": "Brakes"}]),
        raw_issue(4, parent={"id": "1001", "key": "CAR-1"}, issuetype=SUBTASK, duedate="2026-12-01"),
        raw_issue(5, customfield_10020=SPRINTS, priority={"id": "1", "name": "Highest"}),
        raw_issue(6, "VAN", assignee=person(ADA), summary='Say "no" to rust'),
    )
    lab.site.known.account = person(BEN)
    return lab


def epoch(hours: float) -> int:
    return int((START - hours * HOUR).timestamp() * 1000)


FINDS: dict[str, list[int]] = {
    "project = CAR": [1, 2, 3, 4, 5],
    'project in ("Vans")': [6],
    "project = 20002": [6],
    "project != CAR": [6],
    "key = car-3": [3],
    "issuekey in (CAR-1, VAN-6)": [1, 6],
    "id in (1002, 1003)": [2, 3],
    "status = Done": [1],
    "status != done AND project = CAR": [2, 3, 4, 5],
    "statusCategory = Done": [1],
    "statusCategory != Done and project = VAN": [6],
    "issuetype = Epic": [2],
    "type in (Epic, Sub-task)": [2, 4],
    "assignee = 5fben": [1],
    "assignee = currentUser()": [1],
    "assignee is EMPTY": [2, 3, 4, 5],
    "assignee = EMPTY and key = CAR-2": [2],
    "assignee is not empty": [1, 6],
    "assignee != 5fben": [6],
    "assignee not in (5fben)": [6],
    "reporter = 5fada and key in (CAR-1)": [1],
    "parent = CAR-2": [3],
    '"Epic Link" = CAR-2': [3],
    "parent in (CAR-1, CAR-2)": [3, 4],
    "parent is not EMPTY": [3, 4],
    "labels = red": [1],
    "labels in (fast, slow)": [1],
    "component = Brakes": [3],
    "resolution = Unresolved": [],
    "resolution is empty": [2, 3, 4, 5, 6],
    "resolution = Fixed": [1],
    "sprint = 8": [5],
    "sprint = Summer": [5],
    "sprint in openSprints()": [5],
    "sprint in futureSprints()": [],
    "priority = Highest": [5],
    "cf[10020] = 7": [5],
    "summary ~ wheels": [2],
    'summary ~ "RUST"': [6],
    "summary !~ issue": [2, 6],
    "due <= 2026-12-01": [4],
    "due is not empty": [4],
    "NOT project = CAR": [6],
    "project = CAR AND NOT (status = Done OR type = Epic)": [3, 4, 5],
    "status = Done OR project = VAN AND assignee = 5fada": [1, 6],
    "(status = Done OR project = VAN) AND assignee = 5fada": [6],
    "project = CAR && !(type = Epic) || key = VAN-6": [1, 3, 4, 5, 6],
    f"updated >= {epoch(3)}": [1, 2, 3],
    f"updated > {epoch(3)}": [1, 2],
    f"updated < {epoch(3)}": [4, 5, 6],
    f"updated <= {epoch(3)} AND project = CAR": [3, 4, 5],
    f"created >= {epoch(1.5)}": [1],
    "updated >= -150m": [1, 2],
    "updated >= -2h": [1, 2],
    "updated > startOfDay()": [1, 2, 3, 4, 5, 6],
    "updated >= startOfDay(1d)": [],
    "updated <= now()": [1, 2, 3, 4, 5, 6],
    'updated >= "2026-11-20 07:30"': [1, 2],
    'updated >= "2026/11/20 07:30"': [1, 2],
    'updated < "2026-11-20 07:30" and project = CAR': [3, 4, 5],
    "updated = '2026-11-20 07:30'": [2],
    "updated >= 2026-11-20": [1, 2, 3, 4, 5, 6],
    "created < 2026-11-20": [],
    "resolved is empty and project = VAN": [6],
}


@pytest.mark.parametrize("jql", FINDS)
async def test_a_query_finds_what_it_says(jql: str) -> None:
    async with garage().client() as api:
        found = sorted(int(key.partition("-")[2]) for key in await api.found(jql))
    assert found == FINDS[jql]


ORDERS: dict[str, list[int]] = {
    "order by key": [1, 2, 3, 4, 5],
    "order by key DESC": [5, 4, 3, 2, 1],
    "order by updated asc, key asc": [5, 4, 3, 2, 1],
    "order by created desc": [1, 2, 3, 4, 5],
    "order by status, updated": [5, 4, 3, 2, 1],
    "order by summary": [2, 1, 3, 4, 5],
    "order by due, key": [4, 1, 2, 3, 5],
    "order by priority, key": [5, 1, 2, 3, 4],
}


@pytest.mark.parametrize("order", ORDERS)
async def test_a_query_says_the_order(order: str) -> None:
    async with garage().client() as api:
        found = [int(key.partition("-")[2]) for key in await api.found(f"project = CAR {order}")]
    assert found == ORDERS[order]


REFUSED: dict[str, str] = {
    "project = NOPE": "The value 'NOPE' does not exist for the field 'project'.",
    "status = Sleeping": "The value 'Sleeping' does not exist for the field 'status'.",
    "issuetype in (Story, Novel)": "The value 'Novel' does not exist for the field 'issuetype'.",
    "key = CAR-99": "An issue with key 'CAR-99' does not exist for field 'key'.",
    "colour = red": "Field 'colour' does not exist or you do not have permission to view it.",
    "project": "Expecting operator but got 'the end of the query'.",
    "project = ": "Expecting either a value, list or function but got 'the end of the query'.",
    "project = CAR status = Done": "Expecting either 'OR' or 'AND' but got 'status'.",
    "project = CAR AND": "Expecting a field name but got 'the end of the query'.",
    "(project = CAR": "Expecting ')' but got 'the end of the query'.",
    "assignee is Ben": "Expecting 'EMPTY' or 'NULL' but got 'Ben'.",
    "updated >= yesterday": "Date value 'yesterday' for field 'updated' is invalid.",
    "updated >= lunchtime()": "Unable to find JQL function 'lunchtime()'.",
    "assignee = everybody()": "Unable to find JQL function 'everybody()'.",
    "status > Done": "The operator '>' is not supported by the 'status' field.",
    "updated ~ 5": "The operator '~' is not supported by the 'updated' field.",
    "summary = wheels": "The operator '=' is not supported by the 'summary' field.",
    "project = CAR order by colour": "Not able to sort using field 'colour'.",
    "project = CAR order by " + ", ".join(["key"] * 8): "the most is 7",
    'project = "CAR': "is a reserved JQL character",
    "order by key desc": "Unbounded JQL queries are not allowed here.",
    "": "Unbounded JQL queries are not allowed here.",
}


@pytest.mark.parametrize("jql", REFUSED)
async def test_jira_says_what_is_wrong_with_a_query(jql: str) -> None:
    async with garage().client() as api:
        answer: Any = await api.post("/search/jql", {"jql": jql}, 400)
    assert REFUSED[jql] in answer["errorMessages"][0]
    assert answer["errors"] == {}


async def test_dates_are_read_in_the_accounts_time_zone() -> None:
    lab = garage()
    lab.site.time_zone = "America/New_York"
    async with lab.client() as api:
        assert await api.found('updated >= "2026-11-20 02:30"') == ["CAR-2", "CAR-1"]
        assert await api.found(f"updated >= {epoch(2)}") == ["CAR-2", "CAR-1"]
        assert (await api.get("/myself"))["timeZone"] == "America/New_York"


@pytest.mark.parametrize("jql", ["a = 1 order", "a in ()", "a in (1", "a not 1", "a = b(", "a = 'x", "= 1", "a = 1 )"])
def test_nonsense_is_refused_and_never_crashes(jql: str) -> None:
    with pytest.raises(JqlError):
        parse(jql)
