"""Streams of events: 412 first and when stale, a hundred a token, the same token the same answer."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.sandbox.asana.site import AsanaSite
from tests.sandbox.asana.serving import ANA, BO, BOATS, DOCKS, DOING, TODO, Caller, World, served


async def ask(caller: Caller, resource: str, sync: str | None = None) -> httpx.Response:
    return await caller.client.get("events", params={"resource": resource} | ({"sync": sync} if sync else {}))


async def first(caller: Caller, resource: str = BOATS) -> str:
    answer = await ask(caller, resource)
    assert answer.status_code == 412
    assert answer.json()["errors"][0]["message"].startswith("Sync token invalid or too old")
    return str(answer.json()["sync"])


def told(events: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Action, kind of resource, and the field or the parent that it is about, if there is one."""
    about = [(one.get("change") or {}).get("field") or (one.get("parent") or {}).get("name") for one in events]
    kinds = [(one["action"], one["resource"]["resource_type"]) for one in events]
    return [(*kind, name) if name else kind for kind, name in zip(kinds, about, strict=True)]


DONE_TO_A_TASK: dict[str, tuple[Callable[[AsanaSite, str], object], tuple[str, ...]]] = {
    "renamed": (lambda site, task: site.edit(task, {"name": "Mend it"}, BO), ("changed", "task", "name")),
    "due": (lambda site, task: site.edit(task, {"due_on": "2026-12-01"}, BO), ("changed", "task", "due_on")),
    "assigned": (lambda site, task: site.edit(task, {"assignee": ANA}, BO), ("changed", "task", "assignee")),
    "completed": (lambda site, task: site.complete(task, BO), ("changed", "task", "completed")),
    "commented": (lambda site, task: site.comment(task, "Hm", BO), ("added", "story", "Mend the hull")),
    "moved in": (lambda site, task: site.move_section(task, DOING, BO), ("added", "task", "Doing")),
    "moved out": (lambda site, task: site.move_section(task, DOING, BO), ("removed", "task", "To do")),
    "shared": (lambda site, task: site.add_to_project(task, DOCKS, BO), ("added", "task", "Docks")),
    "taken away": (lambda site, task: site.remove_from_project(task, BOATS, BO), ("removed", "task", "Boats")),
    "deleted": (lambda site, task: site.delete(task, BO), ("deleted", "task")),
}


@pytest.mark.parametrize("what", DONE_TO_A_TASK)
async def test_a_projects_stream_tells_what_is_done_to_its_tasks(what: str) -> None:
    world = World()
    task = world.task("Mend the hull")
    do, expected = DONE_TO_A_TASK[what]
    async with served(world) as caller:
        sync = await first(caller)
        do(world.site, task)
        answer = (await ask(caller, BOATS, sync)).json()
    assert expected in told(answer["data"])
    assert {one["user"]["gid"] for one in answer["data"]} == {BO}
    assert answer["has_more"] is False


async def test_no_value_is_told_of_what_is_no_resource() -> None:
    world = World()
    task = world.task()
    async with served(world) as caller:
        sync = await first(caller)
        world.site.edit(task, {"name": "Mend it", "assignee": ANA}, BO)
        events = (await ask(caller, BOATS, sync)).json()["data"]
    changes = {one["change"]["field"]: one["change"] for one in events if "change" in one}
    assert changes["name"] == {"field": "name", "action": "changed"}
    assert changes["assignee"]["new_value"]["gid"] == ANA


async def test_subtasks_are_told_in_the_stream_of_their_parents_project() -> None:
    world = World()
    task = world.task()
    below = world.site.create(None, {"name": "Sand"}, ANA, parent=task)
    async with served(world) as caller:
        sync, own = await first(caller), await first(caller, task)
        world.site.complete(below, BO)
        for resource, token in ((BOATS, sync), (task, own)):
            gids = {one["resource"]["gid"] for one in (await ask(caller, resource, token)).json()["data"]}
            assert below in gids


async def test_another_projects_stream_tells_nothing_of_it() -> None:
    world = World()
    task = world.task()
    async with served(world) as caller:
        sync = await first(caller, DOCKS)
        world.site.complete(task, BO)
        assert (await ask(caller, DOCKS, sync)).json()["data"] == []


async def test_a_token_gives_a_hundred_events_and_says_that_there_are_more() -> None:
    world = World()
    task = world.task()
    async with served(world) as caller:
        sync = await first(caller)
        stories = [world.site.comment(task, str(number), BO) for number in range(250)]
        found: list[str] = []
        for expected in (100, 100, 50):
            answer = (await ask(caller, BOATS, sync)).json()
            assert len(answer["data"]) == expected
            assert answer["has_more"] is (expected == 100 and len(found) < 200)
            found += [one["resource"]["gid"] for one in answer["data"]]
            sync = answer["sync"]
    assert found == stories


async def test_the_same_token_gives_the_same_answer_until_the_next_one_is_used() -> None:
    world = World()
    task = world.task()
    async with served(world) as caller:
        sync = await first(caller)
        world.site.complete(task, BO)
        once = (await ask(caller, BOATS, sync)).json()
        world.site.comment(task, "later", BO)
        assert (await ask(caller, BOATS, sync)).json() == once
        assert told((await ask(caller, BOATS, once["sync"])).json()["data"])[0][:2] == ("added", "story")
        assert (await ask(caller, BOATS, sync)).status_code == 412


@pytest.mark.parametrize("sync", ["made-up", "0123456789abcdef0123456789abcdef:0"])
async def test_an_unknown_token_is_answered_with_a_new_one(sync: str) -> None:
    world = World()
    async with served(world) as caller:
        answer = await ask(caller, BOATS, sync)
        assert answer.status_code == 412
        assert (await ask(caller, BOATS, answer.json()["sync"])).json()["data"] == []


async def test_a_token_of_one_stream_is_no_use_in_another() -> None:
    async with served(World()) as caller:
        assert (await ask(caller, DOCKS, await first(caller))).status_code == 412


async def test_a_token_lives_for_a_day_and_what_it_would_have_told_is_lost() -> None:
    world = World()
    task = world.task()
    async with served(world) as caller:
        sync = await first(caller)
        world.site.complete(task, BO)
        world.time.pass_(hours=25)
        answer = await ask(caller, BOATS, sync)
        assert answer.status_code == 412
        assert (await ask(caller, BOATS, answer.json()["sync"])).json()["data"] == []


async def test_events_may_be_lost_on_the_way() -> None:
    world = World()
    task = world.task()
    async with served(world) as caller:
        sync = await first(caller)
        world.site.events.is_lost = lambda: True
        world.site.complete(task, BO)
        world.site.events.is_lost = lambda: False
        world.site.comment(task, "told", BO)
        assert told((await ask(caller, BOATS, sync)).json()["data"]) == [("added", "story", "Mend the hull")]


@pytest.mark.parametrize(("resource", "status"), [("", 400), ("123", 404), (TODO, 400)])
async def test_only_what_can_be_followed_has_a_stream(resource: str, status: int) -> None:
    async with served(World()) as caller:
        assert (await ask(caller, resource)).status_code == status


async def test_goals_have_a_stream_of_their_own() -> None:
    world = World()
    goal = world.site.plans.add_goal("Float", ANA, {"target_number_value": 5})
    async with served(world) as caller:
        sync = await first(caller, goal)
        world.site.plans.set_metric(goal, 3, ANA)
        assert told((await ask(caller, goal, sync)).json()["data"]) == [("changed", "goal", "metric")]
