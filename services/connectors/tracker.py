"""What the connectors ask of a tracker: the one protocol that both adapters fulfil and that the engine drives.

Promise: whatever a tracker's client library does wrong (sleeps, retries of writes, prose errors) ends behind this line;
the engine sees pages, ids, versions and the closed set of errors of `services.runtime.errors`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from schemas.work_items import Absence, Tracker
from services.connectors.catalogue import SiteCatalogue
from services.connectors.mapped import MappingOptions

Raw = dict[str, Any]
"""An issue with `changelog.histories` and all of its comments, or a task with its `stories`: what the mapping reads."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a site that is read by itself: a project. `id` is immutable; `key` is for showing and for queries."""

    id: str
    name: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """An item in a listing. `version` is text that `is_news` compares with what the ledger holds."""

    id: str
    version: str


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page of a listing; `cursor` leads to the next one, none after the last."""

    items: tuple[Listed, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page of whole items with their history; `total` is how many there are in the scope, where the site tells."""

    raws: tuple[Raw, ...]
    cursor: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """An item that was asked for by id and did not come; `absence` says why, as far as the tracker lets us tell."""

    id: str
    absence: Absence


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of asking for items by id: each asked id is in `raws` (by its own id) or in `gone`."""

    raws: tuple[Raw, ...]
    gone: tuple[Gone, ...] = ()


@dataclass(frozen=True, slots=True)
class EventsPage:
    """Hints from a stream of events. `token` is for the next call; `gap` says that events were lost: read all again.

    A call without a token gives no hints, a first token and no gap.
    """

    changed: tuple[str, ...]
    deleted: tuple[str, ...]
    token: str
    has_more: bool = False
    gap: bool = False


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What a site says of itself when it is opened. `clock_off_seconds`: our clock less theirs.

    `missing_scopes` are what the token may not do, each with what will not work, as a sentence. `account` is our
    own id.
    """

    account: str
    account_name: str
    kind: str
    version: str | None = None
    clock_off_seconds: float | None = None
    missing_scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal with its metric as the tracker holds it; a goal without a metric has no value."""

    id: str
    name: str
    url: str | None = None
    owner: str | None = None
    due_on: str | None = None
    unit: str | None = None
    initial: float | None = None
    target: float | None = None
    value: float | None = None
    measured_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HookHints:
    """What a verified webhook delivery tells: ids to fetch, and ids that it says are deleted. Empty: a heartbeat."""

    changed: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HookWanted:
    """A webhook that should exist: for a scope (or the whole site, where `scope` is none) at an address of ours."""

    scope: str | None
    target: str


@dataclass(frozen=True, slots=True)
class HookFound:
    """A webhook of ours as the site knows it. `expires_at` is set where it ends by itself."""

    id: str
    target: str
    scope: str | None = None
    is_active: bool = True
    expires_at: datetime | None = None
    last_failure: str | None = None


@dataclass
class Limits:
    """What the site said of its rate limits in its newest answer; both are none where it said nothing."""

    remaining: int | None = None
    limit: int | None = None
    paused_until: float | None = None
    """Monotonic seconds until which no call goes out at all."""
    extra: dict[str, str] = field(default_factory=dict)


class TrackerClient(Protocol):
    """One connection to one site. All calls raise `Transient` (with `retry_after`), `RateLimited`, `Misconfigured`
    (one sentence with the remedy: token, scope, project, kind of site, TLS, proxy) or `Permanent`, nothing else.

    Calls may run at once; the client keeps to the site's limits of concurrency by itself. Reads are repeated inside a
    few times where that is quick and safe; writes never are.
    """  # noqa: D205 -- the first sentence is about all calls

    tracker: Tracker
    site: str
    parallel: int
    """How many scopes may be read at once."""

    @property
    def limits(self) -> Limits:
        """What the site said of its rate limits."""
        ...

    async def open(self) -> SiteFacts:
        """Check address, kind, token and scopes; learn fields and statuses. Must be called before anything else."""
        ...

    async def close(self) -> None:
        """Let go of threads and connections."""
        ...

    def options(self) -> MappingOptions:
        """Return how this site's items are read, from the configuration and from what `open` learned."""
        ...

    async def scopes(self) -> tuple[Scope, ...]:
        """Return the parts to read: those configured, else all visible.

        A configured one that is not there raises `Misconfigured` with its name and the nearest that exist.
        """
        ...

    async def catalogue(self, scopes: Sequence[Scope]) -> SiteCatalogue:
        """Return the site's fields, statuses and link types, and the open epics or portfolios of these scopes.

        `leeway init` asks for it, nobody else. What the token may not see is left out.
        """
        ...

    async def backfill_page(self, scope: Scope, cursor: str | None) -> RawPage:
        """Return a page of whole items of a scope with their history, in a stable order."""
        ...

    async def high_water(self, scopes: Sequence[Scope]) -> str | None:
        """Return the newest change that the site knows of, as `changed_page` takes it; none where there is no item."""
        ...

    async def changed_page(self, scopes: Sequence[Scope], since: str, cursor: str | None) -> ListedPage:
        """List what changed at `since` or later, oldest first; `since` is text from `high_water` or `since_of`."""
        ...

    def since_of(self, version: str, overlap_seconds: float) -> str:
        """Return the text for `changed_page` that lies so many seconds before a version."""
        ...

    async def census_page(self, scope: Scope, cursor: str | None) -> ListedPage:
        """List all items of a scope with the version that tells also what `updated` does not (moves, sections)."""
        ...

    async def fetch(self, ids: Sequence[str]) -> Fetched:
        """Return these items whole, with their history; up to 100 at a time.

        What now lies outside of what is to be read is gone: it has moved.
        """
        ...

    def version_of(self, raw: Raw) -> str:
        """Return the version of a whole item, comparable with those of the listings."""
        ...

    def id_of(self, raw: Raw) -> str:
        """Return the immutable id of a whole item."""
        ...

    def is_news(self, listed: str, kept: str | None) -> bool:
        """Tell whether a listed version may hold something that the kept one does not."""
        ...

    async def events_page(self, scope: Scope, token: str | None) -> EventsPage | None:
        """Return the next events of a scope; none where the tracker has no such stream."""
        ...

    def hook_hints(self, headers: Mapping[str, str], body: bytes, secret: str) -> HookHints:
        """Verify a webhook delivery over its raw bytes and read its hints. Header names are in lower case.

        Raises `Permanent` where the signature is missing or wrong, `InvalidMessage` where a signed body is no event.
        """
        ...

    async def hooks(self) -> tuple[HookFound, ...]:
        """List the webhooks of ours at the site; empty where we may not register any."""
        ...

    async def create_hook(self, wanted: HookWanted, secret: str | None) -> HookFound:
        """Register a webhook. Asana calls the target during this call; Jira takes the secret that we made."""
        ...

    async def renew_hook(self, hook: HookFound) -> HookFound:
        """Have a webhook that ends by itself live on."""
        ...

    async def delete_hook(self, hook: HookFound) -> None:
        """Remove a webhook; one that is gone already is fine."""
        ...

    async def comments(self, id: str) -> tuple[tuple[str, str], ...]:  # noqa: A002 -- as everywhere in this protocol
        """Return our own account's comments on an item: (comment id, plain text)."""
        ...

    async def add_comment(self, id: str, text: str) -> str:  # noqa: A002
        """Leave a comment, never repeated inside; return its id. After a `Transient` it may or may not be there."""
        ...

    async def edit_comment(self, id: str, comment: str, text: str) -> None:  # noqa: A002
        """Change the text of a comment of ours."""
        ...

    async def goals(self) -> tuple[Goal, ...]:
        """Return the goals that the token can see; empty where the tracker has none."""
        ...
