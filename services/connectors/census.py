"""The census: all ids that a site lists, against all that we have. It finds what no hint told of.

Promise: an item that is not listed is asked for by its id before anything is said of it. Where more are missing than a
share of all, nothing is marked: the connection says so, and waits until a person confirms. After a crash it goes on at
the page where it was; what is made meanwhile is no problem.
"""

from datetime import timedelta
from typing import Final

import structlog

from services.connectors.cursors import Cursor, clear_cursors, cursors_of, save_cursor
from services.connectors.desk import Desk, TrackerSaidNo, asked
from services.connectors.events import LOST, read_streams
from services.connectors.fetching import absences, fetch_and_store, parts
from services.connectors.ledger import entry_count, missed_by, note_found, versions_of
from services.connectors.polling import news_among
from services.connectors.restored import OlderStates
from services.connectors.states import begin_census, end_census
from services.connectors.storing import Live, Load
from services.connectors.tracker import Gone, ListedPage, Scope
from services.runtime.errors import Misconfigured, Permanent
from services.runtime.faultpoints import faultpoint

log = structlog.get_logger(__name__)

FEW_MISSING: Final = 10
"""So many may be missing whatever share of all they are."""
MISSED_PAGE: Final = 500
HELD_HOURS: Final = 1.0
MANY_GAPS: Final = 3
"""A stream that has lost events so often in a row loses them always: a census each time would never end."""
GAP_PAUSE: Final = timedelta(minutes=10)


class Census:
    """The censuses of one connection; a step counts a page, and the last one looks after what is missing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._seen: set[tuple[str, str]] = set()
        self._older = OlderStates(desk.site.client, desk.site.clock)

    def is_due(self) -> bool:
        """Tell whether one is running, wanted, or to be begun by the schedule."""
        desk, standing = self._desk, self._desk.standing
        if self.is_to_be_taken():
            return True
        hours = desk.site.settings.pace.reconcile_hours
        # What is held back may come back by itself, and what is older may be so for good: that should be known soon.
        every = timedelta(hours=min(hours, HELD_HOURS) if standing.missing or self._older.are_new else hours)
        return standing.census_at is None or desk.site.clock.wall() - standing.census_at >= every

    def is_to_be_taken(self) -> bool:
        """Tell whether one is running, or wanted and not put off."""
        standing = self._desk.standing
        wanted = standing.census_wanted is not None and not self._is_put_off(standing.census_wanted)
        return standing.census_running is not None or wanted

    def _is_put_off(self, reason: str) -> bool:
        desk, standing = self._desk, self._desk.standing
        if not reason.endswith(LOST) or desk.gaps_in_a_row < MANY_GAPS or standing.missing_confirmed:
            return False
        return standing.census_at is not None and desk.site.clock.wall() - standing.census_at < GAP_PAUSE

    async def step(self) -> None:
        """Begin, count a page of one scope, or end. Raises `TrackerSaidNo`."""
        desk = self._desk
        if desk.standing.census_running is None:
            await self._begin()
        async with desk.site.database.transaction() as conn:
            cursors = await cursors_of(conn, desk.id, "census")
        rest = [scope for scope in desk.readable if not (scope.id in cursors and cursors[scope.id].done)]
        if rest:
            await self._count(rest[0], cursors.get(rest[0].id, Cursor(rest[0].id)).value)
        else:
            await self._end()

    async def _begin(self) -> None:
        desk = self._desk
        await desk.refresh_scopes(now=True)
        # A stream of a new scope must have its first token before the scope is counted.
        await read_streams(desk)
        await desk.load()
        reason = desk.standing.census_wanted or "it was time"
        async with desk.site.database.transaction() as conn:
            await begin_census(conn, desk.id, reason, desk.site.clock.wall())
            await clear_cursors(conn, desk.id, "census")
        self._seen.clear()
        self._older.begin()
        await desk.load()
        log.info("census", connection=desk.id, why=reason)

    async def _count(self, scope: Scope, at: str | None) -> None:
        """Count one page: what is news is fetched first, so that the cursor passes only what is in our tables."""
        desk = self._desk
        try:
            page = await asked(desk.site.client.census_page(scope, at))
        except TrackerSaidNo as no:
            if not isinstance(no.error, Misconfigured | Permanent) or not await desk.find_lost():
                raise
            return
        if news := await news_among(desk, page.items):
            await fetch_and_store(desk, news)
        await self._restore(page)
        await self._counted(scope, page)
        faultpoint("connectors.counted")

    async def _restore(self, page: ListedPage) -> None:
        """Take over what the site insists on though it is older."""
        desk = self._desk
        async with desk.site.database.transaction() as conn:
            kept = await versions_of(conn, desk.id, [one.id for one in page.items])
        if older := self._older.believed(page.items, kept):
            log.warning("the site holds older states, and keeps to them", connection=desk.id, items=len(older))
            await fetch_and_store(desk, older, taking_older=True)

    async def _counted(self, scope: Scope, page: ListedPage) -> None:
        desk = self._desk
        after = None if (scope.id, page.cursor or "") in self._seen else page.cursor
        self._seen.add((scope.id, page.cursor or ""))
        async with desk.site.database.transaction() as conn:
            await note_found(conn, desk.id, [one.id for one in page.items], desk.standing.census)
            cursor = Cursor(scope.id, after, after is None, len(page.items))
            await save_cursor(conn, desk.id, "census", cursor)

    async def _end(self) -> None:
        """Ask for what was not listed, and mark what does not come, unless it is too much to believe."""
        desk = self._desk
        gone = await self._gone()
        async with desk.site.database.transaction() as conn:
            there = await entry_count(conn, desk.id)
        await desk.load()
        believed = desk.standing.missing_confirmed or not is_too_many(
            len(gone), there, desk.site.settings.pace.missing_share
        )
        if believed:
            await self._mark(gone)
        else:
            log.warning("too many items are missing to be marked", connection=desk.id, missing=len(gone), of=there)
        async with desk.site.database.transaction() as conn:
            await end_census(conn, desk.id, missing=0 if believed else len(gone))
            await clear_cursors(conn, desk.id, "census")
        await desk.load()

    async def _gone(self) -> list[Gone]:
        """Ask for the items that no scope listed; those that come are kept, wherever they are now."""
        desk, gone, after = self._desk, list[Gone](), ""
        while True:
            async with desk.site.database.transaction() as conn:
                missed = await missed_by(conn, desk.id, desk.standing.census, after=after, count=MISSED_PAGE)
            if not missed:
                return gone
            after = missed[-1]
            gone += (await fetch_and_store(desk, missed, marking=False)).gone

    async def _mark(self, gone: list[Gone]) -> None:
        for some in parts(gone, MISSED_PAGE):
            absent, _ = await absences(self._desk, some)
            live = Live(gone=[one.id for one in some])
            await self._desk.store(Load(self._desk.id, absent, live=live))


def is_too_many(missing: int, there: int, share: float) -> bool:
    """Tell whether so many missing of all that are there look like our own fault."""
    return missing > FEW_MISSING and missing > share * there
