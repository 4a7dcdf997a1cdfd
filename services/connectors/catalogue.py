"""What a site says of itself beyond its items: fields, statuses, link types, and what its work is gathered under."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schemas.work_items import StatusCategory


@dataclass(frozen=True, slots=True)
class FieldFound:
    """A custom field. `schema` is Jira's `schema.custom` (else its `schema.type`), or Asana's `resource_subtype`.

    `choices` are the names of the values that a choice field offers, where the site tells them.
    """

    id: str
    name: str
    schema: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusFound:
    """A status with the site's own category; in Asana a section, or a value of a field named Status, without one."""

    id: str
    name: str
    category: StatusCategory | None = None


@dataclass(frozen=True, slots=True)
class LinkTypeFound:
    """A link type of Jira with the labels of its two sides."""

    id: str
    name: str
    inward: str
    outward: str


class GatheringKind(StrEnum):
    """What the work is gathered under."""

    EPIC = "epic"
    PORTFOLIO = "portfolio"


@dataclass(frozen=True, slots=True)
class Gathering:
    """An epic that is not done, or a portfolio: what a first objective is drafted from.

    `projects` are the names that a selector finds them by (Jira: keys; Asana: names); an epic has one. `owner` is a
    shown name.
    """

    kind: GatheringKind
    id: str
    name: str
    key: str | None = None
    projects: tuple[str, ...] = ()
    owner: str | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class SiteCatalogue:
    """All of it, for the scopes that were asked for; what a site does not have is empty."""

    fields: tuple[FieldFound, ...] = ()
    statuses: tuple[StatusFound, ...] = ()
    link_types: tuple[LinkTypeFound, ...] = ()
    gatherings: tuple[Gathering, ...] = ()
