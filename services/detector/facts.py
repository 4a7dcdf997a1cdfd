"""What the detector knows of a subject and its neighbourhood: the only input of a rule beside policy and time.

Promise: nothing here is computed from the present moment, but for `TeamFacts`, which counts what was active at the
moment it was read for. Five kinds of subject are judged, each whole: an item (with every dependency in which it is the
blocker), a team, an objective, a cycle of dependencies, and a connection to a tracker.

Whose facts a changed item touches: its own; of its blockers (they carry the dependencies in which it waits); of the
items that wait for it; of its parent, if it is a sub-task (its touches count there); of its team and its objective,
before and after; of the teams of its blockers; and of its cycle.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from schemas.aligned_items import Claim
from schemas.base import Identifier
from schemas.connections import ConnectionState
from schemas.findings import Subject
from schemas.work_items import Absence, ItemType, Resolution, StatusCategory

_GONE = (Absence.DELETED, Absence.ARCHIVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """One known item. `touched` is its last touch, those of its direct sub-tasks included; `assignee` is a name.

    `ties` are the claims of other objectives that name as many fields as the one that won.
    """

    ref: str
    key: str
    title: str
    url: str | None = None
    type: ItemType = ItemType.TASK
    status_category: StatusCategory
    visible: bool = True
    absence: Absence | None = None
    resolution: Resolution | None = None
    resolution_name: str | None = None
    created: datetime
    started: datetime | None = None
    done: datetime | None = None
    touched: datetime
    due: date | None = None
    start: date | None = None
    assignee: str | None = None
    team: Identifier
    objective: Identifier | None = None
    ties: tuple[Claim, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """To do or in progress, and visible."""
        return self.visible and self.status_category is not StatusCategory.DONE

    @property
    def is_done(self) -> bool:
        """Done, with whatever resolution."""
        return self.status_category is StatusCategory.DONE

    @property
    def is_missing(self) -> bool:
        """Not visible, and nobody can say that it is gone: what it is doing now cannot be told."""
        return not self.visible and self.absence not in _GONE

    @property
    def subject(self) -> Subject:
        """The item as a finding names it."""
        return Subject(ref=self.ref, key=self.key, title=self.title, url=self.url)


@dataclass(frozen=True, slots=True)
class DependencyFacts:
    """An item that waits for the one whose neighbourhood this is; `made` is when the link was made, if known."""

    dependent: ItemFacts
    made: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemNeighbourhood:
    """An item, its known blockers, and all known items that wait for it; a pair comes once, unknown ends not at all."""

    item: ItemFacts
    blockers: tuple[ItemFacts, ...] = ()
    waiting: tuple[DependencyFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitingTeam:
    """Another team that waits on this one: how many live dependencies, and since when at least one of those.

    `since` is the earliest, over these dependencies, of the latest of both ends' creation and the link's making.
    """

    team: Identifier
    dependencies: int
    since: datetime


@dataclass(frozen=True, slots=True)
class TeamFacts:
    """A team's active items at the moment of reading, how many of them serve no objective, and who waits on the team.

    Active: open, no sub-task, no epic, and in progress or touched at or after `unaligned_work.active_since(...)`.
    `next_to_lapse` is the earliest touch among those active ones that are not in progress; none if there are none.
    """

    team: Identifier
    active: int = 0
    unaligned: int = 0
    next_to_lapse: datetime | None = None
    waiting: tuple[WaitingTeam, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectiveFacts:
    """An objective's visible items: how many are open, the last touch of any (open or not), and its leaves.

    `leaves_base`: created before the objective's baseline and not done before it; `leaves_added`: created at or after
    it. Both leave out the cancelled ones (`scope_growth.cancelled_resolutions(...)`), epics and initiatives, and items
    that are a known item's parent, unless they are sub-tasks.
    """

    objective: Identifier
    open_items: int = 0
    last_touch: datetime | None = None
    leaves_base: int = 0
    leaves_added: int = 0


@dataclass(frozen=True, slots=True)
class CycleFacts:
    """A strongly connected component of live dependencies with more than one item, in any order."""

    members: tuple[ItemFacts, ...]


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """A connection to a tracker: when it was last read with success, and for how long that is good.

    `first_connected` is when its first reading began; both are none where nobody could ever connect.
    """

    connection: Identifier
    state: ConnectionState
    last_success: datetime | None
    first_connected: datetime | None
    gap_after: timedelta
    reason: str | None = None


Facts = ItemNeighbourhood | TeamFacts | ObjectiveFacts | CycleFacts | ConnectionFacts
"""Everything that is judged: all rules of that kind of facts, at once."""
