"""Everything that our clients ask of a tracker, once; and what the plain `jira` package is known to ask wrongly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from jira import JIRA, JIRAError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.connectors.asana.client import build_client as asana_client
from services.connectors.jira.client import build_client as jira_client
from services.connectors.tracker import HookWanted, Scope, TrackerClient
from services.runtime.clock import SystemClock
from services.runtime.connections import AsanaConnection, JiraConnection
from services.sandbox.asana.store import WORKSPACE_GID
from services.sandbox.listening import listening
from services.sandbox.server import TOKEN

LONG_AGO_SECONDS: Final = 10 * 365 * 86_400.0
MANY: Final = 100
NOBODY: Final = "4999999999999999"


def jira_at(url: str) -> TrackerClient:
    """Return our client for the Jira at an address."""
    connection = JiraConnection.model_validate(
        {"id": "jira", "tracker": "jira", "url": url, "user": "ana@example.com", **_common()}
    )
    return jira_client(connection, TOKEN, SystemClock())


def asana_at(url: str) -> TrackerClient:
    """Return our client for the Asana at an address."""
    connection = AsanaConnection.model_validate(
        {"id": "asana", "tracker": "asana", "url": url, "workspace": WORKSPACE_GID, **_common()}
    )
    return asana_client(connection, TOKEN, SystemClock())


def _common() -> dict[str, object]:
    return {
        "token": "sandbox",
        "webhooks": {"address": "https://leeway.example.com", "secret": "hooks"},
        "comments": {"enabled": True, "projects": ["all"]},
    }


async def tour(client: TrackerClient) -> int:
    """Ask for everything, and return how many items there were."""
    await client.open()
    scopes = await client.scopes()
    await client.catalogue(scopes)
    ids = [id_ for scope in scopes for id_ in await _read(client, scope)]
    since = await client.high_water(scopes)
    assert since is not None
    await _changed(client, scopes, client.since_of(since, LONG_AGO_SECONDS))
    for start in range(0, len(ids), MANY):
        await client.fetch(ids[start : start + MANY])
    await client.fetch([NOBODY])
    await _comment(client, ids[0])
    for scope in scopes:
        await _events(client, scope, ids[0])
    await _hooks(client, scopes[0])
    await client.goals()
    await client.close()
    return len(ids)


async def _read(client: TrackerClient, scope: Scope) -> list[str]:
    """Read a scope whole, and list it; both bring the same items."""
    ids: list[str] = []
    cursor = None
    while True:
        page = await client.backfill_page(scope, cursor)
        ids += [client.id_of(raw) for raw in page.raws]
        if (cursor := page.cursor) is None:
            break
    listed: set[str] = set()
    while True:
        census = await client.census_page(scope, cursor)
        listed |= {item.id for item in census.items}
        if (cursor := census.cursor) is None:
            break
    assert listed == set(ids), scope
    return ids


async def _changed(client: TrackerClient, scopes: tuple[Scope, ...], since: str) -> None:
    cursor = None
    while True:
        page = await client.changed_page(scopes, since, cursor)
        if (cursor := page.cursor) is None:
            return


async def _comment(client: TrackerClient, item: str) -> None:
    comment = await client.add_comment(item, "Waits for GROW-1, see https://leeway.example.com/f/1.")
    await client.edit_comment(item, comment, "Waits no more.")
    assert (comment, "Waits no more.") in await client.comments(item)


async def _events(client: TrackerClient, scope: Scope, item: str) -> None:
    first = await client.events_page(scope, None)
    if first is not None:
        await client.add_comment(item, "Something happens.")
        await client.events_page(scope, first.token)


async def _hooks(client: TrackerClient, scope: Scope) -> None:
    async with _receiver() as url:
        made = await client.create_hook(HookWanted(scope.id, f"{url}/hook"), "secret")
        assert {hook.target for hook in await client.hooks()} == {made.target}
        renewed = await client.renew_hook(made)
        await client.delete_hook(renewed)
        assert await client.hooks() == ()


@asynccontextmanager
async def _receiver() -> AsyncIterator[str]:
    """Take deliveries, and give a secret back to who sends it."""

    async def take(request: Request) -> Response:
        secret = request.headers.get("x-hook-secret")
        return Response(headers={"x-hook-secret": secret} if secret else {})

    async with listening(Starlette(routes=[Route("/hook", take, methods=["POST"])]), 0, "--port") as url:
        yield url


async def package_tour(url: str) -> None:
    """Ask with the plain `jira` package what it is known to ask wrongly: it shows that the check would see it."""
    await asyncio.to_thread(_ask_wrongly, url)


def _ask_wrongly(url: str) -> None:
    client = JIRA(url, basic_auth=("ana@example.com", TOKEN), options={"rest_api_version": "3"}, max_retries=0)
    one, other = client.search_issues("created >= 0 ORDER BY key", fields="status", maxResults=2)
    client.create_issue_link("Relates", one.key, other.key)
    move = client.transitions(one.key)[0]["id"]
    client.transition_issue(one.key, move)
    try:
        client.search_issues("created >= 0", fields="status", maxResults=2, use_post=True)
    except JIRAError as refused:
        assert refused.status_code == 400  # noqa: PT017 -- nothing says that a site has to refuse it
