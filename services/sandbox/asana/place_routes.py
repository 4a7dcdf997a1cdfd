"""Requests about the workspace and its people, teams, projects, sections, tags and custom fields."""

from collections.abc import Callable
from typing import Any, Final

from services.sandbox.asana.calls import Answer, Call
from services.sandbox.asana.fields import wanted
from services.sandbox.asana.records import Record
from services.sandbox.asana.routing import Routes
from services.sandbox.asana.store import Refused

_DONE: Final = Answer(200, {"data": {}})
_COUNTED: Final[dict[str, Callable[[Record], bool]]] = {
    "num_tasks": lambda _task: True,
    "num_incomplete_tasks": lambda task: not task.get("completed"),
    "num_completed_tasks": lambda task: bool(task.get("completed")),
    "num_milestones": lambda task: task["resource_subtype"] == "milestone",
    "num_incomplete_milestones": lambda task: task["resource_subtype"] == "milestone" and not task.get("completed"),
    "num_completed_milestones": lambda task: task["resource_subtype"] == "milestone" and bool(task.get("completed")),
}


def _one(kind: str) -> Callable[[Call], Answer]:
    return lambda call: call.one(call.see(kind))


def _all(kind: str, above: str | None = None) -> Callable[[Call], Answer]:
    """List all of a kind, in the place that the path names."""

    def answer(call: Call) -> Answer:
        if above is not None:
            call.see(above)
        return call.many(call.site.store.visible(call.site.store.all(kind).values()))

    return answer


def _nothing(kind: str | None = None) -> Callable[[Call], Answer]:
    """List nothing, of what is there."""

    def answer(call: Call) -> Answer:
        if kind is not None:
            call.see(kind)
        return call.many(())

    return answer


def _users(call: Call) -> Answer:
    if "workspace" in call.query:
        call.see("workspace", call.query["workspace"])
    return call.many(list(call.site.store.all("user").values()))


def _projects(call: Call) -> Answer:
    team = call.query.get("team")
    if "workspace" in call.query:
        call.see("workspace", call.query["workspace"])
    return _listed(call, call.see("team", team)["gid"] if team else None)


def _projects_of_team(call: Call) -> Answer:
    return _listed(call, call.see("team")["gid"])


def _projects_of_workspace(call: Call) -> Answer:
    call.see("workspace")
    return _listed(call, None)


def _listed(call: Call, team: str | None) -> Answer:
    archived = {"true": True, "false": False}.get(call.query.get("archived", ""))
    found = [
        project
        for project in call.site.store.visible(call.site.store.all("project").values())
        if (team is None or project["team"]["gid"] == team)
        and (archived is None or project.get("archived", False) is archived)
    ]
    return call.many(found)


def _create_project(call: Call) -> Answer:
    return _made_project(call, call.named("team", "team")["gid"] if call.data.get("team") else None)


def _create_in_team(call: Call) -> Answer:
    return _made_project(call, call.see("team")["gid"])


def _made_project(call: Call, team: str | None) -> Answer:
    fields = {name: value for name, value in call.data.items() if name not in {"team", "by", "gid"}}
    name = _text(fields.pop("name", None), "name")
    gid = call.site.plans.add_project(name, call.by, team=team, **fields)
    return call.one(call.site.store.get("project", gid), 201)


def _text(said: Any, name: str) -> str:
    if not isinstance(said, str) or not said:
        raise Refused(f"{name}: Missing input")
    return said


def _edit_project(call: Call) -> Answer:
    project = call.see("project")
    call.site.plans.edit_project(project["gid"], call.data, call.by)
    return call.one(project)


def _delete_project(call: Call) -> Answer:
    call.site.plans.delete_project(call.see("project")["gid"], call.by)
    return _DONE


def _task_counts(call: Call) -> Answer:
    tasks = list(call.site.store.shelves[call.see("project")["gid"]])
    asked = [name for name in wanted(call.query.get("opt_fields", "")) if name in _COUNTED]
    return Answer(200, {"data": {name: sum(map(_COUNTED[name], tasks)) for name in asked}})


def _sections(call: Call) -> Answer:
    return call.many(call.site.store.sections[call.see("project")["gid"]])


def _create_section(call: Call) -> Answer:
    gid = call.site.plans.add_section(call.see("project")["gid"], _text(call.data.get("name"), "name"), call.by)
    return call.one(call.site.store.get("section", gid), 201)


def _edit_section(call: Call) -> Answer:
    section = call.see("section")
    call.site.plans.rename_section(section["gid"], _text(call.data.get("name"), "name"), call.by)
    return call.one(section)


def _delete_section(call: Call) -> Answer:
    call.site.plans.delete_section(call.see("section")["gid"], call.by)
    return _DONE


def _create_tag(call: Call) -> Answer:
    gid = call.site.plans.add_tag(_text(call.data.get("name"), "name"), call.by)
    return call.one(call.site.store.get("tag", gid), 201)


def _settings(kind: str) -> Callable[[Call], Answer]:
    return lambda call: call.many(call.see(kind).get("custom_field_settings", ()))


