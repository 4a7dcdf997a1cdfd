"""Issues one by one: read, opened, changed, moved on and deleted."""

from typing import Any, Final

import orjson
from starlette.responses import Response

from services.runtime.connections import JiraKind
from services.sandbox.jira import actions
from services.sandbox.jira.catalogue import named
from services.sandbox.jira.records import Json, Stored
from services.sandbox.jira.shapes import wanted_of
from services.sandbox.jira.values import Refused, wrong
from services.sandbox.jira.web.call import Call, Path, nothing, ok

HISTORIES: Final = 100


def read(call: Call) -> Response:
    """Answer an issue; an old key is followed in silence. On Cloud the changelog is cut to the newest hundred."""
    issue = call.issue()
    expands = call.query.get("expand", "").split(",")
    most = HISTORIES if call.site.kind is JiraKind.CLOUD else None
    histories = most if "changelog" in expands else 0
    wanted = wanted_of(call.lists("fields"), "*all")
    shown = call.site.shapes.issue(issue, call.version, wanted, histories=histories)
    extra: Json = {}
    if "names" in expands:
        extra["names"] = {each["id"]: each["name"] for each in call.site.fields()}
    if "transitions" in expands:
        extra["transitions"] = transitions_of(call, issue)
    if "properties" in call.query:
        extra["properties"] = {}
    tail = b"," + orjson.dumps(extra)[1:] if extra else b"}"
    return Response(shown[:-1] + tail, media_type="application/json;charset=UTF-8")


def create(call: Call) -> Response:
    """Open an issue."""
    fields = dict(call.body.get("fields") or {})
    project = fields.pop("project", None) or {}
    issue = actions.create(call.site, str(project.get("id") or project.get("key") or ""), fields, call.by)
    return ok({"id": issue.id, "key": issue.key, "self": call.link(f"issue/{issue.id}")}, 201)


def edit(call: Call) -> Response:
    """Set fields, and apply `update`: add, set and remove."""
    issue = call.issue()
    fields = dict(call.body.get("fields") or {})
    update = dict(call.body.get("update") or {})
    comments = [each["add"]["body"] for each in update.pop("comment", ()) if "add" in each]
    before = issue.read_fields()
    for name, verbs in update.items():
        fields[name] = _updated(name, before.get(name), verbs)
    actions.edit(call.site, issue, fields, call.by)
    for body in comments:
        actions.comment(call.site, call.issue(), body, call.by)
    return nothing()


def _updated(name: str, value: Any, verbs: list[Json]) -> Any:
    for verb in verbs:
        for what, given in verb.items():
            if what == "set":
                value = given
            elif what == "add":
                value = [*(value or ()), given]
            elif what == "remove":
                value = [each for each in value or () if each != given and not _is_named(each, given)]
            else:
                raise wrong(name, f"The operation '{what}' is not supported.")
    return value


def _is_named(value: Any, given: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(given, dict):
        return False
    return any(value.get(name) == given.get(name) for name in ("id", "name") if name in given)


def delete(call: Call) -> Response:
    """Delete an issue; one with sub-tasks only where the request says so."""
    issue = call.issue()
    if call.query.get("deleteSubtasks") != "true" and call.site.has_subtasks(issue):
        raise Refused(400, f"The issue '{issue.key}' has subtasks. You must specify the 'deleteSubtasks' parameter.")
    actions.delete(call.site, issue, call.by)
    return nothing()


def assign(call: Call) -> Response:
    """Give an issue to somebody."""
    actions.edit(call.site, call.issue(), {"assignee": call.body}, call.by)
    return nothing()


def transitions_of(call: Call, issue: Stored) -> list[Json]:
    """Return what an issue may become, as transitions."""
    here = issue.read_fields()["status"]["id"]
    return [
        {
            "id": str(11 + 10 * index), "name": status["name"], "to": call.site.shown_status(status, call.version),
            "hasScreen": False, "isGlobal": True, "isInitial": False, "isAvailable": True, "isConditional": False,
            "looped": status["id"] == here,
        }
        for index, status in enumerate(call.site.known.statuses.values())
    ]  # fmt: skip


def transitions(call: Call) -> Response:
    """Answer what an issue may become: any status."""
    return ok({"expand": "transitions", "transitions": transitions_of(call, call.issue())})


def transition(call: Call) -> Response:
    """Bring an issue into another status."""
    issue = call.issue()
    wanted = str((call.body.get("transition") or {}).get("id", ""))
    found = named(transitions_of(call, issue), wanted)
    if found is None or found["id"] != wanted:
        raise Refused(400, f"Transition id '{wanted}' is not valid for this issue.")
    actions.transition(call.site, issue, found["to"]["id"], call.by, call.body.get("fields"))
    return nothing()


PATHS: Final = (
    Path("/issue", {"POST": create}),
    Path("/issue/{issue}", {"GET": read, "PUT": edit, "DELETE": delete}),
    Path("/issue/{issue}/assignee", {"PUT": assign}),
    Path("/issue/{issue}/transitions", {"GET": transitions, "POST": transition}),
)
