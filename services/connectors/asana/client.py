"""The Asana connection as the engine sees it: each call goes to the file that is named for it."""

from collections.abc import Mapping, Sequence
from typing import Final

from schemas.work_items import Tracker
from services.connectors.asana import catalogue, commenting, events, fetching, goals, hooks, listing, opening, versions
from services.connectors.asana.calling import TIMEOUT_SECONDS, Caller
from services.connectors.asana.opening import Projects, Site
from services.connectors.catalogue import SiteCatalogue
from services.connectors.mapped import MappingOptions
from services.connectors.tracker import (
    EventsPage,
    Fetched,
    Goal,
    HookFound,
    HookHints,
    HookWanted,
    Limits,
    ListedPage,
    Raw,
    RawPage,
    Scope,
    SiteFacts,
)
from services.runtime.clock import Clock
from services.runtime.connections import AsanaConnection
from services.runtime.errors import Misconfigured

PARALLEL: Final = 3


class AsanaClient:
    """One connection to one Asana workspace; a `TrackerClient`."""

    tracker = Tracker.ASANA
    parallel = PARALLEL

    def __init__(self, connection: AsanaConnection, caller: Caller, clock: Clock) -> None:
        self.site = connection.id
        self.limits: Limits = caller.limits
        self._connection = connection
        self._caller = caller
        self._clock = clock
        self._opened: Site | None = None
        self._projects: Projects | None = None

    @property
    def _site(self) -> Site:
        if self._opened is None:
            raise RuntimeError("`open` must be called before anything else")
        return self._opened

    async def open(self) -> SiteFacts:
        """Check address, token, workspace and scopes."""
        self._opened = await opening.open_site(self._caller, self._connection)
        return self._opened.facts

    async def close(self) -> None:
        """Let go of threads and connections."""
        await self._caller.close()

    def options(self) -> MappingOptions:
        """Return how the workspace's tasks are read."""
        return self._site.options

    async def scopes(self) -> tuple[Scope, ...]:
        """Return the projects to read."""
        self._projects = await opening.find_projects(self._caller, self._connection, self._site.workspace)
        return self._projects.scopes

    async def catalogue(self, scopes: Sequence[Scope]) -> SiteCatalogue:
        """Return fields, sections and portfolios."""
        return await catalogue.catalogue(self._caller, self._site.workspace, scopes)

    async def backfill_page(self, scope: Scope, cursor: str | None) -> RawPage:
        """Return a page of whole tasks with what is below them."""
        return await listing.backfill_page(self._caller, scope, cursor)

    async def high_water(self, scopes: Sequence[Scope]) -> str | None:
        """Return the newest time of modification."""
        return await listing.high_water(self._caller, scopes, self._clock)

    async def changed_page(self, scopes: Sequence[Scope], since: str, cursor: str | None) -> ListedPage:
        """List what was modified since; subtasks and moves are told by events and the census."""
        return await listing.changed_page(self._caller, scopes, since, cursor)

    def since_of(self, version: str, overlap_seconds: float) -> str:
        """Return the instant so many seconds before a version."""
        return versions.since_of(version, overlap_seconds)

    async def census_page(self, scope: Scope, cursor: str | None) -> ListedPage:
        """List a page of tasks and what is below them."""
        return await listing.census_page(self._caller, scope, cursor)

    async def fetch(self, ids: Sequence[str]) -> Fetched:
        """Return these tasks whole."""
        if self._projects is None:
            await self.scopes()
        projects = self._projects
        if projects is None:
            raise RuntimeError("the projects to read are not known")
        return await fetching.fetch(self._caller, ids, projects.away)

    def version_of(self, raw: Raw) -> str:
        """Return the version of a whole task."""
        return versions.version_of(raw)

    def id_of(self, raw: Raw) -> str:
        """Return the gid of a whole task."""
        return str(raw["gid"])

    def is_news(self, listed: str, kept: str | None) -> bool:
        """Tell whether a listed version may hold something new."""
        return versions.is_news(listed, kept)

    async def events_page(self, scope: Scope, token: str | None) -> EventsPage | None:
        """Return the next events of a project."""
        return await events.events_page(self._caller, scope, token)

    def hook_hints(self, headers: Mapping[str, str], body: bytes, secret: str) -> HookHints:
        """Verify a webhook delivery and read its hints."""
        return hooks.hook_hints(headers, body, secret)

    async def hooks(self) -> tuple[HookFound, ...]:
        """List the webhooks of ours."""
        return await hooks.hooks(self._caller, self._site.workspace)

    async def create_hook(self, wanted: HookWanted, secret: str | None) -> HookFound:  # noqa: ARG002 -- Asana makes it
        """Register a webhook; Asana tells the target the secret during this call."""
        return await hooks.create_hook(self._caller, wanted)

    async def renew_hook(self, hook: HookFound) -> HookFound:
        """Register a webhook again that Asana is about to remove, or has removed."""
        await hooks.delete_hook(self._caller, hook)
        return await hooks.create_hook(self._caller, HookWanted(hook.scope, hook.target))

    async def delete_hook(self, hook: HookFound) -> None:
        """Remove a webhook."""
        await hooks.delete_hook(self._caller, hook)

    async def comments(self, id: str) -> tuple[tuple[str, str], ...]:  # noqa: A002 -- as in the protocol
        """Return our own comments on a task."""
        return await commenting.comments(self._caller, id, self._site.facts.account)

    async def add_comment(self, id: str, text: str) -> str:  # noqa: A002
        """Leave a comment."""
        return await commenting.add_comment(self._caller, id, text)

    async def edit_comment(self, id: str, comment: str, text: str) -> None:  # noqa: A002, ARG002 -- a gid is enough
        """Change a comment of ours."""
        await commenting.edit_comment(self._caller, comment, text)

    async def goals(self) -> tuple[Goal, ...]:
        """Return the goals of the workspace, unless they are switched off."""
        return await goals.goals(self._caller, self._site.workspace) if self._connection.goals else ()


def build_client(
    connection: AsanaConnection, token: str, clock: Clock, *, timeout_seconds: int = TIMEOUT_SECONDS
) -> AsanaClient:
    """Return a client that has not called anybody yet."""
    if not token.isascii() or not token.isprintable() or " " in token.strip():
        raise Misconfigured(
            f"The secret `{connection.token}` holds what cannot be a token: write the bare token into it."
        )
    if connection.tls_ca is not None and not connection.tls_ca.is_file():
        raise Misconfigured(f"`tls_ca` of `{connection.id}` names {connection.tls_ca}, which is no file.")
    return AsanaClient(connection, Caller(connection, token.strip(), clock, timeout_seconds=timeout_seconds), clock)
