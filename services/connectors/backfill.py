"""First contact: everything that a site has, read scope by scope, and closed by a mark as one load.

Promise: a crash at any moment goes on at the page where it was; what changes meanwhile is read afterwards, from the
high water that was noted before the first page. A few pages are in memory at any time, however many there are.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.marks import FlowMark, MarkKind
from services.connectors.cursors import Cursor, cursors_of, save_cursor
from services.connectors.desk import Desk, TrackerSaidNo, asked, together
from services.connectors.events import begin_streams
from services.connectors.fetching import read_raws
from services.connectors.gathering import Gathering, Pages, merged
from services.connectors.marks import send_mark
from services.connectors.states import begin_contact, note_opened, note_success, want_census
from services.connectors.store import draw_lasting_revisions
from services.connectors.storing import Live, Load
from services.connectors.tracker import RawPage, Scope
from services.runtime.clock import Clock
from services.runtime.errors import Misconfigured, Permanent

log = structlog.get_logger(__name__)

LOG_SECONDS: Final = 10.0
PAGES_AHEAD: Final = 4
"""So many pages of a scope may be in memory that are not yet being kept, the one that is asked for among them."""
BROKEN_OFF: Final = "the first reading broke off and went on later"


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the first reading has come. `total` is none until every scope has told how much it holds."""

    items: int
    total: int | None
    per_second: float
    seconds_left: float | None
    done: bool = False


_Came = tuple[RawPage, str | None]
"""A page, and the cursor behind it."""

ReadingCallback = Callable[[str, Reading], None]
"""Told the connection and how far its first reading is, whenever pages were kept."""


@dataclass
class Pace:
    """Counts what comes, and says how long it will take."""

    clock: Clock
    items: int = 0
    totals: dict[str, int | None] = field(default_factory=dict)
    _before: int = 0
    _began: float = 0.0

    def begin(self, scopes: tuple[Scope, ...], cursors: dict[str, Cursor]) -> None:
        """Begin with what came before a crash; it says nothing of the speed now."""
        done = {scope.id: cursors[scope.id].items for scope in scopes if scope.id in cursors}
        self.totals = {
            scope.id: done[scope.id] if scope.id in cursors and cursors[scope.id].done else None for scope in scopes
        }
        self.items = self._before = sum(done.values())
        self._began = self.clock.monotonic()

    def came(self, scope: Scope, page: RawPage) -> None:
        """Count a page."""
        self.items += len(page.raws)
        if page.total is not None:
            self.totals[scope.id] = page.total

    def reading(self, *, done: bool = False) -> Reading:
        """Say how far it has come."""
        seconds = max(self.clock.monotonic() - self._began, 1e-6)
        speed = (self.items - self._before) / seconds
        known = [total for total in self.totals.values() if total is not None]
        is_known = bool(known) and len(known) == len(self.totals)
        total = max(sum(known), self.items) if is_known else None  # some sites count no items inside others
        left = None if total is None or speed <= 0 else max(total - self.items, 0) / speed
        return Reading(self.items, total, speed, left, done)


