"""Listings by JQL: whole pages for the first reading, what changed since, and the census of a project.

Promise: each listing has a stable order and ends; a page token that has died begins its listing again, and one that
comes back ends it; instants go out in epoch milliseconds, so that no zone of an account is read into them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from services.connectors.jira.calling import Asked, Calls
from services.connectors.jira.fetching import Fetching
from services.connectors.jira.opening import Site, all_scopes
from services.connectors.jira.versions import id_of, version_of
from services.connectors.reading import mapping, text
from services.connectors.refusals import Refused
from services.connectors.tracker import Listed, ListedPage, Raw, RawPage, Scope
from services.runtime.errors import Permanent, Transient

log = structlog.get_logger(__name__)

WHOLE_SIZE: Final = 100
"""Whole issues in a page: the most that one call gives with many fields."""
LIST_SIZE: Final = 1_000
"""Ids in a page: as many as Data Center gives; Cloud would give 5,000."""
AHEAD_SECONDS: Final = 60.0
"""A page that was read ahead and not asked for within this time is read again."""
_OLDEST_FIRST: Final = "ORDER BY created ASC, key ASC"


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a search as the site gave it."""

    issues: tuple[Raw, ...]
    cursor: str | None = None
    total: int | None = None


class Search:
    """One page of a JQL search: by token on Cloud, by offset on Data Center."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._paths: dict[str, list[str]] = {}
        self._begun_again: set[str] = set()

    async def page(self, jql: str, fields: Sequence[str], cursor: str | None, size: int, *, whole: bool) -> Found:
        """Return a page; `whole` asks for the history as well, where the site gives it in searches."""
        if not self._calls.is_cloud:
            return await self._by_offset(jql, fields, cursor, size, "changelog" if whole else None)
        try:
            found = await self._by_token(jql, fields, cursor, size)
        except Refused as error:
            if cursor is None or jql in self._begun_again:
                raise
            log.warning(
                "a page token has ended; its listing begins again", site=self._calls.settings.id, status=error.status
            )
            self._begun_again.add(jql)
            return await self._by_token(jql, fields, None, size)
        if cursor is not None:
            self._begun_again.discard(jql)
        return found

    async def count(self, jql: str) -> int | None:
        """Return about how many issues a search has; none where the site does not tell."""
        try:
            answer = await self._calls.read(
                Asked("POST", "search/approximate-count", "count issues", body={"jql": jql})
            )
        except (Permanent, Transient):  # only the progress bar goes by it
            return None
        count = mapping(answer.json).get("count")
        return count if isinstance(count, int) else None

    async def _by_token(self, jql: str, fields: Sequence[str], cursor: str | None, size: int) -> Found:
        body = {"jql": jql, "fields": list(fields), "maxResults": size}
        if cursor is not None:
            body["nextPageToken"] = cursor
        answer = mapping((await self._calls.read(Asked("POST", "search/jql", "search", body=body))).json)
        return Found(
            _issues(answer, self._calls.who), self._next(jql, cursor, text(answer.get("nextPageToken"), 10_000))
        )

    def _next(self, jql: str, cursor: str | None, token: str | None) -> str | None:
        """Return the next token, unless it leads back to a page that led here: `isLast` alone is not to be relied on.

        The way here is kept from the page asked for, so that asking again for a page is no coming back.
        """
        path = self._paths.pop(jql, [])
        path = path[: path.index(cursor) + 1] if cursor in path else [cursor] if cursor else []
        if token is None or token in path:
            return None
        self._paths[jql] = [*path, token]
        return token

    async def _by_offset(
        self, jql: str, fields: Sequence[str], cursor: str | None, size: int, expand: str | None
    ) -> Found:
        """Return a page by offset. Where issues before it went away meanwhile, step back as far as the others moved."""
        start, known = _offset(cursor)
        answer = await self._searched(jql, fields, start, size, expand)
        total = _total(answer)
        if start and known is not None and total < known:
            start = max(0, start - (known - total))
            answer = await self._searched(jql, fields, start, size, expand)
            total = _total(answer)
        issues = _issues(answer, self._calls.who)
        end = start + len(issues)
        return Found(issues, f"{end}/{total}" if issues and end < total else None, total)

    async def _searched(
        self, jql: str, fields: Sequence[str], start: int, size: int, expand: str | None
    ) -> dict[str, Any]:
        found = await self._calls.ask(
            "search",
            lambda jira: jira.search_issues(jql, start, size, fields=list(fields), expand=expand, json_result=True),
        )
        return found if isinstance(found, dict) else {}


def _offset(cursor: str | None) -> tuple[int, int | None]:
    start, _, total = (cursor or "0").partition("/")
    if not start.isdecimal() or (total and not total.isdecimal()):
        return 0, None
    return int(start), int(total) if total else None


def _total(answer: dict[str, Any]) -> int:
    total = answer.get("total")
    return total if isinstance(total, int) else 0


def _issues(answer: Any, who: str) -> tuple[Raw, ...]:
    issues = answer.get("issues")
    if not isinstance(issues, list) or not all(isinstance(each, dict) and each.get("id") for each in issues):
        raise Transient(f"{who} answered a search with something that is no list of issues.")
    return tuple(issues)


@dataclass(slots=True)
class _Ahead:
    """A page on its way: the next one of a scope, read while the engine works on the last."""

    cursor: str
    since: float
    page: asyncio.Task[RawPage]


class Listing:
    """The listings that the engine asks for."""

    def __init__(self, calls: Calls, site: Site, fetching: Fetching) -> None:
        self._calls = calls
        self._site = site
        self._fetching = fetching
        self._search = Search(calls)
        self._totals: dict[str, int | None] = {}
        self._ahead: dict[str, _Ahead] = {}

    def close(self) -> None:
        """Give up what is read ahead."""
        for ahead in self._ahead.values():
            ahead.page.cancel()
        self._ahead.clear()

    async def backfill_page(self, scope: Scope, cursor: str | None) -> RawPage:
        """Return a page of whole issues, in the order of their creation; the next one is read ahead meanwhile."""
        ahead = self._ahead.pop(scope.id, None)
        if ahead and ahead.cursor == cursor and self._calls.clock.monotonic() - ahead.since < AHEAD_SECONDS:
            page = await ahead.page
        else:
            if ahead:
                ahead.page.cancel()
            page = await self._whole_page(scope, cursor)
        if page.cursor is not None:
            task = asyncio.create_task(self._whole_page(scope, page.cursor), name=f"ahead:{scope.id}")
            task.add_done_callback(_heard)
            self._ahead[scope.id] = _Ahead(page.cursor, self._calls.clock.monotonic(), task)
        return page

    async def _whole_page(self, scope: Scope, cursor: str | None) -> RawPage:
        jql = f"project = {scope.id} {_OLDEST_FIRST}"
        if self._calls.is_cloud and scope.id not in self._totals:
            self._totals[scope.id] = await self._search.count(f"project = {scope.id}")
        found = await self._search.page(jql, self._site.fields, cursor, WHOLE_SIZE, whole=True)
        raws = await self._fetching.completed(found.issues)
        return RawPage(raws, found.cursor, found.total if found.total is not None else self._totals.get(scope.id))

    async def high_water(self, scopes: Sequence[Scope]) -> str | None:
        """Return the version of the issue that changed last."""
        found = await self._seen(scopes, "", "ORDER BY updated DESC", None, 1)
        return version_of(found.issues[0]) if found.issues else None

    async def changed_page(self, scopes: Sequence[Scope], since: str, cursor: str | None) -> ListedPage:
        """List what changed, by a lower bound alone: an upper one would starve issues that change all the time."""
        if not since.isdecimal():
            raise Permanent(f"{since[:50]!r} is no instant in epoch milliseconds, which Jira's poll goes by.")
        found = await self._seen(scopes, f" AND updated >= {since}", "ORDER BY updated ASC, key ASC", cursor, LIST_SIZE)
        return _listed(found)

    async def census_page(self, scope: Scope, cursor: str | None) -> ListedPage:
        """List all issues of a project; one that can no longer be seen has none."""
        return _listed(await self._seen((scope,), "", _OLDEST_FIRST, cursor, LIST_SIZE))

    async def _seen(self, scopes: Sequence[Scope], bound: str, order: str, cursor: str | None, size: int) -> Found:
        """Search these projects; those that went out of sight are left out, because one of them spoils the query."""
        if not scopes:
            return Found(())
        try:
            return await self._projects(scopes, bound, order, cursor, size)
        except Refused as error:
            visible = {scope.id for scope in await all_scopes(self._calls)}
            left = [scope for scope in scopes if scope.id in visible]
            if error.status != 400 or len(left) == len(scopes):  # noqa: PLR2004 -- the code of a query that is wrong
                raise
            return await self._projects(left, bound, order, cursor, size) if left else Found(())

    async def _projects(self, scopes: Sequence[Scope], bound: str, order: str, cursor: str | None, size: int) -> Found:
        jql = f"project in ({', '.join(scope.id for scope in scopes)}){bound} {order}"
        return await self._search.page(jql, ("updated",), cursor, size, whole=False)


def _listed(found: Found) -> ListedPage:
    return ListedPage(tuple(Listed(id_of(raw), version_of(raw)) for raw in found.issues), found.cursor)


def _heard(task: asyncio.Task[RawPage]) -> None:
    """Take note of what became of a page read ahead, so that one that nobody asks for again fails in silence."""
    if not task.cancelled():
        task.exception()
