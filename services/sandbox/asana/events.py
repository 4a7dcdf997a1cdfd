"""Streams of events, read by sync tokens: each lives for a day, and a repeated one gives the same answer again."""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

from services.sandbox.asana.journal import Happening
from services.sandbox.asana.records import Record

LIFETIME: Final = timedelta(hours=24)
MOST: Final = 100


class Stale(Exception):  # noqa: N818 -- it is an answer, 412
    """There is no token, or it is unknown or too old. `sync` is a new one."""

    def __init__(self, sync: str) -> None:
        super().__init__(
            "Sync token invalid or too old. If you are attempting to keep resources in sync, you must "
            "fetch the full dataset for this query now and use the new sync token for the next sync."
        )
        self.sync = sync  # fmt: skip


@dataclass(frozen=True, slots=True)
class EventsAnswer:
    """What one token gives."""

    events: tuple[Record, ...]
    sync: str
    has_more: bool


@dataclass(slots=True)
class _Token:
    """Where a token stands in a stream; `before` is the one whose answer brought it."""

    resource: str
    after: int
    issued: datetime
    before: str | None = None
    answer: EventsAnswer | None = None


@dataclass(slots=True)
class _Stream:
    numbers: list[int] = field(default_factory=list)
    happened: list[Happening] = field(default_factory=list)


class Events:
    """All streams. `wall` is the time by which tokens die; `is_lost` tells which events never arrive."""

    def __init__(self, wall: Callable[[], datetime], is_lost: Callable[[], bool] = lambda: False) -> None:
        self._wall = wall
        self.is_lost = is_lost
        self._count = 0
        self._made = 0
        self._streams: dict[str, _Stream] = {}
        self._tokens: dict[str, _Token] = {}
        self._issued: deque[tuple[datetime, str]] = deque()
        self._kept: deque[tuple[datetime, int, frozenset[str]]] = deque()

    def take(self, happened: list[Happening]) -> None:
        """Add what happened to the streams that tell it."""
        for one in happened:
            if self.is_lost():
                continue
            self._count += 1
            self._kept.append((self._wall(), self._count, one.scopes))
            for scope in one.scopes:
                stream = self._streams.setdefault(scope, _Stream())
                stream.numbers.append(self._count)
                stream.happened.append(one)
        self._forget()

    def read(self, resource: str, sync: str | None) -> EventsAnswer:
        """Return what happened since a token. Raises `Stale` without a usable one."""
        self._forget()
        token = self._tokens.get(sync or "")
        if token is None or token.resource != resource:
            raise Stale(self._issue(resource, self._count))
        if token.before is not None:
            self._tokens.pop(token.before, None)
            token.before = None
        if token.answer is None:
            token.answer = self._answer(token, sync or "")
        return token.answer

    def expire(self) -> None:
        """Have every token be too old."""
        self._tokens.clear()

    def _answer(self, token: _Token, sync: str) -> EventsAnswer:
        stream = self._streams.get(token.resource) or _Stream()
        start = bisect_right(stream.numbers, token.after)
        end = min(len(stream.numbers), start + MOST)
        has_more = end < len(stream.numbers)
        after = stream.numbers[end - 1] if has_more else self._count
        events = tuple(one.event for one in stream.happened[start:end])
        return EventsAnswer(events, self._issue(token.resource, after, sync), has_more)

    def _issue(self, resource: str, after: int, before: str | None = None) -> str:
        now = self._wall()
        self._made += 1
        said = f"{resource} {after} {now.isoformat()} {self._made}".encode()
        sync = blake2b(said, digest_size=16).hexdigest() + ":0"
        self._tokens[sync] = _Token(resource, after, now, before)
        self._issued.append((now, sync))
        return sync

    def _forget(self) -> None:
        """Let go of tokens and of events that are older than a token can be."""
        oldest = self._wall() - LIFETIME
        while self._issued and self._issued[0][0] < oldest:
            self._tokens.pop(self._issued.popleft()[1], None)
        touched: dict[str, int] = {}
        while self._kept and self._kept[0][0] < oldest:
            _, number, scopes = self._kept.popleft()
            touched.update(dict.fromkeys(scopes, number))
        for scope, number in touched.items():
            stream = self._streams[scope]
            end = bisect_right(stream.numbers, number)
            del stream.numbers[:end], stream.happened[:end]
            if not stream.numbers:
                del self._streams[scope]
