"""What stands above the tasks: projects and sections, custom fields, portfolios, goals with metrics, status updates."""

from collections.abc import Mapping
from typing import Any, Final

from services.sandbox.asana.custom import give_field
from services.sandbox.asana.goals import Goals
from services.sandbox.asana.learning import give_setting
from services.sandbox.asana.records import Record
from services.sandbox.asana.store import Refused

_PROJECT_FIELDS: Final = frozenset(
    {"name", "notes", "archived", "color", "due_on", "start_on", "completed", "default_view", "privacy_setting"}
)


class Plans(Goals):
    """Every method that changes something takes `by`, a user's gid, and returns the gid of what it made."""

    def add_user(self, name: str, by: str | None = None, gid: str | None = None) -> str:
        """Add a user."""
        with self._office.doing(by):
            return str(self._store.user(gid or self._store.new_gid(), name)["gid"])

    def add_team(self, name: str, by: str | None = None, gid: str | None = None) -> str:
        """Add a team."""
        with self._office.doing(by):
            return str(self._store.add("team", name, gid=gid, organization=self._store.workspace)["gid"])

    def add_project(
        self, name: str, by: str | None = None, gid: str | None = None, team: str | None = None, **fields: Any
    ) -> str:
        """Add a project with one section."""
        with self._office.doing(by) as user:
            project = self._store.project(gid or self._store.new_gid(), name)
            project["owner"] = user
            if team is not None:
                project["team"] = self._store.get("team", team)
            project.update({name: value for name, value in fields.items() if name in _PROJECT_FIELDS})
            self._store.first_section(project)
            self._office.journal.tell("added", project, parent=self._store.workspace)
        return str(project["gid"])

    def edit_project(self, gid: str, fields: Mapping[str, Any], by: str | None) -> None:
        """Change fields of a project; what it names anywhere else changes with it."""
        self._edit(self._store.get("project", gid), fields, _PROJECT_FIELDS, by)
        self._store.get("project", gid)["modified_at"] = self._store.stamp()

    def delete_project(self, gid: str, by: str | None) -> None:
        """Put a project into the trash. Tasks that were in it alone are in none then."""
        project = self._store.get("project", gid)
        with self._office.doing(by):
            for task in list(self._store.shelves[gid]):
                self._store.unshelve(task)
                task["memberships"] = [one for one in task["memberships"] if one["project"] is not project]
                self._store.shelve(task)
                self._office.journal.tell("removed", task, parent=project)
            self._office.journal.tell("deleted", project)
        for section in self._store.sections[gid]:
            self._store.all("section").pop(section["gid"], None)
        del self._store.all("project")[gid]

    def add_section(self, project: str, name: str, by: str | None = None, gid: str | None = None) -> str:
        """Add a section to a project."""
        with self._office.doing(by):
            section = self._store.section(self._store.get("project", project), gid or self._store.new_gid(), name)
            self._office.journal.tell("added", section, parent=section["project"])
        return str(section["gid"])

    def rename_section(self, gid: str, name: str, by: str | None) -> None:
        """Give a section another name."""
        section = self._store.get("section", gid)
        with self._office.doing(by):
            section["name"] = name
            change: Record = {"field": "name", "action": "changed"}
            self._office.journal.tell("changed", section, change=change, also=(section["project"],))

    def delete_section(self, gid: str, by: str | None) -> None:
        """Remove a section in which no task stands. Raises `Refused`."""
        section = self._store.get("section", gid)
        if len(self._store.shelves[gid]) or len(self._store.sections[section["project"]["gid"]]) == 1:
            raise Refused("section: Only an empty section that is not the last one can be deleted")
        with self._office.doing(by):
            self._store.sections[section["project"]["gid"]].remove(section)
            del self._store.all("section")[gid]
            self._office.journal.tell("deleted", section, also=(section["project"],))

    def add_tag(self, name: str, by: str | None = None, gid: str | None = None) -> str:
        """Add a tag."""
        with self._office.doing(by):
            tag = self._store.tag(gid or self._store.new_gid(), name)
            self._office.journal.tell("added", tag, parent=self._store.workspace)
        return str(tag["gid"])

    def add_custom_field(
        self, name: str, kind: str, by: str | None = None, options: tuple[str, ...] = (), *, precision: int = 0,
        gid: str | None = None,
    ) -> str:  # fmt: skip
        """Add a custom field: text, number, enum, multi_enum, date or people."""
        fields: Record = {"resource_subtype": kind}
        if kind == "number":
            fields["precision"] = precision
        if kind in {"enum", "multi_enum"}:
            fields["enum_options"] = [
                self._store.add("enum_option", one, enabled=True, color="none") for one in options
            ]
        with self._office.doing(by) as user:
            return str(self._store.add("custom_field", name, gid=gid, created_by=user, **fields)["gid"])

    def use_custom_field(self, owner: str, field: str, by: str | None) -> str:
        """Have a project, portfolio or goal use a custom field; all tasks of the project then have it."""
        found = self._found(owner, "project", "portfolio", "goal")
        custom = self._store.get("custom_field", field)
        with self._office.doing(by):
            setting = give_setting(self._store, found, custom)
            for task in self._store.shelves.get(owner, ()):
                give_field(task, custom)
            self._office.journal.changed(found, "custom_field_settings", "added")
        return str(setting["gid"])

    def add_portfolio(self, name: str, owner: str, gid: str | None = None) -> str:
        """Add a portfolio of somebody's."""
        with self._office.doing(owner) as user:
            made: Record = {"owner": user, "created_by": user, "members": [user], "workspace": self._store.workspace}
            portfolio = self._store.add("portfolio", name, gid=gid, created_at=self._store.stamp(), _items=[], **made)
            self._office.journal.tell("added", portfolio, parent=self._store.workspace)
        return str(portfolio["gid"])

    def add_item(self, portfolio: str, item: str, by: str | None) -> None:
        """Put a project or a portfolio into a portfolio."""
        above, below = self._store.get("portfolio", portfolio), self._found(item, "project", "portfolio")
        if all(one is not below for one in above["_items"]):
            with self._office.doing(by):
                above["_items"].append(below)
                self._office.journal.tell("added", below, parent=above)

    def remove_item(self, portfolio: str, item: str, by: str | None) -> None:
        """Take a project or a portfolio out of a portfolio."""
        above, below = self._store.get("portfolio", portfolio), self._found(item, "project", "portfolio")
        with self._office.doing(by):
            above["_items"] = [one for one in above["_items"] if one is not below]
            self._office.journal.tell("removed", below, parent=above)
