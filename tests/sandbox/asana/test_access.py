"""Who may ask what and how often, how a refusal reads, and several requests in one."""

from typing import Any

import httpx
import pytest

from services.sandbox.asana.app import build_asana
from services.sandbox.asana.store import WORKSPACE_GID
from tests.sandbox.asana.serving import ANA, BASE, BO, BOATS, DOCKS, World, client_of, served


@pytest.mark.parametrize(
    ("header", "status"),
    [("Bearer sandbox", 200), ("bearer sandbox", 200), ("Bearer other", 401), ("Basic sandbox", 401), ("", 401)],
)
async def test_the_token_opens_and_nothing_else_does(header: str, status: int) -> None:
    async with served(World()) as caller:
        answer = await caller.client.get("users/me", headers={"Authorization": header})
    assert answer.status_code == status
    if status == 401:
        assert answer.json()["errors"][0]["message"] == "Not Authorized"


async def test_a_token_of_ones_choice_opens_too() -> None:
    chosen = "another"
    async with client_of(build_asana(World().site, token=chosen), chosen) as client:
        assert (await client.get("users/me")).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("tasks/1", 404), ("tasks/abc", 400), ("projects/1", 404), ("nothing", 404), ("tasks/1/nothing", 404),
        ("stories/1", 404), ("goals/1", 404), ("users/1", 404), ("webhooks/1", 404), ("tasks?project=1", 404),
        ("", 404), ("a/b/c/d/e", 404), (f"workspaces/{WORKSPACE_GID}/events", 403),
    ],
)  # fmt: skip
async def test_what_is_not_there_reads_as_asana_says_it(path: str, status: int) -> None:
    async with served(World()) as caller:
        answer = await caller.client.get(path)
    assert answer.status_code == status
    assert set(answer.json()["errors"][0]) == {"message", "help"}


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"data": 3}', b"\xff"])
async def test_a_body_that_cannot_be_read_is_refused(body: bytes) -> None:
    async with served(World()) as caller:
        assert (await caller.client.post("tasks", content=body)).status_code == 400


async def test_a_hidden_project_is_forbidden_with_all_that_is_in_it_alone() -> None:
    world = World()
    task, shared_task = world.task(), world.task()
    below = world.site.create(None, {"name": "Below"}, ANA, parent=task)
    comment = world.site.comment(task, "Hm", BO)
    world.site.add_to_project(shared_task, DOCKS, ANA)
    world.site.hide(BOATS)
    paths = (f"projects/{BOATS}", f"tasks/{task}", f"tasks/{below}", f"stories/{comment}", f"tasks?project={BOATS}",
             f"events?resource={BOATS}", f"projects/{BOATS}/sections")  # fmt: skip
    async with served(world) as caller:
        for path in paths:
            assert (await caller.client.get(path)).status_code == 403, path
        assert (await caller.client.get(f"tasks/{shared_task}")).status_code == 200
        assert [one["gid"] for one in await caller.get("projects", workspace=WORKSPACE_GID)] == [DOCKS]
        world.site.show(BOATS)
        assert (await caller.client.get(f"tasks/{below}")).status_code == 200


async def test_too_many_requests_a_minute_are_told_when_to_come_again() -> None:
    world = World()
    world.site.requests_a_minute = 3
    async with served(world) as caller:
        assert [(await caller.client.get("users/me")).status_code for _ in range(3)] == [200] * 3
        world.time.pass_(seconds=20)
        refused = await caller.client.get("users/me")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "41")
        world.time.pass_(seconds=41)
        assert (await caller.client.get("users/me")).status_code == 200


async def test_what_is_refused_counts_as_well() -> None:
    """At 65 s the two calls of the last minute are one that was taken and one that was refused."""
    world = World()
    world.site.requests_a_minute = 2
    async with served(world) as caller:
        for wait, status in ((0, 200), (10, 200), (10, 429), (45, 429), (65, 200)):
            world.time.pass_(seconds=wait)
            assert (await caller.client.get("users/me")).status_code == status


def action(method: str, path: str, **more: Any) -> dict[str, Any]:
    return {"method": method, "relative_path": path, **more}


async def test_each_request_of_a_batch_has_its_own_answer() -> None:
    world = World()
    task = world.task("Mend")
    actions = [
        action("get", f"/tasks/{task}", options={"fields": ["name"]}),
        action("get", "/tasks/1"),
        action("put", f"/tasks/{task}", data={"name": "Fix"}),
        action("get", f"/projects/{BOATS}/tasks?opt_fields=name", options={"limit": 1}),
        action("get", "/tasks", data={"project": BOATS, "limit": 0}),
    ]
    async with served(world) as caller:
        answers = await caller.post("batch", actions=actions)
    assert [one["status_code"] for one in answers] == [200, 404, 200, 200, 400]
    assert answers[0]["body"]["data"] == {"gid": task, "name": "Mend"}
    assert answers[3]["body"] == {"data": [{"gid": task, "name": "Fix"}], "next_page": None}


