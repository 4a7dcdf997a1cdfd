"""What leeway.yaml says of reading becomes what the mapping goes by."""

from typing import Any

import pytest

from services.connectors.asana.mapping import map_task
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions
from services.connectors.options import base_options
from services.runtime.connections import AsanaConnection, DependencyLink, JiraConnection, OutwardEnd, Reading
from tests.builders import jira_issue

CREATED = "2026-10-05T09:00:00.000Z"
TASK: dict[str, Any] = {"gid": "1", "resource_type": "task", "name": "A", "created_at": CREATED}


def jira(**more: Any) -> JiraConnection:
    given = {"id": "main", "tracker": "jira", "url": "https://a.example.net", "user": "a@a.example", "token": "t"}
    return JiraConnection.model_validate(given | more)


def asana(**more: Any) -> AsanaConnection:
    return AsanaConnection.model_validate({"id": "b", "tracker": "asana", "workspace": "x", "token": "t"} | more)


def test_a_connection_that_says_nothing_is_read_as_usual() -> None:
    usual = MappingOptions()
    found = base_options(asana())
    assert found == usual
    assert base_options(jira()).base_url == "https://a.example.net"


def test_what_is_said_is_kept() -> None:
    reading = Reading(start=("customfield_1",), team=("customfield_9",), in_progress_sections=("In Arbeit",))
    links = (DependencyLink(type="Waits", outward_is=OutwardEnd.DEPENDENT),)
    found = base_options(jira(reading=reading, dependency_links=links, bots=("Rota",), twins="b"))
    assert found.start_fields == {"customfield_1"}
    assert found.custom_fields == {"customfield_9"}
    assert found.in_progress_sections == {"in arbeit"}
    assert [(one.type, one.phrase, one.reader) for one in found.dependency_types] == [
        ("Waits", "depends on", "dependent")
    ]
    assert found.bots == {"Rota"}
    assert found.twin_site == "b"


@pytest.mark.parametrize(
    ("value", "flagged"), [([{"id": "1", "value": "Hindernis"}], True), ([], False), (None, False)]
)
def test_a_flag_is_any_value_in_the_field_that_was_named_for_it(value: object, flagged: bool) -> None:
    issue = jira_issue(1, project="GROW")
    issue["fields"]["customfield_7"] = value
    mapped = map_issue(issue, "main", None, base_options(jira(reading=Reading(flagged=("customfield_7",)))))
    assert isinstance(mapped, Mapped)
    assert mapped.item.flagged is flagged


@pytest.mark.parametrize(("shown", "flagged"), [("Blocked", True), (None, False)])
def test_asana_has_a_flag_where_a_field_was_named_for_it(shown: str | None, flagged: bool) -> None:
    field = {"gid": "7", "name": "Trouble", "resource_subtype": "enum", "display_value": shown}
    mapped = map_task(
        TASK | {"custom_fields": [field]}, "b", None, base_options(asana(reading=Reading(flagged=("7",))))
    )
    assert isinstance(mapped, Mapped)
    assert mapped.item.flagged is flagged
