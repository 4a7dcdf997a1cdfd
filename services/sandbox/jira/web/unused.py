"""What common clients ask for and nobody has here: well-formed and empty, or the one that every site has."""

from typing import Any, Final

from starlette.responses import Response

from services.sandbox.jira.values import Refused
from services.sandbox.jira.web.call import Call, Handler, Path, ok

GROUP: Final = {"name": "jira-users", "groupId": "6f0b0a52-0000-4000-8000-000000000001"}


def constant(content: Any) -> Handler:
    """Return what always answers the same."""
    return lambda _call: ok(content)


def page_of(name: str) -> Handler:
    """Return what answers an empty page of an issue's things."""

    def answer(call: Call) -> Response:
        call.issue()
        start, size = call.number("startAt", 0), call.number("maxResults", 5000)
        return ok({"startAt": start, "maxResults": size, "total": 0, name: []})

    return answer


def empty_page(call: Call) -> Response:
    """Answer a page of nothing."""
    return call.offset_page([])


def changed_worklogs(call: Call) -> Response:
    """Answer which work logs changed since: none."""
    since = call.number("since", 0)
    link = call.link("worklog/updated")
    return ok({"values": [], "since": since, "until": call.site.at(), "self": link, "lastPage": True})


def votes(call: Call) -> Response:
    """Answer who voted for an issue: nobody."""
    link = call.link(f"issue/{call.issue().id}/votes")
    return ok({"self": link, "votes": 0, "hasVoted": False, "voters": []})


def watchers(call: Call) -> Response:
    """Answer who watches an issue: nobody."""
    link = call.link(f"issue/{call.issue().id}/watchers")
    return ok({"self": link, "watchCount": 0, "isWatching": False, "watchers": []})


def properties(call: Call) -> Response:
    """Answer the properties of an issue: none."""
    call.issue()
    return ok({"keys": []})


def members(call: Call) -> Response:
    """Answer a page of the people in a group; there is one group, and everybody is in it."""
    asked = (call.query.get("groupname"), call.query.get("groupId"))
    if GROUP["name"] not in asked and GROUP["groupId"] not in asked:
        raise Refused(404, "The group does not exist.")
    people = call.site.known.users.values()
    return call.offset_page([call.site.shapes.person(each, call.version) for each in people])


def groups(call: Call) -> Response:
    """Answer a page of the groups."""
    return call.offset_page([GROUP])


def user_groups(call: Call) -> Response:
    """Answer the groups that a person is in."""
    link = f"{call.link('group')}?groupId={GROUP['groupId']}"
    return ok([{**GROUP, "self": link}])


def labels(call: Call) -> Response:
    """Answer a page of the labels of all issues."""
    found = {label for issue in call.site.issues.values() for label in issue.read_fields()["labels"]}
    return call.offset_page(sorted(found), 1000)


PATHS: Final = (
    Path("/issue/{issue}/worklog", {"GET": page_of("worklogs")}),
    Path("/issue/{issue}/votes", {"GET": votes}),
    Path("/issue/{issue}/watchers", {"GET": watchers}),
    Path("/issue/{issue}/properties", {"GET": properties}),
    Path("/worklog/updated", {"GET": changed_worklogs}),
    Path("/worklog/deleted", {"GET": changed_worklogs}),
    Path("/worklog/list", {"POST": constant([])}),
    Path("/dashboard", {"GET": constant({"startAt": 0, "maxResults": 20, "total": 0, "dashboards": []})}),
    Path("/dashboard/search", {"GET": empty_page}, on_datacenter=False),
    Path("/filter/search", {"GET": empty_page}, on_datacenter=False),
    Path("/workflow/search", {"GET": empty_page}, on_datacenter=False),
    Path("/issuetypescheme", {"GET": empty_page}, on_datacenter=False),
    Path("/permissionscheme", {"GET": constant({"permissionSchemes": []})}),
    Path("/permissions", {"GET": constant({"permissions": {}})}),
    Path("/auditing/record", {"GET": constant({"offset": 0, "limit": 1000, "total": 0, "records": []})}),
    Path("/role", {"GET": constant([])}),
    Path("/projectCategory", {"GET": constant([])}),
    Path("/group/member", {"GET": members}),
    Path("/group/bulk", {"GET": groups}, on_datacenter=False),
    Path("/user/groups", {"GET": user_groups}, on_datacenter=False),
    Path("/label", {"GET": labels}, on_datacenter=False),
    Path("/project/type", {"GET": constant([])}),
)
