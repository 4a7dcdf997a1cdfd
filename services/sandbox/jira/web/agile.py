"""The agile API: a board for each project, sprints, and issues in the shape that only this API has."""

from typing import Any, Final

import orjson
from starlette.responses import Response

from services.sandbox.jira.catalogue import FLAGGED, SPRINT
from services.sandbox.jira.records import Json, Stored
from services.sandbox.jira.shapes import wanted_of
from services.sandbox.jira.values import Refused
from services.sandbox.jira.web.call import Call, Path, ok
from services.sandbox.jira.web.projects import visible


def _boards(call: Call) -> list[Json]:
    """A project's board has the project's number; others are known only by the sprints that name them."""
    found = {int(each["id"]): _board(call, int(each["id"]), each) for each in visible(call)}
    for sprint in call.site.known.sprints.values():
        id_ = int(sprint.get("boardId") or 0)
        if id_ and id_ not in found:
            found[id_] = _board(call, id_, None)
    return list(found.values())


def _board(call: Call, id_: int, project: Json | None) -> Json:
    board: Json = {"id": id_, "self": f"{call.site.base_url}/rest/agile/1.0/board/{id_}", "type": "scrum"}
    if project is None:
        return {**board, "name": f"Board {id_}"}
    location = {
        "projectId": int(project["id"]), "projectKey": project["key"], "projectName": project["name"],
        "displayName": f"{project['name']} ({project['key']})", "projectTypeKey": "software",
    }  # fmt: skip
    return {**board, "name": f"{project['key']} board", "location": location}


def boards(call: Call) -> Response:
    """Answer a page of the boards, of one project where it is asked for."""
    wanted = call.query.get("projectKeyOrId")
    found = [each for each in _boards(call) if wanted is None or wanted in _project_of(each)]
    return call.offset_page(found)


def _project_of(board: Json) -> tuple[str, ...]:
    location = board.get("location")
    return (location["projectKey"], str(location["projectId"])) if location else ()


def _one_board(call: Call) -> Json:
    for each in _boards(call):
        if str(each["id"]) == call.path["board"]:
            return each
    raise Refused(
        404, "Requested board cannot be viewed because it either does not exist or you do not have permission."
    )


def board(call: Call) -> Response:
    """Answer a board."""
    return ok(_one_board(call))


def _sprint(call: Call, sprint: Json) -> Json:
    kept = {name: value for name, value in sprint.items() if name != "boardId" and value is not None}
    shown = {"id": int(sprint["id"]), "self": f"{call.site.base_url}/rest/agile/1.0/sprint/{sprint['id']}"}
    return {**kept, **shown, "originBoardId": sprint.get("boardId"), "state": str(sprint.get("state")).lower()}


def sprints(call: Call) -> Response:
    """Answer a page of a board's sprints, in some states where they are asked for."""
    id_ = _one_board(call)["id"]
    states = set(call.query.get("state", "active,future,closed").split(","))
    found = [_sprint(call, each) for each in call.site.known.sprints.values() if each.get("boardId") == id_]
    return call.offset_page([each for each in found if each["state"] in states])


def sprint(call: Call) -> Response:
    """Answer a sprint."""
    found = call.site.known.sprints.get(call.path["sprint"])
    if found is None:
        raise Refused(404, "Sprint does not exist.")
    return ok(_sprint(call, found))


def epics(call: Call) -> Response:
    """Answer a page of the epics of a board's project."""
    project = str((_one_board(call).get("location") or {}).get("projectId"))
    issues = (call.site.issues[id_] for id_ in call.site.store.by_project.get(project, ()))
    found = [_epic(call, each) for each in issues if each.read_fields()["issuetype"]["name"] == "Epic"]
    return call.offset_page(found)


def _epic(call: Call, issue: Stored) -> Json:
    fields = issue.read_fields()
    done = fields["status"]["statusCategory"]["key"] == "done"
    return {
        "id": int(issue.id), "key": issue.key, "self": f"{call.site.base_url}/rest/agile/1.0/epic/{issue.id}",
        "name": fields["summary"], "summary": fields["summary"], "color": {"key": "color_1"}, "done": done,
    }  # fmt: skip


def projects(call: Call) -> Response:
    """Answer a page of a board's projects."""
    keys = _project_of(_one_board(call))
    return call.offset_page([each for each in visible(call) if each["key"] in keys])


def board_issues(call: Call) -> Response:
    """Answer a page of a board's issues, which a query may narrow."""
    keys = _project_of(_one_board(call))
    jql = call.query.get("jql", "")
    ids = call.site.searches.run(jql or f"project = {keys[0]} ORDER BY id" if keys else jql)
    project = call.site.known.project_of(keys[0]) if keys else None
    own = call.site.store.by_project.get(str(project["id"]), {}) if project else {}
    found = [id_ for id_ in ids if id_ in own]
    start, size = call.number("startAt", 0), call.number("maxResults", 50, 100)
    issues = [_agile(call, call.site.issues[id_]) for id_ in found[start : start + size]]
    return ok({"startAt": start, "maxResults": size, "total": len(found), "issues": issues})


def issue(call: Call) -> Response:
    """Answer an issue."""
    return ok(_agile(call, call.issue()))


def _agile(call: Call, found: Stored) -> Json:
    """Sprints are `sprint` and `closedSprints` here, the epic is an object, and the flag is a truth."""
    wanted = wanted_of(call.lists("fields"), "*all")
    shown: Json = orjson.loads(call.site.shapes.issue(found, 2))
    fields = {name: value for name, value in shown["fields"].items() if name not in {SPRINT, FLAGGED}}
    stored = found.read_fields()
    all_sprints: list[Any] = [_sprint(call, each) for each in stored.get(SPRINT) or ()]
    open_ones = [each for each in all_sprints if each["state"] != "closed"]
    fields["sprint"] = open_ones[-1] if open_ones else None
    fields["closedSprints"] = [each for each in all_sprints if each["state"] == "closed"]
    fields["flagged"] = bool(stored.get(FLAGGED))
    parent = call.site.issues.get(found.parent or "")
    is_subtask = bool(stored["issuetype"].get("subtask"))
    fields["epic"] = _epic(call, parent) if parent and not is_subtask else None
    shown["self"] = f"{call.site.base_url}/rest/agile/1.0/issue/{found.id}"
    shown["fields"] = {name: value for name, value in fields.items() if wanted.wants(name)}
    return shown


PATHS: Final = (
    Path("/board", {"GET": boards}),
    Path("/board/{board}", {"GET": board}),
    Path("/board/{board}/sprint", {"GET": sprints}),
    Path("/board/{board}/epic", {"GET": epics}),
    Path("/board/{board}/project", {"GET": projects}),
    Path("/board/{board}/issue", {"GET": board_issues}),
    Path("/sprint/{sprint}", {"GET": sprint}),
    Path("/issue/{issue}", {"GET": issue}),
)
