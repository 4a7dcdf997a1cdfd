"""What the mapping of one tracker payload may be told, and what may come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from pydantic import ValidationError

from schemas.work_items import (
    Actor,
    ActorKind,
    Resolution,
    StatusCategory,
    WorkItem,
    WorkItemChange,
)

CANCELLED_RESOLUTIONS: Final = frozenset(
    {
        "Won't Fix",
        "Won't Do",
        "Duplicate",
        "Cannot Reproduce",
        "Invalid",
        "Incomplete",
        "Declined",
        "Not Our Bug",
        "Needs more info",
        "Hold",
    }
)
"""Resolutions that do not mean success. Source: FINDINGS, *cancelled*; policy `cancelled_resolutions`."""

OBJECTIVE_PREFIX: Final = "objective:"
"""A label or custom field that begins so says by itself which objective the item serves."""


@dataclass(frozen=True, slots=True)
class DependencyType:
    """A link type that means waiting: `type` is its id or its name.

    The issue whose side of the link reads `phrase` is the `reader`: its blocker or its dependent. Where neither
    label reads so (a site may rename them), the outward side counts as the one that does.
    """

    type: str
    phrase: str
    reader: Literal["blocker", "dependent"]


DEPENDENCY_TYPES: Final = (
    DependencyType("Blocks", "blocks", "blocker"),
    DependencyType("Depends", "depends on", "dependent"),
    DependencyType("Dependency", "depends on", "dependent"),
)
"""Source: FINDINGS, *dependency*."""


class Telling(StrEnum):
    """Which changes go out beside an item: all, those that mean something for a rule (see `ChangeAspect`), or none."""

    ALL = "all"
    MEANINGS = "meanings"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class MappingOptions:
    """What a connection knows beyond the payload. All defaults suit an export that nobody described.

    `bots` are account ids, user names or shown names; `leeway_account` is our own account's id. `custom_fields` are
    the wanted ones, by id or by name. `status_categories` are known categories by status id: they tell what
    an old status in a changelog meant; those of `status_overrides` stand also against what the site says now.
    `epic_link_fields`, `start_fields`, `estimate_fields`, `flagged_fields` are
    ids of custom fields; an item with any value in one of the last is flagged.
    `base_url` is the site's address for people; `telling` says which changes are wanted beside the item.
    `twin_site` is the name of the connection to the other tracker.
    """

    dependency_types: tuple[DependencyType, ...] = DEPENDENCY_TYPES
    cancelled_resolutions: frozenset[str] = CANCELLED_RESOLUTIONS
    bots: frozenset[str] = frozenset()
    leeway_account: str | None = None
    custom_fields: frozenset[str] = frozenset()
    status_categories: Mapping[str, StatusCategory] = field(default_factory=dict)
    status_overrides: Mapping[str, StatusCategory] = field(default_factory=dict)
    epic_link_fields: frozenset[str] = frozenset({"customfield_10014"})
    start_fields: frozenset[str] = frozenset()
    estimate_fields: frozenset[str] = frozenset()
    flagged_fields: frozenset[str] = frozenset()
    in_progress_sections: frozenset[str] = frozenset({"in progress", "doing", "in review", "review", "in development"})
    base_url: str | None = None
    twin_site: str | None = None
    telling: Telling = Telling.ALL


@dataclass(frozen=True, slots=True)
class Mapped:
    """The item as it stands, and what happened to it, oldest first."""

    item: WorkItem
    changes: tuple[WorkItemChange, ...] = ()


@dataclass(frozen=True, slots=True)
class NotYet:
    """The item did not exist at the time that was asked for."""

    id: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """The payload cannot become an item; `reason` is one sentence without its text."""

    reason: str


Outcome = Mapped | NotYet | SetAside


def unusable(error: ValidationError) -> SetAside:
    """Say which field made the item unusable, without repeating its value."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the item"
    return SetAside(f"{where} cannot be used: {first['msg']}")


def ending_of(name: str | None, options: MappingOptions) -> Resolution | None:
    """Return whether a done item was delivered or cancelled; one without a resolution is neither."""
    if name is None:
        return None
    return Resolution.CANCELLED if name in options.cancelled_resolutions else Resolution.DELIVERED


def actor_kind(
    names: tuple[str | None, ...], bots: frozenset[str], leeway_account: str | None, *, is_app: bool
) -> ActorKind:
    """Return who this is, by any of the names that the tracker knows them by."""
    if leeway_account is not None and leeway_account in names:
        return ActorKind.LEEWAY
    return ActorKind.BOT if is_app or any(name in bots for name in names) else ActorKind.PERSON


def is_person(actor: Actor | None) -> bool:
    """Tell whether an act of this actor is a touch: a missing author's is none, nor is a bot's or our own."""
    return actor is not None and actor.kind is ActorKind.PERSON


def is_wanted(value: str | tuple[str, ...], names: tuple[str | None, ...], options: MappingOptions) -> bool:
    """Tell whether to keep a custom field: it was asked for by id or name, or it names the item's objective."""
    said = (value,) if isinstance(value, str) else value
    return any(name in options.custom_fields for name in names) or any(
        each.startswith(OBJECTIVE_PREFIX) for each in said
    )
