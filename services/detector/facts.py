"""What the detector knows of a subject and its neighbourhood: the only input of a rule beside policy and time.

Promise: nothing here is computed from the present moment, but for what its docstring calls a count within a window,
which holds at the moment it was read for; the moment at which such a count changes by itself stands beside it. Seven
kinds of facts are judged, each whole: an item (with every dependency in which it is the blocker), a team, an objective,
a key result, a share of capacity, a cycle of dependencies, and a connection to a tracker.

Whose facts a changed item touches: its own; of its blockers (they carry the dependencies in which it waits); of the
items that wait for it; of its parent, if it is a sub-task (its touches count there); of its epic; of its twins; of its
team and its objective, before and after, with the key results of that; of the teams of its blockers; and of its cycle.

History: where a tracker told what happened, that counts. Where it told nothing, what was seen to change since we look
counts, and `seen_from` is the first moment from which that is so; none where the history was told.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from schemas.aligned_items import Claim
from schemas.base import Identifier
from schemas.connections import ConnectionState
from schemas.findings import Subject
from schemas.work_items import Absence, ChangeAspect, ItemType, Resolution, StatusCategory

_GONE = (Absence.DELETED, Absence.ARCHIVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """One known item. `touched` is its last touch, those of its direct sub-tasks included; `assignee` is a name.

    `started` is when its present stretch in progress began, kept once it is done. `type_name` is the tracker's own word
    for its type; `estimate` has no unit that we know. `parent` and `epic` are refs. `ties` are the claims of other
    objectives that name as many fields as the one that won.
    """

    ref: str
    key: str
    title: str
    url: str | None = None
    type: ItemType = ItemType.TASK
    type_name: str = ""
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
    estimate: float | None = None
    parent: str | None = None
    epic: str | None = None
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
class DueMove:
    """A due that was another one before: an item's own, or an objective's between two versions of the strategy."""

    at: datetime
    was: date
    becomes: date


@dataclass(frozen=True, slots=True)
class Difference:
    """What two twins say differently now, and since when they have: `ours` is of the item whose facts these are."""

    aspect: ChangeAspect
    ours: str | None
    theirs: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class TwinFacts:
    """A known item of the other tracker that stands for the same work; no difference: they agree."""

    item: ItemFacts
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class PaceFacts:
    """How long a team's finished items were in progress: visible ones done in the last 90 days, no sub-tasks, no epics.

    `percentile` is the 85th (nearest rank) of their times from `started` to `done`; none if none finished.
    """

    finished: int = 0
    percentile: timedelta | None = None


@dataclass(frozen=True, slots=True)
class EpicFacts:
    """What hangs on an epic: its children (by parent or by epic) that are not gone, and the items that it is linked to.

    Of the children those in progress, then those that the policy calls a discovery, and of all others the first, each
    by ref, at most `EPIC_CHILDREN`; of the linked ones all that are known, by ref.
    """

    children: tuple[ItemFacts, ...] = ()
    linked: tuple[ItemFacts, ...] = ()


EPIC_CHILDREN = 200


@dataclass(frozen=True, slots=True)
class ItemNeighbourhood:
    """An item, its known blockers, and all known items that wait for it; a pair comes once, unknown ends not at all.

    `due_moves` are oldest first, all that are known. `pace` is its team's. `epic` is there for an epic only.
    """

    item: ItemFacts
    blockers: tuple[ItemFacts, ...] = ()
    waiting: tuple[DependencyFacts, ...] = ()
    twins: tuple[TwinFacts, ...] = ()
    due_moves: tuple[DueMove, ...] = ()
    pace: PaceFacts = PaceFacts()
    epic: EpicFacts | None = None
    seen_from: datetime | None = None


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
    `in_progress` counts the team's items in progress, no sub-tasks, no epics; `busy_objectives` are those that they
    serve, sorted. `escalations` are its open items that the policy calls customer escalations (no sub-tasks, no epics),
    oldest first; `active_escalations` counts those among the active.
    """

    team: Identifier
    active: int = 0
    unaligned: int = 0
    next_to_lapse: datetime | None = None
    waiting: tuple[WaitingTeam, ...] = ()
    in_progress: int = 0
    busy_objectives: tuple[Identifier, ...] = ()
    escalations: tuple[ItemFacts, ...] = ()
    active_escalations: int = 0


