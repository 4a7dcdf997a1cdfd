"""Polls: what changed since the newest change that we have read of, less an overlap, page by page.

Promise: the cursor moves only once all that a poll listed is in our tables (not every tracker lists in one order),
never past what was listed, and never by a clock; whatever a lagging index shows late is found again within the overlap,
and fetched once. A poll that broke off lists again, and fetches only the rest.
"""

from collections.abc import Awaitable, Sequence

from services.connectors.cursors import EVERYWHERE, Cursor, cursors_of, save_cursor
from services.connectors.desk import Desk
from services.connectors.fetching import fetch_and_store
from services.connectors.hooks_store import note_missed
from services.connectors.ledger import versions_of
from services.connectors.states import note_success, want_census
from services.connectors.tracker import Listed, ListedPage, Scope


class Poll:
    """The polls of one connection; a step reads a page, and a new poll begins with the step after the last page."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._since: str | None = None
        self._newest: str | None = None
        self._cursor: str | None = None
        self._seen: set[str] = set()

    async def step(self) -> bool:
        """Read one page; tell whether there are more. Raises `TrackerSaidNo`, and the poll begins anew."""
        try:
            return await self._step()
        except BaseException:
            self._since = None
            raise

    async def _step(self) -> bool:
        if self._since is None and not await self._begin():
            await self._succeed(None)
            return False
        page = await self._listed()
        await self._keep(page)
        if page.cursor is None or page.cursor in self._seen:
            await self._succeed(self._newest)
            self._since = None
            return False
        self._cursor = page.cursor
        self._seen.add(page.cursor)
        return True

    async def _begin(self) -> bool:
        """Find where to poll from; tell whether there is anything to poll for."""
        desk = self._desk
        async with desk.site.database.transaction() as conn:
            at = (await cursors_of(conn, desk.id, "poll")).get(EVERYWHERE, Cursor()).value
        if not desk.readable or (at is None and not await self._first_items()):
            return False
        async with desk.site.database.transaction() as conn:
            at = (await cursors_of(conn, desk.id, "poll"))[EVERYWHERE].value
        assert at is not None  # noqa: S101 -- for mypy: it was there, or has been found
        self._since = desk.site.client.since_of(at, desk.site.settings.pace.overlap_seconds)
        self._cursor, self._seen, self._newest = None, set(), at
        return True

    async def _first_items(self) -> bool:
        """See whether a site that had no items has some now; those are read by a census."""
        desk = self._desk
        at = await desk.ask_readable(desk.site.client.high_water)
        if at is None:
            return False
        async with desk.site.database.transaction() as conn:
            await save_cursor(conn, desk.id, "poll", Cursor(value=at))
            await want_census(conn, desk.id, "the site has its first items")
        return True

    async def _listed(self) -> ListedPage:
        """Ask for the page; where a scope is lost, begin again without it."""
        desk, since, before = self._desk, self._since or "", self._desk.readable

        def ask(scopes: Sequence[Scope]) -> Awaitable[ListedPage]:
            if scopes != before:
                # A token is good for the scopes that it came for.
                self._cursor, self._seen = None, set()
            return desk.site.client.changed_page(scopes, since, self._cursor)

        return await desk.ask_readable(ask)

    async def _keep(self, page: ListedPage) -> None:
        desk = self._desk
        if news := await news_among(desk, page.items):
            await fetch_and_store(desk, news)
        if desk.site.settings.webhooks is not None:
            async with desk.site.database.transaction() as conn:
                await note_missed(conn, desk.id, len(news), desk.site.clock.wall())
        is_news = desk.site.client.is_news
        for one in page.items:
            if is_news(one.version, self._newest):
                self._newest = one.version

    async def _succeed(self, newest: str | None) -> None:
        desk = self._desk
        async with desk.site.database.transaction() as conn:
            if newest is not None:
                await save_cursor(conn, desk.id, "poll", Cursor(value=newest))
            await note_success(conn, desk.id, desk.site.clock.now())


async def news_among(desk: Desk, listed: tuple[Listed, ...]) -> list[str]:
    """Return the ids that may hold something which our tables do not, in their order, each once."""
    async with desk.site.database.transaction() as conn:
        kept = await versions_of(conn, desk.id, [one.id for one in listed])
    client = desk.site.client
    return list(dict.fromkeys(one.id for one in listed if client.is_news(one.version, kept.get(one.id))))
