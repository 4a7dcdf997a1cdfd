"""All resources of the stand-in by kind and gid, the lists between them, and what is hidden or in the trash."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import count
from typing import Any, Final

from services.sandbox.asana.records import Record, Shelf, instant, later_than

FIRST_GID: Final = 1_300_000_000_000_001
"""Where the stand-in's own gids begin; what is loaded brings its own."""
WORKSPACE_GID: Final = "4000000000000001"
TEAM_GID: Final = "4000000000000002"
ACCOUNT_GID: Final = "4000000000000003"


class Missing(Exception):  # noqa: N818 -- it is an answer, 404, rather than a failure
    """There is no such resource. `kind` and `gid` say which."""

    def __init__(self, kind: str, gid: str) -> None:
        super().__init__(f"{kind}: Unknown object: {gid}")


class Forbidden(Exception):  # noqa: N818 -- it is an answer, 403
    """There is such a resource, and the token's user may not see it, or not do this to it."""


class Refused(Exception):  # noqa: N818 -- it is an answer, 400
    """The request makes no sense; the text says why."""


class Store:
    """Holds everything. `account` is the user whose token is used."""

    def __init__(self, now: Callable[[], datetime], workspace_name: str) -> None:
        self.now = now
        self._numbers = count(FIRST_GID)
        self.kinds: dict[str, dict[str, Record]] = {}
        self.trash: dict[str, Record] = {}
        self.hidden: set[str] = set()
        self.shelves: dict[str, Shelf] = {}
        self.assigned: dict[str, Shelf] = {}
        self.sections: dict[str, list[Record]] = {}
        self.workspace = self.add("workspace", workspace_name, gid=WORKSPACE_GID)
        self.workspace["email_domains"] = ["brightmoor.example"]
        self.team = self.add("team", workspace_name, gid=TEAM_GID, organization=self.workspace)
        self.account = self.user(ACCOUNT_GID, "Leeway Connector")

    def all(self, kind: str) -> dict[str, Record]:
        """Return all resources of a kind by gid."""
        return self.kinds.setdefault(kind, {})

    def new_gid(self) -> str:
        """Return a gid that nothing has."""
        return str(next(self._numbers))

    def stamp(self) -> str:
        """Return now as Asana writes it."""
        return instant(self.now())

    def add(self, kind: str, name: str | None = None, *, gid: str | None = None, **fields: Any) -> Record:
        """Add a resource, with a new gid unless one is given."""
        record: Record = {"gid": gid or self.new_gid(), "resource_type": kind}
        if name is not None:
            record["name"] = name
        record.update(fields)
        self.all(kind)[record["gid"]] = record
        return record

    def get(self, kind: str, gid: str) -> Record:
        """Return a resource. Raises `Missing`."""
        found = self.all(kind).get(gid)
        if found is None or "_stub" in found:
            raise Missing(kind, gid)
        return found

    def see(self, kind: str, gid: str) -> Record:
        """Return a resource that the account may see. Raises `Missing` or `Forbidden`."""
        found = self.get(kind, gid)
        if not self.is_visible(found):
            raise Forbidden(f"You do not have access to this {kind}.")
        return found

    def is_visible(self, record: Record) -> bool:
        """Tell whether the account may see a resource: hidden projects hide what is in them alone."""
        if not self.hidden:
            return True
        match record["resource_type"]:
            case "project":
                return record["gid"] not in self.hidden
            case "section":
                return record["project"]["gid"] not in self.hidden
            case "story":
                return self.is_visible(record["target"])
            case "task":
                return self._is_task_visible(record)
        return True

    def _is_task_visible(self, task: Record) -> bool:
        projects = task.get("projects") or ()
        if any(project["gid"] not in self.hidden for project in projects):
            return True
        parent = task.get("parent")
        return self.is_visible(parent) if parent is not None else not projects

    def find(self, gid: str) -> Record | None:
        """Return whatever has this gid."""
        return next((kind[gid] for kind in self.kinds.values() if gid in kind and "_stub" not in kind[gid]), None)

    def user(self, gid: str, name: str | None = None) -> Record:
        """Return a user, made if there is none."""
        found = self.all("user").get(gid)
        if found is None:
            name = name or gid
            email = f"{'.'.join(name.lower().split())}@brightmoor.example"
            found = self.add("user", name, gid=gid, email=email, workspaces=[self.workspace])
        return found

    def project(self, gid: str, name: str | None = None) -> Record:
        """Return a project, made if there is none, with a section for what is in no other."""
        found = self.all("project").get(gid)
        if found is None:
            made = {"created_at": self.stamp(), "modified_at": self.stamp()}
            found = self.add("project", name or gid, gid=gid, workspace=self.workspace, team=self.team, **made)
            self.shelves[gid] = Shelf()
            self.sections[gid] = []
        return found

    def section(self, project: Record, gid: str | None, name: str) -> Record:
        """Return a section of a project, made if there is none."""
        found = self.all("section").get(gid) if gid else None
        if found is None:
            found = self.add("section", name, gid=gid, project=project, created_at=self.stamp())
            self.sections[project["gid"]].append(found)
            if gid:
                self.sections[project["gid"]].sort(key=lambda one: (len(one["gid"]), one["gid"]))
            self.shelves[found["gid"]] = Shelf()
        return found

    def first_section(self, project: Record) -> Record:
        """Return the section in which a task stands that is put in none."""
        sections = self.sections[project["gid"]]
        return sections[0] if sections else self.section(project, None, "Untitled section")

    def tag(self, gid: str, name: str) -> Record:
        """Return a tag, made if there is none."""
        found = self.all("tag").get(gid)
        return found or self.add("tag", name, gid=gid, workspace=self.workspace, created_at=self.stamp())

    def far_task(self, gid: str) -> Record:
        """Return a task, be it in the trash, or a place for one that is to come."""
        found = self.all("task").get(gid) or self.trash.get(gid)
        return found or self.add("task", gid, gid=gid, _stub=True)

    def bump(self, task: Record) -> None:
        """Give a task a new time of modification, later than the one that it has."""
        self.modified(task, later_than(task.get("modified_at") or "", self.now()))

    def modified(self, task: Record, at: str) -> None:
        """Give a task this time of modification, for all lists in which it stands."""
        task["modified_at"] = at
        for shelf in self.shelves_of(task):
            shelf.touch(task)

    def shelves_of(self, task: Record) -> Iterator[Shelf]:
        """Return the lists in which a task stands: of projects, sections, its assignee, its tags."""
        for membership in task.get("memberships", ()):
            yield self.shelves[membership["project"]["gid"]]
            if membership.get("section"):
                yield self.shelves[membership["section"]["gid"]]
        if task.get("assignee"):
            yield self.assigned.setdefault(task["assignee"]["gid"], Shelf())
        for tag in task.get("tags", ()):
            yield self.shelves.setdefault(tag["gid"], Shelf())

    def shelve(self, task: Record) -> None:
        """Put a task in all lists in which it stands now."""
        task["projects"] = [membership["project"] for membership in task.get("memberships", ())]
        for shelf in self.shelves_of(task):
            shelf.add(task)

    def unshelve(self, task: Record) -> None:
        """Take a task out of all lists in which it stands now."""
        for shelf in self.shelves_of(task):
            shelf.remove(task["gid"])

    def visible(self, records: Iterable[Record]) -> list[Record]:
        """Return those that the account may see."""
        return [record for record in records if self.is_visible(record)]
