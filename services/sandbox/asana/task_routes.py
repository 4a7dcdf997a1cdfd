"""Requests about tasks and what hangs on them: lists, changes, subtasks, stories, dependencies, tags."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.sandbox.asana.calls import Answer, Call, fault
from services.sandbox.asana.placing import MOST_DEPENDENCIES
from services.sandbox.asana.records import Record, Shelf
from services.sandbox.asana.routing import Routes
from services.sandbox.asana.store import Refused


def _tasks(call: Call) -> Answer:
    query = call.query
    if "project" in query:
        return _listed(call, call.site.store.shelves[call.see("project", query["project"])["gid"]])
    if "section" in query:
        return _listed(call, call.site.store.shelves[call.see("section", query["section"])["gid"]])
    if "tag" in query:
        return _listed(call, call.site.store.shelves.get(call.see("tag", query["tag"])["gid"]) or Shelf())
    if "assignee" in query and "workspace" in query:
        assignee = call.see("user", query["assignee"])["gid"]
        return _listed(call, call.site.store.assigned.get(assignee) or Shelf())
    return fault(400, "You should specify one of workspace, project, tag, section, or assignee and workspace")


def _listed(call: Call, shelf: Shelf) -> Answer:
    """Answer with tasks of a list: those incomplete or completed since a time, those modified since one."""
    done_since, changed_since = call.time("completed_since"), call.time("modified_since")
    keep: Callable[[Record], bool] | None = None
    if done_since is not None:
        oldest = done_since

        def keep(task: Record) -> bool:
            return not task.get("completed") or (task.get("completed_at") or "") >= oldest

    return call.shelf(shelf, keep, changed_since)


def _of_project(call: Call) -> Answer:
    return _listed(call, call.site.store.shelves[call.see("project")["gid"]])


def _of_section(call: Call) -> Answer:
    return _listed(call, call.site.store.shelves[call.see("section")["gid"]])


def _of_tag(call: Call) -> Answer:
    return _listed(call, call.site.store.shelves.get(call.see("tag")["gid"]) or Shelf())


def _of_list(call: Call) -> Answer:
    owner = call.see("user", call.gid.removeprefix("30"))
    return _listed(call, call.site.store.assigned.get(owner["gid"]) or Shelf())


def _task(call: Call) -> Answer:
    return call.one(call.see("task"))


def _create(call: Call) -> Answer:
    return _made(call, None)


def _create_subtask(call: Call) -> Answer:
    return _made(call, call.see("task")["gid"])


def _made(call: Call, parent: str | None) -> Answer:
    """Make a task in the projects, or below the parent, that the body names."""
    data = call.data
    projects = [call.see("project", gid)["gid"] for gid in _gids(data.get("projects"))]
    places = [(call.see("project", one["project"]), call.see("section", one["section"]))
              for one in data.get("memberships") or () if one.get("section")]  # fmt: skip
    tags = [call.see("tag", gid)["gid"] for gid in _gids(data.get("tags"))]
    above = parent or (call.named("parent", "task")["gid"] if data.get("parent") else None)
    if not (projects or places or above or data.get("workspace")):
        raise Refused("workspace: Missing input; a task needs a workspace, a project or a parent")
    site = call.site
    gid = site.create(projects[0] if projects else None, data, call.by, parent=above)
    for project in projects[1:]:
        site.add_to_project(gid, project, call.by)
    for project_record, section in places:
        site.add_to_project(gid, project_record["gid"], call.by, section["gid"])
    for tag in tags:
        site.add_tag(gid, tag, call.by)
    return call.one(site.store.get("task", gid), 201)


def _gids(said: Any) -> list[str]:
    if said is None:
        return []
    if isinstance(said, str):
        return said.split(",")
    if not isinstance(said, list):
        raise Refused("Expected a list of gids")
    return [str(one.get("gid")) if isinstance(one, Mapping) else str(one) for one in said]


def _edit(call: Call) -> Answer:
    task = call.see("task")
    call.site.edit(task["gid"], call.data, call.by)
    return call.one(task)


def _delete(call: Call) -> Answer:
    call.site.delete(call.see("task")["gid"], call.by)
    return Answer(200, {"data": {}})


def _subtasks(call: Call) -> Answer:
    return call.many(call.site.store.visible(call.see("task").get("_subtasks", ())))


def _set_parent(call: Call) -> Answer:
    task = call.see("task")
    if "parent" not in call.data:
        raise Refused("parent: Missing input")
    parent = call.named("parent", "task")["gid"] if call.data["parent"] else None
    call.site.set_parent(task["gid"], parent, call.by)
    return call.one(task)


def _projects(call: Call) -> Answer:
    return call.many(call.site.store.visible(call.see("task").get("projects", ())))


def _tags(call: Call) -> Answer:
    return call.many(call.see("task").get("tags", ()))


def _linked(name: str) -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        return call.many(call.site.store.visible(call.see("task").get(name, ())))

    return answer


def _link(name: str) -> Callable[[Call], Answer]:
    """Add dependencies or dependents: all of them, or none where they would be more than there may be."""

    def answer(call: Call) -> Answer:
        task, others = call.see("task"), [call.see("task", gid) for gid in _gids(call.data.get(name))]
        there = {one["gid"] for one in task.get(name, ())}
        new = [one for one in others if one["gid"] not in there]
        held = len(task.get("dependencies", ())) + len(task.get("dependents", ()))
        if held + len(new) > MOST_DEPENDENCIES:
            raise Refused("A task can have at most 30 dependencies and dependents combined")
        for other in new:
            ends = (task["gid"], other["gid"]) if name == "dependencies" else (other["gid"], task["gid"])
            call.site.add_dependency(*ends, call.by)
        return Answer(200, {"data": {}})

    return answer


def _unlink(name: str) -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        task = call.see("task")
        for other in [call.see("task", gid) for gid in _gids(call.data.get(name))]:
            ends = (task["gid"], other["gid"]) if name == "dependencies" else (other["gid"], task["gid"])
            call.site.remove_dependency(*ends, call.by)
        return Answer(200, {"data": {}})

    return answer


def _add_project(call: Call) -> Answer:
    section = call.named("section", "section")["gid"] if call.data.get("section") else None
    call.site.add_to_project(call.see("task")["gid"], call.named("project", "project")["gid"], call.by, section)
    return Answer(200, {"data": {}})


def _remove_project(call: Call) -> Answer:
    call.site.remove_from_project(call.see("task")["gid"], call.named("project", "project")["gid"], call.by)
    return Answer(200, {"data": {}})


def _add_tag(call: Call) -> Answer:
    call.site.add_tag(call.see("task")["gid"], call.named("tag", "tag")["gid"], call.by)
    return Answer(200, {"data": {}})


def _remove_tag(call: Call) -> Answer:
    call.site.remove_tag(call.see("task")["gid"], call.named("tag", "tag")["gid"], call.by)
    return Answer(200, {"data": {}})


def _follow(*, follows: bool) -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        task = call.see("task")
        for user in [call.see("user", gid) for gid in _gids(call.data.get("followers"))]:
            call.site.follow(task["gid"], user["gid"], call.by, follows=follows)
        return call.one(task)

    return answer


def _add_to_section(call: Call) -> Answer:
    call.site.move_section(call.named("task", "task")["gid"], call.see("section")["gid"], call.by)
    return Answer(200, {"data": {}})


ROUTES: Final[Routes] = {
    ("GET", "tasks"): _tasks,
    ("POST", "tasks"): _create,
    ("GET", "tasks/{}"): _task,
    ("PUT", "tasks/{}"): _edit,
    ("DELETE", "tasks/{}"): _delete,
    ("GET", "projects/{}/tasks"): _of_project,
    ("GET", "sections/{}/tasks"): _of_section,
    ("GET", "tags/{}/tasks"): _of_tag,
    ("GET", "user_task_lists/{}/tasks"): _of_list,
    ("GET", "tasks/{}/subtasks"): _subtasks,
    ("POST", "tasks/{}/subtasks"): _create_subtask,
    ("POST", "tasks/{}/setParent"): _set_parent,
    ("GET", "tasks/{}/projects"): _projects,
    ("POST", "tasks/{}/addProject"): _add_project,
    ("POST", "tasks/{}/removeProject"): _remove_project,
    ("GET", "tasks/{}/tags"): _tags,
    ("POST", "tasks/{}/addTag"): _add_tag,
    ("POST", "tasks/{}/removeTag"): _remove_tag,
    ("GET", "tasks/{}/dependencies"): _linked("dependencies"),
    ("GET", "tasks/{}/dependents"): _linked("dependents"),
    ("POST", "tasks/{}/addDependencies"): _link("dependencies"),
    ("POST", "tasks/{}/addDependents"): _link("dependents"),
    ("POST", "tasks/{}/removeDependencies"): _unlink("dependencies"),
    ("POST", "tasks/{}/removeDependents"): _unlink("dependents"),
    ("POST", "tasks/{}/addFollowers"): _follow(follows=True),
    ("POST", "tasks/{}/removeFollowers"): _follow(follows=False),
    ("POST", "sections/{}/addTask"): _add_to_section,
}
