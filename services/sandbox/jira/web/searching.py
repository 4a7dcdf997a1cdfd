"""Searching: by cursor on Cloud, by offset on Data Center; many issues at once; how many a query finds."""

from collections.abc import Iterable
from typing import Any, Final

import orjson
from starlette.responses import Response

from services.sandbox.jira.records import Json, Stored
from services.sandbox.jira.shapes import Wanted, wanted_of
from services.sandbox.jira.values import Refused
from services.sandbox.jira.web.call import Call, Path, ok, raw_json, refusal
from services.sandbox.jira.web.issues import transitions_of

ALLOWED: Final = frozenset(
    {"jql", "nextPageToken", "maxResults", "fields", "expand", "properties", "fieldsByKeys", "reconcileIssues"}
)
MOST: Final = 5000
SOME_FIELDS: Final = (5, 1000)
MANY: Final = 100
HISTORIES: Final = 40
COMMENTS: Final = 20
RECONCILED: Final = 50
REMOVED: Final = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline "
    "is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)


def gone(_call: Call) -> Response:
    """The search by offset is no more on Cloud."""
    return refusal(410, REMOVED)


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, list) else str(value).split(",")


def _expands(call: Call, value: Any) -> set[str]:
    return (
        {part.strip() for part in _texts(value)} if value is not None else set(call.query.get("expand", "").split(","))
    )


def _asked(call: Call) -> dict[str, Any]:
    if call.method == "POST":
        if unknown := call.body.keys() - ALLOWED:
            raise Refused(400, f'Unrecognized field "{min(unknown)}", not marked as ignorable')
        return call.body
    return {**call.query, "fields": call.lists("fields") or None, "reconcileIssues": call.lists("reconcileIssues")}


def by_cursor(call: Call) -> Response:
    """Answer a page of what a query finds; the token leads on, and there is none after the last page."""
    asked = _asked(call)
    jql = asked.get("jql")
    wanted = wanted_of(_texts(asked.get("fields")), "id")
    expands = _expands(call, asked.get("expand"))
    size = _page_size(int(asked.get("maxResults") or 50), wanted, expands)
    reconcile = frozenset(str(each) for part in asked.get("reconcileIssues") or () for each in str(part).split(","))
    if len(reconcile) > RECONCILED:
        raise Refused(400, f"The number of issues to reconcile must not exceed {RECONCILED}.")
    searches = call.site.searches
    if token := asked.get("nextPageToken"):
        name, start, found = searches.resume(token, jql)
        ids = found.ids
    else:
        searches.bounded(jql or "")
        ids, start = searches.run(jql or "", reconcile), 0
        name = searches.start(jql or "", ids) if len(ids) > size else ""
    issues = _as_indexed(call, ids[start : start + size], reconcile)
    is_last = start + size >= len(ids)
    end = b"" if is_last else b',"nextPageToken":' + orjson.dumps(searches.token(name, start + size))
    tail = (b',"isLast":', b"true" if is_last else b"false", end, _names(call, expands), b"}")
    return raw_json((b'{"issues":[', _shown(call, issues, wanted, expands), b"]", *tail))


def _page_size(asked: int, wanted: Wanted, expands: set[str]) -> int:
    if wanted.is_nothing and "changelog" not in expands:
        return max(1, min(asked, MOST))
    few, most = SOME_FIELDS
    is_small = not (wanted.every or wanted.navigable) and len(wanted.names) <= few and "comment" not in wanted.names
    return max(1, min(asked, most if is_small and "changelog" not in expands else MANY))


def _as_indexed(call: Call, ids: Iterable[str], reconcile: frozenset[str]) -> list[Stored]:
    store, now, hidden = call.site.store, call.site.at(), call.site.known.hidden
    found = (store.issues.get(id_) if id_ in reconcile else store.indexed(id_, now) for id_ in ids)
    return [issue for issue in found if issue is not None and issue.project not in hidden]


def _shown(call: Call, issues: Iterable[Stored], wanted: Wanted, expands: set[str], *, most: bool = True) -> bytes:
    histories = 0 if "changelog" not in expands else (HISTORIES if most else None)
    comments = COMMENTS if most else None
    shapes, version = call.site.shapes, call.version
    found = [(each, shapes.issue(each, version, wanted, histories=histories, comments=comments)) for each in issues]
    if "transitions" not in expands:
        return b",".join(shown for _, shown in found)
    more = ((shown, orjson.dumps(transitions_of(call, each))) for each, shown in found)
    return b",".join(shown[:-1] + b',"transitions":' + made + b"}" for shown, made in more)


def _names(call: Call, expands: set[str]) -> bytes:
    parts = []
    if "names" in expands:
        parts.append(b',"names":' + orjson.dumps({each["id"]: each["name"] for each in call.site.fields()}))
    if "schema" in expands:
        parts.append(b',"schema":' + orjson.dumps({each["id"]: each["schema"] for each in call.site.fields()}))
    return b"".join(parts)


def count_of(call: Call) -> Response:
    """Answer about how many issues a query finds."""
    jql = str(call.body.get("jql") or "")
    call.site.searches.bounded(jql)
    return ok({"count": len(call.site.searches.run(jql))})


def by_offset(call: Call) -> Response:
    """Answer a page by its offset, with the total, as Data Center does."""
    asked: Json = call.body if call.method == "POST" else {**call.query, "fields": call.lists("fields") or None}
    start, size = int(asked.get("startAt") or 0), min(int(asked.get("maxResults", 50)), 1000)
    wanted = wanted_of(_texts(asked.get("fields")), "*navigable")
    expands = _expands(call, asked.get("expand"))
    ids = call.site.searches.run_again(str(asked.get("jql") or ""))
    issues = _as_indexed(call, ids[start : start + size], frozenset())
    head = f'{{"expand":"schema,names","startAt":{start},"maxResults":{size},"total":{len(ids)},"issues":['
    return raw_json(
        (head.encode(), _shown(call, issues, wanted, expands, most=False), b"]", _names(call, expands), b"}")
    )


def bulk_fetch(call: Call) -> Response:
    """Answer up to a hundred issues by id or key, in the order of their ids; those not there are left out."""
    asked = call.body.get("issueIdsOrKeys")
    if not isinstance(asked, list) or not 1 <= len(asked) <= MANY:
        raise Refused(400, f"issueIdsOrKeys must have between 1 and {MANY} entries.")
    found = {issue.id: issue for each in asked if (issue := call.site.store.find(str(each))) is not None}
    seen = [issue for issue in found.values() if issue.project not in call.site.known.hidden]
    wanted = wanted_of(_texts(call.body.get("fields")), "*navigable")
    expands = _expands(call, call.body.get("expand"))
    issues = sorted(seen, key=lambda issue: int(issue.id))
    tail = b'],"issueErrors":[]'
    return raw_json((b'{"issues":[', _shown(call, issues, wanted, expands), tail, _names(call, expands), b"}"))


PATHS: Final = (
    Path("/search/jql", {"GET": by_cursor, "POST": by_cursor}, on_datacenter=False),
    Path("/issue/bulkfetch", {"POST": bulk_fetch}, on_datacenter=False),
    Path("/search/approximate-count", {"POST": count_of}, on_datacenter=False),
    Path("/search", {"GET": gone, "POST": gone}, on_datacenter=False),
    Path("/search", {"GET": by_offset, "POST": by_offset}, on_cloud=False),
)
