"""Where a task stands: projects and sections, parent, tags, dependencies, and the trash.

Moves between projects, sections and parents leave a story, but no new time of modification, as in Asana.
"""

from collections.abc import Iterable
from typing import Final

from services.sandbox.asana.custom import give_field
from services.sandbox.asana.office import Office
from services.sandbox.asana.records import Record
from services.sandbox.asana.store import Missing, Refused

MOST_DEPENDENCIES: Final = 30


def add_to_project(office: Office, task: Record, project: Record, section: Record | None = None) -> None:
    """Put a task into a project, or into another section of one in which it is."""
    if section is not None and section["project"] is not project:
        raise Refused("section: This section is not in that project")
    membership = _membership(task, project)
    if membership is not None:
        if section is not None:
            _move(office, task, membership, section)
        return
    section = section or office.store.first_section(project)
    task["memberships"] = [*task.get("memberships", ()), {"project": project, "section": section}]
    for setting in project.get("custom_field_settings", ()):
        give_field(task, setting["custom_field"])
    office.store.shelve(task)
    office.journal.tell("added", task, parent=project)
    office.journal.tell("added", task, parent=section, also=(project,))
    office.story(task, "added_to_project", f"{office.who()} added to {project['name']}", quiet=True, project=project)


def remove_from_project(office: Office, task: Record, project: Record) -> None:
    """Take a task out of a project, if it is there."""
    membership = _membership(task, project)
    if membership is None:
        return
    office.store.unshelve(task)
    task["memberships"] = [one for one in task["memberships"] if one is not membership]
    office.store.shelve(task)
    office.journal.tell("removed", task, parent=project)
    office.story(
        task, "removed_from_project", f"{office.who()} removed from {project['name']}", quiet=True, project=project
    )


def move_to_section(office: Office, task: Record, section: Record) -> None:
    """Put a task into a section, and into its project where it was not."""
    add_to_project(office, task, section["project"], section)


def _membership(task: Record, project: Record) -> Record | None:
    return next((one for one in task.get("memberships", ()) if one["project"] is project), None)


def _move(office: Office, task: Record, membership: Record, section: Record) -> None:
    old = membership["section"]
    if old is section:
        return
    office.store.shelves[old["gid"]].remove(task["gid"])
    membership["section"] = section
    office.store.shelve(task)
    project = membership["project"]
    office.journal.tell("removed", task, parent=old, also=(project,))
    office.journal.tell("added", task, parent=section, also=(project,))
    office.story(
        task, "section_changed", f"{office.who()} moved from {old['name']} to {section['name']}", quiet=True,
        old_section=old, new_section=section, project=project,
    )  # fmt: skip


def set_parent(office: Office, task: Record, parent: Record | None) -> None:
    """Make a task a subtask of another one, or of none. The parent itself stays as it is."""
    old = task.get("parent")
    if old is parent:
        return
    if parent is not None and task["gid"] in _ancestors(parent):
        raise Refused("parent: A task cannot be its own parent")
    if old is not None:
        old["_subtasks"] = [one for one in old["_subtasks"] if one is not task]
        office.journal.tell("removed", task, parent=old)
    task["parent"] = parent
    if parent is not None:
        parent.setdefault("_subtasks", []).append(task)
        office.journal.tell("added", task, parent=parent)
    office.journal.changed(task, "parent", value=parent)
    kind = "added_to_task" if parent is not None else "removed_from_task"
    office.story(task, kind, f"{office.who()} changed the parent", quiet=True, task=parent or old)


def _ancestors(task: Record | None) -> set[str]:
    found = set()
    while task is not None:
        found.add(task["gid"])
        task = task.get("parent")
    return found


def add_tag(office: Office, task: Record, tag: Record) -> None:
    """Put a tag on a task."""
    if not _holds(task.get("tags", ()), tag):
        task["tags"] = [*task.get("tags", ()), tag]
        office.store.shelve(task)
        office.journal.tell("added", task, parent=tag)
        office.changed(task, "tags", "added", tag)
        office.story(task, "added_to_tag", f"{office.who()} added to {tag['name']}", tag=tag)


def remove_tag(office: Office, task: Record, tag: Record) -> None:
    """Take a tag off a task."""
    if _holds(task.get("tags", ()), tag):
        office.store.unshelve(task)
        task["tags"] = [one for one in task["tags"] if one is not tag]
        office.store.shelve(task)
        office.journal.tell("removed", task, parent=tag)
        office.changed(task, "tags", "removed", tag)
        office.story(task, "removed_from_tag", f"{office.who()} removed from {tag['name']}", tag=tag)


