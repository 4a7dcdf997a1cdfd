"""What a handler is given and what a publisher takes: records with their place on the bus, not yet validated."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from aiokafka import ConsumerRecord
from pydantic import ValidationError

from schemas.base import Contract
from schemas.events import Event, Headers, payload_types, type_names, type_of
from schemas.topics import Retention, Topic
from services.runtime.errors import InvalidMessage

C = TypeVar("C", bound=Contract)


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it came. `type` is its `ce_type`, or none where it is missing or unreadable."""

    topic: Topic
    partition: int
    offset: int
    key: str | None
    type: str | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event and where it shall go; without a partition the key decides, as in every Kafka client."""

    topic: Topic
    key: str
    event: Event
    partition: int | None = None


@dataclass(frozen=True)
class Batch:
    """Records of several partitions of a subscriber's topics, in order within each partition."""

    records: tuple[Record, ...]

    def of(self, *payloads: type[Contract]) -> tuple[Record, ...]:
        """Return the records that carry one of these payload types and have a value."""
        names = {type_names[payload] for payload in payloads}
        return tuple(record for record in self.records if record.type in names and record.value is not None)

    def without(self, unwanted: Iterable[Record]) -> "Batch":
        """Return the batch without some of its records; its extent stays, so that its end is still stored."""
        gone = {id(record) for record in unwanted}
        rest = Batch(tuple(record for record in self.records if id(record) not in gone))
        rest.__dict__["ends"] = self.ends
        return rest

    @cached_property
    def ends(self) -> dict[tuple[Topic, int], int]:
        """The next offset to read of each partition that the batch came from."""
        ends: dict[tuple[Topic, int], int] = {}
        for record in self.records:
            place = record.topic, record.partition
            ends[place] = max(ends.get(place, 0), record.offset + 1)
        return ends


def read(record: Record, payload: type[C]) -> C:
    """Return the record's payload, or raise `InvalidMessage` with the first thing that is wrong with it."""
    try:
        return payload.read(record.value or b"")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"{where}: {first['msg']}" if where else first["msg"]
        raise InvalidMessage(f"invalid-payload: {message}") from error
    except RecursionError as error:
        raise InvalidMessage("invalid-payload: nested too deeply") from error


def unreadable(record: Record) -> str | None:
    """Return why a record cannot be read by anybody, from its headers alone, or none where it may be read.

    A record without a value is a deletion on a compacted topic, and no sense on any other.
    """
    if record.value is None:
        return None if record.topic.retention is Retention.COMPACTED else "no-value"
    if record.type is None:
        return "no-type"
    payload = payload_types.get(record.type)
    if payload is None:
        return "unknown-type"
    return None if payload in record.topic.payloads else "type-of-another-topic"


def record_of(raw: ConsumerRecord[bytes, bytes], topic: Topic) -> Record:
    """Return a consumer's record as ours; what is no UTF-8 in a key is escaped, a header without a value is empty."""
    headers = tuple((name, value or b"") for name, value in raw.headers)
    key = None if raw.key is None else raw.key.decode("utf-8", "backslashreplace")
    return Record(topic, raw.partition, raw.offset, key, type_of(raw.headers), raw.value, headers)
