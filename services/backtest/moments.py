"""When the mapping of an issue or a task says something else than before, and when only its last touch moves.

Promise: between two of these moments an item as of any time is the same, but for a comment's touch. Whoever maps an
item at each of them, and carries the comments over, knows it at every time (`tests/backtest/test_moments.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from schemas.work_items import Tracker
from services.connectors.asana.changelog import stories_of
from services.connectors.jira.changelog import changelog_of
from services.connectors.jira.people import actor_of
from services.connectors.mapped import MappingOptions, is_person
from services.connectors.reading import identity, mapping, sequence
from services.connectors.times import instant_of


@dataclass(frozen=True, slots=True)
class Moments:
    """`changes` are those at which the item has to be mapped anew, `touches` those at which a person said something.

    Neither is sorted, and a moment may come twice.
    """

    changes: tuple[datetime, ...]
    touches: tuple[datetime, ...] = ()


def moments_of(tracker: Tracker, raw: Mapping[str, Any], options: MappingOptions) -> Moments:
    """Return the moments of one issue or task."""
    return _OF[tracker](raw, options)


def _of_issue(raw: Mapping[str, Any], options: MappingOptions) -> Moments:
    fields = mapping(raw.get("fields"))
    told = [entry.at for entry in changelog_of(raw.get("changelog"), options).entries]
    # Closed without a resolution: since its last update.
    ended = instant_of(fields.get("resolutiondate")) or instant_of(fields.get("updated"))
    changes = (instant_of(fields.get("created")), ended, *told)
    return Moments(tuple(at for at in changes if at is not None), tuple(_comments(fields, options)))


def _comments(fields: Mapping[str, Any], options: MappingOptions) -> Iterator[datetime]:
    for comment in map(mapping, sequence(mapping(fields.get("comment")).get("comments"))):
        at = instant_of(comment.get("created"))
        by = actor_of(comment.get("author"), options)
        if at is not None and identity(comment.get("id")) is not None and is_person(by):
            yield at


def _of_task(raw: Mapping[str, Any], options: MappingOptions) -> Moments:
    # A comment counts as a change: what nobody told of a completion is inferred from the stories around it.
    told = (story.at for story in stories_of(raw.get("stories"), options).all)
    said = (instant_of(raw.get(name)) for name in ("created_at", "completed_at", "modified_at"))
    return Moments(tuple(at for at in (*said, *told) if at is not None))


_OF: Final[Mapping[Tracker, Callable[[Mapping[str, Any], MappingOptions], Moments]]] = {
    Tracker.JIRA: _of_issue,
    Tracker.ASANA: _of_task,
}
