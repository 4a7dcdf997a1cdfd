"""What people do in Asana: everything that changes a task, a goal or a status, by one of its people."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any, Final

from services.sandbox.asana.placing import MOST_DEPENDENCIES
from services.sandbox.asana.records import Record
from services.sandbox.asana.site import AsanaSite
from services.sandbox.picking import Pool
from services.sandbox.words import BUGS, COMMENTS, SETTLED, WEEKLY

FEATURES: Final = tuple(title.lower() for titles in BUGS.values() for title in titles)
TAGS: Final = ("calls", "dealers", "urgent", "waiting")
STATUSES: Final = ("on_track", "at_risk", "off_track")

Suits = Callable[[Record], bool]


class AsanaPeople:
    """`acts` has each thing by its name, with how often it is done; it says whether there was something to do it to."""

    def __init__(self, site: AsanaSite, random: Random) -> None:
        self._site = site
        self._random = random
        self._tasks = site.store.all("task")
        self._pool = Pool(lambda: self._tasks, random)
        self._made = 0
        self.acts: dict[str, tuple[int, Callable[[], bool]]] = {
            "create": (8, self._create), "create-subtask": (3, self._create_subtask), "comment": (20, self._comment),
            "edit-comment": (3, self._edit_comment), "delete-comment": (2, self._delete_comment),
            "assign": (8, self._assign), "unassign": (2, self._unassign), "rename": (3, self._rename),
            "describe": (2, self._describe), "tag": (4, self._tag), "untag": (2, self._untag),
            "put-off": (8, self._put_off), "estimate": (3, self._estimate), "move-section": (10, self._move_section),
            "complete": (8, self._complete), "reopen": (2, self._reopen), "block": (5, self._block),
            "unblock": (4, self._unblock), "re-parent": (3, self._set_parent), "orphan": (1, self._orphan),
            "add-to-project": (2, self._add_to_project), "remove-from-project": (2, self._remove_from_project),
            "delete": (1, self._delete), "undelete": (1, self._undelete), "measure": (2, self._measure),
            "report": (1, self._report),
        }  # fmt: skip

    def is_somebody_there(self) -> bool:
        """Tell whether there is anybody, and a project to work in."""
        return len(self._site.store.all("user")) > 1 and bool(self._site.store.all("project"))

    def _somebody(self) -> str:
        account = self._site.store.account["gid"]
        return self._random.choice([user for user in self._site.store.all("user") if user != account])

    def _pick(self, suits: Suits = lambda _: True) -> Record | None:
        found = self._pool.pick(lambda gid: "_stub" not in self._tasks[gid] and suits(self._tasks[gid]))
        return self._tasks[found] if found else None

    def _project(self) -> str | None:
        gids = [gid for gid in self._site.store.all("project") if gid not in self._site.store.hidden]
        return self._random.choice(gids) if gids else None

    def _fields(self) -> dict[str, Any]:
        self._made += 1
        feature = self._random.choice(FEATURES)
        fields: dict[str, Any] = {
            "name": self._random.choice(SETTLED).format(number=9000 + self._made, feature=feature)
        }
        if self._random.random() < 0.5:  # noqa: PLR2004 -- every other one has an owner at once
            fields["assignee"] = self._somebody()
        if self._random.random() < 0.3:  # noqa: PLR2004
            fields["due_on"] = self._day()
        return fields

    def _day(self) -> str:
        return (self._site.now() + timedelta(days=self._random.randint(1, 30))).date().isoformat()

    def _create(self) -> bool:
        project = self._project()
        if project is not None:
            self._site.create(project, self._fields(), self._somebody())
        return project is not None

    def _create_subtask(self) -> bool:
        parent = self._pick(_is_top)
        if parent is not None:
            self._site.create(None, self._fields(), self._somebody(), parent["gid"])
        return parent is not None

    def _comment(self) -> bool:
        task = self._pick()
        if task is not None:
            self._site.comment(task["gid"], self._random.choice(COMMENTS), self._somebody())
        return task is not None

    def _said(self) -> Record | None:
        task = self._pick(lambda task: bool(_comments(task)))
        return self._random.choice(_comments(task)) if task else None

    def _edit_comment(self) -> bool:
        story = self._said()
        if story is not None:
            self._site.edit_comment(story["gid"], f"{self._random.choice(COMMENTS)} (edited)", self._somebody())
        return story is not None

    def _delete_comment(self) -> bool:
        story = self._said()
        if story is not None:
            self._site.delete_comment(story["gid"], self._somebody())
        return story is not None

    def _edit(self, name: str, value: Callable[[], Any], suits: Suits = lambda _: True) -> bool:
        task = self._pick(suits)
        if task is not None:
            self._site.edit(task["gid"], {name: value()}, self._somebody())
        return task is not None

    def _assign(self) -> bool:
        return self._edit("assignee", self._somebody, _is_open)

    def _unassign(self) -> bool:
        return self._edit("assignee", lambda: None, lambda task: bool(task.get("assignee")))

    def _rename(self) -> bool:
        return self._edit("name", lambda: self._fields()["name"])

    def _describe(self) -> bool:
        return self._edit("notes", lambda: self._random.choice(COMMENTS))

    def _put_off(self) -> bool:
        return self._edit("due_on", self._day, _is_open)

    def _estimate(self) -> bool:
        task = self._pick(lambda task: bool(self._numbers(task)))
        if task is not None:
            field = self._random.choice(self._numbers(task))
            self._site.edit(task["gid"], {"custom_fields": {field: self._random.randint(1, 40)}}, self._somebody())
        return task is not None

    def _numbers(self, task: Record) -> list[str]:
        """Return the custom fields of a task that are numbers."""
        known = self._site.store.all("custom_field")
        gids = [one["gid"] for one in task.get("custom_fields", ())]
        return [gid for gid in gids if known[gid]["resource_subtype"] == "number"]

    def _complete(self) -> bool:
        return self._edit("completed", lambda: True, _is_open)

    def _reopen(self) -> bool:
        return self._edit("completed", lambda: False, lambda task: not _is_open(task))

    def _tag(self) -> bool:
        task, name = self._pick(), self._random.choice(TAGS)
        if task is None:
            return False
        known = {tag["name"]: gid for gid, tag in self._site.store.all("tag").items()}
        gid = known.get(name) or self._site.plans.add_tag(name, self._somebody())
        self._site.add_tag(task["gid"], gid, self._somebody())
        return True

    def _untag(self) -> bool:
        task = self._pick(lambda task: bool(task.get("tags")))
        if task is not None:
            self._site.remove_tag(task["gid"], self._random.choice(task["tags"])["gid"], self._somebody())
        return task is not None

    def _move_section(self) -> bool:
        task = self._pick(lambda task: bool(task.get("memberships")))
        if task is None:
            return False
        place = self._random.choice(task["memberships"])
        others = [
            one["gid"] for one in self._site.store.sections[place["project"]["gid"]] if one is not place["section"]
        ]
        if others:
            self._site.move_section(task["gid"], self._random.choice(others), self._somebody())
        return bool(others)

    def _add_to_project(self) -> bool:
        task, project = self._pick(_is_top), self._project()
        if task is None or project is None or any(one["project"]["gid"] == project for one in task["memberships"]):
            return False
        self._site.add_to_project(task["gid"], project, self._somebody())
        return True

    def _remove_from_project(self) -> bool:
        task = self._pick(lambda task: len(task.get("memberships", ())) > 1)
        if task is not None:
            place = self._random.choice(task["memberships"])
            self._site.remove_from_project(task["gid"], place["project"]["gid"], self._somebody())
        return task is not None

    def _block(self) -> bool:
        blocker, waits = self._pick(_may_be_linked), self._pick(_may_be_linked)
        if blocker is None or waits is None or blocker is waits:
            return False
        self._site.add_dependency(waits["gid"], blocker["gid"], self._somebody())
        return True

    def _unblock(self) -> bool:
        task = self._pick(lambda task: bool(task.get("dependencies")))
        if task is not None:
            blocker = self._random.choice(task["dependencies"])
            self._site.remove_dependency(task["gid"], blocker["gid"], self._somebody())
        return task is not None

    def _set_parent(self) -> bool:
        child = self._pick(lambda task: not task.get("_subtasks"))
        parent = self._pick(lambda task: _is_top(task) and task is not child)
        if child is None or parent is None or child.get("parent") is parent:
            return False
        self._site.set_parent(child["gid"], parent["gid"], self._somebody())
        return True

    def _orphan(self) -> bool:
        """Make a subtask a task of a project: one that is in none would be seen by nobody."""
        child, project = self._pick(lambda task: bool(task.get("parent"))), self._project()
        if child is None or project is None:
            return False
        self._site.add_to_project(child["gid"], project, self._somebody())
        self._site.set_parent(child["gid"], None, self._somebody())
        return True

    def _delete(self) -> bool:
        """Delete a task that nobody waits for: the others' dependencies would go without any sign."""
        task = self._pick(_is_unlinked)
        if task is not None:
            self._site.delete(task["gid"], self._somebody())
        return task is not None

    def _undelete(self) -> bool:
        gone = [gid for gid, task in self._site.store.trash.items() if not task.get("parent")]
        if gone:
            self._site.undelete(self._random.choice(gone), self._somebody())
        return bool(gone)

    def _measure(self) -> bool:
        goals = [goal for goal in self._site.store.all("goal").values() if goal.get("metric")]
        if not goals:
            return False
        goal = self._random.choice(goals)
        value = goal["metric"]["current_number_value"] + self._random.randint(-3, 5)
        self._site.plans.set_metric(goal["gid"], float(value), self._somebody())
        return True

    def _report(self) -> bool:
        project = self._project()
        if project is not None:
            said = self._random.choice(WEEKLY)
            self._site.plans.add_status(project, "This week", said, self._random.choice(STATUSES), self._somebody())
        return project is not None


def _is_unlinked(task: Record) -> bool:
    linked = task.get("dependencies") or task.get("dependents")
    return not linked and all(map(_is_unlinked, task.get("_subtasks", ())))


def _is_open(task: Record) -> bool:
    return not task.get("completed")


def _is_top(task: Record) -> bool:
    return not task.get("parent") and bool(task.get("memberships"))


def _may_be_linked(task: Record) -> bool:
    return _is_open(task) and len(task.get("dependencies", ())) + len(task.get("dependents", ())) < MOST_DEPENDENCIES


def _comments(task: Record) -> list[Record]:
    return [story for story in task.get("_stories", ()) if story["type"] == "comment"]
