"""What was released stays readable: one golden file a payload, by hand, never edited once it is out."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from schemas.base import Contract
from schemas.events import payload_types, type_names
from schemas.strategy import Strategy, StrategyApplied

GOLDEN = Path(__file__).parent / "golden"
PAYLOADS = sorted(payload_types)


def golden(type_name: str) -> str:
    return (GOLDEN / f"{type_name.removeprefix('leeway.')}.json").read_text(encoding="utf-8")


def models_in(value: Any) -> Iterator[BaseModel]:
    """Every model inside the value, itself too."""
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from models_in(getattr(value, name))
    elif isinstance(value, tuple):
        for one in value:
            yield from models_in(one)


def test_every_payload_has_a_golden_file_and_every_golden_file_a_payload() -> None:
    files = {path.stem for path in GOLDEN.iterdir()}
    assert files == {name.removeprefix("leeway.") for name in PAYLOADS}


@pytest.mark.parametrize("type_name", PAYLOADS)
def test_a_golden_payload_sets_every_field_of_every_part(type_name: str) -> None:
    set_somewhere: dict[type[BaseModel], set[str]] = defaultdict(set)
    for model in models_in(payload_types[type_name].read(golden(type_name))):
        set_somewhere[type(model)] |= {name for name in model.model_fields_set if getattr(model, name) is not None}
    missing = {model.__name__: set(model.model_fields) - names for model, names in set_somewhere.items()}
    assert not {name: fields for name, fields in missing.items() if fields}


@pytest.mark.parametrize("type_name", PAYLOADS)
def test_a_golden_payload_is_read_and_written_back_the_same(type_name: str) -> None:
    payload = payload_types[type_name].read(golden(type_name))
    assert json.loads(payload.model_dump_json(exclude_unset=True)) == json.loads(golden(type_name))


@pytest.mark.parametrize("type_name", PAYLOADS)
def test_what_we_publish_leaves_out_defaults_and_is_read_as_the_same_payload(type_name: str) -> None:
    payload = payload_types[type_name].read(golden(type_name))
    assert type(payload).read(payload.model_dump_json(exclude_defaults=True)) == payload


@pytest.mark.parametrize("type_name", PAYLOADS)
def test_a_reader_ignores_fields_that_it_does_not_know(type_name: str) -> None:
    payload = payload_types[type_name]
    newer = json.loads(golden(type_name)) | {"from-a-later-version": {"x": [1]}}
    assert payload.read(json.dumps(newer)) == payload.read(golden(type_name))


def test_a_reader_ignores_what_a_later_version_adds_to_the_strategy_however_deep() -> None:
    newer = json.loads(golden(type_names[StrategyApplied]))
    for part in (newer["strategy"], newer["strategy"]["cycle"], newer["strategy"]["objectives"][1]["work"][0]):
        part["from-a-later-version"] = 1
    assert StrategyApplied.read(json.dumps(newer)) == StrategyApplied.read(golden(type_names[StrategyApplied]))


def test_the_strategy_file_refuses_a_key_that_it_does_not_know() -> None:
    strategy = json.loads(golden(type_names[StrategyApplied]))["strategy"]
    strategy["objectives"][1]["titel"] = "Misspelt"
    with pytest.raises(ValidationError, match=r"objectives\.1\.titel"):
        Strategy.model_validate(strategy)


def test_type_names_carry_the_major_version_and_tell_payloads_apart() -> None:
    assert all(name.startswith("leeway.") and name.endswith(".v1") for name in type_names.values())
    assert len(payload_types) == len(type_names)


def test_payloads_are_frozen() -> None:
    payload: Contract = payload_types["leeway.flow-mark.v1"].read(golden("leeway.flow-mark.v1"))
    with pytest.raises(ValidationError, match="frozen"):
        payload.id = "other"  # type: ignore[attr-defined]