def _create_custom_field(call: Call) -> Answer:
    data = call.data
    options = tuple(one["name"] for one in data.get("enum_options") or ())
    kind = _text(data.get("resource_subtype") or data.get("type"), "resource_subtype")
    name, precision = _text(data.get("name"), "name"), data.get("precision") or 0
    gid = call.site.plans.add_custom_field(name, kind, call.by, options, precision=precision)
    return call.one(call.site.store.get("custom_field", gid), 201)


def _use_custom_field(kind: str) -> Callable[[Call], Answer]:
    def answer(call: Call) -> Answer:
        field = call.named("custom_field", "custom_field")["gid"]
        gid = call.site.plans.use_custom_field(call.see(kind)["gid"], field, call.by)
        return call.one(call.site.store.get("custom_field_setting", gid))

    return answer


def _memberships_of_team(call: Call) -> Answer:
    team = call.see("team")
    return call.many([_membership(team, user) for user in call.site.store.all("user").values()])


def _membership(team: Record, user: Record) -> Record:
    flags = {"is_guest": False, "is_admin": False, "is_limited_access": False}
    gid = f"20{team['gid']}{user['gid']}"
    return {"gid": gid, "resource_type": "team_membership", "user": user, "team": team, **flags}


def _task_list(call: Call) -> Answer:
    user = call.see("user")
    return call.one(_list_of(call, user))


def _task_list_itself(call: Call) -> Answer:
    return call.one(_list_of(call, call.see("user", call.gid.removeprefix("30"))))


def _list_of(call: Call, user: Record) -> Record:
    names = {"name": f"{user['name']}'s tasks", "owner": user, "workspace": call.site.store.workspace}
    return {"gid": f"30{user['gid']}", "resource_type": "user_task_list", **names}


ROUTES: Final[Routes] = {
    ("GET", "users"): _users,
    ("GET", "users/{}"): _one("user"),
    ("GET", "users/{}/teams"): _all("team", "user"),
    ("GET", "users/{}/user_task_list"): _task_list,
    ("GET", "user_task_lists/{}"): _task_list_itself,
    ("GET", "workspaces"): _all("workspace"),
    ("GET", "workspaces/{}"): _one("workspace"),
    ("GET", "workspaces/{}/users"): _all("user", "workspace"),
    ("GET", "workspaces/{}/teams"): _all("team", "workspace"),
    ("GET", "organizations/{}/teams"): _all("team", "workspace"),
    ("GET", "teams/{}"): _one("team"),
    ("GET", "teams/{}/users"): _all("user", "team"),
    ("GET", "teams/{}/team_memberships"): _memberships_of_team,
    ("GET", "projects"): _projects,
    ("GET", "teams/{}/projects"): _projects_of_team,
    ("GET", "workspaces/{}/projects"): _projects_of_workspace,
    ("POST", "projects"): _create_project,
    ("POST", "workspaces/{}/projects"): _create_project,
    ("POST", "teams/{}/projects"): _create_in_team,
    ("GET", "projects/{}"): _one("project"),
    ("PUT", "projects/{}"): _edit_project,
    ("DELETE", "projects/{}"): _delete_project,
    ("GET", "projects/{}/task_counts"): _task_counts,
    ("GET", "projects/{}/sections"): _sections,
    ("POST", "projects/{}/sections"): _create_section,
    ("GET", "sections/{}"): _one("section"),
    ("PUT", "sections/{}"): _edit_section,
    ("DELETE", "sections/{}"): _delete_section,
    ("GET", "tags"): _all("tag"),
    ("POST", "tags"): _create_tag,
    ("GET", "workspaces/{}/tags"): _all("tag", "workspace"),
    ("POST", "workspaces/{}/tags"): _create_tag,
    ("GET", "tags/{}"): _one("tag"),
    ("GET", "workspaces/{}/custom_fields"): _all("custom_field", "workspace"),
    ("POST", "custom_fields"): _create_custom_field,
    ("GET", "custom_fields/{}"): _one("custom_field"),
    ("GET", "projects/{}/custom_field_settings"): _settings("project"),
    ("GET", "portfolios/{}/custom_field_settings"): _settings("portfolio"),
    ("GET", "goals/{}/custom_field_settings"): _settings("goal"),
    ("POST", "projects/{}/addCustomFieldSetting"): _use_custom_field("project"),
    ("POST", "portfolios/{}/addCustomFieldSetting"): _use_custom_field("portfolio"),
    ("GET", "attachments"): _nothing(),
    ("GET", "memberships"): _nothing(),
    ("GET", "portfolio_memberships"): _nothing(),
    ("GET", "project_templates"): _nothing(),
    ("GET", "projects/{}/project_memberships"): _nothing("project"),
    ("GET", "projects/{}/project_statuses"): _nothing("project"),
    ("GET", "portfolios/{}/portfolio_memberships"): _nothing("portfolio"),
    ("GET", "workspaces/{}/workspace_memberships"): _nothing("workspace"),
    ("GET", "users/{}/workspace_memberships"): _nothing("user"),
}
