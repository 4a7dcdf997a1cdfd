"""The version of a task: when it was modified, and a digest of what may change without that.

`modified_at` does not tell of moves between projects and sections, of links that end with their far end, nor of new
names of what the task stands in. Both parts come through the same client, so that its rewriting of answers is the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

import orjson

from services.connectors.reading import identity, mapping, sequence
from services.connectors.times import instant_of

VERSION_FIELDS: Final = (
    "modified_at",
    "completed",
    "parent",
    "num_subtasks",
    "assignee.name",
    "memberships.project.name",
    "memberships.section.name",
    "projects.name",
    "tags.name",
    "dependencies",
    "dependents",
)
"""What a listing asks for: enough for `version_of`."""

BEFORE_ALL: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MARK: Final = "/"
_DIGEST_BYTES: Final = 8
_Named = tuple[str | None, object]


def version_of(raw: Mapping[str, Any]) -> str:
    """Return the version of a task, alike from a listing and from the whole task."""
    told = (
        raw.get("completed"),
        raw.get("num_subtasks") or 0,
        _named(raw.get("parent"))[0],
        _named(raw.get("assignee")),
        _in_order(_memberships(raw.get("memberships"))),
        *(_in_order(map(_named, sequence(raw.get(name)))) for name in ("projects", "home", "tags")),
        *(_in_order((_named(far)[0],) for far in sequence(raw.get(name))) for name in ("dependencies", "dependents")),
    )
    return f"{raw.get('modified_at')}{_MARK}{blake2b(orjson.dumps(told), digest_size=_DIGEST_BYTES).hexdigest()}"


def _named(value: object) -> _Named:
    one = mapping(value)
    return identity(one.get("gid")), one.get("name")


def _memberships(value: object) -> Iterator[tuple[object, ...]]:
    for each in map(mapping, sequence(value)):
        yield (*_named(each.get("project")), *_named(each.get("section")))


def _in_order(values: Iterator[Any] | Sequence[Any]) -> list[Any]:
    """Return a set's members in one order, whichever they came in."""
    return sorted(values, key=repr)


def is_news(listed: str, kept: str | None) -> bool:
    """Tell whether a listed version may hold what the kept one does not: any difference but an earlier time."""
    if kept is None or listed == kept:
        return kept is None
    before, after = modified(kept), modified(listed)
    return before is None or after is None or after >= before


def modified(version: str) -> datetime | None:
    """Return when a version was modified."""
    return instant_of(version.partition(_MARK)[0])


def since_of(version: str, overlap_seconds: float) -> str:
    """Return the instant so many seconds before a version or a bare instant; the first of all where it has none."""
    at = modified(version)
    return instant_text(BEFORE_ALL if at is None else at - timedelta(seconds=overlap_seconds))


def instant_text(at: datetime) -> str:
    """Return an instant in UTC as Asana writes it, to the millisecond."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
