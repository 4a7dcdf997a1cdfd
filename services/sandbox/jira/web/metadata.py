"""What a site tells of itself: its kind and time, whose token it is, fields, statuses, projects and people."""

from typing import Any, Final

from starlette.responses import Response

from services.sandbox.jira.catalogue import CATEGORIES, Known
from services.sandbox.jira.records import Json, instant
from services.sandbox.jira.values import Refused
from services.sandbox.jira.web.call import Call, Handler, Path, ok

PERMISSIONS: Final = (
    "BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "ADD_COMMENTS", "EDIT_OWN_COMMENTS", "DELETE_OWN_COMMENTS",
    "LINK_ISSUES", "TRANSITION_ISSUES", "ADMINISTER", "ADMINISTER_PROJECTS",
)  # fmt: skip


def server_info(call: Call) -> Response:
    """Answer which Jira it is and what time it has; nobody needs to log in for that."""
    site = call.site
    version, numbers = ("9.12.2", [9, 12, 2]) if site.is_datacenter else ("1001.0.0-SNAPSHOT", [1001, 0, 0])
    return ok(
        {
            "baseUrl": site.base_url, "version": version, "versionNumbers": numbers,
            "deploymentType": "Server" if site.is_datacenter else "Cloud", "buildNumber": 100_290,
            "buildDate": "2026-10-01T00:00:00.000+0000", "serverTime": instant(site.at()), "scmInfo": "0",
            "serverTitle": "Jira", "displayUrl": site.base_url,
        }
    )  # fmt: skip


def myself(call: Call) -> Response:
    """Answer whose token it is, with the time zone that dates in queries are read in."""
    shown = call.site.shapes.person(call.by, call.version) or {}
    return ok({**shown, "timeZone": call.site.time_zone, "locale": "en_US"})


def my_permissions(call: Call) -> Response:
    """Answer what the account may do: all that clients ask for."""
    asked = call.query.get("permissions")
    if asked is None and not call.site.is_datacenter:
        raise Refused(400, "The 'permissions' query parameter is required.")
    names = asked.split(",") if asked else PERMISSIONS
    unknown = [name for name in names if name not in PERMISSIONS]
    if unknown:
        raise Refused(400, f"Unrecognized permission: {unknown[0]}")
    return ok({"permissions": {name: _permission(name, 10 + at) for at, name in enumerate(names)}})


def _permission(name: str, number: int) -> Json:
    words = name.replace("_", " ").capitalize()
    scope = "GLOBAL" if name == "ADMINISTER" else "PROJECT"
    return {
        "id": str(number), "key": name, "name": words, "type": scope, "description": words, "havePermission": True,
    }  # fmt: skip


def fields(call: Call) -> Response:
    """Answer all fields."""
    return ok(call.site.fields())


def field_search(call: Call) -> Response:
    """Answer a page of the fields, searched by a part of the name."""
    part = call.query.get("query", "").casefold()
    kinds = set(call.query.get("type", "system,custom").split(","))
    found = [
        {"id": each["id"], "name": each["name"], "key": each["key"], "schema": each["schema"], "isLocked": False}
        for each in call.site.fields()
        if part in each["name"].casefold() and ("custom" if each["custom"] else "system") in kinds
    ]
    return call.offset_page(found)


def statuses(call: Call) -> Response:
    """Answer all statuses."""
    return ok([call.site.shown_status(each, call.version) for each in call.site.known.statuses.values()])


def one_status(call: Call) -> Response:
    """Answer a status by its id."""
    return ok(call.site.shown_status(_one(call, call.site.known.statuses, "status"), call.version))


def _one(call: Call, known: Known, what: str) -> Json:
    found = known.get(call.path["id"])
    if found is None:
        raise Refused(404, f"The {what} with id '{call.path['id']}' does not exist.")
    return found


def status_search(call: Call) -> Response:
    """Answer a page of the statuses, in the other shape."""
    kinds = {"new": "TODO", "indeterminate": "IN_PROGRESS", "done": "DONE"}
    found = [
        {"id": each["id"], "name": each["name"], "description": "",
         "statusCategory": kinds.get(each["statusCategory"]["key"], "TODO"), "scope": {"type": "GLOBAL"}}
        for each in call.site.known.statuses.values()
    ]  # fmt: skip
    return call.offset_page(found, 200, 200)


def categories(call: Call) -> Response:
    """Answer the categories that statuses are in."""
    return ok([{**each, "self": call.link(f"statuscategory/{each['id']}")} for each in CATEGORIES.values()])


def listed(name: str, kind: str) -> Handler:
    """Return what answers all things of a kind."""

    def answer(call: Call) -> Response:
        known: Known = getattr(call.site.known, name)
        return ok([_shown(call, kind, each) for each in known.values()])

    return answer


def paged(name: str, kind: str) -> Handler:
    """Return what answers a page of the things of a kind."""

    def answer(call: Call) -> Response:
        known: Known = getattr(call.site.known, name)
        return call.offset_page([_shown(call, kind, each) for each in known.values()])

    return answer


def single(name: str, kind: str) -> Handler:
    """Return what answers one thing of a kind, by its id."""

    def answer(call: Call) -> Response:
        return ok(_shown(call, kind, _one(call, getattr(call.site.known, name), kind)))

    return answer


def _shown(call: Call, kind: str, thing: Json) -> Json:
    return {"self": call.link(f"{kind}/{thing['id']}"), "description": "", **thing}


def link_types(call: Call) -> Response:
    """Answer the kinds of links."""
    found: list[Any] = [
        {**each, "self": call.link(f"issueLinkType/{each['id']}")} for each in call.site.known.link_types.values()
    ]
    return ok({"issueLinkTypes": found})


def configuration(_call: Call) -> Response:
    """Answer what is switched on."""
    switched = ("votingEnabled", "watchingEnabled", "unassignedIssuesAllowed", "subTasksEnabled", "issueLinkingEnabled")
    return ok({**dict.fromkeys(switched, True), "timeTrackingEnabled": False, "attachmentsEnabled": True})


PATHS: Final = (
    Path("/serverInfo", {"GET": server_info}),
    Path("/myself", {"GET": myself}),
    Path("/mypermissions", {"GET": my_permissions}),
    Path("/configuration", {"GET": configuration}),
    Path("/field", {"GET": fields}),
    Path("/field/search", {"GET": field_search}, on_datacenter=False),
    Path("/status", {"GET": statuses}),
    Path("/status/{id}", {"GET": one_status}),
    Path("/statuses/search", {"GET": status_search}, on_datacenter=False),
    Path("/statuscategory", {"GET": categories}),
    Path("/priority", {"GET": listed("priorities", "priority")}),
    Path("/priority/search", {"GET": paged("priorities", "priority")}, on_datacenter=False),
    Path("/priority/{id}", {"GET": single("priorities", "priority")}),
    Path("/resolution", {"GET": listed("resolutions", "resolution")}),
    Path("/resolution/search", {"GET": paged("resolutions", "resolution")}, on_datacenter=False),
    Path("/resolution/{id}", {"GET": single("resolutions", "resolution")}),
    Path("/issuetype", {"GET": listed("types", "issuetype")}),
    Path("/issuetype/{id}", {"GET": single("types", "issuetype")}),
    Path("/issueLinkType", {"GET": link_types}),
)
