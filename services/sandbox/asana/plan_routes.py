"""Requests about what stands above the tasks: portfolios, goals with metrics, time periods, status updates."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.sandbox.asana.calls import Answer, Call
from services.sandbox.asana.records import Record
from services.sandbox.asana.routing import Routes
from services.sandbox.asana.store import Missing, Refused

_DONE: Final = Answer(200, {"data": {}})


def _one(kind: str) -> Callable[[Call], Answer]:
    return lambda call: call.one(call.see(kind))


def _portfolios(call: Call) -> Answer:
    """List the portfolios that the token's user owns; nobody else's can be listed, whoever is asked for."""
    call.see("workspace", call.query.get("workspace", ""))
    owner = call.query.get("owner", "me")
    mine = call.see("user", owner) is call.site.store.account
    found = [one for one in call.site.store.all("portfolio").values() if one["owner"] is call.site.store.account]
    return call.many(found if mine else ())


def _create_portfolio(call: Call) -> Answer:
    gid = call.site.plans.add_portfolio(_text(call, "name"), call.by)
    return call.one(call.site.store.get("portfolio", gid), 201)


def _text(call: Call, name: str) -> str:
    said = call.data.get(name)
    if not isinstance(said, str) or not said:
        raise Refused(f"{name}: Missing input")
    return said


def _items(call: Call) -> Answer:
    return call.many(call.site.store.visible(call.see("portfolio")["_items"]))


def _add_item(call: Call) -> Answer:
    item = _text(call, "item")
    call.see("portfolio" if item in call.site.store.all("portfolio") else "project", item)
    call.site.plans.add_item(call.see("portfolio")["gid"], item, call.by)
    return _DONE


def _remove_item(call: Call) -> Answer:
    call.site.plans.remove_item(call.see("portfolio")["gid"], _text(call, "item"), call.by)
    return _DONE


def _goals(call: Call) -> Answer:
    """List the goals of a workspace or team, or those that a portfolio, project or task supports."""
    query, store = call.query, call.site.store
    found = list(store.all("goal").values())
    for kind in ("portfolio", "project", "task"):
        if kind in query:
            below = call.see(kind, query[kind])
            above = {one["supported_goal"]["gid"] for one in _relations(call) if one["supporting_resource"] is below}
            return call.many([goal for goal in found if goal["gid"] in above])
    if "team" in query:
        team = call.see("team", query["team"])
        return call.many([goal for goal in found if goal.get("team") is team])
    if "workspace" not in query:
        raise Refused("You should specify one of workspace, team, portfolio, project or task")
    call.see("workspace", query["workspace"])
    level = {"true": True, "false": False}.get(query.get("is_workspace_level", ""))
    periods = set(query["time_periods"].split(",")) if "time_periods" in query else None
    return call.many([goal for goal in found if _is_asked(goal, level, periods)])


def _is_asked(goal: Record, level: bool | None, periods: set[str] | None) -> bool:
    period = (goal.get("time_period") or {}).get("gid")
    return (level is None or goal["is_workspace_level"] is level) and (periods is None or period in periods)


def _relations(call: Call) -> list[Record]:
    return list(call.site.store.all("goal_relationship").values())


def _create_goal(call: Call) -> Answer:
    fields = {name: value for name, value in call.data.items() if name not in {"name", "owner", "metric", "gid"}}
    owner = call.named("owner", "user")["gid"] if call.data.get("owner") else call.by
    gid = call.site.plans.add_goal(_text(call, "name"), owner, **fields)
    return call.one(call.site.store.get("goal", gid), 201)


def _edit_goal(call: Call) -> Answer:
    goal = call.see("goal")
    call.site.plans.edit_goal(goal["gid"], call.data, call.by)
    return call.one(goal)


def _delete_goal(call: Call) -> Answer:
    call.site.plans.delete_goal(call.see("goal")["gid"], call.by)
    return _DONE


def _set_metric(call: Call) -> Answer:
    goal = call.see("goal")
    call.site.plans.give_metric(goal["gid"], call.data, call.by)
    return call.one(goal)


def _set_value(call: Call) -> Answer:
    goal = call.see("goal")
    value = call.data.get("current_number_value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("current_number_value: Must be a number")
    call.site.plans.set_metric(goal["gid"], value, call.by)
    return call.one(goal)


def _relationships(call: Call) -> Answer:
    goal = call.see("goal", call.query.get("supported_goal", ""))
    subtype = call.query.get("resource_subtype")
    return call.many(
        [
            one
            for one in _relations(call)
            if one["supported_goal"] is goal and subtype in {None, one["resource_subtype"]}
            and call.site.store.is_visible(one["supporting_resource"])
        ]
    )  # fmt: skip


def _support(call: Call) -> Answer:
    weight = call.data.get("contribution_weight", 1)
    goal, supporting = call.see("goal")["gid"], _text(call, "supporting_resource")
    gid = call.site.plans.support_goal(goal, supporting, call.by, weight)
    return call.one(call.site.store.get("goal_relationship", gid))


def _unsupport(call: Call) -> Answer:
    call.site.plans.unsupport_goal(call.see("goal")["gid"], _text(call, "supporting_resource"), call.by)
    return _DONE


def _parents(call: Call) -> Answer:
    goal = call.see("goal")
    return call.many([one["supported_goal"] for one in _relations(call) if one["supporting_resource"] is goal])


def _periods(call: Call) -> Answer:
    call.see("workspace", call.query.get("workspace", ""))
    first, last = call.query.get("start_on", ""), call.query.get("end_on", "9")
    found = call.site.store.all("time_period").values()
    return call.many([one for one in found if first <= one["start_on"] and one["end_on"] <= last])


def _updates(call: Call) -> Answer:
    """List what was said of a project, portfolio or goal, the newest first."""
    parent = _parent(call, call.query.get("parent"))
    since = call.time("created_since") or ""
    found = [one for one in call.site.store.all("status_update").values() if one["parent"] is parent]
    return call.many([one for one in reversed(found) if one["created_at"] >= since])


def _parent(call: Call, said: Any) -> Record:
    gid = said.get("gid") if isinstance(said, Mapping) else said
    found = call.site.store.find(gid) if isinstance(gid, str) else None
    if found is None or found["resource_type"] not in {"project", "portfolio", "goal"}:
        raise Missing("parent", str(gid))
    return call.see(found["resource_type"], found["gid"])


def _create_update(call: Call) -> Answer:
    parent = _parent(call, call.data.get("parent"))
    title, said = str(call.data.get("title") or "Status update"), call.data.get("text") or ""
    gid = call.site.plans.add_status(parent["gid"], title, str(said), _text(call, "status_type"), call.by)
    return call.one(call.site.store.get("status_update", gid), 201)


ROUTES: Final[Routes] = {
    ("GET", "portfolios"): _portfolios,
    ("POST", "portfolios"): _create_portfolio,
    ("GET", "portfolios/{}"): _one("portfolio"),
    ("GET", "portfolios/{}/items"): _items,
    ("POST", "portfolios/{}/addItem"): _add_item,
    ("POST", "portfolios/{}/removeItem"): _remove_item,
    ("GET", "goals"): _goals,
    ("POST", "goals"): _create_goal,
    ("GET", "goals/{}"): _one("goal"),
    ("PUT", "goals/{}"): _edit_goal,
    ("DELETE", "goals/{}"): _delete_goal,
    ("POST", "goals/{}/setMetric"): _set_metric,
    ("POST", "goals/{}/setMetricCurrentValue"): _set_value,
    ("GET", "goals/{}/parentGoals"): _parents,
    ("POST", "goals/{}/addSupportingRelationship"): _support,
    ("POST", "goals/{}/removeSupportingRelationship"): _unsupport,
    ("GET", "goal_relationships"): _relationships,
    ("GET", "goal_relationships/{}"): _one("goal_relationship"),
    ("GET", "time_periods"): _periods,
    ("GET", "time_periods/{}"): _one("time_period"),
    ("GET", "status_updates"): _updates,
    ("POST", "status_updates"): _create_update,
    ("GET", "status_updates/{}"): _one("status_update"),
}
