"""No payload raises, whatever is in it; and what comes out can be stored and published."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.connectors.asana.mapping import map_task
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions, NotYet, Outcome, SetAside
from tests.builders import (
    asana_person,
    asana_story,
    asana_task,
    jira_comment,
    jira_history,
    jira_issue,
    jira_link,
    jira_person,
)

BO = jira_person("bo")
STATUS = {"field": "status", "fieldId": "status", "from": "new", "fromString": "Open", "to": "4", "toString": "Doing"}
ISSUE = jira_issue(
    1, category="done", resolution={"name": "Done"}, resolutiondate="2026-05-22T12:00:00.000+0000",
    duedate="2026-06-30", epic={"id": 50, "key": "APP-50"}, parent={"id": "9", "key": "APP-9", "fields": {}},
    issuelinks=[jira_link(9, "Blocks", inward=2)],
    fixVersions=[{"id": "1", "name": "1.0", "releaseDate": "2026-07-01"}],
    customfield_10020=[{"id": 1, "name": "S 1", "state": "active", "boardId": 3}],
    description="https://app.asana.com/0/1/2",
    comment={"comments": [jira_comment(1, "2026-05-01T10:00", BO, {"type": "doc"})]}, flagged=True,
    histories=[jira_history(4, "2026-05-02T10:00", BO, STATUS)],
)  # fmt: skip
TASK = asana_task(
    1, completed=True, completed_at="2026-05-22T12:00:00.000Z", due_at="2026-05-22T12:00:00.000Z",
    dependencies=[{"gid": "2"}], dependents=[{"gid": "3"}], tags=[{"gid": "4", "name": "x"}], notes="https://a.b/browse/A-1",
    custom_fields=[{"gid": "1", "name": "Status", "enum_value": {"name": "Doing"}, "number_value": 3}],
    stories=[
        asana_story(1, "due_date_changed", "2026-05-30T12:00:00.000Z", asana_person(2, "Bo"),
                    old_dates={"due_on": "2026-05-01"}),
        asana_story(2, "section_changed", "2026-05-30T12:00:00.000Z", None, old_section={"gid": "9", "name": "Doing"}),
    ],
)  # fmt: skip

AWKWARD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, -1, 10**400, 2**63, 1e308, float("nan"), float("inf"), "", " ", "\x00", "\ud800", "a:b c",
     "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-13-45", "x" * 5_000, [], {},
     [[]], [None], {"id": []},
     {"name": "\udfff\x00"}, [{"id": {}}]]
)  # fmt: skip
JUNK = st.recursive(
    AWKWARD | st.text(max_size=5) | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
TIMES = st.sampled_from([None, datetime(2026, 5, 20, tzinfo=UTC)])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every value inside a payload."""
    if path:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


def replaced(payload: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(payload)
    at: Any = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def holds(outcome: Outcome) -> None:
    """An outcome is one of three, and an item can be stored as text and sent as UTF-8."""
    assert isinstance(outcome, Mapped | NotYet | SetAside)
    if isinstance(outcome, Mapped):
        for each in (outcome.item, *outcome.changes):
            written = each.model_dump_json(exclude_defaults=True)
            written.encode()
            assert "\\u0000" not in written
            assert type(each).model_validate_json(written) == each


@pytest.mark.parametrize(("payload", "mapper"), [(ISSUE, map_issue), (TASK, map_task)], ids=["jira", "asana"])
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_junk_in_any_place_raises(payload: dict[str, Any], mapper: Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(list(places(payload))))
    holds(mapper(replaced(payload, path, data.draw(JUNK)), "site", data.draw(TIMES), MappingOptions()))


@pytest.mark.parametrize("mapper", [map_issue, map_task], ids=["jira", "asana"])
@settings(max_examples=100, deadline=None)
@given(payload=JUNK, as_of=TIMES)
def test_no_junk_at_all_raises(mapper: Any, payload: Any, as_of: datetime | None) -> None:
    holds(mapper(payload, "site", as_of, MappingOptions()))


def test_a_text_nested_without_end_is_read_no_deeper_than_it_makes_sense() -> None:
    deep: Any = "https://app.asana.com/0/1/2"
    for _ in range(10_000):
        deep = [deep]
    holds(map_issue(jira_issue(1, description=deep, customfield_1=deep), "site", None, MappingOptions()))


def test_the_whole_payloads_map() -> None:
    assert isinstance(map_issue(ISSUE, "site", None, MappingOptions()), Mapped)
    assert isinstance(map_task(TASK, "site", None, MappingOptions()), Mapped)
