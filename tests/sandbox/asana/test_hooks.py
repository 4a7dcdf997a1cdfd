"""Webhooks: handshake in the call, signatures over the bytes, filters, heartbeats, and the end of one that fails."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox.asana.hooks import shake_hands
from services.sandbox.asana.store import WORKSPACE_GID
from tests.sandbox.asana.serving import ANA, BO, BOATS, DOCKS, Caller, World, served
from tests.waiting import eventually

TARGET = "http://127.0.0.1:9/hook"


async def hooked(caller: Caller, resource: str = BOATS, **more: Any) -> httpx.Response:
    return await caller.send("POST", "webhooks", resource=resource, target=TARGET, **more)


def bodies(world: World) -> list[list[dict[str, Any]]]:
    return [json.loads(call.body)["events"] for call in world.sent]


async def test_a_webhook_begins_with_a_handshake_and_a_heartbeat() -> None:
    world = World()
    async with served(world) as caller:
        answer = await hooked(caller)
    assert answer.status_code == 201
    assert answer.json()["data"]["active"] is True
    assert len(answer.json()["X-Hook-Secret"]) == 64
    assert [call.url for call in world.sent] == [TARGET]
    assert bodies(world) == [[]]


@pytest.mark.parametrize("kind", ["task", "project", "goal"])
async def test_each_delivery_is_signed_over_its_bytes(kind: str) -> None:
    world = World()
    resource = {"task": world.task(), "project": BOATS, "goal": world.site.plans.add_goal("Float", ANA)}[kind]
    async with served(world) as caller:
        secret = (await hooked(caller, resource)).json()["X-Hook-Secret"]
        world.site.comment(world.task(), "Hm", BO)
        world.site.plans.edit_goal(resource, {"name": "Sail"}, ANA) if kind == "goal" else None
    assert world.sent
    for call in world.sent:
        expected = hmac.new(secret.encode(), call.body, hashlib.sha256).hexdigest()
        assert call.headers["X-Hook-Signature"] == expected


async def test_a_target_that_does_not_give_the_secret_back_gets_no_webhook() -> None:
    world = World(echo=False)
    async with served(world) as caller:
        assert (await hooked(caller)).status_code == 400
        assert await caller.get("webhooks", workspace=WORKSPACE_GID) == []
    assert world.sent == []


@pytest.mark.parametrize(
    ("resource", "more", "status"),
    [
        ("123", {}, 404),
        ("", {}, 400),
        (ANA, {}, 400),
        (WORKSPACE_GID, {}, 400),
        (WORKSPACE_GID, {"filters": [{"resource_type": "task"}]}, 400),
        (WORKSPACE_GID, {"filters": [{"resource_type": "project", "fields": ["name"]}]}, 400),
        (WORKSPACE_GID, {"filters": [{"resource_type": "project", "action": "added"}]}, 201),
        (BOATS, {"filters": "task"}, 400),
        (BOATS, {"filters": [{"resource_type": "task", "action": "changed", "fields": ["due_on"]}]}, 201),
    ],
)
async def test_what_may_be_listened_to(resource: str, more: dict[str, Any], status: int) -> None:
    async with served(World()) as caller:
        assert (await hooked(caller, resource, **more)).status_code == status


async def test_one_thing_done_is_one_delivery_with_ids_only() -> None:
    world = World()
    task = world.task()
    async with served(world) as caller:
        await hooked(caller)
    world.site.edit(task, {"due_on": "2026-12-01", "assignee": BO}, ANA)
    assert len(world.sent) == 2
    events = bodies(world)[1]
    assert [one["change"]["field"] for one in events if "change" in one] == ["assignee", "due_on"]
    assert events[0]["resource"] == {"gid": task, "resource_type": "task", "resource_subtype": "default_task"}
    assert events[0]["change"]["new_value"] == {"gid": BO, "resource_type": "user"}
    assert events[0]["user"] == {"gid": ANA, "resource_type": "user"}


FILTERS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "all tasks": ({"resource_type": "task"}, {"changed task", "added task", "deleted task"}),
    "changed": ({"action": "changed"}, {"changed task"}),
    "one field": ({"resource_type": "task", "action": "changed", "fields": ["due_on"]}, {"changed task"}),
    "comments": ({"resource_type": "story", "resource_subtype": "comment_added"}, {"added story"}),
    "deleted": ({"resource_type": "task", "action": "deleted"}, {"deleted task"}),
    "nothing": ({"resource_type": "section"}, set()),
}


@pytest.mark.parametrize("name", FILTERS)
async def test_filters_let_through_what_they_name(name: str) -> None:
    world = World()
    rule, expected = FILTERS[name]
    async with served(world) as caller:
        await hooked(caller, filters=[rule])
    task = world.task()
    world.site.edit(task, {"name": "Other"}, BO)
    world.site.edit(task, {"due_on": "2026-12-01"}, BO)
    world.site.comment(task, "Hm", BO)
    world.site.delete(task, BO)
    told = [one for body in bodies(world) for one in body]
    assert {f"{one['action']} {one['resource']['resource_type']}" for one in told} == expected
    if "fields" in rule:
        assert {one["change"]["field"] for one in told} == {"due_on"}


async def test_a_webhook_of_the_workspace_hears_of_projects_and_never_of_tasks() -> None:
    world = World()
    async with served(world) as caller:
        await hooked(caller, WORKSPACE_GID, filters=[{"action": "added"}, {"action": "changed"}])
    world.site.comment(world.task(), "Hm", BO)
    world.site.plans.add_project("Oars", ANA)
    assert [[one["resource"]["resource_type"] for one in body] for body in bodies(world)] == [[], ["project"]]


async def test_other_projects_and_hidden_ones_send_nothing() -> None:
    world = World()
    task = world.task()
    async with served(world) as caller:
        await hooked(caller)
    world.task("Elsewhere", DOCKS)
    world.site.hide(BOATS)
    world.site.complete(task, BO)
    assert bodies(world) == [[]]


async def test_a_heartbeat_comes_every_eight_hours() -> None:
    world = World()
    async with served(world) as caller:
        await hooked(caller)
    for hours, beats in ((7.9, 1), (0.2, 2), (1, 2), (8, 3)):
        world.time.pass_(hours=hours)
        world.site.beat()
        assert bodies(world) == [[]] * beats


async def test_a_webhook_that_fails_for_a_day_ends_and_one_success_saves_it() -> None:
    world = World()
    async with served(world) as caller:
        gid = (await hooked(caller)).json()["data"]["gid"]
        call = world.sent[0]
        world.site.hook_answered(call, "answered 500")
        failed = await caller.get(f"webhooks/{gid}", opt_fields="last_failure_content,delivery_retry_count")
        assert failed == {"gid": gid, "last_failure_content": "answered 500", "delivery_retry_count": 1}
        world.time.pass_(hours=23)
        world.site.hook_answered(call, None)
        world.time.pass_(hours=2)
        assert (await caller.client.get(f"webhooks/{gid}")).status_code == 200
        world.site.hook_answered(call, "ReadTimeout")
        world.time.pass_(hours=24)
        assert (await caller.client.get(f"webhooks/{gid}")).status_code == 404
    sent = len(world.sent)
    world.task()
    assert len(world.sent) == sent


async def test_webhooks_are_listed_changed_and_deleted() -> None:
    world = World()
    async with served(world) as caller:
        gid = (await hooked(caller)).json()["data"]["gid"]
        await hooked(caller, DOCKS)
        assert (await hooked(caller)).status_code == 400
        assert len(await caller.get("webhooks", workspace=WORKSPACE_GID)) == 2
        assert [one["gid"] for one in await caller.get("webhooks", workspace=WORKSPACE_GID, resource=BOATS)] == [gid]
        changed = await caller.send("PUT", f"webhooks/{gid}", filters=[{"resource_type": "task"}])
        assert changed.json()["data"]["filters"] == [{"resource_type": "task"}]
        assert (await caller.send("DELETE", f"webhooks/{gid}")).status_code == 200
        assert (await caller.client.get(f"webhooks/{gid}")).status_code == 404


@asynccontextmanager
async def receiver(answer: Response, seen: list[str]) -> AsyncIterator[str]:
    """A server that notes the secret which it is sent, and gives the answer; with `echo`, the secret too."""

    async def receive(request: Request) -> Response:
        secret = request.headers["X-Hook-Secret"]
        seen.append(secret)
        if request.url.path == "/echo":
            return Response(status_code=answer.status_code, headers={"X-Hook-Secret": secret})
        return answer

    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=[Route("/{path:path}", receive, methods=["POST"])]), port=0, log_level="error")
    )
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@pytest.mark.parametrize(("path", "status", "works"), [("echo", 200, True), ("echo", 204, True), ("echo", 500, False),
                                                       ("silent", 200, False)])  # fmt: skip
async def test_the_handshake_goes_over_http(path: str, status: int, works: bool) -> None:
    seen: list[str] = []
    async with receiver(Response(status_code=status), seen) as address:
        back = await shake_hands(f"{address}/{path}", "hush")
    assert seen == ["hush"]
    assert back == ("hush" if works else None)


@pytest.mark.parametrize("target", ["http://127.0.0.1:1/", "http://[", "not an address"])
async def test_a_target_that_cannot_be_reached_shakes_no_hands(target: str) -> None:
    assert await shake_hands(target, "hush") is None
