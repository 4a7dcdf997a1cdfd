"""The peers' own scales: what they would not see, nobody would."""

import json
from pathlib import Path

import pytest

from tests.peers import proxying
from tests.peers.counting import Synced, airbyte_messages, differences, singer_messages
from tests.peers.environments import Failed
from tests.peers.held import miscounted
from tests.peers.known import ASANA, JIRA, met, unexplained
from tests.peers.proxying import Recorder, Violation, asana_spec


def keys(**streams: str) -> dict[str, frozenset[str]]:
    return {name: frozenset(said.split()) for name, said in streams.items()}


@pytest.mark.parametrize(
    ("held", "seen", "said"),
    [
        ({"issues": "1 2"}, {"issues": "1 2"}, []),
        ({"issues": "1 2"}, {"issues": "2 3"}, ["issues: 1 missing (1)", "issues: 1 too many (3)"]),
        ({"issues": "1", "links": "7"}, {"issues": "1"}, ["links: 1 missing (7)"]),
        ({"issues": "1"}, {"issues": "1", "votes": "9"}, ["votes: 1 too many (9)"]),
        ({"issues": "1 2 3 4 5 6"}, {}, ["issues: 6 missing (1, 2, 3, 4, 5, ...)"]),
    ],
)
def test_what_is_missing_and_what_is_too_many_is_said(
    held: dict[str, str], seen: dict[str, str], said: list[str]
) -> None:
    assert list(differences(keys(**held), {name: set(some) for name, some in keys(**seen).items()})) == said


def test_a_record_that_comes_twice_is_one_key_and_two_records() -> None:
    synced = Synced()
    for _ in range(2):
        synced.add("tasks", 7)
    assert (synced.records, synced.keys) == (2, {"tasks": {"7"}})


def test_messages_of_taps_are_read_by_the_keys_that_they_name() -> None:
    said = [
        {"type": "SCHEMA", "stream": "moves", "key_properties": ["id", "issue"]},
        {"type": "SCHEMA", "stream": "users", "key_properties": ["accountId"]},
        {"type": "RECORD", "stream": "moves", "record": {"id": 1, "issue": 2}},
        {"type": "RECORD", "stream": "users", "record": {"key": "ana"}},
        {"type": "STATE", "value": {}},
    ]
    assert singer_messages(map(json.dumps, said)).keys == {"moves": {"1/2"}, "users": {"ana"}}


def test_messages_of_sources_are_read_by_gid() -> None:
    membership = {"gid": "1", "user": {"gid": "5"}, "team": {"gid": "6"}}
    said = [
        {"type": "LOG", "log": {}},
        {"type": "RECORD", "record": {"stream": "tasks", "data": {"gid": "3"}}},
        {"type": "RECORD", "record": {"stream": "team_memberships", "data": membership}},
    ]
    assert airbyte_messages(map(json.dumps, said)).keys == {"tasks": {"3"}, "team_memberships": {"5/6"}}


def test_a_sandbox_that_counts_itself_wrongly_is_found_out() -> None:
    held = keys(issues="1 2", links="")
    assert list(miscounted({"issue": 2}, held, {"issue": "issues", "link": "links"})) == []
    assert list(miscounted({"issue": 3}, held, {"issue": "issues"})) == ["the sandbox tells of 3 issues and holds 2"]


def test_a_violation_is_named_alike_whatever_it_is_about() -> None:
    recorder = Recorder("http://prism.test")
    for number in (1, 2):
        location = ["response", "body", "issues", str(number), "key"]
        said = json.dumps([{"location": location, "message": f"property issues.{number}.key must be string"}])
        recorder.note("GET", f"/rest/api/3/issue/ABC-{number}/comment/1000{number}", said)
    [(violation, many)] = recorder.violations.items()
    where = "response.body.issues.*.key: property issues.*.key must be string"
    assert (str(violation), many) == (f"GET /rest/api/3/issue/*/comment/*: {where}", 2)


def test_violations_too_many_to_tell_are_no_violation_less() -> None:
    recorder = Recorder("http://prism.test")
    recorder.note("GET", "/rest/api/3/project", "Too many violations! Please see the Prism logs instead")
    assert len(unexplained(recorder.violations, JIRA)) == 1


def test_only_what_is_known_is_passed_over_and_it_has_to_be_met() -> None:
    one = Violation("GET /rest/api/2/serverInfo", "request", "Selected route not found")
    other = Violation("GET /rest/api/2/search", "request", "Selected route not found")
    assert unexplained([one, other], JIRA) == [str(other)]
    assert unexplained([one], ASANA) == [str(one)]
    assert met({one: 3}, JIRA)["server-info-2"] == 3
    assert met({one: 3}, JIRA)["to-string"] == 0


def test_a_description_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxying, "SPECS", tmp_path / "shared" / "specs")
    with pytest.raises(Failed, match=r"not there: \.\./shared/specs/asana/asana_oas\.yaml$"):
        asana_spec()
