"""Whole tasks come in: loaded in silence, or as something that happens now; what goes out can come in again."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from schemas.work_items import Tracker
from services.sandbox.asana.site import AsanaSite
from services.sandbox.company import Company, build_company
from tests.sandbox.asana.serving import ANA, BASE, BO, BOATS, DOING, DONE, START, TODO, World, served

TODAY = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
COMPARED = ("name", "completed", "completed_at", "created_at", "due_on", "assignee", "tags", "projects")


@cache
def company() -> Company:
    return build_company(1, TODAY)


def loaded(moment: datetime) -> AsanaSite:
    site = AsanaSite(now=lambda: moment, base_url=BASE)
    for item in company().items_at(moment):
        if item.tracker is Tracker.ASANA:
            site.put(item.raw)
    return site


def raw_task(**fields: Any) -> dict[str, Any]:
    section = {"gid": TODO, "name": "To do"}
    base = {"gid": "9001", "name": "Mend", "created_at": START.isoformat(), "modified_at": START.isoformat(),
            "memberships": [{"project": {"gid": BOATS, "name": "Boats"}, "section": section}]}  # fmt: skip
    return {**base, **fields}


def told(world: "Listening") -> list[tuple[str, str]]:
    return [(one.event["action"], one.event["resource"]["gid"]) for one in world.heard]


class Listening(World):
    """A world whose events are heard."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.heard: list[Any] = []
        self.site.journal.listeners.append(self.heard.extend)


@pytest.mark.parametrize("name", COMPARED)
def test_the_company_goes_in_and_comes_out_as_it_is(name: str) -> None:
    site = loaded(TODAY)
    for item in company().items_at(TODAY):
        if item.tracker is Tracker.ASANA:
            out = site.raw(item.raw["gid"])
            assert gids(out[name]) == gids(item.raw[name])
            assert [one["gid"] for one in out["stories"]] == [one["gid"] for one in item.raw["stories"]]


def gids(value: Any) -> Any:
    if isinstance(value, list):
        return [gids(one) for one in value]
    return value["gid"] if isinstance(value, dict) else value


def test_what_goes_out_can_come_in_again() -> None:
    site, other = loaded(TODAY), AsanaSite(now=lambda: TODAY, base_url=BASE)
    for gid in site.tasks:
        other.put(site.raw(gid))
    for gid in site.tasks:
        assert other.raw(gid) == site.raw(gid)


def test_the_company_played_step_by_step_ends_as_the_company_loaded_at_once() -> None:
    moment = company().days()[-20]
    site, at_once = loaded(moment), loaded(TODAY)
    for event in company().events(moment):
        if event.item.tracker is Tracker.ASANA:
            site.put(event.item.raw, event.at)
    assert set(site.tasks) == set(at_once.tasks)
    for gid in site.tasks:
        ours, theirs = site.raw(gid), at_once.raw(gid)
        ours["modified_at"] = theirs["modified_at"]
        for one in (ours, theirs):
            for side in ("dependencies", "dependents"):
                one[side].sort(key=lambda end: end["gid"])
        assert ours == theirs


def test_loading_tells_nobody() -> None:
    world = Listening()
    world.site.put(raw_task(stories=[{"gid": "5001", "created_at": START.isoformat(), "text": "Hm"}]))
    assert told(world) == []


