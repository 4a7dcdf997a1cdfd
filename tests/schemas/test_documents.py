"""The published documents equal the code, are valid in themselves, and say of a payload what the code says."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from schemas import generate
from schemas.asyncapi import asyncapi
from schemas.documents import payload_schemas, slug, strategy_schema
from schemas.events import Event, payload_types, type_names
from schemas.strategy import StrategyApplied
from schemas.topics import TOPICS
from services.commands.schemas import texts
from tests.schemas.test_golden import PAYLOADS, golden


def published(name: str) -> str:
    return (generate.FOLDER / name).read_text(encoding="utf-8")


def references(value: Any) -> list[str]:
    """Every `$ref` in the document."""
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for part in value.values() for found in references(part)]
    return [found for part in value for found in references(part)] if isinstance(value, list) else []


def resolve(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_the_published_files_equal_the_code() -> None:
    """If this fails: `make schemas`."""
    expected = texts()
    assert {path.name for path in generate.FOLDER.iterdir()} == set(expected)
    assert {name: published(name) for name in expected} == expected


@pytest.mark.parametrize("name", [*payload_schemas(), "strategy.schema.json", "leeway.schema.json"])
def test_every_schema_is_a_valid_schema(name: str) -> None:
    Draft202012Validator.check_schema(json.loads(published(name)))


@pytest.mark.parametrize("type_name", PAYLOADS)
def test_a_golden_payload_fits_its_published_schema(type_name: str) -> None:
    schema = json.loads(published(f"{slug(payload_types[type_name])}.schema.json"))
    Draft202012Validator(schema).validate(json.loads(golden(type_name)))


def test_the_strategy_schema_accepts_a_strategy_and_refuses_an_unknown_key() -> None:
    validator = Draft202012Validator(json.loads(published("strategy.schema.json")))
    strategy = json.loads(golden(type_names[StrategyApplied]))["strategy"]
    for part in (strategy, strategy["teams"][0], strategy["objectives"][1]):
        part["policy"] = {}
    assert validator.is_valid(strategy)
    strategy["objectives"][1]["titel"] = "Misspelt"
    assert not validator.is_valid(strategy)


def test_the_schema_of_leeway_yaml_accepts_a_receiver_and_refuses_an_unknown_key() -> None:
    validator = Draft202012Validator(json.loads(published("leeway.schema.json")))
    receiver = {"id": "chat", "webhook": "https://hooks.example.com/leeway"}
    assert validator.is_valid({"version": 1, "receivers": [receiver]})
    assert not validator.is_valid({"version": 1, "receivers": [receiver | {"webhok": "x"}]})


def test_a_policy_schema_holds_wherever_a_policy_may_stand() -> None:
    policy = {"type": "object", "properties": {"days": {"$ref": "#/$defs/Days"}}, "additionalProperties": False}
    schema = strategy_schema(policy | {"$defs": {"Days": {"type": "integer"}}})
    validator = Draft202012Validator(schema)
    cycle = {"id": "q4", "starts_on": "2026-10-01", "ends_on": "2026-12-31"}
    for policy_of in ("strategy", "team", "objective"):
        for values, fits in (({"days": 4}, True), ({"day": 4}, False), ({"days": "4"}, False)):
            own = {one: {"policy": values} if one == policy_of else {} for one in ("strategy", "team", "objective")}
            objective = {"id": "a", "title": "A", "team": "t"} | own["objective"]
            document = {"version": 1, "cycle": cycle, "teams": [{"id": "t"} | own["team"]], "objectives": [objective]}
            assert validator.is_valid(document | own["strategy"]) is fits, (policy_of, values)


def test_asyncapi_tells_every_topic_with_its_payloads_writers_and_readers() -> None:
    document = YAML(typ="safe").load(published("asyncapi.yaml"))
    assert document == asyncapi()
    for topic in TOPICS:
        channel = document["channels"][topic.name]
        assert set(channel["messages"]) == {payload.__name__ for payload in topic.payloads}
        ends = [one for one in document["operations"].values() if one["channel"]["$ref"].endswith(f"/{topic.name}")]
        assert {one["tags"][0]["name"] for one in ends if one["action"] == "send"} == set(topic.writers)
        assert {one["tags"][0]["name"] for one in ends if one["action"] == "receive"} == set(topic.readers)


def test_every_reference_in_asyncapi_leads_somewhere() -> None:
    document = asyncapi()
    for reference in references(document):
        if reference.startswith("#/"):
            assert resolve(document, reference)
        else:
            assert (generate.FOLDER / reference).is_file()


def test_asyncapi_names_the_headers_that_we_send() -> None:
    headers = asyncapi()["components"]["schemas"]["CloudEventHeaders"]
    instant = payload_types["leeway.flow-mark.v1"].read(golden("leeway.flow-mark.v1")).sent_at  # type: ignore[attr-defined]
    event = Event("leeway.flow-mark.v1", "1", "leeway/mapper", instant, b"{}")
    assert headers["required"] == [name for name, _ in event.headers()]


def test_a_block_is_replaced_between_its_markers_and_nothing_else_is_touched() -> None:
    text = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n"
    assert generate.with_block(text, "x", "new\n") == "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n"
    assert generate.with_block(text, "y", "new\n") == text


def test_files_of_payloads_that_are_no_more_are_removed(tmp_path: Path) -> None:
    (tmp_path / "gone.schema.json").write_text("{}")
    generate.write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(generate.files())
