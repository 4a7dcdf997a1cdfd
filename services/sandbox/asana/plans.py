"""What stands above the tasks: projects and sections, custom fields, portfolios, goals with metrics, status updates."""

from collections.abc import Mapping
from typing import Any, Final

from services.sandbox.asana.custom import give_field
from services.sandbox.asana.learning import give_setting
from services.sandbox.asana.office import Office
from services.sandbox.asana.records import Record
from services.sandbox.asana.store import Missing, Refused

METRIC_WRITABLE: Final = frozenset({"manual", "external"})
_STATUS_OF: Final = {
    "project": frozenset({"on_track", "at_risk", "off_track", "on_hold", "complete"}),
    "portfolio": frozenset({"on_track", "at_risk", "off_track", "on_hold", "complete"}),
    "goal": frozenset({"on_track", "at_risk", "off_track", "achieved", "partial", "missed", "dropped"}),
}
_COLOUR_OF: Final = {"on_track": "green", "at_risk": "yellow", "off_track": "red"}
_PROJECT_FIELDS: Final = frozenset(
    {"name", "notes", "archived", "color", "due_on", "start_on", "completed", "default_view", "privacy_setting"}
)
_GOAL_FIELDS: Final = frozenset({"name", "notes", "due_on", "start_on", "status"})


class Plans:
    """Every method that changes something takes `by`, a user's gid, and returns the gid of what it made."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._store = office.store

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

    def _edit(self, record: Record, fields: Mapping[str, Any], allowed: frozenset[str], by: str | None) -> None:
        with self._office.doing(by):
            for name, value in fields.items():
                if name in allowed and record.get(name) != value:
                    record[name] = value
                    self._office.journal.changed(record, name)

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

    def _found(self, gid: str, *kinds: str) -> Record:
        for kind in kinds:
            if gid in self._store.all(kind):
                return self._store.see(kind, gid)
        raise Missing(kinds[0], gid)

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

    def add_goal(
        self, name: str, owner: str, metric: Mapping[str, Any] | None = None, gid: str | None = None, **fields: Any
    ) -> str:
        """Add a goal; `metric` has `unit`, `initial_number_value`, `target_number_value` and what else it needs."""
        with self._office.doing(owner) as user:
            made: Record = {name: value for name, value in fields.items() if name in _GOAL_FIELDS}
            for kind in ("team", "time_period"):
                if fields.get(kind):
                    made[kind] = self._store.get(kind, fields[kind])
            made |= {"is_workspace_level": "team" not in made, "workspace": self._store.workspace, "owner": user}
            goal = self._store.add("goal", name, gid=gid, **made)
            if metric is not None:
                goal["metric"] = self._metric(metric)
            self._office.journal.tell("added", goal, parent=self._store.workspace)
        return str(goal["gid"])

    def _metric(self, said: Mapping[str, Any]) -> Record:
        initial = said.get("initial_number_value", 0)
        metric: Record = {
            "gid": self._store.new_gid(), "resource_type": "goal_metric", "resource_subtype": "number", "precision": 0,
            "unit": "none", "currency_code": None, "initial_number_value": initial, "target_number_value": 100,
            "current_number_value": initial, "progress_source": "manual", "is_custom_weight": False,
            "can_manage": True, **said,
        }  # fmt: skip
        metric["current_display_value"] = _shown(metric)
        return metric

    def edit_goal(self, gid: str, fields: Mapping[str, Any], by: str | None) -> None:
        """Change fields of a goal."""
        self._edit(self._store.get("goal", gid), fields, _GOAL_FIELDS, by)

    def give_metric(self, gid: str, metric: Mapping[str, Any], by: str | None) -> None:
        """Have a goal measure its progress by a number."""
        goal = self._store.get("goal", gid)
        with self._office.doing(by):
            goal["metric"] = self._metric(metric)
            self._office.journal.changed(goal, "metric")

    def set_metric(self, gid: str, value: float, by: str | None) -> None:
        """Tell how far a goal has come. Raises `Refused` where it has no metric, or one that follows from work."""
        goal = self._store.get("goal", gid)
        metric = goal.get("metric")
        if metric is None:
            raise Refused("goal: This goal does not have a metric")
        if metric["progress_source"] not in METRIC_WRITABLE:
            raise Refused("goal: The progress of this goal is not updated by hand")
        with self._office.doing(by):
            metric["current_number_value"] = value
            metric["current_display_value"] = _shown(metric)
            self._office.journal.changed(goal, "metric")

    def support_goal(self, goal: str, supporting: str, by: str | None, weight: float = 1.0) -> str:
        """Have a goal, project, portfolio or task support a goal."""
        above, below = self._store.get("goal", goal), self._found(supporting, "goal", "project", "portfolio", "task")
        subtype = "subgoal" if below["resource_type"] == "goal" else "supporting_work"
        with self._office.doing(by):
            relation = self._store.add(
                "goal_relationship", resource_subtype=subtype, supported_goal=above, supporting_resource=below,
                contribution_weight=weight,
            )  # fmt: skip
            self._office.journal.changed(above, "supporting_relationships")
        return str(relation["gid"])

    def unsupport_goal(self, goal: str, supporting: str, by: str | None) -> None:
        """End what `support_goal` began. Raises `Missing`."""
        for gid, one in self._store.all("goal_relationship").items():
            if (one["supported_goal"]["gid"], one["supporting_resource"]["gid"]) == (goal, supporting):
                with self._office.doing(by):
                    del self._store.all("goal_relationship")[gid]
                    self._office.journal.changed(one["supported_goal"], "supporting_relationships")
                return
        raise Missing("goal", goal)

    def delete_goal(self, gid: str, by: str | None) -> None:
        """Put a goal into the trash, with its relationships."""
        goal = self._store.get("goal", gid)
        with self._office.doing(by):
            del self._store.all("goal")[gid]
            relations = self._store.all("goal_relationship")
            for key, one in list(relations.items()):
                if one["supported_goal"] is goal or one["supporting_resource"] is goal:
                    del relations[key]
            self._office.journal.tell("deleted", goal)

    def add_time_period(self, period: str, start_on: str, end_on: str, gid: str | None = None) -> str:
        """Add a time period, such as Q3."""
        said = f"{period} FY{end_on[2:4]}"
        record = self._store.add(
            "time_period", gid=gid, period=period, start_on=start_on, end_on=end_on, display_name=said
        )
        return str(record["gid"])

    def add_status(self, parent: str, title: str, text: str, status_type: str, by: str | None) -> str:
        """Say how a project, portfolio or goal stands. Raises `Refused` for what cannot be said of it."""
        found = self._found(parent, "project", "portfolio", "goal")
        kind = found["resource_type"]
        if status_type not in _STATUS_OF[kind]:
            raise Refused(f"status_type: Not a valid status for a {kind}: {status_type}")
        with self._office.doing(by) as user:
            made: Record = {"author": user, "created_by": user, "parent": found, "status_type": status_type}
            stamp = self._store.stamp()
            made |= {"text": text, "resource_subtype": f"{kind}_status_update", "title": title}
            update = self._store.add("status_update", created_at=stamp, modified_at=stamp, **made)
            found["current_status_update"] = update
            if kind == "goal":
                found["status"] = _COLOUR_OF.get(status_type, status_type)
            self._office.journal.changed(found, "current_status_update", value=update)
        return str(update["gid"])


def _shown(metric: Record) -> str:
    value = f"{metric['current_number_value']:g}"
    return f"{value}%" if metric["unit"] == "percentage" else value
