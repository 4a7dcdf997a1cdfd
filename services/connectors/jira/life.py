"""What the statuses that an issue has been in mean, and the spells of work that follow from them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from schemas.work_items import StatusCategory
from services.connectors.jira.raw import Issue
from services.connectors.mapped import MappingOptions
from services.connectors.reading import identity, mapping, text
from services.connectors.times import by, instant_of

TODO, IN_PROGRESS, DONE = StatusCategory.TODO, StatusCategory.IN_PROGRESS, StatusCategory.DONE

_BY_KEY: Final = {"new": TODO, "indeterminate": IN_PROGRESS, "done": DONE}
_BY_ID: Final = {"2": TODO, "4": IN_PROGRESS, "3": DONE}
"""Category keys and ids are fixed in Jira; the category's name is localised. Source: TRACKERS, A3."""
_BY_STATUS_NAME: Final = {
    **dict.fromkeys(("open", "to do", "reopened", "backlog", "new", "selected for development"), TODO),
    **dict.fromkeys(("in progress", "in review", "in development", "in qa", "in test"), IN_PROGRESS),
    **dict.fromkeys(("closed", "resolved", "done", "cancelled"), DONE),
}


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
    known = {identity(current.get("id")) or "": category_now(issue.fields, issue.options)}
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


def category_now(fields: Mapping[str, Any], options: MappingOptions) -> StatusCategory:
    """Return what the present status means: as the site's own words are overridden, as Jira says, or by its name."""
    status = mapping(fields.get("status"))
    wanted = options.status_overrides.get(identity(status.get("id")) or "")
    found = wanted or told_category(status) or named_category(text(status.get("name")))
    return found or (DONE if instant_of(fields.get("resolutiondate")) else TODO)


def spells(issue: Issue, categories: Mapping[str, StatusCategory]) -> tuple[datetime | None, datetime | None]:
    """Return when the latest spell of work began, unless it was sent back since, and when it last became done."""
    moves = issue.log.of("status")
    first = categories.get(moves[0].old or "") if moves else category_now(issue.fields, issue.options)
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
