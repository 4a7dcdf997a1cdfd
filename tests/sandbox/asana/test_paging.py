"""Pages: of at most a hundred, found again by an offset that is Asana's own, and stable while others write."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from services.sandbox.asana.records import Shelf
from tests.sandbox.asana.serving import BASE, BOATS, START, Caller, World, served


async def pages(caller: Caller, path: str, **query: Any) -> list[list[str]]:
    found: list[list[str]] = []
    while True:
        answer = (await caller.client.get(path, params=query)).json()
        found.append([one["gid"] for one in answer["data"]])
        if answer["next_page"] is None:
            return found
        query["offset"] = answer["next_page"]["offset"]


@pytest.mark.parametrize(("count", "limit", "sizes"), [(0, 5, [0]), (5, 5, [5]), (6, 5, [5, 1]), (11, 5, [5, 5, 1])])
async def test_pages_hold_everything_once(count: int, limit: int, sizes: list[int]) -> None:
    world = World()
    gids = [world.task(f"Task {number}") for number in range(count)]
    async with served(world) as caller:
        found = await pages(caller, f"projects/{BOATS}/tasks", limit=limit)
    assert [len(page) for page in found] == sizes
    assert [gid for page in found for gid in page] == gids


async def test_the_next_page_comes_with_its_path_and_address() -> None:
    world = World()
    for number in range(3):
        world.task(str(number))
    async with served(world) as caller:
        answer = await caller.client.get("tasks", params={"project": BOATS, "limit": 2, "opt_fields": "name"})
        following = answer.json()["next_page"]
        assert following["uri"] == f"{BASE}/api/1.0{following['path']}"
        second = (await caller.client.get(following["uri"])).json()
    assert [one["name"] for one in second["data"]] == ["2"]
    assert second["next_page"] is None


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1.5", ""])
async def test_a_limit_beyond_one_to_a_hundred_is_refused(limit: str) -> None:
    async with served(World()) as caller:
        answer = await caller.client.get("users", params={"limit": limit})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith("limit")


@pytest.mark.parametrize("offset", ["made-up", "", urlsafe_b64encode(b"12345678[0]").decode(), "é"])
async def test_an_offset_that_nobody_gave_is_refused(offset: str) -> None:
    async with served(World()) as caller:
        assert (await caller.client.get("users", params={"limit": 1, "offset": offset})).status_code == 400


async def test_an_offset_of_another_list_or_of_long_ago_is_refused() -> None:
    world = World()
    async with served(world) as caller:
        answer = (await caller.client.get("users", params={"limit": 1})).json()
        offset = answer["next_page"]["offset"]
        assert (await caller.client.get("projects", params={"limit": 1, "offset": offset})).status_code == 400
        world.time.pass_(minutes=59)
        assert (await caller.client.get("users", params={"limit": 1, "offset": offset})).status_code == 200
        world.time.pass_(minutes=2)
        assert (await caller.client.get("users", params={"limit": 1, "offset": offset})).status_code == 400


async def test_without_a_limit_there_is_one_page_cut_at_a_thousand() -> None:
    world = World()
    for number in range(1001):
        world.site.put({"gid": str(9000 + number), "created_at": START.isoformat(), "projects": [{"gid": BOATS}]})
    async with served(world) as caller:
        answer = (await caller.client.get("tasks", params={"project": BOATS})).json()
    assert len(answer["data"]) == 1000
    assert "next_page" not in answer


async def test_who_pages_misses_nothing_that_stays_while_others_come_and_go() -> None:
    world = World()
    gids = [world.task(str(number)) for number in range(6)]
    async with served(world) as caller:
        first = (await caller.client.get("tasks", params={"project": BOATS, "limit": 2})).json()
        world.site.delete(gids[0], None)
        world.site.delete(gids[3], None)
        new = world.task("new")
        rest = await pages(caller, "tasks", project=BOATS, limit=2, offset=first["next_page"]["offset"])
    assert [gid for page in rest for gid in page] == [gids[2], gids[4], gids[5], new]


@pytest.mark.parametrize("count", [5, 2500])
def test_changed_since_agrees_with_going_through_all(count: int) -> None:
    """In whatever order the times come, and whether what changed is little or much."""
    shelf = Shelf()
    for number in range(count):
        shelf.add({"gid": str(number), "modified_at": f"{number * 7919 % count:05}"})
    for since in ("00000", f"{count // 2:05}", f"{count - 1:05}", "99999"):
        expected = [one["gid"] for one in shelf if one["modified_at"] >= since]
        found: list[str] = []
        position: int | None = 0
        while position is not None:
            page, position = shelf.page(position, 100, None, since)
            found += [one["gid"] for one in page]
        assert found == expected
