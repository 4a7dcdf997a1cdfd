"""One made-up item: what it is, and everything that happens to it, in order. How it stood at any moment follows."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal, TypeVar

T = TypeVar("T")
FieldName = Literal["status", "assignee", "due", "label", "comment", "link", "unlink", "parent", "sprint", "resolution"]


class Status(StrEnum):
    """Where an item stands, in words that both trackers' people use."""

    TODO = "To do"
    DOING = "In progress"
    DONE = "Done"


WONT_DO: Final = "Won't Do"
"""The resolution of what is closed and was not done."""


@dataclass(frozen=True, slots=True)
class Link:
    """The blocker and the one that waits for it, in one tracker."""

    id: int
    blocker: "Work"
    dependent: "Work"


@dataclass(frozen=True, slots=True)
class Sprint:
    """Two weeks of a team's work in Jira."""

    id: int
    name: str
    board: int
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that somebody did to an item. `value`: a status, name, day, label, text, link, parent or sprint.

    A resolution is said right before the item is closed with it; what is closed without one is done.
    """

    id: int
    at: datetime
    by: str
    field: FieldName
    value: "Status | str | date | Link | Sprint | Work | None"


@dataclass(eq=False, slots=True)
class Work:
    """One item. Compared by identity; `changes` are in the order of time once the company is built.

    `parent` is the first one; `twin` is the item of the other tracker that its description links to.
    """

    number: int
    project: str
    kind: str
    title: str
    created: datetime
    reporter: str
    key: str
    objective: str | None = None
    component: str | None = None
    labels: tuple[str, ...] = ()
    parent: "Work | None" = None
    estimate: float | None = None
    twin: "Work | None" = None
    changes: list[Change] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The tracker's own immutable id."""
        return str(100_000 + self.number)

    def is_in_jira(self) -> bool:
        """Whether Jira holds the item; else it is Asana."""
        return "-" in self.key


@dataclass(frozen=True, slots=True)
class State:
    """How an item stood at a moment."""

    updated: datetime
    status: Status = Status.TODO
    done: datetime | None = None
    resolution: str | None = None
    assignee: str | None = None
    due: date | None = None
    labels: tuple[str, ...] = ()
    comments: tuple[Change, ...] = ()
    links: tuple[Link, ...] = ()
    parent: Work | None = None
    sprints: tuple[Sprint, ...] = ()
    history: tuple[Change, ...] = ()


def state_at(work: Work, moment: datetime) -> State:
    """Replay what had happened by a moment (included)."""
    past = tuple(change for change in work.changes if change.at <= moment)
    newest = {change.field: change for change in past}
    status = newest.get("status")
    done = status.at if status is not None and status.value is Status.DONE else None
    added = tuple(str(change.value) for change in past if change.field == "label")
    return State(
        updated=max((change.at for change in past), default=work.created),
        status=Status(str(status.value)) if status else Status.TODO,
        done=done,
        resolution=_value(newest.get("resolution"), str) or Status.DONE if done else None,
        assignee=_value(newest.get("assignee"), str),
        due=_value(newest.get("due"), date),
        labels=work.labels + added,
        comments=tuple(change for change in past if change.field == "comment"),
        links=_links(past),
        parent=_value(newest["parent"], Work) if "parent" in newest else work.parent,
        sprints=tuple(change.value for change in past if isinstance(change.value, Sprint)),
        history=tuple(change for change in past if change.field != "comment"),
    )


def _value(change: Change | None, kind: type[T]) -> T | None:
    return change.value if change is not None and isinstance(change.value, kind) else None


def _links(past: tuple[Change, ...]) -> tuple[Link, ...]:
    links: dict[int, Link] = {}
    for change in past:
        if isinstance(change.value, Link):
            if change.field == "link":
                links[change.value.id] = change.value
            else:
                links.pop(change.value.id, None)
    return tuple(links.values())
