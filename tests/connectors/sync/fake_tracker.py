"""A tracker in memory: a site with projects, items and their history, and a client of it that fails as it is told.

Its items are Jira issues, because they map with all that matters here; nothing else in it is Jira's.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson

from schemas.work_items import Absence, Tracker, WorkItem
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped, MappingOptions
from services.connectors.tracker import (
    EventsPage,
    Fetched,
    Gone,
    Limits,
    Listed,
    ListedPage,
    Raw,
    RawPage,
    Scope,
    SiteFacts,
    TrackerClient,
)
from services.runtime.errors import Misconfigured, Permanent, Transient
from tests.builders import jira_comment, jira_history, jira_issue, jira_person, jira_time

START = datetime(2026, 5, 1, tzinfo=UTC)
SITE = "jira"
ANA = jira_person("ana")


@dataclass
class FakeSite:
    """What the vendor's side holds. Every act takes a second of its time; `ends` are told by the streams."""

    projects: dict[str, str] = field(default_factory=lambda: {"1": "APP", "2": "WEB"})
    items: dict[str, Raw] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    """Projects that our account may not see any more."""
    events: list[tuple[str, str]] = field(default_factory=list)
    """(id, changed or deleted), in their order; `None` in a token is before the first."""
    told_ids: set[tuple[str, str]] = field(default_factory=set)
    at: datetime = START
    _last: int = 0

    def tick(self) -> datetime:
        """Let a second go by."""
        self.at += timedelta(seconds=1)
        return self.at

    def add(self, count: int = 1, project: str = "1", **fields: Any) -> list[str]:
        """Make items; return their ids."""
        return [self._add(project, fields) for _ in range(count)]

    def _add(self, project: str, fields: dict[str, Any]) -> str:
        self._last += 1
        id_, key, at = str(self._last), self.projects[project], self.tick()
        place = {"id": project, "key": key, "name": key.title()}
        self.items[id_] = jira_issue(id_, project=key, created=at, histories=[], updated=jira_time(at), **fields)
        self.items[id_]["fields"]["project"] = place
        self.events.append((id_, "changed"))
        return id_

    def rename(self, id_: str, title: str) -> None:
        """Change a title, with its history."""
        before = self.items[id_]["fields"]["summary"]
        self._change(id_, "summary", {"field": "summary", "fromString": before, "toString": title}, title)

    def move(self, id_: str, project: str) -> None:
        """Move to another project: the key changes, the id does not."""
        key = self.projects[project]
        place = {"id": project, "key": key, "name": key.title()}
        self._change(id_, "project", {"field": "project", "toString": key}, place)
        self.items[id_]["key"] = f"{key}-{id_}"

    def relabel_silently(self, id_: str, *labels: str) -> None:
        """Change something of which neither `updated` nor a history nor an event tells."""
        self.tick()
        self.items[id_]["fields"]["labels"] = list(labels)

    def reparent_silently(self, id_: str, parent: str) -> None:
        """Put an item under another, with no word of it anywhere."""
        self.tick()
        self.items[id_]["fields"]["parent"] = {"id": parent, "key": self.items[parent]["key"]}

    def comment(self, id_: str) -> None:
        """Say something on an item."""
        at, issue = self.tick(), self.items[id_]
        comments = issue["fields"]["comment"]["comments"]
        comments.append(jira_comment(f"{id_}{len(comments):03d}", at, ANA))
        issue["fields"]["updated"] = jira_time(at)
        self.events.append((id_, "changed"))

    def delete(self, id_: str) -> None:
        """Delete an item: nothing is left of it but the memory of the streams."""
        self._remember_changes(id_)
        self.tick()
        del self.items[id_]
        self.gone.add(id_)
        self.events.append((id_, "deleted"))

    def visible(self) -> dict[str, Raw]:
        """Return what our account may see, by id."""
        return {id_: raw for id_, raw in self.items.items() if project_of(raw) not in self.hidden}

    def truth(self) -> dict[str, WorkItem]:
        """Return the visible items as they should stand in our tables, by ref."""
        return {mapped.item.ref: mapped.item for mapped in map(mapped_of, self.visible().values())}

    def changes(self) -> set[tuple[str, str]]:
        """Return (ref, change id) of all that the histories of the items tell."""
        mapped = map(mapped_of, self.items.values())
        return {(one.ref, one.change_id) for each in mapped for one in each.changes}

    def _change(self, id_: str, name: str, entry: Mapping[str, Any], value: object) -> None:
        at, issue = self.tick(), self.items[id_]
        issue["fields"] |= {name: value, "updated": jira_time(at)}
        histories = issue["changelog"]["histories"]
        histories.append(jira_history(f"{id_}{len(histories):03d}", at, ANA, dict(entry)))
        issue["changelog"]["total"] = len(histories)
        self.events.append((id_, "changed"))

    def _remember_changes(self, id_: str) -> None:
        self.told_ids |= {(one.ref, one.change_id) for one in mapped_of(self.items[id_]).changes}


