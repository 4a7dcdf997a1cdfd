"""How far an issue had got at a time: its status, how it ended, when it was started and when it was done.

Now: as its status says. At a time that the changelog reaches: as its status was then. At a time without a changelog
(DESIGN, section 8): done from its resolution on (or, closed without one, from its last update), before that in progress
if it is in progress now, else to do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from schemas.work_items import Resolution, StatusCategory
from services.connectors.jira.life import DONE, IN_PROGRESS, TODO, categories_of, category_now, known_categories, spells
from services.connectors.jira.raw import Issue
from services.connectors.mapped import MappingOptions, ending_of
from services.connectors.reading import mapping, text
from services.connectors.times import by, instant_of

UNKNOWN_STATUS: Final = "unknown"
"""The status of an issue at a time when it stood in another one, which nobody wrote down."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the issue stood. `resolution` and its name are set only on what was done."""

    status: str
    category: StatusCategory
    resolution: Resolution | None = None
    resolution_name: str | None = None
    started: datetime | None = None
    done: datetime | None = None


def standing_of(issue: Issue) -> Standing:
    """Return how the issue stood at `as_of`, or stands now."""
    if issue.as_of is not None and not issue.log.entries:
        return _by_dates(issue, issue.as_of)
    return _by_status(issue)


def _status_name(fields: Mapping[str, Any]) -> str:
    return text(mapping(fields.get("status")).get("name")) or UNKNOWN_STATUS


def _resolution_name(fields: Mapping[str, Any]) -> str | None:
    raw = fields.get("resolution")
    return text(raw) or text(mapping(raw).get("name"))


def _ended(
    status: str, name: str | None, done: datetime | None, started: datetime | None, options: MappingOptions
) -> Standing:
    return Standing(status, DONE, ending_of(name, options), name, started, done)


def _by_dates(issue: Issue, as_of: datetime) -> Standing:
    fields = issue.fields
    category = category_now(fields, issue.options)
    resolved = instant_of(fields.get("resolutiondate"))
    ended = resolved or (instant_of(fields.get("updated")) if category is DONE else None)
    if by(ended, as_of):
        return _ended(_status_name(fields), _resolution_name(fields), ended, None, issue.options)
    if category is DONE:
        return Standing(UNKNOWN_STATUS, TODO)
    return Standing(_status_name(fields), category, started=_begun(issue) if category is IN_PROGRESS else None)


def _begun(issue: Issue) -> datetime | None:
    """Return when an issue of which no change is told was begun: as it was created, if none was made."""
    return issue.created if issue.log.whole else None


def _by_status(issue: Issue) -> Standing:
    fields = issue.fields
    categories = categories_of(issue)
    moved = issue.undone("status")
    status = (moved.old_text if moved else None) or _status_name(fields)
    category = categories.get(moved.old or "", TODO) if moved else category_now(fields, issue.options)
    started, entered = spells(issue, categories)
    if category is not DONE:
        return Standing(status, category, started=started)
    settled = issue.undone("resolution")
    name = settled.old_text if settled else _resolution_name(fields)
    return _ended(status, name, _done(issue, entered), started, issue.options)


def _done(issue: Issue, entered: datetime | None) -> datetime | None:
    """Return when a done issue became so: as its status was moved, where it is known from what; else by its resolution.

    A resolution may be set or corrected later, and one that was never taken back is older than what was done since.
    """
    if entered is not None and _is_known(issue, entered):
        return entered
    resolved = resolved_at(issue)
    if resolved is not None and by(resolved, issue.as_of):
        return resolved
    return entered or (issue.created if issue.as_of else instant_of(issue.fields.get("updated")))


def _is_known(issue: Issue, entered: datetime) -> bool:
    known = known_categories(issue)
    return any(move.at == entered and move.old in known for move in issue.log.of("status"))


def resolved_at(issue: Issue) -> datetime | None:
    """Return when the resolution that the issue had at `as_of` was made, also if it was taken back since."""
    if issue.undone("resolution") is None:
        return instant_of(issue.fields.get("resolutiondate"))
    made = [entry for entry in issue.log.of("resolution") if by(entry.at, issue.as_of)]
    return made[-1].at if made and made[-1].new is not None else None
