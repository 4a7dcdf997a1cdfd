"""What all work on one connection stands on while it is ours: the opened client, its scopes, and how it stands.

Promise: an error that leaves here as `TrackerSaidNo` is about the tracker; all others are about our own parts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

import structlog
from pydantic import TypeAdapter

from services.connectors.linked import LinkedSite
from services.connectors.states import Standing, save_scopes, standing_of, want_census
from services.connectors.storing import Load, Stored, settle, store
from services.connectors.tracker import Scope, SiteFacts
from services.runtime.errors import LeewayError, Misconfigured, Permanent, Transient

log = structlog.get_logger(__name__)

T = TypeVar("T")

SCOPES_SECONDS: Final = 600.0
"""How soon a project is noticed that was added to the site, or has gone from it."""

_SCOPES: Final = TypeAdapter(tuple[Scope, ...])


class TrackerSaidNo(Exception):  # noqa: N818 -- named by what happened, as its handlers read
    """The tracker, or the way to it, did not give what we asked for; `error` says what to do next."""

    def __init__(self, error: LeewayError) -> None:
        super().__init__(str(error))
        self.error = error


async def asked(call: Awaitable[T]) -> T:
    """Return the tracker's answer. Raises `TrackerSaidNo`, whatever went wrong."""
    try:
        return await call
    except LeewayError as error:
        raise TrackerSaidNo(error) from error
    except Exception as error:  # a client's bug must neither end the room nor stop the other connections
        log.exception("a tracker's client failed")
        # Its own words may hold anything: headers, bodies, somebody's text.
        said = f"a fault of Leeway's own, {type(error).__name__}, while talking to the tracker; see the log"
        raise TrackerSaidNo(Permanent(said)) from error


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Return what all bring; where one fails, the others are ended before its error is raised."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


@dataclass
class Desk:
    """One connection at work. Nothing here is remembered over a restart but what the tables hold."""

    site: LinkedSite
    facts: SiteFacts | None = None
    scopes: tuple[Scope, ...] = ()
    lost: dict[str, str] = field(default_factory=dict)
    """Why a scope cannot be read, by its id."""
    scopes_problem: str | None = None
    hooks_problem: str | None = None
    standing: Standing = field(default_factory=Standing)
    items_read: int = 0
    is_stuck: bool = False
    """Whether the same has failed so often, for a reason that should have passed, that one item may be at fault."""
    gaps_in_a_row: int = 0
    """So many readings of the streams, one after the other, found that events were lost."""
    is_ours: Callable[[], bool] = lambda: True
    """Whether this process still holds the connection."""
    _scopes_due: float | None = None
    _is_settled: bool = False
    """Whether the last page came to its end; that of a process before us may not have."""
    _storing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def id(self) -> str:
        """The connection's name."""
        return self.site.id

    @property
    def readable(self) -> tuple[Scope, ...]:
        """The scopes that can be read."""
        return tuple(scope for scope in self.scopes if scope.id not in self.lost)

    @property
    def is_open(self) -> bool:
        """Whether the client has been opened."""
        return self.facts is not None

    async def open(self) -> None:
        """Check the site and learn what is there; then which scopes to read."""
        self.facts = None
        facts = await asked(self.site.client.open())
        await self.load()
        await self.refresh_scopes(now=True)
        self.facts = facts
        log.info("connected", connection=self.id, kind=facts.kind, scopes=len(self.scopes))

    def let_go(self) -> None:
        """Trust nothing that is remembered: another process may have worked on the connection meanwhile."""
        self._is_settled, self._scopes_due = False, None

    async def settle(self) -> None:
        """Bring a page to its end that broke off."""
        async with self._storing, self.site.bus.steady():
            if not self._is_settled:
                await settle(self.site.database, self.site.bus, self.id)
                self._is_settled = True

    async def load(self) -> Standing:
        """Read again how the connection stands."""
        async with self.site.database.transaction() as conn:
            self.standing = await standing_of(conn, self.id)
        return self.standing

    async def store(self, load: Load) -> Stored:
        """Keep a page; see `services.connectors.storing`."""
        if not self.is_ours():
            raise Transient(f"The connection `{self.id}` is another process's by now.")
        live = None if load.live is None else replace(load.live, census=self.standing.census)
        # One at a time: each takes a connection of the pool, and the lock would have the others wait holding theirs.
        async with self._storing, self.site.bus.steady():
            if not self._is_settled:
                await settle(self.site.database, self.site.bus, self.id)
            self._is_settled = False
            stored = await store(self.site.database, self.site.bus, replace(load, live=live))
            self._is_settled = True
        self.items_read += len(load.items)
        self.site.bus.metrics.items_read(self.id, len(load.items))
        return stored

    async def refresh_scopes(self, *, now: bool = False) -> None:
        """Learn, where it is time to, which parts there are to read.

        A configured one that is gone does not keep the others from being read.
        """
        clock = self.site.clock
        if not now and self._scopes_due is not None and clock.monotonic() < self._scopes_due:
            return
        try:
            self.scopes, self.scopes_problem = await asked(self.site.client.scopes()), None
        except TrackerSaidNo as no:
            self.scopes = self.scopes or self._kept_scopes()
            if not self.scopes or not isinstance(no.error, Misconfigured | Permanent):
                raise
            self.scopes_problem = str(no.error)
        if self.lost or self.scopes_problem:
            await self.find_lost()
        self._scopes_due = clock.monotonic() + SCOPES_SECONDS
        await self._keep_scopes()

    async def ask_readable(self, ask: Callable[[Sequence[Scope]], Awaitable[T]]) -> T:
        """Return the answer to a question about all scopes; where one is lost, ask again without it."""
        try:
            return await asked(ask(self.readable))
        except TrackerSaidNo as no:
            if not isinstance(no.error, Misconfigured | Permanent) or not await self.find_lost():
                raise
        return await asked(ask(self.readable))

    async def find_lost(self) -> bool:
        """Ask each scope by itself whether it can be read; tell whether that is other than before.

        Raises `TrackerSaidNo` where none can: then it is not the scopes.
        """
        lost: dict[str, str] = {}
        for scope in self.scopes:
            try:
                await asked(self.site.client.census_page(scope, None))
            except TrackerSaidNo as no:
                if not isinstance(no.error, Misconfigured | Permanent) or len(lost) + 1 == len(self.scopes):
                    raise
                lost[scope.id] = f"{scope.name} cannot be read: {no.error}"
        changed, self.lost = lost.keys() != self.lost.keys(), lost
        await self._keep_scopes()
        return changed

    def _kept_scopes(self) -> tuple[Scope, ...]:
        return () if self.standing.scopes is None else _SCOPES.validate_json(self.standing.scopes)

    async def _keep_scopes(self) -> None:
        """Keep what can be read; a census finds what is in a new scope, and what became of one that is gone."""
        written = _SCOPES.dump_json(self.readable).decode()
        if written == self.standing.scopes:
            return
        before, after = ({scope.id: scope.name for scope in some} for some in (self._kept_scopes(), self.readable))
        async with self.site.database.transaction() as conn:
            await save_scopes(conn, self.id, written)
            if self.standing.flow is not None and before.keys() != after.keys():
                names = sorted({**before, **after}[id_] for id_ in before.keys() ^ after.keys())
                await want_census(conn, self.id, f"what can be read has changed: {', '.join(names)[:200]}")
        await self.load()
