"""What was planned for a task at a time: due date, start, owner, tags, chosen custom fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from schemas.work_items import Actor, DueSource
from services.connectors.asana.people import actor_of
from services.connectors.asana.raw import Task
from services.connectors.mapped import MappingOptions, is_wanted
from services.connectors.reading import identity, mapping, number, sequence, spoken, text
from services.connectors.times import day_of, instant_of

_ESTIMATE_NAMES: Final = frozenset({"story points", "estimate"})
_DATES_CHANGED: Final = ("due_date_changed", "start_date_changed")


@dataclass(frozen=True, slots=True)
class Due:
    """When the task is due: a day without a zone, or a time, whose day is then taken in UTC."""

    day: date | None = None
    at: datetime | None = None
    source: DueSource | None = None


def due_of(task: Task) -> Due:
    """Return when the task was due."""
    dates = _dates(task)
    day = due_in(dates)
    return Due(day, instant_of(dates.get("due_at")), DueSource.ITEM) if day else Due()


def due_in(dates: Mapping[str, Any]) -> date | None:
    """Return the day on which something is due by dates as a task or a story has them."""
    at = instant_of(dates.get("due_at"))
    return day_of(dates.get("due_on")) or (at.date() if at else None)


def start_in(dates: Mapping[str, Any]) -> date | None:
    """Return the day on which something starts by dates as a task or a story has them."""
    return day_of(dates.get("start_on")) or day_of(dates.get("start_at"))


def start_of(task: Task) -> date | None:
    """Return the day on which the task was to start."""
    dates = _dates(task)
    return start_in(dates) or _start_in_a_field(task)


def _start_in_a_field(task: Task) -> date | None:
    """Return the day in a custom field that is configured for it, for plans without start dates."""
    for gid, name, raw in _custom_fields(task):
        value = mapping(raw.get("date_value"))
        if {gid, name} & task.options.start_fields and (day := day_of(value.get("date") or value.get("date_time"))):
            return day
    return None


def _dates(task: Task) -> Mapping[str, Any]:
    later = task.stories.later(task.as_of, *_DATES_CHANGED)
    undone = next((story for story in later if "old_dates" in story.raw), None)
    return mapping(undone.raw.get("old_dates")) if undone else task.raw


def assignee_of(task: Task) -> Actor | None:
    """Return whose task it was. An assignment names the new owner only; the one before it names the old one."""
    undone = task.undone("assigned", "unassigned")
    if undone is None:
        return actor_of(task.raw.get("assignee"), task.options)
    before = [story for story in task.stories.by(task.as_of) if story.subtype in {"assigned", "unassigned"}]
    if before:
        last = before[-1]
        return actor_of(last.raw.get("assignee"), task.options) if last.subtype == "assigned" else None
    return actor_of(undone.raw.get("assignee"), task.options) if undone.subtype == "unassigned" else None


def tags_of(task: Task) -> tuple[str, ...]:
    """Return the names of the tags, which are the item's labels."""
    found: dict[str | None, str] = {}
    for raw in map(mapping, sequence(task.raw.get("tags"))):
        if name := text(raw.get("name"), 200):
            found[identity(raw.get("gid")) or name] = name
    for story in reversed(task.stories.later(task.as_of, "added_to_tag", "removed_from_tag")):
        tag = mapping(story.raw.get("tag"))
        gid, name = identity(tag.get("gid")), text(tag.get("name"), 200)
        if story.subtype == "added_to_tag":
            found.pop(gid, None)
        elif name:
            found[gid] = name
    return tuple(dict.fromkeys(found.values()))


def _custom_fields(task: Task) -> Iterator[tuple[str | None, str, Mapping[str, Any]]]:
    for raw in map(mapping, sequence(task.raw.get("custom_fields"))):
        if name := text(raw.get("name"), 200):
            yield identity(raw.get("gid")), name, raw


def custom_fields_of(task: Task) -> dict[str, str | tuple[str, ...]]:
    """Return the custom fields that were asked for, and those that name the item's objective, by their names."""
    found: dict[str, str | tuple[str, ...]] = {}
    for gid, name, raw in _custom_fields(task):
        several = sequence(raw.get("multi_enum_values")) or sequence(raw.get("people_value"))
        value = spoken(list(several)) or spoken(raw.get("enum_value")) or spoken(raw.get("display_value"))
        value = value or spoken(raw.get("text_value"))
        if value and is_wanted(value, (gid, name), task.options):
            found[name] = value
    return found


def is_estimate(gid: str | None, name: str | None, options: MappingOptions) -> bool:
    """Tell whether a custom field holds estimates: it is configured for them, or named as people name those."""
    return bool({gid, name} & options.estimate_fields) or (name or "").casefold() in _ESTIMATE_NAMES


def estimate_of(task: Task) -> float | None:
    """Return the number in a field configured for it, or in one that is named Story points or Estimate."""
    for gid, name, raw in _custom_fields(task):
        if is_estimate(gid, name, task.options) and (found := number(raw.get("number_value"))) is not None:
            return found
    return None


def is_flagged(task: Task) -> bool:
    """Tell whether a field that was configured to mean a flag holds anything; Asana has no flag of its own."""
    return any(
        {gid, name} & task.options.flagged_fields and text(raw.get("display_value"))
        for gid, name, raw in _custom_fields(task)
    )


def priority_of(task: Task) -> str | None:
    """Return the value of the field that is named Priority, which Asana offers to every project."""
    shown = (text(mapping(raw.get("enum_value")).get("name"), 200) for _, name, raw in _custom_fields(task)
             if name.casefold() == "priority")  # fmt: skip
    return next(filter(None, shown), None)
