"""What the stand-in keeps: an issue as it stood between two changes, a link, and how Jira writes instants.

An issue is never changed in place, so that a search index that lags behind can still hold the one of a while ago.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import orjson

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """A link: in `source` the other end is the outward issue ("blocks"), in `destination` the inward one."""

    id: str
    type: str
    source: str
    destination: str

    def other(self, issue: str) -> str:
        """Return the far end, seen from one of the two."""
        return self.destination if issue == self.source else self.source


@dataclass(frozen=True, slots=True)
class Stored:
    """An issue. `fields`, `comments` (oldest first) and `histories` (newest first) are JSON; times are epoch ms.

    `fields` has no `updated`, `parent`, `issuelinks`, `subtasks` and `comment`: those are put in when it is shown.
    """

    id: str
    key: str
    project: str
    created: int
    updated: int
    fields: bytes
    parent: str | None = None
    links: tuple[str, ...] = ()
    comments: bytes = b"[]"
    comment_count: int = 0
    histories: bytes = b"[]"
    history_count: int = 0

    def read_fields(self) -> Json:
        """Return the fields, free to be changed."""
        fields: Json = orjson.loads(self.fields)
        return fields

    def read_comments(self) -> list[Json]:
        """Return the comments, oldest first."""
        comments: list[Json] = orjson.loads(self.comments)
        return comments

    def read_histories(self) -> list[Json]:
        """Return the histories, newest first."""
        histories: list[Json] = orjson.loads(self.histories)
        return histories


def packed(value: Any) -> bytes:
    """Return JSON in just as many bytes as it needs; the serialiser's own answer holds on to its whole buffer."""
    return bytes(memoryview(orjson.dumps(value)))


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def millis(moment: datetime) -> int:
    """Return an aware instant as epoch milliseconds."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


@lru_cache(maxsize=100_000)
def millis_of(text: str) -> int:
    """Read an instant as Jira writes it."""
    return millis(datetime.fromisoformat(text))


def instant(at: int) -> str:
    """Write epoch milliseconds as Jira does: with an offset that has no colon."""
    moment = datetime.fromtimestamp(at // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03}+0000"
