"""A tracker's client that shows a small site; and somebody who answers questions from a list."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from schemas.work_items import StatusCategory, Tracker
from services.connectors.catalogue import (
    FieldFound,
    Gathering,
    GatheringKind,
    LinkTypeFound,
    SiteCatalogue,
    StatusFound,
)
from services.connectors.mapped import MappingOptions
from services.connectors.options import base_options
from services.connectors.tracker import (
    Fetched,
    Goal,
    Limits,
    Listed,
    ListedPage,
    Raw,
    RawPage,
    Scope,
    SiteFacts,
    TrackerClient,
)
from services.runtime.clock import Clock
from services.runtime.connections import AsanaConnection, JiraConnection
from services.runtime.errors import Misconfigured
from tests.builders import jira_issue, jira_link

TOKEN = "a token of nobody"  # noqa: S105 -- invented
FIELDS = (
    FieldFound("customfield_1", "Start date", "datepicker"),
    FieldFound("customfield_2", "Story Points", "float"),
    FieldFound("customfield_3", "T-shirt", "float"),
)
STATUSES = (
    StatusFound("1", "Open", StatusCategory.TODO),
    StatusFound("2", "Review", StatusCategory.TODO),
    StatusFound("3", "Done", StatusCategory.DONE),
)
LINK_TYPES = (
    LinkTypeFound("10000", "Blocks", "is blocked by", "blocks"),
    LinkTypeFound("11", "Causes", "is caused by", "causes"),
)
EPIC = Gathering(GatheringKind.EPIC, "120", "First booking", "GROW-120", ("GROW",), "Ilva Marrin")


def issues() -> tuple[Raw, ...]:
    """Growth's issue that waits for Platform's, and one that nobody described."""
    told: dict[str, Any] = {"customfield_1": "2026-11-02", "customfield_2": 3.0, "customfield_3": 8.0}
    waiting = jira_issue(121, project="GROW", duedate="2026-11-20", issuelinks=[
        jira_link(1, "Blocks", inward=7, project="PLAT")], **told)  # fmt: skip
    waiting["fields"]["status"] |= {"id": "2", "name": "Review"}
    return waiting, jira_issue(7, project="PLAT")


@dataclass
class FakeTracker:
    """What a site shows. `refusals` are raised by `open`, one a call."""

    facts: SiteFacts = field(default_factory=lambda: SiteFacts("me", "Ilva Marrin", "cloud", "1001.0.0"))
    visible: tuple[Scope, ...] = (Scope("1", "Growth", "GROW"), Scope("2", "Platform", "PLAT"))
    shown: SiteCatalogue = field(default_factory=lambda: SiteCatalogue(FIELDS, STATUSES, LINK_TYPES, (EPIC,)))
    raws: tuple[Raw, ...] = field(default_factory=issues)
    held_goals: tuple[Goal, ...] = ()
    refusals: list[str] = field(default_factory=list)
    built: list[tuple[JiraConnection | AsanaConnection, str]] = field(default_factory=list)
    open_now: int = 0

    def build(self, connection: JiraConnection | AsanaConnection, token: str, _: Clock) -> TrackerClient:
        self.built.append((connection, token))
        return cast("TrackerClient", FakeClient(self, connection))


@dataclass
class FakeClient:
    site_shown: FakeTracker
    connection: JiraConnection | AsanaConnection
    limits: Limits = field(default_factory=Limits)

    @property
    def tracker(self) -> Tracker:
        return Tracker(self.connection.tracker)

    @property
    def site(self) -> str:
        return self.connection.id

    async def open(self) -> SiteFacts:
        self.site_shown.open_now += 1
        if self.site_shown.refusals:
            raise Misconfigured(self.site_shown.refusals.pop(0))
        return self.site_shown.facts

    async def close(self) -> None:
        self.site_shown.open_now -= 1

    def options(self) -> MappingOptions:
        options = base_options(self.connection)
        own = {one.id: one.category for one in self.site_shown.shown.statuses if one.category is not None}
        return replace(options, status_categories={**own, **options.status_categories})

    async def scopes(self) -> tuple[Scope, ...]:
        named = set(self.connection.projects)
        return tuple(one for one in self.site_shown.visible if not named or named & {one.key, one.name, one.id})

    async def catalogue(self, _: Sequence[Scope]) -> SiteCatalogue:
        return self.site_shown.shown

    async def goals(self) -> tuple[Goal, ...]:
        return self.site_shown.held_goals

    async def high_water(self, _: Sequence[Scope]) -> str | None:
        return "9" if self.site_shown.raws else None

    def since_of(self, version: str, overlap_seconds: float) -> str:
        return f"{version} less {overlap_seconds}"

    async def changed_page(self, _: Sequence[Scope], since: str, cursor: str | None) -> ListedPage:
        assert since.startswith("9 less")
        place = int(cursor or 0)
        more = str(place + 1) if place + 1 < len(self.site_shown.raws) else None
        return ListedPage((Listed(_id(self.site_shown.raws[place]), "1"),), more)

    async def fetch(self, ids: Sequence[str]) -> Fetched:
        return Fetched(tuple(raw for raw in self.site_shown.raws if _id(raw) in ids))

    async def backfill_page(self, scope: Scope, _: str | None) -> RawPage:
        return RawPage(tuple(raw for raw in self.site_shown.raws if _project(raw) in {scope.key, scope.id}))


def _id(raw: Raw) -> str:
    return str(raw.get("id") or raw["gid"])


def _project(raw: Raw) -> str:
    if "fields" in raw:
        return str(raw["fields"]["project"]["key"])
    return str(raw["memberships"][0]["project"]["gid"])


@dataclass
class Answers:
    """Gives one answer after the other; `asked` are the questions."""

    answers: list[str]
    asks: bool = True
    asked: list[str] = field(default_factory=list)

    def text(self, question: str, option: str, default: str | None = None) -> str:
        assert option
        return self._next(question) or default or ""

    def secret(self, question: str, option: str) -> str:
        return self.text(question, option)

    def yes(self, question: str, *, default: bool = True) -> bool:
        return {"y": True, "n": False, "": default}[self._next(question)]

    def several(self, question: str, offered: Sequence[str], option: str) -> list[int]:
        assert option
        answer = self._next(question)
        return [place for place, one in enumerate(offered) if answer and one.startswith(answer)]

    def _next(self, question: str) -> str:
        self.asked.append(question)
        return self.answers.pop(0)
