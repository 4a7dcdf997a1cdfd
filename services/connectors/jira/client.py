"""One connection to one Jira site, Cloud or Data Center, as the engine drives it; the work is done beside."""

from collections.abc import Mapping, Sequence

from schemas.work_items import Tracker
from services.connectors.catalogue import SiteCatalogue
from services.connectors.jira import commenting, events, goals, hooks, versions
from services.connectors.jira.calling import GATEWAY, Calls, base_of, remedies
from services.connectors.jira.catalogue import catalogue
from services.connectors.jira.fetching import Fetching
from services.connectors.jira.listing import Listing
from services.connectors.jira.opening import Site, find_scopes, open_site
from services.connectors.mapped import MappingOptions
from services.connectors.options import base_options
from services.connectors.tracker import (
    EventsPage,
    Fetched,
    Goal,
    HookFound,
    HookHints,
    HookWanted,
    ListedPage,
    Raw,
    RawPage,
    Scope,
    SiteFacts,
)
from services.runtime.clock import Clock
from services.runtime.connections import JiraConnection
from services.runtime.errors import Misconfigured

TIMEOUT_SECONDS = 30.0


def build_client(
    connection: JiraConnection,
    token: str,
    clock: Clock,
    *,
    gateway: str = GATEWAY,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> "JiraClient":
    """Return a client that has asked nothing yet; `gateway` is where scoped tokens are called."""
    calls = Calls(
        connection, token, clock, remedies(connection), base=base_of(connection, gateway), timeout=timeout_seconds
    )
    return JiraClient(calls)


class JiraClient:
    """Fulfils `TrackerClient` for Jira."""

    tracker = Tracker.JIRA
    parallel = 4

    def __init__(self, calls: Calls) -> None:
        self.site = calls.settings.id
        self.limits = calls.limits
        self._calls = calls
        self._opened: tuple[Site, Fetching, Listing] | None = None
        self._scopes: tuple[Scope, ...] | None = None

    async def open(self) -> SiteFacts:
        """Check address, kind, token and permissions; learn fields and statuses."""
        site = await open_site(self._calls)
        if self._opened is not None:
            self._listing.close()
        fetching = Fetching(self._calls, site)
        self._opened = site, fetching, Listing(self._calls, site, fetching)
        return site.facts

    async def close(self) -> None:
        """Let go of threads and connections."""
        if self._opened is not None:
            self._listing.close()
        await self._calls.close()

    def options(self) -> MappingOptions:
        """Return how this site's issues are read; before `open`, what is configured."""
        return base_options(self._calls.settings) if self._opened is None else self._site.options

    async def scopes(self) -> tuple[Scope, ...]:
        """Return the projects to read."""
        self._scopes = await find_scopes(self._calls)
        return self._scopes

    async def catalogue(self, scopes: Sequence[Scope]) -> SiteCatalogue:
        """Return the site's fields, statuses and link types, and the open epics of these projects."""
        return await catalogue(self._calls, scopes)

    async def backfill_page(self, scope: Scope, cursor: str | None) -> RawPage:
        """Return a page of whole issues."""
        return await self._listing.backfill_page(scope, cursor)

    async def high_water(self, scopes: Sequence[Scope]) -> str | None:
        """Return the newest version."""
        return await self._listing.high_water(scopes)

    async def changed_page(self, scopes: Sequence[Scope], since: str, cursor: str | None) -> ListedPage:
        """List what changed at `since` or later."""
        return await self._listing.changed_page(scopes, since, cursor)

    def since_of(self, version: str, overlap_seconds: float) -> str:
        """Return the instant so many seconds before a version."""
        return versions.since_of(version, overlap_seconds)

    async def census_page(self, scope: Scope, cursor: str | None) -> ListedPage:
        """List all issues of a project."""
        return await self._listing.census_page(scope, cursor)

    async def fetch(self, ids: Sequence[str]) -> Fetched:
        """Return these issues whole, or why they are not there."""
        inside = None
        if self._calls.settings.projects:
            inside = frozenset(scope.id for scope in self._scopes or await self.scopes())
        return await self._fetching.fetch(ids, inside)

    def version_of(self, raw: Raw) -> str:
        """Return `updated` in epoch milliseconds."""
        return versions.version_of(raw)

    def id_of(self, raw: Raw) -> str:
        """Return the immutable id."""
        return versions.id_of(raw)

    def is_news(self, listed: str, kept: str | None) -> bool:
        """Tell whether the listed version is later than the kept one."""
        return versions.is_news(listed, kept)

    async def events_page(self, scope: Scope, token: str | None) -> EventsPage | None:  # noqa: ARG002 -- the protocol
        """Return none: Jira has no stream of events."""
        return events.events_page()

    def hook_hints(self, headers: Mapping[str, str], body: bytes, secret: str) -> HookHints:
        """Verify a webhook delivery and read its hints."""
        return hooks.hook_hints(headers, body, secret, self._calls.clock)

    async def hooks(self) -> tuple[HookFound, ...]:
        """List the webhooks of ours."""
        return await hooks.hooks(self._calls)

    async def create_hook(self, wanted: HookWanted, secret: str | None) -> HookFound:
        """Register a webhook."""
        return await hooks.create_hook(self._calls, wanted, secret, self._scopes or await self.scopes())

    async def renew_hook(self, hook: HookFound) -> HookFound:
        """Have a webhook that ends by itself live on."""
        return await hooks.renew_hook(self._calls, hook)

    async def delete_hook(self, hook: HookFound) -> None:
        """Remove a webhook."""
        await hooks.delete_hook(self._calls, hook)

    async def comments(self, id: str) -> tuple[tuple[str, str], ...]:  # noqa: A002 -- the protocol's name
        """Return our own account's comments on an issue."""
        return await commenting.comments(self._calls, id, self._site.facts.account)

    async def add_comment(self, id: str, text: str) -> str:  # noqa: A002
        """Leave a comment, once."""
        return await commenting.add_comment(self._calls, id, text)

    async def edit_comment(self, id: str, comment: str, text: str) -> None:  # noqa: A002
        """Change a comment of ours."""
        await commenting.edit_comment(self._calls, id, comment, text)

    async def goals(self) -> tuple[Goal, ...]:
        """Return none: Jira has no goals."""
        return goals.goals()

    @property
    def _site(self) -> Site:
        return self._parts[0]

    @property
    def _fetching(self) -> Fetching:
        return self._parts[1]

    @property
    def _listing(self) -> Listing:
        return self._parts[2]

    @property
    def _parts(self) -> tuple[Site, Fetching, Listing]:
        if self._opened is None:
            raise Misconfigured(f"{self._calls.who} was not opened before it was read.")
        return self._opened
