"""Asana's own client for Python works with the stand-in over HTTP, as somebody else wrote it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asana
import pytest
import urllib3
import uvicorn

from services.sandbox.asana.app import build_asana
from services.sandbox.asana.store import WORKSPACE_GID
from tests.sandbox.asana.serving import ANA, BO, BOATS, DOING, World
from tests.waiting import eventually


@asynccontextmanager
async def package(world: World) -> AsyncIterator[Any]:
    """The client, against a server on a free port."""
    server = uvicorn.Server(uvicorn.Config(build_asana(world.site), port=0, log_level="error"))
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    world.site.base_url = f"http://127.0.0.1:{port}"
    settings = asana.Configuration()
    settings.host = f"{world.site.base_url}/api/1.0"
    settings.access_token = "sandbox"  # noqa: S105 -- the sandbox's known token
    settings.retry_strategy = urllib3.Retry(0)
    try:
        yield asana.ApiClient(settings)
    finally:
        server.should_exit = True
        await task


async def ask(call: Callable[..., Any], *given: Any, **more: Any) -> Any:
    """Call the client in a thread, and read a list to its end."""

    def asked() -> Any:
        answer = call(*given, **more)
        return answer if isinstance(answer, dict) else list(answer)

    return await asyncio.to_thread(asked)


async def test_it_reads_a_project_to_its_end_page_by_page() -> None:
    world = World()
    gids = [world.task(str(number)) for number in range(230)]
    async with package(world) as client:
        listed = await ask(asana.TasksApi(client).get_tasks_for_project, BOATS, {"opt_fields": "name,assignee.name"})
        sections = await ask(asana.SectionsApi(client).get_sections_for_project, BOATS, {})
        me = await ask(asana.UsersApi(client).get_user, "me", {})
        spaces = await ask(asana.WorkspacesApi(client).get_workspaces, {})
    assert [one["gid"] for one in listed] == gids
    assert DOING in {one["gid"] for one in sections}
    assert me["name"] == "Leeway Connector"
    assert [one["gid"] for one in spaces] == [WORKSPACE_GID]


async def test_it_writes_tasks_comments_and_dependencies() -> None:
    world = World()
    async with package(world) as client:
        tasks, stories = asana.TasksApi(client), asana.StoriesApi(client)
        task = await ask(tasks.create_task, {"data": {"name": "Mend", "projects": [BOATS], "assignee": BO}}, {})
        other = await ask(tasks.create_task, {"data": {"name": "Wood", "projects": [BOATS]}}, {})
        await ask(tasks.add_dependencies_for_task, {"data": {"dependencies": [other["gid"]]}}, task["gid"])
        await ask(tasks.update_task, {"data": {"completed": True}}, other["gid"], {})
        comment = await ask(stories.create_story_for_task, {"data": {"text": "Noted"}}, task["gid"], {})
        await ask(stories.update_story, {"data": {"text": "Noted well"}}, comment["gid"], {})
        found = await ask(tasks.get_dependencies_for_task, task["gid"], {"opt_fields": "completed"})
        told = await ask(stories.get_stories_for_task, task["gid"], {"opt_fields": "resource_subtype,text"})
    assert found == [{"gid": other["gid"], "completed": True}]
    assert [one["text"] for one in told if one["resource_subtype"] == "comment_added"] == ["Noted well"]


async def test_it_follows_events_by_their_tokens() -> None:
    world = World()
    task = world.task()
    async with package(world) as client:
        events = asana.EventsApi(client)
        with pytest.raises(asana.rest.ApiException) as first:
            await asyncio.to_thread(events.get_events, BOATS, {}, full_payload=True)
        assert first.value.status == 412
        sync = json.loads(first.value.body)["sync"]
        world.site.complete(task, BO)
        answer = await asyncio.to_thread(events.get_events, BOATS, {"sync": sync}, full_payload=True)
    assert {one["resource"]["gid"] for one in answer["data"]} >= {task}
    assert answer["has_more"] is False


async def test_it_reads_goals_portfolios_and_statuses_and_sets_a_metric() -> None:
    world = World()
    plans, me = world.site.plans, world.site.store.account["gid"]
    goal = plans.add_goal("Float", ANA, {"target_number_value": 50})
    portfolio = plans.add_portfolio("All", me)
    plans.add_item(portfolio, BOATS, me)
    async with package(world) as client:
        body = {"data": {"current_number_value": 12}}
        changed = await ask(asana.GoalsApi(client).update_goal_metric, body, goal, {})
        goals = await ask(asana.GoalsApi(client).get_goals, {"workspace": WORKSPACE_GID})
        owned = await ask(asana.PortfoliosApi(client).get_portfolios, WORKSPACE_GID, {"owner": "me"})
        items = await ask(asana.PortfoliosApi(client).get_items_for_portfolio, portfolio, {})
        status = {"data": {"parent": goal, "text": "So", "status_type": "at_risk"}}
        await ask(asana.StatusUpdatesApi(client).create_status_for_object, status, {})
        said = await ask(asana.StatusUpdatesApi(client).get_statuses_for_object, goal, {"opt_fields": "status_type"})
    assert changed["metric"]["current_number_value"] == 12
    assert [one["gid"] for one in goals] == [goal]
    assert [one["gid"] for one in owned] == [portfolio]
    assert [one["gid"] for one in items] == [BOATS]
    assert [one["status_type"] for one in said] == ["at_risk"]


async def test_it_registers_and_deletes_a_webhook() -> None:
    world = World()
    async with package(world) as client:
        hooks = asana.WebhooksApi(client)
        body = {"data": {"resource": BOATS, "target": "http://127.0.0.1:9/x"}}
        made = await ask(hooks.create_webhook, body, {})
        listed = await ask(hooks.get_webhooks, WORKSPACE_GID, {})
        await ask(hooks.delete_webhook, made["gid"])
        assert await ask(hooks.get_webhooks, WORKSPACE_GID, {}) == []
    assert [one["gid"] for one in listed] == [made["gid"]]


async def test_it_sends_a_batch() -> None:
    world = World()
    async with package(world) as client:
        body = {"data": {"actions": [{"method": "get", "relative_path": f"/projects/{BOATS}"}]}}
        answers = await ask(asana.BatchAPIApi(client).create_batch_request, body, {})
    assert answers[0]["body"]["data"]["name"] == "Boats"


@pytest.mark.parametrize(("gid", "status"), [("1", 404), ("x", 400)])
async def test_it_is_told_what_is_wrong(gid: str, status: int) -> None:
    async with package(World()) as client:
        with pytest.raises(asana.rest.ApiException) as refused:
            await ask(asana.TasksApi(client).get_task, gid, {})
    assert refused.value.status == status
