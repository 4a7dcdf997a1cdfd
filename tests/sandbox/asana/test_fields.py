"""`opt_fields`: what is asked for is given, and nothing else."""

from typing import Any

import pytest

from services.sandbox.asana.fields import everything, shown, wanted
from services.sandbox.asana.records import Record
from tests.sandbox.asana.serving import ANA, BO, BOATS, TODO, World, served

WORKSPACE: Record = {"gid": "4", "resource_type": "workspace", "name": "Moor"}
PERSON: Record = {
    "gid": "6",
    "resource_type": "user",
    "name": "Ana",
    "email": "ana@x.example",
    "workspaces": [WORKSPACE],
}
PROJECT: Record = {"gid": "8", "resource_type": "project", "name": "Boats", "owner": PERSON}
SECTION: Record = {"gid": "81", "resource_type": "section", "name": "To do", "project": PROJECT}
BLOCKER: Record = {"gid": "92", "resource_type": "task", "resource_subtype": "milestone", "name": "Buy wood"}
TASK: Record = {
    "gid": "91", "resource_type": "task", "resource_subtype": "default_task", "name": "Mend", "assignee": PERSON,
    "memberships": [{"project": PROJECT, "section": SECTION}], "projects": [PROJECT], "notes": "a < b",
    "dependencies": [BLOCKER], "parent": BLOCKER, "_subtasks": [BLOCKER],
}  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("name", {"name": "Mend"}),
        ("gid", {}),
        (" name , completed", {"name": "Mend", "completed": False}),
        ("this.name", {"name": "Mend"}),
        ("no_such_field,name", {"name": "Mend"}),
        ("no.such.path", {}),
        ("_subtasks", {}),
        ("assignee", {"assignee": {"gid": "6", "resource_type": "user", "name": "Ana"}}),
        ("assignee.gid", {"assignee": {"gid": "6"}}),
        ("assignee.email", {"assignee": {"gid": "6", "email": "ana@x.example"}}),
        ("assignee.workspaces.name", {"assignee": {"gid": "6", "workspaces": [{"gid": "4", "name": "Moor"}]}}),
        ("assignee.name,assignee.email", {"assignee": {"gid": "6", "name": "Ana", "email": "ana@x.example"}}),
        ("memberships.section.name", {"memberships": [{"section": {"gid": "81", "name": "To do"}}]}),
        (
            "memberships.(project|section).name",
            {"memberships": [{"project": {"gid": "8", "name": "Boats"}, "section": {"gid": "81", "name": "To do"}}]},
        ),
        ("projects.owner.name", {"projects": [{"gid": "8", "owner": {"gid": "6", "name": "Ana"}}]}),
        ("dependencies", {"dependencies": [{"gid": "92", "resource_type": "task"}]}),
        ("dependencies.name", {"dependencies": [{"gid": "92", "name": "Buy wood"}]}),
        ("parent.resource_subtype", {"parent": {"gid": "92", "resource_subtype": "milestone"}}),
        ("num_subtasks", {"num_subtasks": 1}),
        ("html_notes", {"html_notes": "<body>a &lt; b</body>"}),
        ("due_on,tags", {"due_on": None, "tags": []}),
    ],
)
def test_what_is_asked_for_is_given(asked: str, given: dict[str, Any]) -> None:
    assert shown(TASK, asked) == {"gid": "91", **given}


def test_a_group_stands_for_each_of_its_names() -> None:
    assert wanted("a.(b|c).d") == {"a": {"b": {"d": {}}, "c": {"d": {}}}}


def test_a_listed_task_is_compact() -> None:
    assert set(shown(TASK, None)) == {"gid", "resource_type", "resource_subtype", "name"}


@pytest.mark.parametrize("name", ["dependencies", "dependents", "html_notes", "num_subtasks"])
def test_some_fields_are_given_on_request_only(name: str) -> None:
    assert name not in shown(TASK, None, whole=True)
    assert name in shown(TASK, name)
    assert name in everything(TASK)


def test_a_whole_task_holds_others_in_their_compact_form() -> None:
    whole = shown(TASK, None, whole=True)
    assert whole["assignee"] == {"gid": "6", "resource_type": "user", "name": "Ana"}
    section = {"gid": "81", "resource_type": "section", "name": "To do"}
    project = {"gid": "8", "resource_type": "project", "name": "Boats"}
    assert whole["memberships"] == [{"project": project, "section": section}]
    assert "_subtasks" not in whole


async def test_old_and_new_values_of_a_story_are_given_on_request_only() -> None:
    world = World()
    task = world.task("Mend")
    world.site.edit(task, {"name": "Mend it"}, BO)
    async with served(world) as caller:
        plain = (await caller.get(f"tasks/{task}/stories"))[-1]
        asked = (await caller.get(f"tasks/{task}/stories", opt_fields="old_name,new_name,new_section"))[-1]
        whole = await caller.get(f"stories/{plain['gid']}")
    assert set(plain) == {"gid", "created_at", "created_by", "resource_type", "resource_subtype", "text", "type"}
    assert asked == {"gid": plain["gid"], "old_name": "Mend", "new_name": "Mend it"}
    assert "old_name" not in whole


async def test_a_name_that_changes_changes_wherever_it_is_shown() -> None:
    world = World()
    task = world.task()
    world.site.plans.rename_section(TODO, "Later", ANA)
    world.site.plans.edit_project(BOATS, {"name": "Ships"}, ANA)
    async with served(world) as caller:
        found = await caller.get(f"tasks/{task}")
    project = {"gid": BOATS, "resource_type": "project", "name": "Ships"}
    assert found["projects"] == [project]
    assert found["memberships"][0]["project"] == project


@pytest.mark.parametrize("more", [{}, {"opt_pretty": "true"}])
async def test_pretty_printing_changes_nothing(more: dict[str, str]) -> None:
    async with served(World()) as caller:
        assert (await caller.get("users/me", opt_fields="name", **more))["name"] == "Leeway Connector"
