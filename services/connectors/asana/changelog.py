"""The stories of a task: what changed, what counts as a touch, and how a field stood before its later changes.

A story's `text` is prose written for whoever asks: it is never read. Values come only in the `old_` and `new_`
pairs, which some subtypes have; what has none cannot be rewound and stays as it is now.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from schemas.work_items import Actor, ChangeKind, WorkItemChange
from services.connectors.asana.people import actor_of
from services.connectors.mapped import MappingOptions, Telling, is_person
from services.connectors.meanings import Meaning
from services.connectors.reading import identity, mapping, sequence, spoken, text
from services.connectors.times import by, instant_of

COMMENT: Final = "comment_added"
NO_TOUCH: Final = frozenset(
    {
        *("follower_added", "follower_removed", "comment_liked", "completion_liked", "attachment_liked", "liked"),
        *("mentioned", "reset_rank"),
    }
)
"""What is no touch, whoever did it: watching, liking, being named elsewhere. Source: FINDINGS, *touch*."""

_VALUES: Final = ("dates", "section", "resource_subtype", "enum_value", "number_value", "approval_status", "name",
                  "date_value", "people_value", "multi_enum_values")  # fmt: skip
_ENDS: Final = ("assignee", "dependency", "project", "tag", "follower", "duplicate_of")


@dataclass(frozen=True, slots=True)
class Story:
    """One story: its subtype says what was done."""

    id: str
    at: datetime
    by: Actor | None
    subtype: str
    raw: Mapping[str, Any]

    @property
    def is_comment(self) -> bool:
        """Tell whether somebody said something."""
        return self.subtype == COMMENT

    @property
    def is_touch(self) -> bool:
        """Tell whether a person moved something that matters; an edited comment stays where it was made."""
        return is_person(self.by) and self.subtype not in NO_TOUCH


@dataclass(frozen=True, slots=True)
class Stories:
    """All stories, oldest first; `told` says whether the payload brought any."""

    all: tuple[Story, ...] = ()

    def by(self, as_of: datetime | None) -> tuple[Story, ...]:
        """Return what had happened by `as_of`."""
        return tuple(story for story in self.all if by(story.at, as_of))

    def later(self, as_of: datetime | None, *subtypes: str) -> tuple[Story, ...]:
        """Return what happened after `as_of`, oldest first; without an `as_of`, nothing."""
        if as_of is None:
            return ()
        return tuple(story for story in self.all if story.at > as_of and story.subtype in subtypes)

    def undone(self, as_of: datetime | None, *subtypes: str) -> Story | None:
        """Return the first later story of these subtypes: its old value is how the field stood at `as_of`."""
        return next(iter(self.later(as_of, *subtypes)), None)


def stories_of(raw: object, options: MappingOptions) -> Stories:
    """Read the `stories` of a task."""
    found = (story for each in sequence(raw) if (story := _story(mapping(each), options)))
    return Stories(tuple(sorted(found, key=lambda story: (story.at, len(story.id), story.id))))


def _story(raw: Mapping[str, Any], options: MappingOptions) -> Story | None:
    id_, at = identity(raw.get("gid")), instant_of(raw.get("created_at"))
    subtype = text(raw.get("resource_subtype"), 200) or (COMMENT if raw.get("type") == "comment" else None)
    if id_ is None or at is None or subtype is None:
        return None
    return Story(id_, at, actor_of(raw.get("created_by"), options), subtype, raw)


def changes_of(
    stories: Iterable[Story], ref: str, key: str, meanings: Mapping[str, Meaning], telling: Telling
) -> Iterator[WorkItemChange]:
    """Give the stories that are wanted as changes of the item; what was said stays out."""
    for story in stories:
        meaning = meanings.get(story.id)
        if telling is not Telling.ALL and meaning is None:
            continue
        kind = ChangeKind.COMMENT if story.is_comment else ChangeKind.FIELD
        if story.subtype.startswith(("dependency_", "dependent_")):
            kind = ChangeKind.LINK
        before, after = (None, None) if story.is_comment else _values(story.raw)
        yield WorkItemChange(
            ref=ref, key=key, change_id=story.id, kind=kind, field="comment" if story.is_comment else story.subtype,
            before=before, after=after, at=story.at, by=story.by,
            aspect=meaning.aspect if meaning else None, was=meaning.was if meaning else None,
            becomes=meaning.becomes if meaning else None,
        )  # fmt: skip


def _values(raw: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return what changed, from and to. Texts of custom fields are free text and stay out."""
    for name in _VALUES:
        if f"old_{name}" in raw or f"new_{name}" in raw:
            return _shown(raw.get(f"old_{name}")), _shown(raw.get(f"new_{name}"))
    return None, next((_shown(raw.get(name)) for name in _ENDS if raw.get(name)), None)


def _shown(value: object) -> Any:
    """Return a value of a story as JSON: a day, an id, a text or a list of texts."""
    dates = mapping(value)
    if day := dates.get("due_on") or dates.get("due_at"):
        return text(day)
    if "gid" in dates:
        return {"id": identity(dates.get("gid")), "name": text(dates.get("name"), 200)}
    shown = spoken(value)
    return list(shown) if isinstance(shown, tuple) else shown
