"""Whatever people do, in whatever order: both ends of everything agree, and no change goes untold."""

from collections.abc import Iterator
from random import Random

import pytest

from services.sandbox.asana.fields import everything
from services.sandbox.asana.journal import Happening
from services.sandbox.asana.records import Record
from services.sandbox.asana.site import AsanaSite
from services.sandbox.asana_people import AsanaPeople
from tests.sandbox.asana.serving import World

SEEDS = range(5)
ENDS_WITH_THE_FAR_END = {"dependencies", "dependents", "num_subtasks", "stories"}
"""What changes on a task when another one is deleted: no event of this one tells it."""


def busy(seed: int, acts: int) -> Iterator[World]:
    """A world in which people do so many things, one after the other."""
    world, random = World(), Random(seed)  # noqa: S311 -- no secret
    for number in range(12):
        world.task(str(number))
    field = world.site.plans.add_custom_field("Effort", "number")
    world.site.plans.use_custom_field(next(iter(world.site.store.all("project"))), field, None)
    people = AsanaPeople(world.site, random)
    names = list(people.acts)
    for _ in range(acts):
        world.time.pass_(minutes=random.choice((0, 1, 7)))
        people.acts[random.choices(names, [people.acts[name][0] for name in names])[0]][1]()
        yield world


def held(records: object) -> set[str]:
    return {one["gid"] for one in records} if isinstance(records, list | tuple) else set()


def check_ends(site: AsanaSite) -> None:
    tasks = site.tasks
    for gid, task in tasks.items():
        for name, there in (("dependencies", "dependents"), ("dependents", "dependencies")):
            for other in task.get(name, ()):
                assert tasks[other["gid"]] is other
                assert gid in held(other[there])
        if parent := task.get("parent"):
            assert tasks[parent["gid"]] is parent
            assert gid in held(parent["_subtasks"])
        for below in task.get("_subtasks", ()):
            assert below["parent"] is task
        for story in task.get("_stories", ()):
            assert site.store.all("story")[story["gid"]] is story


def check_shelves(site: AsanaSite) -> None:
    tasks = site.tasks
    for kind in ("project", "section"):
        for gid in site.store.all(kind):
            wanted = {task["gid"] for task in tasks.values()
                      if any(one[kind]["gid"] == gid for one in task.get("memberships", ()))}  # fmt: skip
            assert held(list(site.store.shelves[gid])) == wanted
    for gid, shelf in site.store.assigned.items():
        owned = {task["gid"] for task in tasks.values() if task.get("assignee") and task["assignee"]["gid"] == gid}
        assert held(list(shelf)) == owned


@pytest.mark.parametrize("seed", SEEDS)
def test_both_ends_agree_and_every_list_holds_what_stands_in_it(seed: int) -> None:
    for number, world in enumerate(busy(seed, 400)):
        if number % 20 == 0:
            check_ends(world.site)
            check_shelves(world.site)


def fields_of(site: AsanaSite) -> dict[str, Record]:
    return {gid: {name: value for name, value in everything(task).items() if name not in ENDS_WITH_THE_FAR_END}
            for gid, task in site.tasks.items()}  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_no_task_changes_without_an_event(seed: int) -> None:
    told: list[Happening] = []
    before: dict[str, Record] | None = None
    for world in busy(seed, 150):
        if before is None:
            world.site.journal.listeners.append(told.extend)
        after = fields_of(world.site)
        if before is not None:
            changed = {gid for gid in before.keys() | after.keys() if before.get(gid) != after.get(gid)}
            named = {one.event["resource"]["gid"] for one in told}
            named |= {one.event["parent"]["gid"] for one in told if "parent" in one.event}
            assert {gid for gid in changed if _itself(before.get(gid), after.get(gid))} <= named
        before = after
        told.clear()


def _itself(before: Record | None, after: Record | None) -> bool:
    """Tell a change of a task from a new name of what it points at."""
    far = ("parent",)
    bare = [one and {name: value for name, value in one.items() if name not in far} for one in (before, after)]
    return bare[0] != bare[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_time_of_modification_never_goes_back(seed: int) -> None:
    seen: dict[str, str] = {}
    for world in busy(seed, 200):
        for gid, task in world.site.tasks.items():
            assert task["modified_at"] >= seen.get(gid, "")
            seen[gid] = task["modified_at"]
