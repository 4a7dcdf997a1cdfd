"""Changelogs by themselves, which only Cloud gives: of one issue by offset, of up to a thousand by cursor."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from starlette.responses import Response

from services.sandbox.jira.intake import newest_first
from services.sandbox.jira.records import Json, millis_of
from services.sandbox.jira.searching import BAD_TOKEN
from services.sandbox.jira.values import Refused
from services.sandbox.jira.web.call import Call, Path, ok

MOST_ISSUES: Final = 1000
MOST_FIELDS: Final = 10
MOST: Final = 10_000


def of_issue(call: Call) -> Response:
    """Answer a page of an issue's histories, oldest first."""
    histories = call.issue().read_histories()[::-1]
    return call.offset_page(call.site.shapes.histories(histories, call.version), 100, 100)


def by_ids(call: Call) -> Response:
    """Answer the histories of an issue that are asked for by id."""
    asked = {str(each) for each in call.body.get("changelogIds", ())}
    every = call.site.shapes.histories(call.issue().read_histories(), call.version)
    found = [each for each in reversed(every) if each["id"] in asked]
    return ok({"startAt": 0, "maxResults": len(found), "total": len(found), "histories": found})


def bulk(call: Call) -> Response:
    """Answer the histories of many issues, oldest first over all of them; an issue's may go on on the next page."""
    asked, names = call.body.get("issueIdsOrKeys"), call.body.get("fieldIds")
    if not isinstance(asked, list) or not 1 <= len(asked) <= MOST_ISSUES:
        raise Refused(400, f"issueIdsOrKeys must have between 1 and {MOST_ISSUES} entries.")
    if names is not None and len(names) > MOST_FIELDS:
        raise Refused(400, f"fieldIds must have at most {MOST_FIELDS} entries.")
    size = int(call.body.get("maxResults") or MOST_ISSUES)
    if not 1 <= size <= MOST:
        raise Refused(400, f"maxResults must be between 1 and {MOST}.")
    rows = _rows(call, asked, set(names) if names else None)
    start = _offset(call.body.get("nextPageToken"))
    page: dict[str, list[Json]] = {}
    for issue, history in rows[start : start + size]:
        page.setdefault(issue, []).append(_shown(call, history))
    answer: Json = {"issueChangeLogs": [{"issueId": id_, "changeHistories": each} for id_, each in page.items()]}
    if start + size < len(rows):
        answer["nextPageToken"] = urlsafe_b64encode(f"changelog:{start + size}".encode()).decode()
    return ok(answer)


def _offset(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(urlsafe_b64decode(token.encode()).decode().removeprefix("changelog:"))
    except ValueError as error:
        raise Refused(400, BAD_TOKEN) from error


def _rows(call: Call, asked: list[str | int], names: set[str] | None) -> list[tuple[str, Json]]:
    issues = {issue.id: issue for each in asked if (issue := call.site.store.find(str(each))) is not None}
    rows = [
        (issue.id, history)
        for issue in issues.values()
        if issue.history_count and issue.project not in call.site.known.hidden
        for history in issue.read_histories()
        if names is None or any(item.get("fieldId") in names for item in history["items"])
    ]
    rows.sort(key=lambda row: (newest_first(row[1])[0], int(row[0]), int(row[1]["id"])))
    return rows


def _shown(call: Call, history: Json) -> Json:
    [shown] = call.site.shapes.histories([history], call.version)
    return {**shown, "created": millis_of(history["created"])} if call.site.epoch_changelogs else shown


PATHS: Final = (
    Path("/changelog/bulkfetch", {"POST": bulk}, on_datacenter=False),
    Path("/issue/{issue}/changelog", {"GET": of_issue}, on_datacenter=False),
    Path("/issue/{issue}/changelog/list", {"POST": by_ids}, on_datacenter=False),
)
