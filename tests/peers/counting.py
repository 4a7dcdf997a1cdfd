"""What a peer saw, as sets of keys, and how that differs from what the sandbox holds."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Keys = Mapping[str, frozenset[str]]
"""The keys of all records of each stream."""

SHOWN: Final = 5


@dataclass
class Synced:
    """What a sync brought: the distinct keys of each stream, all records, and how long it took (seconds)."""

    keys: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    records: int = 0
    seconds: float = 0.0

    def add(self, stream: str, *key: object) -> None:
        """Note a record."""
        self.records += 1
        self.keys[stream].add("/".join(map(str, key)))


def singer_messages(lines: Iterable[str]) -> Synced:
    """Count what a Singer tap printed, one JSON message a line."""
    synced, keys = Synced(), dict[str, Sequence[str]]()
    for line in lines:
        message = json.loads(line)
        if message["type"] == "SCHEMA":
            keys[message["stream"]] = message["key_properties"]
        elif message["type"] == "RECORD":
            record = message["record"]
            synced.add(message["stream"], *_identity(record, keys[message["stream"]]))
    return synced


def _identity(record: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    # tap-jira says `accountId` of the users of a Data Center too, and gives their `key`.
    return [record[key] for key in keys] if all(record.get(key) for key in keys) else [record["key"]]


def airbyte_messages(lines: Iterable[str]) -> Synced:
    """Count what an Airbyte source printed, one JSON message a line."""
    synced = Synced()
    for line in lines:
        message = json.loads(line)
        if message["type"] == "RECORD":
            stream, data = message["record"]["stream"], message["record"]["data"]
            # A membership is known by whom and what it joins: the sandbox's store has no record of it.
            joined = [data["user"]["gid"], data["team"]["gid"]] if stream == "team_memberships" else []
            synced.add(stream, *joined or [data["gid"]])
    return synced


def differences(held: Keys, seen: Mapping[str, set[str]]) -> Iterator[str]:
    """Say of each stream what is missing and what should not be there."""
    for stream in sorted({*held, *seen}):
        here, there = held.get(stream, frozenset()), seen.get(stream, set())
        for name, keys in (("missing", here - there), ("too many", there - here)):
            if keys:
                some = ", ".join(sorted(keys)[:SHOWN]) + (", ..." if len(keys) > SHOWN else "")
                yield f"{stream}: {len(keys)} {name} ({some})"
