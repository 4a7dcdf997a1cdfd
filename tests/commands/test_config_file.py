"""A connection comes into leeway.yaml and nothing else in it changes: no comment, no order, no setting of its owner."""

import pytest

from services.commands.config_file import with_connection
from services.connectors.catalogue import FieldFound, LinkTypeFound, SiteCatalogue, StatusFound
from services.runtime.closed_yaml import parse
from services.runtime.configuration import Configuration
from services.runtime.connections import AsanaConnection, DependencyLink, JiraConnection, OutwardEnd, Reading
from services.runtime.errors import Misconfigured

CATALOGUE = SiteCatalogue(
    fields=(FieldFound("customfield_10015", "Start date"), FieldFound("customfield_2", "Points #\nstory")),
    statuses=(StatusFound("10074", "Review"),),
    link_types=(LinkTypeFound("10050", "Blocks", "is blocked by", "blocks"),),
)
READING = Reading.model_validate(
    {"start": ["customfield_10015"], "estimate": ["customfield_2"], "statuses": {"10074": "in_progress"}}
)
LINKS = (DependencyLink(type="10050", outward_is=OutwardEnd.BLOCKER),)
_SITE = {"id": "main", "tracker": "jira", "url": "https://a.example.net", "user": "ana@a.example", "token": "jira"}
MAIN = JiraConnection.model_validate(_SITE | {"projects": ["GROW"], "reading": READING, "dependency_links": LINKS})
OPS = AsanaConnection.model_validate({"id": "ops", "tracker": "asana", "workspace": "1201", "token": "asana"})
OLD = """\
# Ours
receivers:  # who hears
  - {id: desk, webhook: "https://hooks.example.com/x"}  # the desk
connections:
  # the first
  - id: ops  # never rename
    tracker: asana
    workspace: 'Operations'
    token: old
    pace: {poll_seconds: 20}  # we are in a hurry
    comments:
      # agreed in spring
      enabled: true
      projects: [Requests]
bots: ["Rota"]
"""


def read(text: str) -> Configuration:
    return parse(text, "leeway.yaml", Configuration).value


def comments_of(text: str) -> list[str]:
    return [line.partition("#")[2].strip() for line in text.splitlines() if "#" in line]


def test_a_new_file_holds_the_connection_with_the_names_of_its_ids_and_nothing_that_is_as_usual() -> None:
    made = with_connection(None, MAIN, CATALOGUE, "leeway.yaml")
    assert read(made).connections == (MAIN,)
    assert comments_of(made)[-4:] == ["Blocks: blocks", "Start date", "Points # story", "Review"]
    assert "kind" not in made
    assert "app.asana.com" not in with_connection(None, OPS, CATALOGUE, "leeway.yaml")


def test_a_second_connection_is_added_and_every_line_of_the_file_stays() -> None:
    made = with_connection(OLD, MAIN, CATALOGUE, "leeway.yaml")
    lines = iter(made.splitlines())
    assert all(line in lines for line in OLD.splitlines())
    assert [one.id for one in read(made).connections] == ["ops", "main"]


def test_a_file_without_connections_gets_the_list() -> None:
    made = with_connection("bots: [Rota]  # turns\n", OPS, CATALOGUE, "leeway.yaml")
    assert made.startswith("bots: [Rota]  # turns\n")
    assert read(made).connections == (OPS,)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "connections: []\n", "version: 1\n"])
def test_a_file_that_says_little_is_filled(text: str) -> None:
    made = with_connection(text, OPS, CATALOGUE, "leeway.yaml")
    assert read(made).connections == (OPS,)
    assert comments_of(text) == comments_of(made)


def test_a_connection_that_is_renewed_keeps_what_its_owner_wrote() -> None:
    made = with_connection(OLD, OPS, CATALOGUE, "leeway.yaml")
    (found,) = read(made).connections
    (before,) = read(OLD).connections
    assert (found.token, found.pace, found.comments) == ("asana", before.pace, before.comments)
    assert isinstance(found, AsanaConnection)
    assert found.workspace == "1201"
    assert set(comments_of(OLD)) == set(comments_of(made))


def test_what_was_found_before_and_is_no_more_goes_away() -> None:
    once = with_connection(None, MAIN, CATALOGUE, "leeway.yaml")
    bare = MAIN.model_copy(update={"reading": Reading(), "dependency_links": None, "projects": ()})
    assert read(with_connection(once, bare, CATALOGUE, "leeway.yaml")).connections == (bare,)


def test_the_same_again_changes_nothing() -> None:
    once = with_connection(OLD, MAIN, CATALOGUE, "leeway.yaml")
    assert with_connection(once, MAIN, CATALOGUE, "leeway.yaml") == once


def test_a_file_that_is_wrong_is_not_touched_but_told_at_its_line() -> None:
    with pytest.raises(Misconfigured, match=r"leeway.yaml:2:1: unknown key `recievers`"):
        with_connection("version: 1\nrecievers: []\n", OPS, CATALOGUE, "leeway.yaml")
