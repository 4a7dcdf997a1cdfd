"""What happens at a Jira site: it has no stream of events to read, so its webhooks' events are read as hints here.

An event names the issues to fetch; nothing else in its body is believed. What concerns no single issue (sprints,
releases, projects) gives no hint: the poll finds whatever it changed.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.connectors.reading import identity, mapping, sequence, text
from services.connectors.tracker import EventsPage, HookHints
from services.runtime.errors import InvalidMessage

ISSUE_DELETED: Final = "jira:issue_deleted"
_ABOUT_AN_ISSUE: Final = ("jira:issue_", "comment_", "worklog_", "issue_property_")
_COMMENT_OF: Final = re.compile(r"/issue/([0-9]{1,20})/comment/")
"""Data Center's comment events name their issue only in the comment's address. Source: TRACKERS, A7."""


def events_page() -> EventsPage | None:
    """Return none: Jira has no stream of events."""
    return None


def hints_of(body: object) -> HookHints:
    """Read an event as hints, or raise `InvalidMessage` where it is none."""
    event = mapping(body)
    name = text(event.get("webhookEvent"), 200)
    if name is None:
        raise InvalidMessage("The webhook's body is no event of Jira: it names no `webhookEvent`.")
    if name.startswith("issuelink_"):
        return HookHints(changed=_needed(_ends(mapping(event.get("issueLink"))), name))
    issue = mapping(event.get("issue"))
    if name == ISSUE_DELETED:
        gone = _needed(_ids(issue.get("id")), name)
        return HookHints(changed=tuple(dict.fromkeys(_neighbours(issue))), deleted=gone)
    if name.startswith(_ABOUT_AN_ISSUE):
        return HookHints(changed=_needed(_issue_of(event), name))
    return HookHints(changed=tuple(_ids(issue.get("id"))))


def _needed(ids: Iterator[str], name: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(ids))
    if not found:
        raise InvalidMessage(f"The webhook's {name} names no issue.")
    return found


def _issue_of(event: Mapping[str, Any]) -> Iterator[str]:
    """Give the issue's id from the first place that names it: the issue, the address of a comment, a work log."""
    comment, worklog = mapping(event.get("comment")), mapping(event.get("worklog"))
    address = _COMMENT_OF.search(text(comment.get("self")) or "")
    told = (mapping(event.get("issue")).get("id"), address and address[1], worklog.get("issueId"))
    yield from list(_ids(*told))[:1]


def _ends(link: Mapping[str, Any]) -> Iterator[str]:
    yield from _ids(link.get("sourceIssueId"), link.get("destinationIssueId"))


def _neighbours(issue: Mapping[str, Any]) -> Iterator[str]:
    """Give the far ends of a deleted issue's links: they lose a link, and not each site tells them so."""
    for link in map(mapping, sequence(mapping(issue.get("fields")).get("issuelinks"))):
        yield from _ids(mapping(link.get("inwardIssue")).get("id"), mapping(link.get("outwardIssue")).get("id"))


def _ids(*told: object) -> Iterator[str]:
    """Give the ids among these: whole numbers, as Jira's are; they get into addresses and queries."""
    yield from (id_ for id_ in map(identity, told) if id_ is not None and id_.isdecimal() and id_.isascii())