class Backfill:
    """The first reading of one connection; `run` returns once its mark is out."""

    def __init__(self, desk: Desk, progress: ReadingCallback | None = None) -> None:
        self._desk = desk
        self._progress = progress
        self._pace = Pace(desk.site.clock)
        self._logged = 0.0
        self._flow = ""
        self._gathering = Gathering(self._keep)

    async def run(self) -> None:
        """Read what has not been read yet, then send the mark. Raises `TrackerSaidNo`."""
        desk = self._desk
        again = desk.standing.flow is not None
        if not again:
            await self._begin()
        self._flow = desk.standing.flow or ""
        async with desk.site.database.transaction() as conn:
            cursors = await cursors_of(conn, desk.id, "backfill")
        self._pace.begin(desk.scopes, cursors)
        await self._read_scopes(cursors)
        await self._finish(again=again)
        self._tell(done=True)

    async def _begin(self) -> None:
        """Note where the polls will begin, before anything is read."""
        desk = self._desk
        await begin_streams(desk)
        high_water = await desk.ask_readable(desk.site.client.high_water)
        async with desk.site.database.transaction() as conn:
            [number] = await draw_lasting_revisions(conn, 1)
            flow = f"opening:{desk.id}:{number}"
            await begin_contact(conn, desk.id, flow=flow, high_water=high_water, at=desk.site.clock.now())
        await desk.load()

    async def _read_scopes(self, cursors: dict[str, Cursor]) -> None:
        """Read the scopes, several at once; those that cannot be read do not keep the others from it."""
        rest = deque(scope for scope in self._desk.readable if not (scope.id in cursors and cursors[scope.id].done))
        failed: dict[str, TrackerSaidNo] = {}
        there = len(rest)

        async def work() -> None:
            while rest:
                scope = rest.popleft()
                try:
                    await self._read_scope(scope, cursors.get(scope.id, Cursor(scope.id)))
                except TrackerSaidNo as no:
                    failed[scope.id] = no

        await together(work() for _ in range(min(max(self._desk.site.client.parallel, 1), there)))
        for no in failed.values():
            if len(failed) == there or not isinstance(no.error, Misconfigured | Permanent):
                raise no
        if failed and not await self._desk.find_lost() and not self._desk.lost:
            # All can be listed, so it is the reading itself.
            raise next(iter(failed.values()))

    async def _read_scope(self, scope: Scope, cursor: Cursor) -> None:
        """Read a scope from its cursor on; what comes while pages are kept is kept together."""
        came, room = asyncio.Queue[_Came | None](), asyncio.Semaphore(PAGES_AHEAD)
        asking = asyncio.create_task(self._ask(scope, cursor, came, room))
        asking.add_done_callback(lambda _: came.put_nowait(None))
        try:
            while pages := await _taken(came, room):
                await self._gathering.keep(await self._mapped(scope, pages))
            await asking  # raises what went wrong, once all that came before it is kept
        finally:
            asking.cancel()
            await asyncio.wait([asking])

    async def _ask(
        self, scope: Scope, cursor: Cursor, came: "asyncio.Queue[_Came | None]", room: asyncio.Semaphore
    ) -> None:
        """Ask for page after page, a few ahead of what is kept."""
        at, seen = cursor.value, {cursor.value}
        while True:
            await room.acquire()
            page = await asked(self._desk.site.client.backfill_page(scope, at))
            at = None if page.cursor in seen else page.cursor
            seen.add(at)
            came.put_nowait((page, at))
            if at is None:
                return

    async def _mapped(self, scope: Scope, came: Sequence[_Came]) -> Pages:
        client = self._desk.site.client
        reads = [await asyncio.to_thread(read_raws, client, page.raws) for page, _ in came]
        return Pages(scope, [page for page, _ in came], merged(reads), came[-1][1])

    async def _keep(self, some: Sequence[Pages]) -> None:
        desk, read = self._desk, merged([pages.read for pages in some])

        async def also(conn: AsyncConnection) -> None:
            for one in some:
                await save_cursor(conn, desk.id, "backfill", Cursor(one.scope.id, one.at, one.at is None, one.items))
            # It may take longer than data may be old, and what came just now is not.
            await note_success(conn, desk.id, desk.site.clock.now())

        await desk.store(Load(desk.id, read.items, self._flow, read.problems, Live(read.entries), also=also))
        for one in some:
            for page in one.raw:
                self._pace.came(one.scope, page)
        self._tell()

    async def _finish(self, *, again: bool) -> None:
        """Send the mark; from then on polls go on from the high water."""
        desk, clock = self._desk, self._desk.site.clock

        async def also(conn: AsyncConnection) -> None:
            await note_opened(conn, desk.id, clock.now(), clock.wall())
            await save_cursor(conn, desk.id, "poll", Cursor(value=desk.standing.high_water))
            if again:
                await want_census(conn, desk.id, BROKEN_OFF)

        mark = FlowMark(id=self._flow, kind=MarkKind.IMPORT, sent_at=clock.wall())
        await send_mark(desk.site.database, desk.site.bus, mark, also)
        await desk.load()

    def _tell(self, *, done: bool = False) -> None:
        reading = self._pace.reading(done=done)
        if self._progress is not None:
            self._progress(self._desk.id, reading)
        now = self._desk.site.clock.monotonic()
        if done or now - self._logged >= LOG_SECONDS:
            self._logged = now
            log.info(
                "first reading is done" if done else "first reading", connection=self._desk.id, items=reading.items,
                total=reading.total, per_second=round(reading.per_second, 1),
                seconds_left=None if reading.seconds_left is None else round(reading.seconds_left),
            )  # fmt: skip


async def _taken(came: "asyncio.Queue[_Came | None]", room: asyncio.Semaphore) -> list[_Came]:
    """Return all pages that came, at least one; none after the last."""
    taken: list[_Came] = []
    while not taken or not came.empty():
        one = await came.get()
        if one is None:
            came.put_nowait(None)
            break
        taken.append(one)
        room.release()
    return taken
