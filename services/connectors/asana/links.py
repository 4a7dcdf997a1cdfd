"""What a task is linked to: its dependencies from either side, and its twins in Jira."""

from collections.abc import Iterator
from datetime import datetime

from schemas.work_items import Dependency, Link, LinkDirection, Twin
from services.connectors.asana.raw import Task
from services.connectors.reading import identity, mapping, sequence, strings
from services.connectors.twins import jira_twins

_SIDES = (("dependencies", "dependency_", LinkDirection.INWARD), ("dependents", "dependent_", LinkDirection.OUTWARD))


def links_of(task: Task) -> tuple[tuple[Link, ...], tuple[Dependency, ...]]:
    """Return the links and the dependencies that stood at `as_of`: what is among `dependencies` blocks the task."""
    links: list[Link] = []
    dependencies: dict[tuple[str, str], Dependency] = {}
    for field, prefix, direction in _SIDES:
        for gid in _far_ends(task, field, prefix):
            far = task.ref_of(gid)
            links.append(Link(type="dependency", direction=direction, ref=far, key=gid))
            pair = (far, task.ref) if direction is LinkDirection.INWARD else (task.ref, far)
            dependencies.setdefault(pair, Dependency(blocker=pair[0], dependent=pair[1], made=_made(task, prefix, gid)))
    return tuple(links), tuple(dependencies.values())


def _far_ends(task: Task, field: str, prefix: str) -> Iterator[str]:
    ends = dict.fromkeys(identity(mapping(raw).get("gid")) for raw in sequence(task.raw.get(field)))
    for story in reversed(task.stories.later(task.as_of, f"{prefix}added", f"{prefix}removed")):
        gid = identity(mapping(story.raw.get("dependency")).get("gid"))
        if story.subtype.endswith("added"):
            ends.pop(gid, None)
        else:
            ends[gid] = None
    return (gid for gid in ends if gid is not None)


def _made(task: Task, prefix: str, gid: str) -> datetime | None:
    """Return when the dependency was last made, where a story tells."""
    added = (story for story in task.stories.by(task.as_of) if story.subtype == f"{prefix}added")
    ends = (story.at for story in added if mapping(story.raw.get("dependency")).get("gid") == gid)
    return max(ends, default=None)


def twins_of(task: Task) -> tuple[Twin, ...]:
    """Return the Jira issues that the notes, the comments and the fields of the task point to."""
    said = [(story.raw.get("text"), story.raw.get("html_text")) for story in task.stories.all if story.is_comment]
    fields = [mapping(raw).get("text_value") for raw in sequence(task.raw.get("custom_fields"))]
    places = (task.raw.get("notes"), task.raw.get("html_notes"), *(each for pair in said for each in pair), *fields)
    return jira_twins(each for place in places if place for each in strings(place))