CHANGES: dict[str, tuple[dict[str, Any], set[tuple[str, str]]]] = {
    "nothing": ({}, set()),
    "name": ({"name": "Fix"}, {("changed", "9001")}),
    "section": (
        {"memberships": [{"project": {"gid": BOATS}, "section": {"gid": DOING}}]},
        {("removed", "9001"), ("added", "9001")},
    ),
    "comment": (
        {"stories": [{"gid": "5001", "created_at": START.isoformat(), "text": "Hm", "created_by": {"gid": BO}}]},
        {("added", "5001")},
    ),
    "dependency": ({"dependencies": [{"gid": "9002"}]}, {("changed", "9001")}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_differs_is_told_and_nothing_else(what: str) -> None:
    world = Listening()
    world.site.put(raw_task())
    fields, expected = CHANGES[what]
    world.site.put(raw_task(**fields), START)
    assert set(told(world)) == expected


def test_a_new_task_is_told_as_added_to_its_project() -> None:
    world = Listening()
    world.site.put(raw_task(), START)
    assert told(world) == [("added", "9001")]
    assert world.heard[0].event["parent"]["gid"] == BOATS


@pytest.mark.parametrize(
    ("fields", "moves"),
    [
        ({"memberships": [{"project": {"gid": BOATS}, "section": {"gid": DONE}}]}, False),
        ({"name": "Fix"}, True),
        ({}, False),
    ],
)
def test_a_move_alone_leaves_the_time_of_modification(fields: dict[str, Any], moves: bool) -> None:
    world = World()
    world.site.put(raw_task())
    before = world.site.raw("9001")["modified_at"]
    world.site.put(raw_task(modified_at="2026-11-17T00:00:00Z", **fields), START)
    assert (world.site.raw("9001")["modified_at"] != before) is moves


async def test_a_comment_made_through_the_api_outlives_the_next_put() -> None:
    world = World()
    world.site.put(raw_task())
    async with served(world) as caller:
        comment = await caller.post("tasks/9001/stories", text="Noted")
        world.site.put(raw_task(name="Fix"), START)
        assert [one["gid"] for one in await caller.get("tasks/9001/stories")] == [comment["gid"]]


async def test_who_is_named_before_it_comes_is_not_there_yet() -> None:
    world = World()
    world.site.put(raw_task(dependencies=[{"gid": "9002"}], parent={"gid": "9003"}))
    async with served(world) as caller:
        assert (await caller.client.get("tasks/9002")).status_code == 404
        world.site.put(raw_task(gid="9002", name="Wood"))
        assert [one["gid"] for one in await caller.get("tasks/9002/dependents")] == ["9001"]
        world.site.put(raw_task(gid="9003", name="Boat"))
        assert [one["gid"] for one in await caller.get("tasks/9003/subtasks")] == ["9001"]


def test_it_learns_people_projects_sections_tags_and_custom_fields() -> None:
    site = AsanaSite(now=lambda: START, base_url=BASE)
    field = {"gid": "41", "name": "Size", "resource_subtype": "enum", "display_value": "L",
             "enum_value": {"gid": "42", "name": "L"}}  # fmt: skip
    site.put(raw_task(assignee={"gid": ANA, "name": "Ana Moor"}, tags=[{"gid": "7", "name": "wet"}],
                      custom_fields=[field]))  # fmt: skip
    store = site.store
    assert store.all("user")[ANA]["name"] == "Ana Moor"
    assert store.all("project")[BOATS]["name"] == "Boats"
    assert store.all("section")[TODO]["project"]["gid"] == BOATS
    assert store.all("tag")["7"]["name"] == "wet"
    assert [one["name"] for one in store.all("custom_field")["41"]["enum_options"]] == ["L"]
    assert store.all("project")[BOATS]["custom_field_settings"][0]["custom_field"]["gid"] == "41"


def test_a_task_put_again_after_it_was_deleted_is_there_again() -> None:
    world = World()
    world.site.put(raw_task())
    world.site.delete("9001", None)
    world.site.put(raw_task(name="Back"), START)
    assert world.site.raw("9001")["name"] == "Back"


def test_what_waits_for_a_deleted_task_does_not_bring_it_back() -> None:
    world = World()
    world.site.put(raw_task(gid="9002", name="Wood"))
    world.site.put(raw_task(dependencies=[{"gid": "9002"}], parent={"gid": "9002"}))
    world.site.set_parent("9001", None, BO)
    world.site.delete("9002", BO)
    world.site.put(raw_task(name="Fix", dependencies=[{"gid": "9002"}], parent={"gid": "9002"}), START)
    assert "9002" not in world.site.tasks
    assert (world.site.raw("9001")["dependencies"], world.site.raw("9001")["parent"]) == ([], None)
    world.site.put(raw_task(gid="9002", name="Wood", dependents=[{"gid": "9001"}]), START)
    assert [one["gid"] for one in world.site.raw("9001")["dependencies"]] == ["9002"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2026-11-16T09:00:00.000Z", "2026-11-16T09:00:00.000Z"),
        ("2026-11-16T09:00:00Z", "2026-11-16T09:00:00.000Z"),
        ("2026-11-16T10:00:00.123456+01:00", "2026-11-16T09:00:00.123Z"),
        ("2026-11-16", "2026-11-16T00:00:00.000Z"),
    ],
)
def test_times_are_kept_as_asana_writes_them(said: str, kept: str) -> None:
    world = World()
    world.site.put(raw_task(created_at=said))
    assert world.site.raw("9001")["created_at"] == kept
