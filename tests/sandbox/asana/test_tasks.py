"""Tasks: what each change leaves behind, when the time of modification moves, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from services.sandbox.asana.site import AsanaSite
from tests.sandbox.asana.serving import ANA, BO, BOATS, DOCKS, DOING, DONE, TODO, World, served

Do = Callable[[AsanaSite, dict[str, str]], object]


def prepared() -> tuple[World, dict[str, str]]:
    """A task with everything that can be taken away again, some minutes ago."""
    world = World()
    site, task = world.site, world.task("Mend", assignee=ANA)
    names = {"task": task, "other": world.task("Paint"), "third": world.task("Sand"), "tag": site.plans.add_tag("wet"),
             "tag2": site.plans.add_tag("dry"), "comment": site.comment(task, "Hm", BO),
             "below": site.create(None, {"name": "Below"}, BO, parent=task)}  # fmt: skip
    for name, kind, options in (("text", "text", ()), ("number", "number", ()), ("enum", "enum", ("Open", "Shut"))):
        names[name] = site.plans.add_custom_field(name, kind, ANA, options)
        site.plans.use_custom_field(BOATS, names[name], ANA)
    names["option"] = site.store.get("custom_field", names["enum"])["enum_options"][1]["gid"]
    site.add_dependency(task, names["third"], BO)
    site.add_tag(task, names["tag2"], BO)
    site.add_to_project(task, DOCKS, BO)
    world.time.pass_(minutes=5)
    return world, names


CHANGES: dict[str, tuple[Do, str, bool]] = {
    "name": (lambda site, gid: site.edit(gid["task"], {"name": "Fix"}, BO), "name_changed", True),
    "notes": (lambda site, gid: site.edit(gid["task"], {"notes": "How"}, BO), "notes_changed", True),
    "due": (lambda site, gid: site.edit(gid["task"], {"due_on": "2027-01-01"}, BO), "due_date_changed", True),
    "start": (lambda site, gid: site.edit(gid["task"], {"start_on": "2027-01-01"}, BO), "start_date_changed", True),
    "assign": (lambda site, gid: site.edit(gid["task"], {"assignee": BO}, BO), "assigned", True),
    "unassign": (lambda site, gid: site.edit(gid["task"], {"assignee": None}, BO), "unassigned", True),
    "complete": (lambda site, gid: site.complete(gid["task"], BO), "marked_complete", True),
    "kind": (
        lambda site, gid: site.edit(gid["task"], {"resource_subtype": "milestone"}, BO),
        "resource_subtype_changed",
        True,
    ),
    "tag": (lambda site, gid: site.add_tag(gid["task"], gid["tag"], BO), "added_to_tag", True),
    "untag": (lambda site, gid: site.remove_tag(gid["task"], gid["tag2"], BO), "removed_from_tag", True),
    "depend": (lambda site, gid: site.add_dependency(gid["task"], gid["other"], BO), "dependency_added", True),
    "block": (lambda site, gid: site.add_dependency(gid["other"], gid["task"], BO), "dependent_added", True),
    "free": (lambda site, gid: site.remove_dependency(gid["task"], gid["third"], BO), "dependency_removed", True),
    "comment": (lambda site, gid: site.comment(gid["task"], "Oh", BO), "comment_added", True),
    "text": (
        lambda site, gid: site.edit(gid["task"], {"custom_fields": {gid["text"]: "x"}}, BO),
        "text_custom_field_changed",
        True,
    ),
    "number": (
        lambda site, gid: site.edit(gid["task"], {"custom_fields": {gid["number"]: 3}}, BO),
        "number_custom_field_changed",
        True,
    ),
    "enum": (
        lambda site, gid: site.edit(gid["task"], {"custom_fields": {gid["enum"]: gid["option"]}}, BO),
        "enum_custom_field_changed",
        True,
    ),
    "section": (lambda site, gid: site.move_section(gid["task"], DOING, BO), "section_changed", False),
    "project": (lambda site, gid: site.add_to_project(gid["other"], DOCKS, BO), "added_to_project", False),
    "less": (lambda site, gid: site.remove_from_project(gid["task"], DOCKS, BO), "removed_from_project", False),
    "follow": (lambda site, gid: site.follow(gid["task"], ANA, BO), "follower_added", False),
    "parent": (lambda site, gid: site.set_parent(gid["task"], gid["other"], BO), "added_to_task", False),
    "no parent": (lambda site, gid: site.set_parent(gid["below"], None, BO), "removed_from_task", False),
}
"""What is done, the story that it leaves, and whether the time of modification moves: moves and followers leave it."""


@pytest.mark.parametrize("what", CHANGES)
def test_each_change_leaves_its_story_and_only_moves_leave_the_time_of_modification(what: str) -> None:
    world, gids = prepared()
    do, subtype, bumps = CHANGES[what]
    about = {"project": gids["other"], "no parent": gids["below"]}.get(what, gids["task"])
    before = world.site.raw(about)
    do(world.site, gids)
    after = world.site.raw(about)
    new = after["stories"][len(before["stories"]) :]
    assert [story["resource_subtype"] for story in new] == [subtype]
    assert new[0]["created_by"]["gid"] == BO
    assert (after["modified_at"] > before["modified_at"]) is bumps


@pytest.mark.parametrize("what", CHANGES)
def test_what_changes_nothing_leaves_nothing_behind(what: str) -> None:
    world, gids = prepared()
    do, subtype, _ = CHANGES[what]
    do(world.site, gids)
    before = world.site.raw(gids["task"])
    do(world.site, gids)
    assert (world.site.raw(gids["task"]) == before) is (subtype != "comment_added")


@pytest.mark.parametrize(
    ("fields", "pair"),
    [
        ({"name": "Fix"}, {"old_name": "Mend", "new_name": "Fix"}),
        (
            {"due_on": "2027-01-01"},
            {"old_dates": {"start_on": None, "due_at": None, "due_on": None},
             "new_dates": {"start_on": None, "due_at": None, "due_on": "2027-01-01"}},
        ),
        ({"resource_subtype": "milestone"},
         {"old_resource_subtype": "default_task", "new_resource_subtype": "milestone"}),
    ],
)  # fmt: skip
def test_stories_tell_old_and_new(fields: dict[str, Any], pair: dict[str, Any]) -> None:
    world, gids = prepared()
    world.site.edit(gids["task"], fields, BO)
    story = world.site.raw(gids["task"])["stories"][-1]
    assert {name: value for name, value in story.items() if name.startswith(("old_", "new_"))} == pair


def test_a_move_tells_both_sections_and_a_dependency_its_other_end() -> None:
    world, gids = prepared()
    world.site.move_section(gids["task"], DONE, BO)
    world.site.add_dependency(gids["task"], gids["other"], BO)
    move, link = world.site.raw(gids["task"])["stories"][-2:]
    assert (move["old_section"]["gid"], move["new_section"]["gid"]) == (TODO, DONE)
    assert link["dependency"]["gid"] == gids["other"]
    assert world.site.raw(gids["other"])["stories"][-1]["dependency"]["gid"] == gids["task"]


def test_an_edited_comment_leaves_the_time_and_a_deleted_one_does_not() -> None:
    world, gids = prepared()
    before = world.site.raw(gids["task"])["modified_at"]
    world.site.edit_comment(gids["comment"], "Ah", BO)
    assert world.site.raw(gids["task"])["modified_at"] == before
    world.site.delete_comment(gids["comment"], BO)
    after = world.site.raw(gids["task"])
    assert after["modified_at"] > before
    assert gids["comment"] not in {story["gid"] for story in after["stories"]}


def test_what_is_done_to_a_subtask_does_not_touch_its_parent() -> None:
    world, gids = prepared()
    before = world.site.raw(gids["task"])
    world.site.edit(gids["below"], {"name": "Deeper", "completed": True}, BO)
    assert world.site.raw(gids["task"]) == before


def test_the_time_of_modification_rises_even_where_the_clock_stands() -> None:
    world = World()
    task = world.task()
    seen = []
    for number in range(5):
        world.site.edit(task, {"name": str(number)}, BO)
        seen.append(world.site.raw(task)["modified_at"])
    assert seen == sorted(set(seen))


async def test_subtasks_are_not_in_their_parents_project() -> None:
    world, gids = prepared()
    async with served(world) as caller:
        listed = {one["gid"] for one in await caller.get(f"projects/{BOATS}/tasks")}
        assert listed == {gids["task"], gids["other"], gids["third"]}
        assert [one["gid"] for one in await caller.get(f"tasks/{gids['task']}/subtasks")] == [gids["below"]]
        made = await caller.post(f"tasks/{gids['below']}/subtasks", name="Deepest")
        assert made["parent"]["gid"] == gids["below"]
        assert (await caller.get(f"tasks/{gids['below']}", opt_fields="num_subtasks"))["num_subtasks"] == 1


@pytest.mark.parametrize(("name", "held"), [("dependencies", 0), ("dependents", 0), ("dependencies", 29)])
async def test_a_task_has_at_most_thirty_dependencies_and_dependents_together(name: str, held: int) -> None:
    world = World()
    task = world.task()
    others = [world.task(str(number)) for number in range(31)]
    for other in others[:held]:
        world.site.add_dependency(other, task, BO)
    verb = f"add{name.capitalize()}"
    async with served(world) as caller:
        refused = await caller.send("POST", f"tasks/{task}/{verb}", **{name: others[held:]})
        assert refused.status_code == 400
        assert await caller.get(f"tasks/{task}/{name}") == []
        taken = await caller.send("POST", f"tasks/{task}/{verb}", **{name: others[held:30]})
        assert taken.status_code == 200
        assert len(await caller.get(f"tasks/{task}/{name}")) == 30 - held
        assert (await caller.send("POST", f"tasks/{task}/{verb}", **{name: others[30:]})).status_code == 400
        again = await caller.send("POST", f"tasks/{task}/{verb}", **{name: others[held:30]})
        assert again.status_code == 200


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("tasks", {"name": "Nowhere"}),
        ("tasks", {"name": "x", "projects": BOATS, "due_on": "2026-12-01", "due_at": "2026-12-01T08:00:00Z"}),
        ("tasks", {"name": "x", "projects": [BOATS], "due_on": "tomorrow"}),
        ("tasks", {"name": "x", "projects": [BOATS], "assignee": "nobody@x.example"}),
        ("tasks", {"name": "x", "projects": [BOATS], "resource_subtype": "saga"}),
        ("tasks", {"name": "x", "projects": ["x"]}),
        ("tasks/{}/setParent", {}),
        ("tasks/{}/setParent", {"parent": "{}"}),
        ("tasks/{}/stories", {}),
        ("tasks/{}/stories", {"html_text": "<b>no body"}),
        ("tasks/{}/addDependencies", {"dependencies": ["{}"]}),
        ("tasks/{}/addTag", {}),
    ],
)
async def test_what_makes_no_sense_is_refused(path: str, data: dict[str, Any]) -> None:
    world = World()
    task = world.task()
    filled = {name: task if value == "{}" else [task] if value == ["{}"] else value for name, value in data.items()}
    async with served(world) as caller:
        answer = await caller.send("POST", path.replace("{}", task), **filled)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "wrong",
    [{"due_on": "soon"}, {"assignee": "nobody"}, {"custom_fields": {"1": "x"}}, {"approval_status": "approved"}],
)
async def test_what_is_refused_changes_nothing_at_all(wrong: dict[str, Any]) -> None:
    world = World()
    task = world.task()
    before = world.site.raw(task)
    async with served(world) as caller:
        assert (await caller.send("PUT", f"tasks/{task}", name="Other", **wrong)).status_code in {400, 404}
        made = await caller.send("POST", "tasks", name="Other", projects=[BOATS], **wrong)
    assert made.status_code in {400, 404}
    assert world.site.raw(task) == before
    assert list(world.site.tasks) == [task]


async def test_a_deleted_task_is_gone_with_its_subtasks_and_comes_back_with_them() -> None:
    world, gids = prepared()
    async with served(world) as caller:
        assert (await caller.send("DELETE", f"tasks/{gids['task']}")).status_code == 200
        for gid in (gids["task"], gids["below"]):
            assert (await caller.client.get(f"tasks/{gid}")).status_code == 404
        assert gids["task"] not in {one["gid"] for one in await caller.get(f"projects/{BOATS}/tasks")}
        assert await caller.get(f"tasks/{gids['third']}/dependents") == []
        world.site.undelete(gids["task"], BO)
        assert [one["gid"] for one in await caller.get(f"tasks/{gids['task']}/subtasks")] == [gids["below"]]
        assert [one["gid"] for one in await caller.get(f"tasks/{gids['third']}/dependents")] == [gids["task"]]


async def test_completed_since_and_modified_since_leave_out_what_is_older() -> None:
    world = World()
    old, new, open_ = (world.task(name) for name in ("old", "new", "open"))
    world.site.complete(old, BO)
    world.time.pass_(hours=1)
    since = world.time.at.isoformat()
    world.site.complete(new, BO)
    async with served(world) as caller:
        done = await caller.get("tasks", project=BOATS, completed_since=since)
        changed = await caller.get("tasks", project=BOATS, modified_since=since)
        assert [one["gid"] for one in done] == [new, open_]
        assert [one["gid"] for one in changed] == [new]
        world.time.pass_(minutes=1)
        assert [one["gid"] for one in await caller.get("tasks", project=BOATS, completed_since="now")] == [open_]
        assert (await caller.client.get("tasks", params={"project": BOATS, "modified_since": "x"})).status_code == 400


async def test_a_task_is_listed_by_project_section_tag_and_assignee() -> None:
    world, gids = prepared()
    workspace = world.site.store.workspace["gid"]
    lists = ({"project": DOCKS}, {"section": TODO}, {"tag": gids["tag2"]}, {"assignee": ANA, "workspace": workspace})
    async with served(world) as caller:
        for query in lists:
            assert gids["task"] in {one["gid"] for one in await caller.get("tasks", **query)}, query
        assert (await caller.client.get("tasks", params={"workspace": workspace})).status_code == 400
        world.site.edit(gids["task"], {"assignee": BO}, BO)
        world.site.move_section(gids["task"], DONE, BO)
        for query in lists[1:2] + lists[3:]:
            assert gids["task"] not in {one["gid"] for one in await caller.get("tasks", **query)}, query