@pytest.mark.parametrize("actions", [None, "x", ["x"], [action("get", "/users/me")] * 11, [action("post", "/batch")]])
async def test_a_batch_is_a_list_of_at_most_ten_without_a_batch(actions: Any) -> None:
    async with served(World()) as caller:
        assert (await caller.send("POST", "batch", actions=actions)).status_code == 400


async def test_each_request_of_a_batch_counts() -> None:
    world = World()
    world.site.requests_a_minute = 10
    async with served(world) as caller:
        await caller.post("batch", actions=[action("get", "/users/me")] * 10)
        assert (await caller.client.get("users/me")).status_code == 429


SEARCHES: dict[str, tuple[dict[str, str], set[str]]] = {
    "all": ({}, {"hull", "mast", "rope"}),
    "text": ({"text": "MAST"}, {"mast"}),
    "done": ({"completed": "true"}, {"rope"}),
    "open": ({"completed": "false"}, {"hull", "mast"}),
    "blocked": ({"is_blocked": "true"}, {"hull"}),
    "blocking": ({"is_blocking": "true"}, {"mast"}),
    "assignee": ({"assignee.any": BO}, {"mast"}),
    "project": ({"projects.any": DOCKS}, {"rope"}),
    "later": ({"created_at.after": "2026-11-16T09:30:00Z"}, {"rope"}),
    "earlier": ({"created_at.before": "2026-11-16T09:30:00Z"}, {"hull", "mast"}),
}


def searched() -> World:
    world = World()
    hull, mast = world.task("hull"), world.task("mast", assignee=BO)
    world.site.add_dependency(hull, mast, ANA)
    world.time.pass_(hours=1)
    world.site.complete(world.task("rope", DOCKS), BO)
    return world


@pytest.mark.parametrize("what", SEARCHES)
async def test_the_search_finds_what_is_asked_for(what: str) -> None:
    query, expected = SEARCHES[what]
    async with served(searched()) as caller:
        found = await caller.get(f"workspaces/{WORKSPACE_GID}/tasks/search", **query)
    assert {one["name"] for one in found} == expected


@pytest.mark.parametrize("up", ["true", "false"])
async def test_the_search_is_walked_by_its_order_and_not_by_offsets(up: str) -> None:
    async with served(searched()) as caller:
        path, query = f"workspaces/{WORKSPACE_GID}/tasks/search", {"sort_by": "created_at", "sort_ascending": up}
        first = await caller.get(path, limit="1", opt_fields="name,created_at", **query)
        assert first[0]["name"] == {"true": "hull", "false": "rope"}[up]
        for wrong in ({"offset": "x"}, {"limit": "101"}, {"sort_by": "name"}):
            assert (await caller.client.get(path, params=wrong)).status_code == 400


async def test_the_search_lags_behind_and_is_not_for_everybody() -> None:
    world = searched()
    world.site.index_lag = world.time.at - world.time.at.replace(hour=9, minute=30)
    path = f"workspaces/{WORKSPACE_GID}/tasks/search"
    async with served(world) as caller:
        assert {one["name"] for one in await caller.get(path)} == {"hull", "mast"}
        world.time.pass_(hours=1)
        assert len(await caller.get(path)) == 3
        world.site.is_premium = False
        assert (await caller.client.get(path)).status_code == 402


async def test_typing_ahead_finds_names() -> None:
    async with served(searched()) as caller:
        found = await caller.get(f"workspaces/{WORKSPACE_GID}/typeahead", resource_type="project", query="doc")
        wrong = await caller.client.get(f"workspaces/{WORKSPACE_GID}/typeahead", params={"resource_type": "boat"})
    assert [one["gid"] for one in found] == [DOCKS]
    assert wrong.status_code == 400


async def test_a_client_that_refreshes_its_token_gets_the_one_that_there_is() -> None:
    async with served(World()) as caller:
        answer = await caller.client.post(f"{BASE}/-/oauth_token", data={"grant_type": "refresh_token"})
    assert answer.json()["access_token"] == "sandbox"  # noqa: S105 -- the known one


async def test_a_fault_of_our_own_reads_as_one_of_asanas() -> None:
    world = World()

    def broken() -> Any:
        raise ZeroDivisionError

    world.site.hooks.all = broken  # type: ignore[method-assign]
    transport = httpx.ASGITransport(build_asana(world.site), raise_app_exceptions=False)
    headers = {"Authorization": "Bearer sandbox"}
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
        answer = await client.get("/api/1.0/webhooks", params={"workspace": WORKSPACE_GID})
    assert answer.status_code == 500
    assert set(answer.json()["errors"][0]) == {"message", "help", "phrase"}
