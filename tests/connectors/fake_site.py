"""A tracker's client that remembers webhooks, comments and goals, and fails as it is told to; it has no items."""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import text

from schemas.work_items import Absence, Tracker
from services.connectors.linked import LinkedSite
from services.connectors.mapped import MappingOptions
from services.connectors.tables import metadata
from services.connectors.tracker import (
    EventsPage,
    Fetched,
    Goal,
    Gone,
    HookFound,
    HookHints,
    HookWanted,
    Limits,
    ListedPage,
    RawPage,
    Scope,
    SiteFacts,
    TrackerClient,
)
from services.runtime.bus import Bus
from services.runtime.connections import AsanaConnection, JiraConnection
from services.runtime.database import RoomDatabase
from services.runtime.errors import InvalidMessage, Permanent
from services.runtime.secrets import Secret

ADDRESS = "https://leeway.lindqvist.example"
JIRA_SECRET = "a secret of the harbour"  # noqa: S105 -- invented


def signed(body: bytes, secret: str = JIRA_SECRET) -> dict[str, str]:
    """Return the header by which Jira signs."""
    return {"X-Hub-Signature": f"sha256={hmac.digest(secret.encode(), body, hashlib.sha256).hex()}"}


def signed_by_asana(body: bytes, secret: str) -> dict[str, str]:
    """Return the header by which Asana signs."""
    return {"X-Hook-Signature": hmac.digest(secret.encode(), body, hashlib.sha256).hex()}


async def no_handshake(_: str) -> None:
    """Create a webhook without calling anybody."""


@dataclass
class FakeSite:
    """Webhooks, comments and goals of a site. `failures` are raised, one a call, by the methods that they name."""

    tracker: Tracker = Tracker.JIRA
    scope_ids: Sequence[str] = ("101", "102")
    registered: dict[str, HookFound] = field(default_factory=dict)
    handshake: Callable[[str], Awaitable[None]] = no_handshake
    ends_at: datetime | None = None
    left: dict[str, dict[str, str]] = field(default_factory=dict)
    """By item, and by comment."""
    held_goals: list[Goal] = field(default_factory=list)
    failures: dict[str, list[BaseException]] = field(default_factory=dict)
    after: dict[str, list[BaseException]] = field(default_factory=dict)
    """As `failures`, but raised once the site has done what it was asked for."""
    calls: list[str] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
    parallel: int = 1

    def client(self) -> TrackerClient:
        """Return it as the connectors know it."""
        return cast("TrackerClient", self)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.failures.get(name):
            raise self.failures[name].pop(0)

    def _done(self, name: str) -> None:
        if self.after.get(name):
            raise self.after[name].pop(0)

    async def open(self) -> SiteFacts:
        self._called("open")
        return SiteFacts("leeway-1", "Leeway", "fake")

    async def close(self) -> None:
        self._called("close")

    def options(self) -> MappingOptions:
        return MappingOptions(leeway_account="leeway-1")

    async def high_water(self, scopes: Sequence[Scope]) -> str | None:
        self._called(f"high_water of {len(scopes)}")
        return None

    async def backfill_page(self, scope: Scope, cursor: str | None) -> RawPage:
        self._called(f"backfill_page of {scope.id} at {cursor}")
        return RawPage(())

    async def census_page(self, scope: Scope, cursor: str | None) -> ListedPage:
        self._called(f"census_page of {scope.id} at {cursor}")
        return ListedPage(())

    async def events_page(self, scope: Scope, token: str | None) -> EventsPage | None:
        self._called(f"events_page of {scope.id} at {token}")
        return None

    async def fetch(self, ids: Sequence[str]) -> Fetched:
        self._called("fetch")
        return Fetched((), tuple(Gone(id_, Absence.UNREACHABLE) for id_ in ids))

    def hook_hints(self, headers: Mapping[str, str], body: bytes, secret: str) -> HookHints:
        header = signed(body, secret) if self.tracker is Tracker.JIRA else signed_by_asana(body, secret)
        ((name, value),) = header.items()
        if not hmac.compare_digest(headers.get(name.lower(), "").encode(), value.encode()):
            raise Permanent("the signature is wrong")
        try:
            told = json.loads(body)
            return HookHints(tuple(told["changed"]), tuple(told.get("deleted", ())))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidMessage("the body is no event") from error

    async def scopes(self) -> tuple[Scope, ...]:
        self._called("scopes")
        return tuple(Scope(id_, f"Project {id_}") for id_ in self.scope_ids)

    async def hooks(self) -> tuple[HookFound, ...]:
        self._called("hooks")
        return tuple(self.registered.values())

    async def create_hook(self, wanted: HookWanted, secret: str | None) -> HookFound:
        self._called("create_hook")
        assert (secret is None) == (self.tracker is Tracker.ASANA)
        await self.handshake(wanted.target)
        made = HookFound(f"h{len(self.calls)}", wanted.target, wanted.scope, expires_at=self.ends_at)
        self.registered[made.id] = made
        self._done("create_hook")
        return made

    async def renew_hook(self, hook: HookFound) -> HookFound:
        self._called("renew_hook")
        self.registered[hook.id] = replace(hook, expires_at=self.ends_at)
        return self.registered[hook.id]

    async def delete_hook(self, hook: HookFound) -> None:
        self._called("delete_hook")
        self.registered.pop(hook.id, None)

    async def comments(self, item: str) -> tuple[tuple[str, str], ...]:
        self._called("comments")
        return tuple(self.left.get(item, {}).items())

    async def add_comment(self, item: str, text: str) -> str:
        self._called("add_comment")
        id_ = f"c{sum(map(len, self.left.values())) + 1}"
        self.left.setdefault(item, {})[id_] = text
        self._done("add_comment")
        return id_

    async def edit_comment(self, item: str, comment: str, text: str) -> None:
        self._called("edit_comment")
        if comment not in self.left.get(item, {}):
            raise Permanent("the comment is gone")
        self.left[item][comment] = text
        self._done("edit_comment")

    async def goals(self) -> tuple[Goal, ...]:
        self._called("goals")
        return tuple(self.held_goals)


