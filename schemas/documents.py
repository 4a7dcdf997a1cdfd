"""The contracts as documents for others: one JSON Schema a payload, the strategy file's, and the table of topics.

Promise: the same code gives the same documents, letter by letter, so that a test can hold the files equal to it.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from schemas.base import Contract
from schemas.events import payload_types, type_names
from schemas.strategy import Strategy
from schemas.topics import TOPICS, Topic

Document = dict[str, Any]

POLICY_HOLDERS: Final = ("Team", "Objective")
"""The parts of a strategy that may have a `policy` of their own, beside the strategy itself."""


def slug(payload: type[Contract]) -> str:
    """Return the payload's short name, as its files carry it: `item-aligned`."""
    return type_names[payload].removeprefix("leeway.").rpartition(".v")[0]


def payload_schemas() -> dict[str, Document]:
    """Return the JSON Schema of every payload, by file name. Unknown fields are allowed: readers ignore them."""
    return {f"{slug(payload)}.schema.json": _schema(payload, name) for name, payload in payload_types.items()}


def strategy_schema(policy: Mapping[str, Any] | None = None) -> Document:
    """Return the JSON Schema of the strategy file; unknown keys are refused.

    `policy` is the JSON Schema of a policy, which the detector's rules own; without it any policy is let through.
    """
    document = _schema(Strategy, "strategy file")
    if policy is None:
        return document
    own = dict(policy)
    definitions = document["$defs"] | own.pop("$defs", {}) | {"Policy": own}
    reference = {"$ref": "#/$defs/Policy"}
    for name in POLICY_HOLDERS:
        definitions[name] = _with_policy(definitions[name], reference)
    return _with_policy(document, reference) | {"$defs": dict(sorted(definitions.items()))}


def topics_table() -> str:
    """Return the wiring table in Markdown, as the README shows it."""
    rows = ["| topic | key | payload | writer → readers | kept |", "|---|---|---|---|---|"]
    return "\n".join(rows + [_row(topic) for topic in TOPICS]) + "\n"


def summary(model: type[BaseModel]) -> str:
    """Return the first sentence or two of the model's docstring, on one line."""
    return " ".join((model.__doc__ or "").split("\n\n")[0].split())


def _schema(model: type[BaseModel], name: str) -> Document:
    schema = model.model_json_schema()
    head = {"$schema": GenerateJsonSchema.schema_dialect, "title": name, "description": summary(model)}
    return head | {key: value for key, value in schema.items() if key not in head}


def _with_policy(schema: Document, reference: Document) -> Document:
    return schema | {"properties": schema["properties"] | {"policy": reference}}


def _row(topic: Topic) -> str:
    payloads = " and ".join(f"`{payload.__name__}`" for payload in topic.payloads)
    ends = f"{', '.join(topic.writers)} → {', '.join(topic.readers)}"
    return f"| `{topic.name}` | {topic.key} | {payloads} | {ends} | {topic.retention} |"
