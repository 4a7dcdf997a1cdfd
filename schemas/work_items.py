"""The one shape that Jira issues and Asana tasks become, as a whole (snapshot) and as one change."""

from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import Field

from schemas.base import Contract, Identifier, Instant, ItemRef, Revision


class Tracker(StrEnum):
    """Where an item lives."""

    JIRA = "jira"
    ASANA = "asana"


class ItemType(StrEnum):
    """What kind of work an item is, whatever its tracker calls it."""

    INITIATIVE = "initiative"
    EPIC = "epic"
    STORY = "story"
    TASK = "task"
    BUG = "bug"
    SUBTASK = "subtask"
    MILESTONE = "milestone"


class StatusCategory(StrEnum):
    """The three states that matter to every rule."""

    TODO = "todo"
    IN_PROGRESS = "in_progress"
    DONE = "done"


class Resolution(StrEnum):
    """How a done item ended. Done without one is neither."""

    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class DueSource(StrEnum):
    """Where an item's due date comes from."""

    ITEM = "item"
    FIX_VERSION = "fix_version"


class Absence(StrEnum):
    """Why an item is not visible, as far as the tracker lets us tell."""

    DELETED = "deleted"
    MOVED = "moved"
    ARCHIVED = "archived"
    UNREACHABLE = "unreachable"


class ActorKind(StrEnum):
    """Who acted: only a person's act is a touch."""

    PERSON = "person"
    BOT = "bot"
    LEEWAY = "leeway"


class LinkDirection(StrEnum):
    """Which end of the link this item is, in Jira's words."""

    INWARD = "inward"
    OUTWARD = "outward"


class Actor(Contract):
    """A person or a bot as the tracker names them; `id` is the tracker's own account id or user name."""

    id: str
    name: str
    kind: ActorKind = ActorKind.PERSON


class Project(Contract):
    """The project or board that an item lives in; Asana gives no key."""

    id: str
    key: str | None = None
    name: str


class FixVersion(Contract):
    """A release that the item is planned for."""

    id: str
    name: str
    released: bool = False
    release_on: date | None = None


class Link(Contract):
    """One link of the item, as the tracker gives it: `ref` is the far end."""

    id: str | None = None
    type: str
    type_id: str | None = None
    direction: LinkDirection
    ref: ItemRef
    key: str | None = None


class Dependency(Contract):
    """`dependent` waits for `blocker`; one of the two is the item that tells it."""

    blocker: ItemRef
    dependent: ItemRef
    link_id: str | None = None
    made: Instant | None = None


class Twin(Contract):
    """A pointer to the item's counterpart in the other tracker: by ref where known, else by key and address."""

    tracker: Tracker
    ref: ItemRef | None = None
    key: str | None = None
    url: str | None = None


class WorkItem(Contract):
    """One item as it stands. Days are dates without a zone, all else are instants in UTC.

    `touched` is the item's own last touch by a person (see FINDINGS, *touch*); touches of its sub-tasks are
    added by the reader. `resolution_name` is the tracker's own word, from which a policy may decide otherwise
    than `resolution` does. `parent` and `epic` are the refs of the items above.
    """

    ref: ItemRef
    key: str
    url: str | None = None
    title: str
    type: ItemType
    type_name: str
    status: str
    status_category: StatusCategory
    resolution: Resolution | None = None
    resolution_name: str | None = None
    created: Instant
    updated: Instant
    started: Instant | None = None
    done: Instant | None = None
    touched: Instant
    due: date | None = None
    due_at: Instant | None = None
    due_source: DueSource | None = None
    start: date | None = None
    assignee: Actor | None = None
    reporter: Actor | None = None
    parent: ItemRef | None = None
    parent_key: str | None = None
    epic: ItemRef | None = None
    epic_key: str | None = None
    project: Project
    other_projects: tuple[Project, ...] = ()
    sections: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    fix_versions: tuple[FixVersion, ...] = ()
    sprint: str | None = None
    estimate: float | None = None
    priority: str | None = None
    flagged: bool = False
    links: tuple[Link, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    twins: tuple[Twin, ...] = ()
    visible: bool = True
    absence: Absence | None = None
    custom_fields: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)


class WorkItemSnapshot(Contract):
    """The whole item as it stands. `flow` names the import that it belongs to, until that import's mark has passed."""

    item: WorkItem
    revision: Revision
    connection: Identifier
    seen_at: Instant
    flow: str | None = None


class ChangeKind(StrEnum):
    """What was changed: a field, a link or a comment."""

    FIELD = "field"
    LINK = "link"
    COMMENT = "comment"


class ChangeAspect(StrEnum):
    """What a change means for the item, whatever its tracker calls it; only what a rule rests on has one."""

    STATUS = "status"
    DUE = "due"
    START = "start"
    ASSIGNEE = "assignee"
    ESTIMATE = "estimate"
    PARENT = "parent"
    LINK = "link"
    OBJECTIVE = "objective"


class WorkItemChange(Contract):
    """One change of one field, link or comment. `change_id` is the tracker's own, so that it is told once.

    `before` and `after` are as the tracker has them. Where there is an `aspect`, `was` and `becomes` say the same in
    the words of `WorkItem`: a status category, a day (`2026-06-08`), an assignee's name, an estimate as a number in
    text, a parent's ref, a far end's ref; none where there was nothing or where it is not known.
    """

    ref: ItemRef
    key: str
    change_id: str
    kind: ChangeKind
    field: str
    before: Any = None
    after: Any = None
    aspect: ChangeAspect | None = None
    was: str | None = None
    becomes: str | None = None
    at: Instant
    by: Actor | None = None
    flow: str | None = None
