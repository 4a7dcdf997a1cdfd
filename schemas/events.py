"""CloudEvents in Kafka binary mode: attributes travel as `ce_*` headers, the payload as a JSON body.

Source of the header names: CloudEvents 1.0, Kafka protocol binding, binary content mode.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.base import Contract
from schemas.marks import FlowMark
from schemas.topics import TOPICS

SPEC_VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"

_payloads: Final[tuple[type[Contract], ...]] = (*(topic.payload for topic in TOPICS), FlowMark)

type_names: Final[dict[type[Contract], str]] = {
    payload: "leeway." + "".join(f"-{c.lower()}" if c.isupper() else c for c in payload.__name__).lstrip("-") + ".v1"
    for payload in _payloads
}
"""The `ce_type` of each payload; it carries the major version."""

payload_types: Final[dict[str, type[Contract]]] = {name: payload for payload, name in type_names.items()}

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A record ready for the bus, or read from it and not yet validated: `body` is the JSON of a payload of `type`."""

    type: str
    id: str
    source: str
    time: datetime
    body: bytes

    def headers(self) -> Headers:
        """Return the CloudEvents attributes as Kafka record headers."""
        return (
            ("ce_specversion", SPEC_VERSION.encode()),
            ("ce_type", self.type.encode()),
            ("ce_id", self.id.encode()),
            ("ce_source", self.source.encode()),
            ("ce_time", self.time.isoformat().encode()),
            ("content-type", CONTENT_TYPE.encode()),
        )


def type_of(headers: Iterable[tuple[str, bytes | None]]) -> str | None:
    """Return the `ce_type` among a record's headers, or none where it is missing or no UTF-8."""
    for name, value in headers:
        if name == "ce_type" and value is not None:
            try:
                return value.decode()
            except UnicodeDecodeError:
                return None
    return None
