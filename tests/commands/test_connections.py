"""`leeway connections` lists what is configured, opens sites without any state, and confirms only what is held back."""

import json
from pathlib import Path

import pytest

from tests.commands.typed import Replayed, leeway

NOWHERE = """\
connections:
  - {id: old, tracker: jira, kind: datacenter, url: "http://127.0.0.1:1", token: jira-old, projects: [GROW]}
  - {id: ops, tracker: asana, workspace: Ops, url: "http://127.0.0.1:1", token: asana-ops}
"""


SECRET = {"LEEWAY_SECRET_JIRA_OLD": "sandbox"}


@pytest.fixture
def configured(example: Path) -> Path:
    (example / "leeway.yaml").write_text(NOWHERE)
    return example


def test_without_connections_it_says_how_to_make_one(replayed: Replayed) -> None:
    told = leeway("connections", "list", "--home", replayed.home)
    assert (told.code, told.out) == (0, "No connections: `leeway init` makes one.\n")
    assert leeway("connections", "check").out == told.out


@pytest.mark.usefixtures("configured")
def test_a_connection_that_was_never_read_is_listed_as_such(replayed: Replayed) -> None:
    told = leeway("connections", "list", "--home", replayed.home).out
    assert "old  jira  http://127.0.0.1:1: never read\n    0 items of GROW; no success yet\n" in told
    assert "ops  asana  Ops: never read\n    0 items of all projects that the token sees" in told
    old, ops = leeway("connections", "list", "--home", replayed.home, "--format", "json").json
    assert (old["state"], old["projects"], ops["tracker"]) == ("never read", ["GROW"], "asana")


@pytest.mark.usefixtures("configured")
def test_check_needs_no_state_and_tells_of_each_site() -> None:
    told = leeway("connections", "check", "--format", "json", **SECRET)
    assert told.code == 1
    old, ops = json.loads(told.out)
    assert "refuses connections" in old["found"]
    assert "`asana-ops` is not set" in ops["found"]
    assert "LEEWAY_SECRET_ASANA_OPS_FILE" in ops["remedy"]
    one = leeway("connections", "check", "ops")
    assert (one.code, one.out.count("FAULT")) == (1, 1)
    assert "did you mean `ops`?" in leeway("connections", "check", "opss").sentence


@pytest.mark.usefixtures("configured")
def test_confirm_wants_a_connection_with_something_held_back(replayed: Replayed) -> None:
    assert "nothing to confirm" in leeway("connections", "confirm", "old", "--home", replayed.home).sentence
    assert "did you mean `old`?" in leeway("connections", "confirm", "odl", "--home", replayed.home).sentence


@pytest.mark.usefixtures("configured")
def test_doctor_goes_through_all_connections_and_the_rest(replayed: Replayed) -> None:
    told = leeway("doctor", "--home", replayed.home, "--format", "json", **SECRET)
    assert told.code == 1
    found = {row["what"]: row for row in json.loads(told.out)}
    assert [name for name in found if name.startswith(("old", "ops"))] == [
        "old: site", "old: reading", "ops: site", "ops: reading",
    ]  # fmt: skip
    assert found["old: reading"]["found"] == "never read"
    assert found["strategy"]["ok"]
    assert all(row["ok"] or row["remedy"] for row in found.values())
