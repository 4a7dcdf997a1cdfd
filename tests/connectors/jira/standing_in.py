"""The sandbox's Jira with a made-up company in it, on a port of this machine, and a client that has opened it."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from schemas.work_items import Tracker, WorkItem, WorkItemChange
from services.connectors.jira.client import JiraClient, build_client
from services.connectors.jira.mapping import map_issue
from services.connectors.mapped import Mapped
from services.runtime.clock import SystemClock
from services.runtime.connections import JiraKind
from services.sandbox.company import build_company
from services.sandbox.hooks import HookCall
from services.sandbox.jira.app import build_jira
from services.sandbox.jira.site import JiraSite
from services.sandbox.listening import listening
from tests.connectors.jira.scripted import connection

TODAY = datetime(2026, 6, 15, 9, tzinfo=UTC)
BO = "5f426f0000000000000000000"
KINDS = [kind.value for kind in JiraKind]


@dataclass
class Company:
    """The site, the client, and what the site has sent to webhooks."""

    site: JiraSite
    client: JiraClient
    at: datetime = TODAY
    sent: list[HookCall] = field(default_factory=list)

    def later(self, **passed: float) -> None:
        """Let the site's time pass."""
        self.at += timedelta(**passed)

    def some(self, project: str = "GROW") -> str:
        """Return the id of an issue of a project."""
        return next(id_ for id_ in self.site.issues if self.site.key_of(id_).startswith(f"{project}-"))

    def truth(self, ids: Iterable[str] | None = None) -> dict[str, Any]:
        """Return what the mapping makes of the site's own store, by id."""
        return {id_: self.mapped(self._raw(id_)) for id_ in (self.site.issues if ids is None else ids)}

    def _raw(self, id_: str) -> dict[str, Any]:
        """Return the site's issue; Data Center names an epic by its key, of which the site knows the id."""
        raw = self.site.raw(id_)
        for field_id in self.client.options().epic_link_fields:
            if key := raw["fields"].get(field_id):
                raw["fields"]["epic"] = {"id": self.site.visible(key).id, "key": key}
        return raw

    def mapped(self, raw: dict[str, Any]) -> tuple[WorkItem, tuple[WorkItemChange, ...]]:
        """Map an issue as the client's options say."""
        outcome = map_issue({"names": self.client._site.names, **raw}, "jira", None, self.client.options())
        assert isinstance(outcome, Mapped), outcome
        return outcome.item, outcome.changes

    async def all(self) -> dict[str, Any]:
        """Read the whole site, page by page, and return what the mapping makes of it, by id."""
        found: dict[str, Any] = {}
        for scope in await self.client.scopes():
            page = await self.client.backfill_page(scope, None)
            while True:
                assert not (found.keys() & {raw["id"] for raw in page.raws}), "an issue came twice"
                found |= {raw["id"]: self.mapped(raw) for raw in page.raws}
                if page.cursor is None:
                    break
                page = await self.client.backfill_page(scope, page.cursor)
        return found

    async def changed(self, since: str) -> list[str]:
        """Return the ids that changed, as the poll lists them."""
        scopes, ids = await self.client.scopes(), list[str]()
        cursor = None
        while True:
            page = await self.client.changed_page(scopes, since, cursor)
            ids += [listed.id for listed in page.items]
            cursor = page.cursor
            if cursor is None:
                return ids


@cache
def issues(items: int = 400) -> tuple[dict[str, Any], ...]:
    """Return the company's issues, made once for all tests."""
    company = build_company(1, TODAY, items)
    return tuple(item.raw for item in company.items_at(TODAY) if item.tracker is Tracker.JIRA)


@asynccontextmanager
async def company(kind: str = "cloud", lag: float = 0, **changes: Any) -> AsyncIterator[Company]:
    """Give the company's site of this kind with a client that has opened it."""
    site = JiraSite(kind=JiraKind(kind), now=lambda: found.at, index_lag=timedelta(seconds=lag))
    async with listening(build_jira(site), 0, "--jira-port") as url:
        site.base_url = url
        client = build_client(connection(url, kind=kind, **changes), "sandbox", SystemClock())
        found = Company(site, client)
        site.deliver = found.sent.append
        for raw in issues():
            site.put(raw)
        try:
            await client.open()
            yield found
        finally:
            await client.close()