@dataclass(frozen=True, slots=True)
class ObjectiveFacts:
    """An objective's visible items: how many are open, the last touch of any (open or not), and its leaves.

    `leaves_base`: created before the objective's baseline and not done by then, as far as told, whatever came of it
    since; `leaves_added`: created at or after it. Both leave out the cancelled ones
    (`scope_growth.cancelled_resolutions(...)`), epics and initiatives, and items that are a known item's parent, unless
    they are sub-tasks. A leaf that was first seen to serve the objective at or after the baseline counts as added,
    however old it is, unless it was done by then; one that comes back does not.

    `in_progress` counts its items in progress; `progress_ended` is when the last one of its items left that state, or
    left the objective in that state, as far as told; `open_from` is, while none is in progress, the earliest moment
    from which on one of its items has served it and been open without a break, as far as told. `moved_on` and
    `went_back` count the items that did so at least once in the last 28 days (of 24 hours) before the moment of
    reading: on to in progress or done, back from done or from in progress to to do; `moves_lapse` is when the first of
    these moves falls out of the window. `hidden` are its items that are not done and out of sight, and nobody can say
    that they are gone. `due_moves` are of the same cycle, oldest first. `forecast` is the newest.
    """

    objective: Identifier
    open_items: int = 0
    last_touch: datetime | None = None
    leaves_base: int = 0
    leaves_added: int = 0
    items: int = 0
    in_progress: int = 0
    progress_ended: datetime | None = None
    open_from: datetime | None = None
    moved_on: int = 0
    went_back: int = 0
    moves_lapse: datetime | None = None
    hidden: int = 0
    due_moves: tuple[DueMove, ...] = ()
    forecast: "Forecast | None" = None
    seen_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mover:
    """What would bring an objective's end nearer if it were out of the way: a dependency (two refs) or an unowned leaf.

    `probability` is that of being in time without it; `days_earlier` the working days by which the P85 date comes.
    `names` are how people call the subjects, in their order (see `texts.called`); none where nobody looked them up.
    """

    subjects: tuple[str, ...]
    probability: float
    days_earlier: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When all open leaves of an objective may be delivered, by `trials` of its own past working days.

    `best`, `base`, `worst` are the P50, P85 and P95 days. `probability` is the share of trials that end by `due`, never
    0 or 1: at most 1 - 1 / (trials + 2). `refused` says why there is none of these. A forecast is of the moment `as_of`
    and stays as it was made. `movers` are sorted by what they move, the most first.
    """

    objective: Identifier
    as_of: datetime
    due: date
    seed: int
    trials: int
    open_leaves: int
    sampled_days: int
    active_days: int
    probability: float | None = None
    best: date | None = None
    base: date | None = None
    worst: date | None = None
    refused: str | None = None
    movers: tuple[Mover, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement of a key result, in its unit; `confidence` from 0 to 1."""

    at: datetime
    value: float
    source: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class KeyResultFacts:
    """A key result of the strategy: its measurements, and when its objective's items were delivered, oldest first.

    Both reach back at least 28 days and the key result's lag before the moment of reading; of the measurements before
    that the last one is there too.
    """

    objective: Identifier
    key_result: Identifier
    measurements: tuple[Measured, ...] = ()
    delivered: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class CapacityFacts:
    """A category's or a bet's item-days in the 28 whole days before the moment of reading, and everybody's.

    A person's working day is one item-day, shared equally among the items in progress that were theirs that day.
    `subject` is `category:<id>` or `bet:<id>`; `lapses` is when the next day begins.
    """

    subject: str
    item_days: float
    total: float
    since: datetime
    lapses: datetime
    seen_from: datetime | None = None


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


Facts = ItemNeighbourhood | TeamFacts | ObjectiveFacts | KeyResultFacts | CapacityFacts | CycleFacts | ConnectionFacts
"""Everything that is judged: all rules of that kind of facts, at once."""
