"""How far a task had got at a time: its section or status, and whether it was completed.

Asana knows *completed* only. A task counts as in progress when its section, its custom status or an enum field named
Status says so by one of the configured words; else it is to do. Completed is delivered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.work_items import Resolution, StatusCategory
from services.connectors.asana.hierarchy import sections_of
from services.connectors.asana.raw import Task
from services.connectors.mapped import ending_of
from services.connectors.reading import mapping, sequence, text
from services.connectors.times import by, instant_of

COMPLETED: Final = "Completed"
INCOMPLETE: Final = "Incomplete"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the task stood. `resolution` and its name are set only on what was done."""

    status: str
    category: StatusCategory
    resolution: Resolution | None = None
    resolution_name: str | None = None
    started: datetime | None = None
    done: datetime | None = None


def standing_of(task: Task) -> Standing:
    """Return how the task stood at `as_of`, or stands now."""
    done = _done(task)
    names = tuple(_status_names(task))
    if done is not None:
        approval = text(task.raw.get("approval_status"), 200) if task.as_of is None else None
        name = approval or COMPLETED
        ending = ending_of(name, task.options)
        return Standing(names[0] if names else COMPLETED, StatusCategory.DONE, ending, name, _started(task), done)
    busy = any(name.casefold() in task.options.in_progress_sections for name in names)
    category = StatusCategory.IN_PROGRESS if busy else StatusCategory.TODO
    return Standing(names[0] if names else INCOMPLETE, category, started=_started(task) if busy else None)


def _done(task: Task) -> datetime | None:
    """Return when the task was completed, if it was by `as_of`: as its stories tell, else as it says itself."""
    completed_at = instant_of(task.raw.get("completed_at"))
    undone = task.undone("marked_complete", "marked_incomplete")
    if undone is not None:
        if undone.subtype == "marked_complete":
            return None
        before = [story.at for story in task.stories.by(task.as_of) if story.subtype == "marked_complete"]
        return before[-1] if before else task.created
    if task.raw.get("completed") is not True:
        return None
    done = completed_at or instant_of(task.raw.get("modified_at")) or task.created
    return done if by(done, task.as_of) else None


def _status_names(task: Task) -> Iterator[str]:
    """Give what may say how the task stands: its custom status, a field named Status, its sections."""
    if custom := text(mapping(task.raw.get("custom_type_status_option")).get("name"), 200):
        yield custom
    for raw in map(mapping, sequence(task.raw.get("custom_fields"))):
        if (text(raw.get("name")) or "").casefold() == "status":
            shown = text(mapping(raw.get("enum_value")).get("name"), 200)
            if shown:
                yield shown
    yield from sections_of(task)


def _started(task: Task) -> datetime | None:
    """Return when the task last entered a section that means work."""
    entered = None
    for story in task.stories.by(task.as_of):
        name = text(mapping(story.raw.get("new_section")).get("name")) if story.subtype == "section_changed" else None
        if name is not None and name.casefold() in task.options.in_progress_sections:
            entered = story.at
    return entered
