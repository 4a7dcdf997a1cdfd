"""What the stories of a task mean for it: its status, dates, owner, estimate, what it belongs to, links.

A story means one thing, and its prose nothing. Some stories tell one side only, the other is told by those before them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from schemas.work_items import ChangeAspect
from services.connectors.asana.changelog import Story
from services.connectors.asana.life import Life, steps
from services.connectors.asana.people import actor_of
from services.connectors.asana.planning import due_in, is_estimate, start_in
from services.connectors.asana.raw import Task
from services.connectors.meanings import Meaning, category_text, day_text, meant, number_text
from services.connectors.reading import identity, mapping, number, sequence, text
from services.connectors.times import by

_DATES: Final = frozenset({"due_date_changed", "start_date_changed"})
_OWNERS: Final = frozenset({"assigned", "unassigned"})
_PARENTS: Final = frozenset({"added_to_task", "removed_from_task", "parent_changed", "made_subtask"})
_LINKS: Final = frozenset({"dependency_added", "dependency_removed", "dependent_added", "dependent_removed"})


def meanings_of(task: Task, life: Life) -> dict[str, Meaning]:
    """Return what each story by the time asked for means, by its id; those that no rule rests on are left out."""
    stories = tuple(story for story in task.stories.all if by(story.at, task.as_of))
    found = {story.id: meaning for story in stories if (meaning := _meaning_of(task, story)) is not None}
    for told in (_status(task, life), _owners(task, stories), _parents(task, stories)):
        found |= {story.id: meaning for story, meaning in told if meaning is not None}
    return found


def _meaning_of(task: Task, story: Story) -> Meaning | None:
    """Return the meaning of a story that tells both of its sides itself."""
    if story.subtype in _DATES:
        return _dates(story)
    if story.subtype in _LINKS:
        far = _far_end(task, story, "dependency")
        return Meaning(ChangeAspect.LINK, *((None, far) if story.subtype.endswith("added") else (far, None)))
    if story.subtype == "number_custom_field_changed":
        return _estimate(task, story)
    if story.subtype == "date_custom_field_changed":
        return _start_in_a_field(task, story)
    return None


def _dates(story: Story) -> Meaning | None:
    """Return what became due when, else what starts when: of a story that moves both, the day on which it is due."""
    if not {"old_dates", "new_dates"} & story.raw.keys():
        return None
    old, new = mapping(story.raw.get("old_dates")), mapping(story.raw.get("new_dates"))
    if due_in(old) != due_in(new):
        return meant(ChangeAspect.DUE, day_text(due_in(old)), day_text(due_in(new)))
    if start_in(old) != start_in(new):
        return meant(ChangeAspect.START, day_text(start_in(old)), day_text(start_in(new)))
    return None


def _far_end(task: Task, story: Story, name: str) -> str | None:
    gid = identity(mapping(story.raw.get(name)).get("gid"))
    return task.ref_of(gid) if gid else None


@dataclass(frozen=True, slots=True)
class _Field:
    """The custom field of a story. Where the story tells its gid alone, the task tells its name."""

    gid: str | None
    name: str | None


def _field_of(task: Task, story: Story) -> _Field:
    raw = mapping(story.raw.get("custom_field"))
    gid, name = identity(raw.get("gid")), text(raw.get("name"), 200)
    known = (mapping(each) for each in sequence(task.raw.get("custom_fields")))
    named = (text(each.get("name"), 200) for each in known if gid and identity(each.get("gid")) == gid)
    return _Field(gid, name or next(named, None))


def _estimate(task: Task, story: Story) -> Meaning | None:
    field = _field_of(task, story)
    if not is_estimate(field.gid, field.name, task.options):
        return None
    old, new = (number(story.raw.get(name)) for name in ("old_number_value", "new_number_value"))
    return meant(ChangeAspect.ESTIMATE, number_text(old), number_text(new)) if old != new else None


def _start_in_a_field(task: Task, story: Story) -> Meaning | None:
    """Return the start in a field that is configured for it, which counts where the task has none of its own."""
    field = _field_of(task, story)
    if start_in(task.raw) or not {field.gid, field.name} & task.options.start_fields:
        return None
    old, new = (_day_in(story.raw.get(name)) for name in ("old_date_value", "new_date_value"))
    return meant(ChangeAspect.START, old, new) if old != new else None


def _day_in(raw: object) -> str | None:
    """Return the day of a date field: stories write it as they write what is due, tasks otherwise."""
    value = mapping(raw)
    return day_text(due_in(value) or due_in({"due_on": value.get("date"), "due_at": value.get("date_time")}))


def _status(task: Task, life: Life) -> Iterator[tuple[Story, Meaning | None]]:
    """Give what really changed the category, as the mapping would have told it before and after."""
    for story, before, after in steps(task, life):
        if before is not after:
            yield story, meant(ChangeAspect.STATUS, category_text(before), category_text(after))


def _owners(task: Task, stories: tuple[Story, ...]) -> Iterator[tuple[Story, Meaning | None]]:
    """Give who had the task before and after: an assignment names the new one only."""
    before = None
    for story in stories:
        if story.subtype in _OWNERS:
            named = _name(task, story)
            was, after = (before, named) if story.subtype == "assigned" else (before or named, None)
            yield story, meant(ChangeAspect.ASSIGNEE, was, after)
            before = after


def _name(task: Task, story: Story) -> str | None:
    """Return the name of a story's assignee, and of who has the task now the name as it is now."""
    told, now = (actor_of(raw.get("assignee"), task.options) for raw in (story.raw, task.raw))
    if told is not None and now is not None and told.id == now.id:
        return now.name
    return told.name if told else None


def _parents(task: Task, stories: tuple[Story, ...]) -> Iterator[tuple[Story, Meaning | None]]:
    """Give what the task was and became a part of; the last move leads to the parent that it has."""
    moves = [story for story in stories if story.subtype in _PARENTS]
    before = None
    for number_, story in enumerate(moves, 1):
        named = _far_end(task, story, "task")
        if story.subtype == "removed_from_task":
            was, after = named or before, None
        else:
            was, after = before, named or (_parent_now(task) if number_ == len(moves) else None)
        yield story, meant(ChangeAspect.PARENT, was, after)
        before = after


def _parent_now(task: Task) -> str | None:
    gid = identity(mapping(task.raw.get("parent")).get("gid"))
    return task.ref_of(gid) if gid else None
