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
from services.connectors.jira.raw import Issue
from services.connectors.mapped import MappingOptions, ending_of
from services.connectors.reading import identity, mapping, text
from services.connectors.times import by, instant_of

TODO, IN_PROGRESS, DONE = StatusCategory.TODO, StatusCategory.IN_PROGRESS, StatusCategory.DONE
UNKNOWN_STATUS: Final = "unknown"
"""The status of an issue at a time when it stood in another one, which nobody wrote down."""

_BY_KEY: Final = {"new": TODO, "indeterminate": IN_PROGRESS, "done": DONE}
_BY_ID: Final = {"2": TODO, "4": IN_PROGRESS, "3": DONE}
"""Category keys and ids are fixed in Jira; the category's name is localised. Source: TRACKERS, A3."""
_BY_STATUS_NAME: Final = {
    **dict.fromkeys(("open", "to do", "reopened", "backlog", "new", "selected for development"), TODO),
    **dict.fromkeys(("in progress", "in review", "in development", "in qa", "in test"), IN_PROGRESS),
    **dict.fromkeys(("closed", "resolved", "done", "cancelled"), DONE),
}


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


def categories_of(issue: Issue) -> dict[str, StatusCategory]:
    """Return what each status that the issue has been in means, by status id: known, told by its name, or guessed.

    A status of which nothing is known is *to do* if the issue began in it, else *in progress*.
    """
    found = known_categories(issue)
    for index, move in enumerate(issue.log.of("status")):
        for id_, guess in ((move.old, IN_PROGRESS if index else TODO), (move.new, IN_PROGRESS)):
            if id_:
                found.setdefault(id_, guess)
    return found


def known_categories(issue: Issue) -> dict[str, StatusCategory]:
    """Return what each status that the issue has been in means, by status id; guesses are left out."""
    current = mapping(issue.fields.get("status"))
    known = {identity(current.get("id")) or "": _category_now(issue.fields, issue.options)}
    for move in issue.log.of("status"):
        for id_, name in ((move.old, move.old_text), (move.new, move.new_text)):
            if id_ and id_ not in known:
                category = issue.options.status_categories.get(id_) or named_category(name)
                known |= {id_: category} if category else {}
    return known


def named_category(name: str | None) -> StatusCategory | None:
    """Return what a status means by one of the usual names that Jira gives it."""
    return _BY_STATUS_NAME.get((name or "").casefold())


def told_category(status: Mapping[str, Any]) -> StatusCategory | None:
    """Return the category that a status of Jira names, by its key or by its id."""
    category = mapping(status.get("statusCategory"))
    return _BY_KEY.get(text(category.get("key")) or "") or _BY_ID.get(identity(category.get("id")) or "")


def _category_now(fields: Mapping[str, Any], options: MappingOptions) -> StatusCategory:
    status = mapping(fields.get("status"))
    wanted = options.status_overrides.get(identity(status.get("id")) or "")
    found = wanted or told_category(status) or named_category(text(status.get("name")))
    return found or (DONE if instant_of(fields.get("resolutiondate")) else TODO)


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
    category = _category_now(fields, issue.options)
    resolved = instant_of(fields.get("resolutiondate"))
    ended = resolved or (instant_of(fields.get("updated")) if category is DONE else None)
    if by(ended, as_of):
        return _ended(_status_name(fields), _resolution_name(fields), ended, None, issue.options)
    if category is DONE:
        return Standing(UNKNOWN_STATUS, TODO)
    return Standing(_status_name(fields), category)


def _by_status(issue: Issue) -> Standing:
    fields, as_of = issue.fields, issue.as_of
    categories = categories_of(issue)
    moved = issue.undone("status")
    status = (moved.old_text if moved else None) or _status_name(fields)
    category = categories.get(moved.old or "", TODO) if moved else _category_now(fields, issue.options)
    started, entered = _spells(issue, categories)
    if category is not DONE:
        return Standing(status, category, started=started)
    settled = issue.undone("resolution")
    name = settled.old_text if settled else _resolution_name(fields)
    resolved = instant_of(fields.get("resolutiondate")) if settled is None else None
    done = (
        resolved if by(resolved, as_of) else entered or (issue.created if as_of else instant_of(fields.get("updated")))
    )
    return _ended(status, name, done, started, issue.options)


def _spells(issue: Issue, categories: Mapping[str, StatusCategory]) -> tuple[datetime | None, datetime | None]:
    """Return when the latest spell of work began, unless it was sent back since, and when it last became done."""
    moves = issue.log.of("status")
    first = categories.get(moves[0].old or "") if moves else _category_now(issue.fields, issue.options)
    started = issue.created if issue.log.whole and first is IN_PROGRESS else None
    entered = None
    for move in moves:
        if by(move.at, issue.as_of):
            before, after = categories.get(move.old or ""), categories.get(move.new or "")
            if after is IN_PROGRESS and before is not IN_PROGRESS:
                started = move.at
            elif after is TODO:
                started = None
            elif after is DONE and before is not DONE:
                entered = move.at
    return started, entered
