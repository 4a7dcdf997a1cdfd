"""How far a task had got at a time: its section or status, and whether it was completed.

Asana knows *completed* only. A task counts as in progress when its section, its custom status or an enum field named
Status says so by one of the configured words; else it is to do. Completed is delivered.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from schemas.work_items import Resolution, StatusCategory
from services.connectors.asana.life import Life, state_now, steps
from services.connectors.asana.raw import Task
from services.connectors.mapped import ending_of
from services.connectors.reading import text
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


def standing_of(task: Task, life: Life) -> Standing:
    """Return how the task stood at `as_of`, or stands now."""
    done = _done(task)
    state = state_now(task) if task.as_of is None else life.at(task.as_of)
    names = state.names
    if done is not None:
        approval = text(task.raw.get("approval_status"), 200) if task.as_of is None else None
        name = approval or COMPLETED
        ending = ending_of(name, task.options)
        return Standing(names[0] if names else COMPLETED, StatusCategory.DONE, ending, name, _started(task, life), done)
    category = replace(state, completed=False).category(task.options.in_progress_sections)
    started = _started(task, life) if category is StatusCategory.IN_PROGRESS else None
    return Standing(names[0] if names else INCOMPLETE, category, started=started)


def sections_of(task: Task, life: Life) -> tuple[str, ...]:
    """Return the names of the sections that the task stood in, one a project."""
    state = state_now(task) if task.as_of is None else life.at(task.as_of)
    return tuple(dict.fromkeys(place.name for place in state.sections.values()))


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


def _started(task: Task, life: Life) -> datetime | None:
    """Return when the latest stretch of work began, unless the task was sent back since, as far as stories tell."""
    started = None
    for story, before, after in steps(task, life):
        if after is StatusCategory.IN_PROGRESS and before is not StatusCategory.IN_PROGRESS:
            started = story.at
        elif after is StatusCategory.TODO:
            started = None
    return started
