"""An Asana task, with its stories where they are embedded, becomes one work item, as it stands or stood at a time.

What is unusable in one field is dropped; a task without gid or time of creation is set aside. No input raises.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from schemas.work_items import StatusCategory, WorkItem, WorkItemChange
from services.connectors.asana.changelog import changes_of, stories_of
from services.connectors.asana.hierarchy import parent_of, projects_of, type_of
from services.connectors.asana.life import Life, life_of
from services.connectors.asana.links import links_of, twins_of
from services.connectors.asana.meanings import meanings_of
from services.connectors.asana.people import actor_of
from services.connectors.asana.planning import (
    assignee_of,
    custom_fields_of,
    due_of,
    estimate_of,
    is_flagged,
    priority_of,
    start_of,
    tags_of,
)
from services.connectors.asana.raw import Task
from services.connectors.asana.standing import sections_of, standing_of
from services.connectors.mapped import Mapped, MappingOptions, NotYet, Outcome, SetAside, Telling, unusable
from services.connectors.reading import identity, mapping, text
from services.connectors.times import by, instant_of


def looks_like_task(raw: Mapping[str, Any]) -> bool:
    """Tell an Asana task from anything else."""
    return "gid" in raw and raw.get("resource_type", "task") == "task"


def map_task(raw: object, site: str, as_of: datetime | None, options: MappingOptions) -> Outcome:
    """Map one task; with `as_of`, as it stood then, and not yet if it was created later."""
    payload = mapping(raw)
    if not looks_like_task(payload):
        return SetAside("it is no Asana task: it has no `gid`")
    gid, created = identity(payload.get("gid")), instant_of(payload.get("created_at"))
    if gid is None:
        return SetAside("the task has no usable gid")
    if created is None:
        return SetAside("the task has no readable time of creation")
    if not by(created, as_of):
        return NotYet(gid)
    task = Task(payload, site, gid, created, stories_of(payload.get("stories"), options), as_of, options)
    try:
        return _mapped(task)
    except ValidationError as error:
        return unusable(error)


def _mapped(task: Task) -> Mapped:
    life = life_of(task)
    standing = standing_of(task, life)
    kind, type_name = type_of(task)
    parent, parent_key = parent_of(task)
    project, *other_projects = projects_of(task)
    links, dependencies = links_of(task)
    due = due_of(task)
    touched = _touched(task, standing.done)
    item = WorkItem(
        ref=task.ref,
        key=task.gid,
        url=_url(task),
        title=_title(task),
        type=kind,
        type_name=type_name,
        status=standing.status,
        status_category=standing.category,
        resolution=standing.resolution if standing.category is StatusCategory.DONE else None,
        resolution_name=standing.resolution_name,
        created=task.created,
        updated=_updated(task, touched),
        started=standing.started,
        done=standing.done,
        touched=touched,
        due=due.day,
        due_at=due.at,
        due_source=due.source,
        start=start_of(task),
        assignee=assignee_of(task),
        reporter=actor_of(task.raw.get("created_by"), task.options),
        parent=parent,
        parent_key=parent_key,
        project=project,
        other_projects=tuple(other_projects),
        sections=sections_of(task, life),
        labels=tags_of(task),
        estimate=estimate_of(task),
        priority=priority_of(task),
        flagged=is_flagged(task),
        links=links,
        dependencies=dependencies,
        twins=twins_of(task),
        custom_fields=custom_fields_of(task),
    )
    return Mapped(item, tuple(_changes(task, life)))


def _changes(task: Task, life: Life) -> Iterable[WorkItemChange]:
    telling = task.options.telling
    if telling is Telling.NOTHING:
        return ()
    meanings = meanings_of(task, life)
    return changes_of(task.stories.by(task.as_of), task.ref, task.gid, meanings, telling)


def _title(task: Task) -> str:
    renamed = task.undone("name_changed")
    return (text(renamed.raw.get("old_name")) if renamed else None) or text(task.raw.get("name")) or task.gid


def _url(task: Task) -> str | None:
    url = text(task.raw.get("permalink_url"))
    return url if url and url.startswith("https://") else None


def _touched(task: Task, done: datetime | None) -> datetime:
    """Return the last touch of the task itself: its creation, a person's comment or change, its completion."""
    touches = [story.at for story in task.stories.by(task.as_of) if story.is_touch]
    return max([task.created, *touches, *([done] if done else [])])


def _updated(task: Task, touched: datetime) -> datetime:
    """Return `modified_at`, or for an earlier time the last that is known to have happened by then."""
    modified = instant_of(task.raw.get("modified_at"))
    if modified is not None and by(modified, task.as_of):
        return modified
    return max([touched, *(story.at for story in task.stories.by(task.as_of))])