def set_follower(office: Office, task: Record, user: Record, *, follows: bool) -> None:
    """Have a user follow a task, or not any more."""
    others = [one for one in task.get("followers", ()) if one is not user]
    if _holds(task.get("followers", ()), user) is not follows:
        task["followers"] = [*others, user] if follows else others
        action = "added" if follows else "removed"
        office.journal.changed(task, "followers", action, user)
        said = f"{office.who()} {action} {user['name']} as a follower"
        office.story(task, f"follower_{action}", said, quiet=True, follower=user)


def link(dependent: Record, blocker: Record) -> bool:
    """Note on both tasks that one waits for the other; tell whether that is new."""
    is_new = not _holds(dependent.get("dependencies", ()), blocker)
    if is_new:
        dependent["dependencies"] = [*dependent.get("dependencies", ()), blocker]
        blocker["dependents"] = [*blocker.get("dependents", ()), dependent]
    return is_new


def unlink(dependent: Record, blocker: Record) -> bool:
    """Note on both tasks that one waits for the other no more; tell whether it did."""
    did = _holds(dependent.get("dependencies", ()), blocker)
    if did:
        dependent["dependencies"] = [one for one in dependent["dependencies"] if one is not blocker]
        blocker["dependents"] = [one for one in blocker["dependents"] if one is not dependent]
    return did


def _holds(tasks: Iterable[Record], task: Record) -> bool:
    return any(one is task for one in tasks)


def add_dependency(office: Office, dependent: Record, blocker: Record) -> None:
    """Have a task wait for another one. Raises `Refused` beyond thirty on either side, or for a circle of one."""
    if dependent is blocker:
        raise Refused("dependencies: A task cannot depend on itself")
    if _holds(dependent.get("dependencies", ()), blocker):
        return
    for task in (dependent, blocker):
        if len(task.get("dependencies", ())) + len(task.get("dependents", ())) >= MOST_DEPENDENCIES:
            raise Refused("A task can have at most 30 dependencies and dependents combined")
    link(dependent, blocker)
    _tell_link(office, dependent, blocker, "added")


def remove_dependency(office: Office, dependent: Record, blocker: Record) -> None:
    """Have a task wait for another one no more."""
    if unlink(dependent, blocker):
        _tell_link(office, dependent, blocker, "removed")


def _tell_link(office: Office, dependent: Record, blocker: Record, action: str) -> None:
    office.changed(dependent, "dependencies", action, blocker)
    office.changed(blocker, "dependents", action, dependent)
    said = f"{office.who()} {action} a dependency"
    office.story(dependent, f"dependency_{action}", said, dependency=blocker)
    office.story(blocker, f"dependent_{action}", said, dependency=dependent)


def delete_task(office: Office, task: Record) -> None:
    """Put a task and its subtasks into the trash. Where others wait for it, they do no longer."""
    for subtask in list(task.get("_subtasks", ())):
        delete_task(office, subtask)
    office.store.bump(task)
    office.journal.tell("deleted", task)
    for blocker in task.get("dependencies", ()):
        blocker["dependents"] = [one for one in blocker["dependents"] if one is not task]
    for dependent in task.get("dependents", ()):
        dependent["dependencies"] = [one for one in dependent["dependencies"] if one is not task]
    office.store.unshelve(task)
    if task.get("parent"):
        task["parent"]["_subtasks"] = [one for one in task["parent"]["_subtasks"] if one is not task]
    office.store.trash[task["gid"]] = office.store.all("task").pop(task["gid"])
    for story in task.get("_stories", ()):
        office.store.all("story").pop(story["gid"], None)


def undelete_task(office: Office, gid: str) -> None:
    """Take a task out of the trash, with the subtasks that went there with it. Raises `Missing`."""
    task = office.store.trash.pop(gid, None)
    if task is None:
        raise Missing("task", gid)
    store = office.store
    store.all("task")[gid] = task
    store.all("story").update({story["gid"]: story for story in task.get("_stories", ())})
    if task.get("parent"):
        task["parent"].setdefault("_subtasks", []).append(task)
    for name, there in (("dependencies", "dependents"), ("dependents", "dependencies")):
        task[name] = [one for one in task.get(name, ()) if one["gid"] in store.all("task")]
        for one in task[name]:
            one[there] = [*one.get(there, ()), task]
    store.bump(task)
    store.shelve(task)
    office.journal.tell("undeleted", task)
    for subtask in [one for one in store.trash.values() if one.get("parent") is task]:
        undelete_task(office, subtask["gid"])
