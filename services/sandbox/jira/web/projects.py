"""Projects, their statuses, components and versions; and people."""

from typing import Final

from starlette.responses import Response

from services.sandbox.jira.records import Json
from services.sandbox.jira.values import Refused
from services.sandbox.jira.web.call import Call, Path, ok


def visible(call: Call) -> list[Json]:
    """Return the projects that may be seen, by key."""
    known = call.site.known
    found = [each for id_, each in known.projects.items() if id_ not in known.hidden]
    return sorted(found, key=lambda each: str(each["key"]))


def _shown(call: Call, project: Json) -> Json:
    shown = {
        "expand": "description,lead,issueTypes,url,projectKeys",
        "self": call.link(f"project/{project['id']}"),
        **project,
    }
    if call.site.is_datacenter:
        return shown
    return {**shown, "id": str(project["id"]), "simplified": False, "style": "classic", "isPrivate": False}


def _project(call: Call) -> Json:
    found = call.site.known.project_of(call.path["project"])
    if found is None or str(found["id"]) in call.site.known.hidden:
        raise Refused(404, f"No project could be found with key '{call.path['project']}'.")
    return found


def every(call: Call) -> Response:
    """Answer all projects that may be seen."""
    return ok([_shown(call, each) for each in visible(call)])


def search(call: Call) -> Response:
    """Answer a page of the projects, all or by key, id or a part of the name."""
    keys = {key.casefold() for key in call.lists("keys")}
    ids = set(call.lists("id"))
    part = call.query.get("query", "").casefold()
    found = [
        _shown(call, each)
        for each in visible(call)
        if (not keys or each["key"].casefold() in keys)
        and (not ids or str(each["id"]) in ids)
        and part in f"{each['key']} {each['name']}".casefold()
    ]
    return call.offset_page(found, 50, 100)


def one(call: Call) -> Response:
    """Answer a project whole."""
    project = _project(call)
    types = [{**each, "self": call.link(f"issuetype/{each['id']}")} for each in call.site.known.types.values()]
    parts = {"issueTypes": types, "components": _components(call, project), "versions": _versions(call, project)}
    return ok({**_shown(call, project), **parts, "description": "", "assigneeType": "UNASSIGNED", "roles": {}})


def statuses(call: Call) -> Response:
    """Answer which statuses each of the project's types has."""
    _project(call)
    known = call.site.known
    found = [call.site.shown_status(each, call.version) for each in known.statuses.values()]
    return ok(
        [
            {"self": call.link(f"issuetype/{each['id']}"), "id": each["id"], "name": each["name"],
             "subtask": bool(each.get("subtask")), "statuses": found}
            for each in known.types.values()
        ]
    )  # fmt: skip


def _components(call: Call, project: Json) -> list[Json]:
    found = call.site.known.components.get(str(project["id"]), {})
    about = {"project": project["key"], "projectId": int(project["id"])}
    return [{**each, "self": call.link(f"component/{id_}"), **about} for id_, each in found.items()]


def _versions(call: Call, project: Json) -> list[Json]:
    found = call.site.known.versions.get(str(project["id"]), {})
    about = {"projectId": int(project["id"])}
    return [{**each, "self": call.link(f"version/{id_}"), **about} for id_, each in found.items()]


def components(call: Call) -> Response:
    """Answer a project's components."""
    return ok(_components(call, _project(call)))


def component_page(call: Call) -> Response:
    """Answer a page of a project's components."""
    return call.offset_page(_components(call, _project(call)))


def versions(call: Call) -> Response:
    """Answer a project's versions."""
    return ok(_versions(call, _project(call)))


def version_page(call: Call) -> Response:
    """Answer a page of a project's versions."""
    return call.offset_page(_versions(call, _project(call)))


def user(call: Call) -> Response:
    """Answer a person by account id, or on Data Center by name or key."""
    asked = [call.query.get(name) for name in ("accountId", "username", "key")]
    for each in call.site.known.users.values():
        shown = call.site.shapes.person(each, call.version) or {}
        if each["accountId"] in asked or shown.get("name", "") in asked:
            return ok(shown)
    raise Refused(404, "Specified user does not exist or you do not have required permissions")


def users(call: Call) -> Response:
    """Answer people, by a part of the name where one is given."""
    part = (call.query.get("query") or call.query.get("username") or "").casefold().strip(".%")
    found = [each for each in call.site.known.users.values() if part in each["displayName"].casefold()]
    start, size = call.number("startAt", 0), call.number("maxResults", 50, 1000)
    return ok([call.site.shapes.person(each, call.version) for each in found[start : start + size]])


PATHS: Final = (
    Path("/project/search", {"GET": search}, on_datacenter=False),
    Path("/project", {"GET": every}),
    Path("/project/{project}", {"GET": one}),
    Path("/project/{project}/statuses", {"GET": statuses}),
    Path("/project/{project}/components", {"GET": components}),
    Path("/project/{project}/component", {"GET": component_page}, on_datacenter=False),
    Path("/project/{project}/versions", {"GET": versions}),
    Path("/project/{project}/version", {"GET": version_page}),
    Path("/user", {"GET": user}),
    Path("/user/search", {"GET": users}),
    Path("/users/search", {"GET": users}, on_datacenter=False),
    Path("/users", {"GET": users}, on_datacenter=False),
)
