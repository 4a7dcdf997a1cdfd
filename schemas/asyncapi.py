"""The flow as an AsyncAPI 3.0 document: channels are topics, operations say who sends and who receives."""

from typing import Any, Final

from schemas.documents import Document, slug, summary
from schemas.events import CONTENT_TYPE, SPEC_VERSION, type_names
from schemas.topics import TOPICS, Retention, Topic

CLEANUP: Final = {Retention.COMPACTED: "compact", Retention.BY_TIME: "delete"}
SCHEMA_FORMAT: Final = "application/schema+json;version=draft-2020-12"


def asyncapi() -> Document:
    """Return the whole document; payloads are referred to by the names of their files beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Leeway",
            "version": "1.0.0",
            "description": "Work items, what they serve, and findings about them, as CloudEvents in Kafka binary mode. "
            "Keep the highest revision of each key and ignore fields that you do not know.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {name: operation for topic in TOPICS for name, operation in _operations(topic).items()},
        "components": {"messages": _messages(), "schemas": {"CloudEventHeaders": _headers()}},
    }


def _channel(topic: Topic) -> Document:
    names = [payload.__name__ for payload in topic.payloads]
    kafka: Document = {"topic": topic.name, "topicConfiguration": {"cleanup.policy": [CLEANUP[topic.retention]]}}
    if topic.single_partition:
        kafka["partitions"] = 1
    return {
        "address": topic.name,
        "description": f"Keyed by {topic.key}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": kafka},
    }


def _operations(topic: Topic) -> dict[str, Document]:
    sides = [("send", "sends", writer) for writer in topic.writers]
    sides += [("receive", "receives", reader) for reader in topic.readers]
    return {
        f"{_word(room)}.{verb}.{topic.name}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{topic.name}"},
            "tags": [{"name": room}],
        }
        for action, verb, room in sides
    }


def _messages() -> Document:
    payloads = {payload.__name__: (topic, payload) for topic in TOPICS for payload in topic.payloads}
    return {name: _message(topic, payload) for name, (topic, payload) in sorted(payloads.items())}


def _message(topic: Topic, payload: Any) -> Document:
    is_mark = payload is not topic.payload
    return {
        "name": type_names[payload],
        "summary": summary(payload),
        "contentType": CONTENT_TYPE,
        "headers": {
            "allOf": [
                {"$ref": "#/components/schemas/CloudEventHeaders"},
                {"properties": {"ce_type": {"const": type_names[payload]}}},
            ]
        },
        "payload": {"schemaFormat": SCHEMA_FORMAT, "schema": {"$ref": f"./{slug(payload)}.schema.json"}},
        "bindings": {"kafka": {"key": {"type": "null" if is_mark else "string"}}},
    }


def _headers() -> Document:
    properties = {
        "ce_specversion": {"type": "string", "const": SPEC_VERSION},
        "ce_type": {"type": "string", "description": "The payload's name with its major version."},
        "ce_id": {"type": "string", "description": "The same for the same event, however often it is sent."},
        "ce_source": {"type": "string", "description": "The room that wrote it: leeway/<room>."},
        "ce_time": {"type": "string", "format": "date-time"},
        "content-type": {"type": "string", "const": CONTENT_TYPE},
    }
    return {"type": "object", "required": list(properties), "properties": properties}


def _word(room: str) -> str:
    return room.lower().replace(" ", "-")
