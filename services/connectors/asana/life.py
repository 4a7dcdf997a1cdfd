"""How a task stood after each story that tells of it: walked back from how it stands now.

What a story says of its own moment counts, also where what came after it went untold. Only what stories tell can be
walked: a status of a custom type is taken to be as it is now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from schemas.work_items import StatusCategory
from services.connectors.asana.changelog import Story
from services.connectors.asana.raw import Task
from services.connectors.reading import identity, mapping, sequence, text
from services.connectors.times import by, instant_of

MOVES: Final = frozenset({"section_changed", "added_to_project", "removed_from_project"})
COMPLETIONS: Final = frozenset({"marked_complete", "marked_incomplete", "approval_status_changed"})
STATUS_CHANGES: Final = frozenset({"enum_custom_field_changed"})
STATUS_STORIES: Final = MOVES | COMPLETIONS | STATUS_CHANGES
"""The stories that tell how a task stands; at no other is it known to have moved."""
STATUS_FIELD: Final = "status"
_PENDING: Final = "pending"


@dataclass(frozen=True, slots=True)
class Place:
    """A section that a task stands in, by its name, and the project that it is of where that is told."""

    project: str | None
    name: str


@dataclass(frozen=True, slots=True)
class State:
    """How a task stood. `sections` are by gid; `custom` is the status of a custom type, `field` one named Status."""

    completed: bool
    sections: Mapping[str, Place]
    field: str | None = None
    custom: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What may say how the task stood: its custom status, a field named Status, its sections."""
        found = (self.custom, self.field, *(place.name for place in self.sections.values()))
        return tuple(dict.fromkeys(name for name in found if name))

    def category(self, in_progress: frozenset[str]) -> StatusCategory:
        """Return what that means."""
        if self.completed:
            return StatusCategory.DONE
        busy = any(name.casefold() in in_progress for name in self.names)
        return StatusCategory.IN_PROGRESS if busy else StatusCategory.TODO


@dataclass(frozen=True, slots=True)
class Life:
    """How a task stood before the first story that tells it, and after each of them, oldest first."""

    first: State
    after: tuple[tuple[Story, State], ...]

    def at(self, as_of: datetime | None) -> State:
        """Return how the task stood then; without a time, after all that is told."""
        return next((state for story, state in reversed(self.after) if by(story.at, as_of)), self.first)


def life_of(task: Task) -> Life:
    """Walk a task back."""
    state, completed_at = state_now(task), instant_of(task.raw.get("completed_at"))
    found: list[tuple[Story, State]] = []
    is_told = False
    for index in range(len(task.stories.all) - 1, -1, -1):
        story = task.stories.all[index]
        if story.subtype not in STATUS_STORIES:
            continue
        is_told = is_told or story.subtype in COMPLETIONS
        if not is_told and state.completed and completed_at is not None and completed_at > story.at:
            state = replace(state, completed=False)
        state = _with(story, state)
        found.append((story, state))
        state = _without(story, state, task.stories.all, index)
    return Life(state, tuple(reversed(found)))


def state_now(task: Task) -> State:
    """Return how a task stands."""
    places: dict[str, Place] = {}
    for raw in map(mapping, sequence(task.raw.get("memberships"))):
        places |= _place(raw.get("section"), identity(mapping(raw.get("project")).get("gid")))
    fields = map(mapping, sequence(task.raw.get("custom_fields")))
    status = (_name(raw.get("enum_value")) for raw in fields if _is_status(raw))
    return State(
        completed=task.raw.get("completed") is True,
        sections=places,
        field=next(filter(None, status), None),
        custom=_name(task.raw.get("custom_type_status_option")),
    )


def _name(raw: object) -> str | None:
    return text(mapping(raw).get("name"), 200)


def _is_status(raw: Mapping[str, Any]) -> bool:
    return (text(raw.get("name")) or "").casefold() == STATUS_FIELD


def _place(raw: object, project: str | None) -> dict[str, Place]:
    """Return a section as it is kept; one without a gid goes by its name."""
    name = _name(raw)
    return {identity(mapping(raw).get("gid")) or name: Place(project, name)} if name else {}


def _project_of(story: Story) -> str | None:
    return identity(mapping(story.raw.get("project")).get("gid"))


def _with(story: Story, state: State) -> State:
    """Return the state with what the story says of its own moment."""
    if story.subtype in COMPLETIONS:
        return replace(state, completed=_completed(story, state, after=True))
    if story.subtype in MOVES:
        return replace(state, sections=_sections_after(story, state.sections))
    if _is_status_change(story):
        return replace(state, field=_name(story.raw.get("new_enum_value")))
    return state


def _without(story: Story, state: State, stories: Sequence[Story], index: int) -> State:
    """Return how it stood before the story, which is the one at `index`."""
    if story.subtype in COMPLETIONS:
        return replace(state, completed=_completed(story, state, after=False))
    if story.subtype == "removed_from_project":
        return replace(state, sections={**state.sections, **_last_place(stories[:index], _project_of(story))})
    if story.subtype in MOVES:
        return replace(state, sections=_sections_before(story, state.sections))
    if _is_status_change(story):
        return replace(state, field=_name(story.raw.get("old_enum_value")))
    return state


def _completed(story: Story, state: State, *, after: bool) -> bool:
    """Tell whether the task was completed, after the story or before it."""
    if story.subtype == "approval_status_changed":
        said = text(story.raw.get("new_approval_status" if after else "old_approval_status"))
        return state.completed if said is None else said != _PENDING
    return (story.subtype == "marked_complete") is after


def _is_status_change(story: Story) -> bool:
    return story.subtype in STATUS_CHANGES and _is_status(mapping(story.raw.get("custom_field")))


_Sections = Mapping[str, Place]


def _sections_after(story: Story, sections: _Sections) -> _Sections:
    project = _project_of(story)
    if story.subtype == "added_to_project":
        return sections
    inside = _outside(sections, project)
    if story.subtype == "removed_from_project":
        return inside
    left = _place(story.raw.get("old_section"), None)
    return {**_place(story.raw.get("new_section"), project), **_but(inside, left)}


def _sections_before(story: Story, sections: _Sections) -> _Sections:
    project = _project_of(story)
    if story.subtype == "added_to_project":
        return _outside(sections, project)
    entered = _place(story.raw.get("new_section"), None)
    return {**_place(story.raw.get("old_section"), project), **_but(sections, entered)}


def _but(sections: _Sections, gone: _Sections) -> _Sections:
    return {gid: place for gid, place in sections.items() if gid not in gone}


def _outside(sections: _Sections, project: str | None) -> _Sections:
    """Return the sections that are of no or another project."""
    return {gid: one for gid, one in sections.items() if project is None or one.project != project}


def _last_place(earlier: Sequence[Story], project: str | None) -> dict[str, Place]:
    """Return where in a project a task last stood, as far as a story says."""
    for story in reversed(earlier):
        if project is not None and _project_of(story) == project:
            if story.subtype == "section_changed":
                return _place(story.raw.get("new_section"), project)
            if story.subtype == "added_to_project":
                break
    return {}


def steps(task: Task, life: Life) -> Iterator[tuple[Story, StatusCategory, StatusCategory]]:
    """Give each of these stories by the time asked for, with the categories before and after it."""
    words = task.options.in_progress_sections
    before = life.first.category(words)
    for story, state in life.after:
        if not by(story.at, task.as_of):
            return
        after = state.category(words)
        yield story, before, after
        before = after
