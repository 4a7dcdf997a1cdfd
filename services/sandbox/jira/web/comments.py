"""Comments, links between issues and links to pages elsewhere."""

from typing import Final

import orjson
from starlette.responses import Response

from services.sandbox.jira import actions
from services.sandbox.jira.intake import newest_first
from services.sandbox.jira.records import Json, Link
from services.sandbox.jira.values import Refused
from services.sandbox.jira.web.call import Call, Path, nothing, ok

UNPAGED: Final = 1_000_000


def comments(call: Call) -> Response:
    """Answer a page of an issue's comments, oldest first unless asked otherwise."""
    issue = call.issue()
    found = issue.read_comments()
    if call.query.get("orderBy", "").lstrip("+") in {"-created", "-updated"}:
        found.sort(key=newest_first, reverse=True)
    start, size = (
        call.number("startAt", 0),
        call.number("maxResults", 5000 if not call.site.is_datacenter else 1_000_000),
    )
    page = [call.site.shapes.comment(issue.id, each, call.version) for each in found[start : start + size]]
    return ok({"startAt": start, "maxResults": size, "total": len(found), "comments": page})


def add(call: Call) -> Response:
    """Leave a comment."""
    issue = call.issue()
    made = actions.comment(call.site, issue, call.body.get("body"), call.by)
    return ok(call.site.shapes.comment(issue.id, made, call.version), 201)


def read(call: Call) -> Response:
    """Answer a comment."""
    issue = call.issue()
    return ok(call.site.shapes.comment(issue.id, actions.comment_of(issue, call.path["comment"]), call.version))


def change(call: Call) -> Response:
    """Change a comment's text."""
    issue = call.issue()
    changed = actions.edit_comment(call.site, issue, call.path["comment"], call.body.get("body"), call.by)
    return ok(call.site.shapes.comment(issue.id, changed, call.version))


def remove(call: Call) -> Response:
    """Take a comment away."""
    actions.delete_comment(call.site, call.issue(), call.path["comment"])
    return nothing()


def link(call: Call) -> Response:
    """Link two issues: created without a body or an id, and a success also where the link is there already."""
    body = call.body
    kind = body.get("type") or {}
    ends = [body.get(side) or {} for side in ("inwardIssue", "outwardIssue")]
    source, destination = (call.site.visible(str(end.get("id") or end.get("key") or "")) for end in ends)
    actions.link(call.site, str(kind.get("id") or kind.get("name") or ""), source, destination, call.by)
    if text := (body.get("comment") or {}).get("body"):
        actions.comment(call.site, call.site.visible(destination.id), text, call.by)
    return nothing(201)


def _found(call: Call) -> Link:
    found = call.site.store.links.get(call.path["link"])
    if found is None:
        raise Refused(404, f"No issue link with id '{call.path['link']}' exists.")
    return found


def read_link(call: Call) -> Response:
    """Answer a link with both of its ends."""
    found, shapes = _found(call), call.site.shapes
    ends = {"inwardIssue": found.source, "outwardIssue": found.destination}
    shown: Json = {"id": found.id, "self": call.link(f"issueLink/{found.id}")}
    shown["type"] = shapes.link_type(found, call.version)
    for side, id_ in ends.items():
        shown[side] = orjson.Fragment(shapes.far_end(id_, call.version) or b"{}")
    return ok(shown)


def remove_link(call: Call) -> Response:
    """Take a link away from both issues."""
    actions.unlink(call.site, _found(call).id, call.by)
    return nothing()


def remote_links(call: Call) -> Response:
    """Answer all links of an issue to pages elsewhere, or the one of a global id."""
    issue = call.issue()
    found = [_remote(call, issue.id, each) for each in call.site.remote_links.get(issue.id, {}).values()]
    if wanted := call.query.get("globalId"):
        return ok(next((each for each in found if each.get("globalId") == wanted), {}))
    return ok(found)


def _remote(call: Call, issue: str, remote: Json) -> Json:
    return {**remote, "self": call.link(f"issue/{issue}/remotelink/{remote['id']}")}


def add_remote_link(call: Call) -> Response:
    """Link an issue to a page; the same global id again replaces what was there."""
    issue, body = call.issue(), call.body
    shown = body.get("object") or {}
    if not shown.get("url") or not shown.get("title"):
        raise Refused(400, fields={"title": "'title' is required.", "url": "'url' is required."})
    kept = {
        name: value for name, value in body.items() if name in {"globalId", "application", "relationship", "object"}
    }
    id_, is_new = actions.remote_link(call.site, issue, body.get("globalId"), kept, call.by)
    return ok({"id": id_, "self": call.link(f"issue/{issue.id}/remotelink/{id_}")}, 201 if is_new else 200)


PATHS: Final = (
    Path("/issue/{issue}/comment", {"GET": comments, "POST": add}),
    Path("/issue/{issue}/comment/{comment}", {"GET": read, "PUT": change, "DELETE": remove}),
    Path("/issue/{issue}/remotelink", {"GET": remote_links, "POST": add_remote_link}),
    Path("/issueLink", {"POST": link}),
    Path("/issueLink/{link}", {"GET": read_link, "DELETE": remove_link}),
)