def jira_settings(**fields: Any) -> JiraConnection:
    """Return the connection `main`, with webhooks."""
    known = {"id": "main", "tracker": "jira", "url": "https://ferrum.example", "user": "ops@ferrum.example",
             "token": "t", "webhooks": {"address": ADDRESS, "secret": "hooks"}}  # fmt: skip
    return JiraConnection.model_validate(known | fields)


def asana_settings(**fields: Any) -> AsanaConnection:
    """Return the connection `marketing`, with webhooks and goals."""
    known = {"id": "marketing", "tracker": "asana", "workspace": "77", "token": "t", "webhooks": {"address": ADDRESS}}
    return AsanaConnection.model_validate(known | fields)


def linked(
    database: RoomDatabase, bus: Bus, site: FakeSite, settings: JiraConnection | AsanaConnection | None = None
) -> LinkedSite:
    """Return a site as a connection of its tracker."""
    if settings is None:
        settings = jira_settings() if site.tracker is Tracker.JIRA else asana_settings()
    secret = Secret(JIRA_SECRET) if site.tracker is Tracker.JIRA else None
    return LinkedSite(database, bus, settings, site.client(), secret)


async def rows_of(database: RoomDatabase, query: str, **values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    async with database.transaction() as conn:
        return [tuple(row) for row in await conn.execute(text(query), values)]


async def sizes(database: RoomDatabase) -> dict[str, int]:
    """Return how many rows each table of the room has."""
    async with database.transaction() as conn:
        return {
            name: int(await conn.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0)  # noqa: S608 -- our own names
            for name in sorted(metadata.tables)
        }
