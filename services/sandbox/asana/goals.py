"""Goals with their metrics, what supports them, time periods, and status updates of whatever stands above tasks."""

from collections.abc import Mapping
from typing import Any, Final

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
_GOAL_FIELDS: Final = frozenset({"name", "notes", "due_on", "start_on", "status"})


class Goals:
    """Every method that changes something takes `by`, a user's gid, and returns the gid of what it made."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._store = office.store

    def _edit(self, record: Record, fields: Mapping[str, Any], allowed: frozenset[str], by: str | None) -> None:
        with self._office.doing(by):
            for name, value in fields.items():
                if name in allowed and record.get(name) != value:
                    record[name] = value
                    self._office.journal.changed(record, name)

    def _found(self, gid: str, *kinds: str) -> Record:
        for kind in kinds:
            if gid in self._store.all(kind):
                return self._store.get(kind, gid)
        raise Missing(kinds[0], gid)

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
