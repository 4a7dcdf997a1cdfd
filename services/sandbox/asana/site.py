"""The stand-in for one Asana workspace: what it holds, and all that people and programs can do in it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from services.sandbox.asana import editing, placing, plans, putting
from services.sandbox.asana.events import Events
from services.sandbox.asana.hooks import Hooks, Shake, shake_hands
from services.sandbox.asana.journal import Journal
from services.sandbox.asana.office import Office
from services.sandbox.asana.records import Record
from services.sandbox.asana.store import Refused, Store
from services.sandbox.hooks import Deliver, HookCall


class AsanaSite:
    """One workspace. `now` is its people's time; `wall`, by which tokens, webhooks and rate limits live, may differ.

    `by` is always a user's gid; what is asked for and is not there raises `Missing`, what makes no sense `Refused`.
    """

    def __init__(
        self, *, now: Callable[[], datetime], base_url: str, deliver: Deliver | None = None,
        index_lag: timedelta = timedelta(0), wall: Callable[[], datetime] | None = None,
        workspace: str = "Brightmoor", shake: Shake = shake_hands,
    ) -> None:  # fmt: skip
        self.now = now
        self.wall = wall or now
        self.base_url = base_url.rstrip("/")
        self.index_lag = index_lag
        self.is_premium = True
        self.requests_a_minute: int | None = None
        self.store = Store(now, workspace)
        self.journal = Journal(now)
        self.office = Office(self.store, self.journal)
        self.plans = plans.Plans(self.office)
        self.events = Events(self.wall)
        self.hooks = Hooks(self.store, self.wall, deliver, shake)
        self.journal.listeners += [self.events.take, self.hooks.take]

    @property
    def tasks(self) -> Mapping[str, Record]:
        """All tasks that there are, by gid, subtasks too; deleted ones are in `store.trash`."""
        return {gid: task for gid, task in self.store.all("task").items() if "_stub" not in task}

    def put(self, raw: Mapping[str, Any], at: datetime | None = None) -> None:
        """Insert or replace a task as an API gives it, with `stories`. With `at`, what differs happens now."""
        putting.put_task(self.office, raw, at)

    def raw(self, gid: str) -> Record:
        """Return a task with all of its fields, and its stories."""
        return putting.raw_task(self.store.get("task", gid))

    def create(self, project: str | None, fields: Mapping[str, Any], by: str | None, parent: str | None = None) -> str:
        """Make a task in a project, or a subtask, and return its gid."""
        store = self.store
        target = store.get("project", project) if project else None
        above = store.get("task", parent) if parent else None
        editing.check(self.office, fields)
        with self.office.doing(by) as user:
            task = store.add("task", str(fields.get("name") or ""), workspace=store.workspace, created_by=user)
            task |= {"resource_subtype": "default_task", "created_at": store.stamp(), "modified_at": store.stamp()}
            task["memberships"] = []
            store.shelve(task)
            if above is not None:
                placing.set_parent(self.office, task, above)
            if target is not None:
                placing.add_to_project(self.office, task, target)
            editing.edit_task(self.office, task, {name: one for name, one in fields.items() if name != "name"})
        return str(task["gid"])

    def edit(self, gid: str, fields: Mapping[str, Any], by: str | None) -> None:
        """Change fields of a task, as a PUT would."""
        with self.office.doing(by):
            editing.edit_task(self.office, self._task(gid), fields)

    def _task(self, gid: str) -> Record:
        return self.store.get("task", gid)

    def complete(self, gid: str, by: str | None, *, done: bool = True) -> None:
        """Mark a task as complete, or as not."""
        self.edit(gid, {"completed": done}, by)

    def comment(self, gid: str, text: str, by: str | None) -> str:
        """Say something on a task, and return the story's gid."""
        with self.office.doing(by):
            return str(self.office.story(self._task(gid), "comment_added", text)["gid"])

    def edit_comment(self, story: str, text: str, by: str | None) -> None:
        """Say something else; the task's time of modification stays."""
        found = self._comment(story)
        with self.office.doing(by):
            found |= {"text": text, "is_edited": True, "_own": True}
            self.journal.changed(found, "text")

    def delete_comment(self, story: str, by: str | None) -> None:
        """Take back what was said."""
        found = self._comment(story)
        task = found["target"]
        with self.office.doing(by):
            task["_stories"] = [one for one in task["_stories"] if one is not found]
            del self.store.all("story")[story]
            self.journal.tell("removed", found, parent=task)
            self.store.bump(task)

    def _comment(self, gid: str) -> Record:
        story = self.store.get("story", gid)
        if story["type"] != "comment":
            raise Refused("story: Only comments can be changed")
        return story

    def add_dependency(self, gid: str, blocker: str, by: str | None) -> None:
        """Have a task wait for another one."""
        with self.office.doing(by):
            placing.add_dependency(self.office, self._task(gid), self._task(blocker))

    def remove_dependency(self, gid: str, blocker: str, by: str | None) -> None:
        """Have a task wait for another one no more."""
        with self.office.doing(by):
            placing.remove_dependency(self.office, self._task(gid), self._task(blocker))

    def move_section(self, gid: str, section: str, by: str | None) -> None:
        """Put a task into a section; its time of modification stays."""
        with self.office.doing(by):
            placing.move_to_section(self.office, self._task(gid), self.store.get("section", section))

    def add_to_project(self, gid: str, project: str, by: str | None, section: str | None = None) -> None:
        """Put a task into one more project; its time of modification stays."""
        place = self.store.get("section", section) if section else None
        with self.office.doing(by):
            placing.add_to_project(self.office, self._task(gid), self.store.get("project", project), place)

    def remove_from_project(self, gid: str, project: str, by: str | None) -> None:
        """Take a task out of a project; its time of modification stays."""
        with self.office.doing(by):
            placing.remove_from_project(self.office, self._task(gid), self.store.get("project", project))

    def set_parent(self, gid: str, parent: str | None, by: str | None) -> None:
        """Make a task a subtask of another one, or of none."""
        with self.office.doing(by):
            placing.set_parent(self.office, self._task(gid), self._task(parent) if parent else None)

    def add_tag(self, gid: str, tag: str, by: str | None) -> None:
        """Put a tag on a task."""
        with self.office.doing(by):
            placing.add_tag(self.office, self._task(gid), self.store.get("tag", tag))

    def remove_tag(self, gid: str, tag: str, by: str | None) -> None:
        """Take a tag off a task."""
        with self.office.doing(by):
            placing.remove_tag(self.office, self._task(gid), self.store.get("tag", tag))

    def follow(self, gid: str, user: str, by: str | None, *, follows: bool = True) -> None:
        """Have a user follow a task, or not any more; its time of modification stays."""
        with self.office.doing(by):
            placing.set_follower(self.office, self._task(gid), self.store.get("user", user), follows=follows)

    def delete(self, gid: str, by: str | None) -> None:
        """Put a task and its subtasks into the trash."""
        with self.office.doing(by):
            placing.delete_task(self.office, self._task(gid))

    def undelete(self, gid: str, by: str | None) -> None:
        """Take a task and its subtasks out of the trash."""
        with self.office.doing(by):
            placing.undelete_task(self.office, gid)

    def hide(self, project: str) -> None:
        """Have the account lose sight of a project and of what is in it alone."""
        self.store.hidden.add(self.store.get("project", project)["gid"])

    def show(self, project: str) -> None:
        """Let the account see a project again."""
        self.store.hidden.discard(project)

    def hook_answered(self, call: HookCall, error: str | None) -> None:
        """Note what came of a delivery: a webhook that fails for a day ends."""
        self.hooks.answered(call, error)

    def beat(self) -> None:
        """Send the heartbeats that are due; also done with everything that happens."""
        self.hooks.beat()

    def counts(self) -> dict[str, int]:
        """Return how many resources there are of each kind."""
        kinds = {kind: len(records) for kind, records in self.store.kinds.items()}
        return {**kinds, "task": len(self.tasks), "deleted": len(self.store.trash)}