def project_of(raw: Raw) -> str:
    """Return the id of an item's project."""
    return str(raw["fields"]["project"]["id"])


def mapped_of(raw: Raw) -> Mapped:
    """Return an item as the room maps it."""
    mapped = map_issue(raw, SITE, None, MappingOptions())
    assert isinstance(mapped, Mapped)
    return mapped


def updated_ms(raw: Raw) -> int:
    """Return an item's `updated` in milliseconds."""
    return int(datetime.fromisoformat(raw["fields"]["updated"]).timestamp() * 1000)


@dataclass
class FakeClient:
    """A client of the site. `before` is called with the name of each call, and raises what it likes."""

    world: FakeSite
    page: int = 7
    parallel: int = 2
    tracker: Tracker = Tracker.JIRA
    site: str = SITE
    wanted: tuple[str, ...] = ()
    """The keys of the configured projects; all where there are none."""
    lag: timedelta = timedelta(0)
    """The index shows an item this much after it has changed, and until then as it does not exist."""
    has_streams: bool = False
    stream_from: int = 0
    """Events before this one are forgotten."""
    endless: bool = False
    """Listings give the same token for ever."""
    unreadable: set[str] = field(default_factory=set)
    """Projects that are listed but answer no question."""
    breaks_at: set[str] = field(default_factory=set)
    """Items at which the site has an error of its own."""
    before: Callable[[str], None] = lambda _: None
    calls: list[tuple[str, Any]] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
    is_open: bool = False

    def _called(self, name: str, about: object = None) -> None:
        self.calls.append((name, about))
        self.before(name)

    def asked(self, name: str) -> list[Any]:
        """Return what the calls of a name were about."""
        return [about for called, about in self.calls if called == name]

    async def open(self) -> SiteFacts:
        self._called("open")
        self.is_open = True
        return SiteFacts("me", "Leeway", "fake")

    async def close(self) -> None:
        self.is_open = False

    def options(self) -> MappingOptions:
        return MappingOptions()

    async def scopes(self) -> tuple[Scope, ...]:
        self._called("scopes")
        there = {key: id_ for id_, key in self.world.projects.items() if id_ not in self.world.hidden}
        for key in self.wanted:
            if key not in there:
                raise Misconfigured(f"There is no project {key}.")
        return tuple(Scope(id_, key, key) for key, id_ in there.items() if key in (self.wanted or there))

    async def backfill_page(self, scope: Scope, cursor: str | None) -> RawPage:
        self._called("backfill_page", (scope.id, cursor))
        self._refuse_unreadable([scope])
        ids = self._of([scope])
        some = [id_ for id_ in ids if int(id_) > int(cursor or 0)][: self.page]
        more = bool(some) and some[-1] != ids[-1]
        raws = tuple(deepcopy(self.world.items[id_]) for id_ in some)
        return RawPage(raws, some[-1] if more else None, len(ids))

    async def high_water(self, scopes: Sequence[Scope]) -> str | None:
        self._called("high_water")
        self._refuse_unreadable(scopes)
        return max((self._version(id_) for id_ in self._of(scopes)), key=int, default=None)

    async def changed_page(self, scopes: Sequence[Scope], since: str, cursor: str | None) -> ListedPage:
        self._called("changed_page", (since, cursor))
        self._refuse_unreadable(scopes)
        shown = [id_ for id_ in self._of(scopes) if self._is_indexed(id_) and int(self._version(id_)) >= int(since)]
        return self._listed(sorted(shown, key=lambda id_: (int(self._version(id_)), int(id_))), cursor, self._version)

    def since_of(self, version: str, overlap_seconds: float) -> str:
        return str(int(version.partition(":")[0]) - int(overlap_seconds * 1000))

    async def census_page(self, scope: Scope, cursor: str | None) -> ListedPage:
        self._called("census_page", (scope.id, cursor))
        self._refuse_unreadable([scope])
        shown = [id_ for id_ in self._of([scope]) if self._is_indexed(id_)]
        return self._listed(shown, cursor, lambda id_: self.version_of(self.world.items[id_]))

    async def fetch(self, ids: Sequence[str]) -> Fetched:
        assert len(ids) <= 100
        self._called("fetch", tuple(ids))
        if self.breaks_at.intersection(ids):
            raise Transient("the site broke down")
        if "poison" in ids:
            raise Permanent("one of these is no id")
        visible = self.world.visible()
        moved = {id_ for id_ in ids if id_ in visible and not self._is_wanted(visible[id_])}
        raws = tuple(deepcopy(visible[id_]) for id_ in ids if id_ in visible and id_ not in moved)
        gone = [Gone(id_, Absence.UNREACHABLE) for id_ in ids if id_ not in visible]
        return Fetched(raws, (*gone, *(Gone(id_, Absence.MOVED) for id_ in ids if id_ in moved)))

    def version_of(self, raw: Raw) -> str:
        content = hashlib.blake2b(orjson.dumps(raw), digest_size=6).hexdigest()
        return f"{updated_ms(raw)}:{content}"

    def id_of(self, raw: Raw) -> str:
        return str(raw["id"])

    def is_news(self, listed: str, kept: str | None) -> bool:
        if kept is None:
            return True
        (at, _, content), (kept_at, _, kept_content) = listed.partition(":"), kept.partition(":")
        return int(at) > int(kept_at) or (int(at) == int(kept_at) and content not in {"", kept_content})

    async def events_page(self, scope: Scope, token: str | None) -> EventsPage | None:
        if not self.has_streams:
            return None
        self._called("events_page", (scope.id, token))
        end = str(len(self.world.events))
        if token is None:
            return EventsPage((), (), end)
        if int(token) < self.stream_from:
            return EventsPage((), (), end, gap=True)
        some = self.world.events[int(token) :][: self.page]
        after = int(token) + len(some)
        changed, deleted = ([id_ for id_, kind in some if kind == wanted] for wanted in ("changed", "deleted"))
        return EventsPage(tuple(changed), tuple(deleted), str(after), has_more=after < len(self.world.events))

    def _is_wanted(self, raw: Raw) -> bool:
        return not self.wanted or self.world.projects[project_of(raw)] in self.wanted

    def _of(self, scopes: Iterable[Scope]) -> list[str]:
        ids = {scope.id for scope in scopes}
        return sorted((id_ for id_, raw in self.world.visible().items() if project_of(raw) in ids), key=int)

    def _version(self, id_: str) -> str:
        return str(updated_ms(self.world.items[id_]))

    def _is_indexed(self, id_: str) -> bool:
        return updated_ms(self.world.items[id_]) <= (self.world.at - self.lag).timestamp() * 1000

    def _refuse_unreadable(self, scopes: Iterable[Scope]) -> None:
        for scope in scopes:
            if scope.id in self.unreadable or scope.id in self.world.hidden:
                raise Permanent(f"no right to browse {scope.key}")

    def _listed(self, ids: list[str], cursor: str | None, version: Callable[[str], str]) -> ListedPage:
        begin = int(cursor or 0)
        items = tuple(Listed(id_, version(id_)) for id_ in ids[begin : begin + self.page])
        if self.endless:
            return ListedPage(items, str(begin or self.page))
        return ListedPage(items, str(begin + self.page) if begin + self.page < len(ids) else None)


def as_client(fake: FakeClient) -> TrackerClient:
    """Return the fake as what the engine drives; of webhooks, comments and goals it has none."""
    return cast("TrackerClient", fake)
