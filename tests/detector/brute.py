"""Every subject of a set of items, assembled in memory the plain way: what the detector's SQL must come to as well."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from schemas.aligned_items import Alignment
from schemas.work_items import ItemType, StatusCategory, WorkItem
from services.detector.context import Context
from services.detector.dependencies import is_live
from services.detector.facts import (
    CycleFacts,
    DependencyFacts,
    Facts,
    ItemFacts,
    ItemNeighbourhood,
    ObjectiveFacts,
    TeamFacts,
    WaitingTeam,
)
from services.detector.rules.registry import judge
from services.detector.rules.scope_growth import cancelled_resolutions, is_cancelled
from services.detector.rules.unaligned_work import active_since
from services.detector.verdict import Verdict, merge


@dataclass(frozen=True)
class Placed:
    """An item with its team and its alignment, as the mapper tells them."""

    item: WorkItem
    team: str
    alignment: Alignment = field(default_factory=Alignment)


@dataclass(frozen=True)
class Live:
    """A live dependency, and since when it is one as far as known."""

    blocker: ItemFacts
    dependent: ItemFacts
    since: datetime


def facts_of(placed: Placed, touched: datetime) -> ItemFacts:
    """Return the facts of one item; `touched` counts its sub-tasks in."""
    item = placed.item
    return ItemFacts(
        ref=item.ref,
        key=item.key,
        title=item.title,
        url=item.url,
        type=item.type,
        status_category=item.status_category,
        visible=item.visible,
        absence=item.absence,
        resolution=item.resolution,
        resolution_name=item.resolution_name,
        created=item.created,
        started=item.started,
        done=item.done,
        touched=touched,
        due=item.due,
        start=item.start,
        assignee=item.assignee.name if item.assignee else None,
        team=placed.team,
        objective=placed.alignment.objective,
        ties=placed.alignment.ties,
        labels=item.labels,
    )


class World:
    """All items at one moment."""

    def __init__(self, placed: Sequence[Placed], context: Context, now: datetime) -> None:
        self.context, self.now = context, now
        touches: dict[str, datetime] = {}
        for one in placed:
            touches[one.item.ref] = max(one.item.touched, touches.get(one.item.ref, one.item.touched))
            if one.item.type is ItemType.SUBTASK and one.item.parent:
                known = touches.get(one.item.parent, one.item.touched)
                touches[one.item.parent] = max(known, one.item.touched)
        self.items = {one.item.ref: facts_of(one, touches[one.item.ref]) for one in placed}
        self.parents = {one.item.parent for one in placed if one.item.parent}
        self.made: dict[tuple[str, str], datetime | None] = {}
        for dependency in (dependency for one in placed for dependency in one.item.dependencies):
            pair = (dependency.blocker, dependency.dependent)
            told = [made for made in (self.made.get(pair), dependency.made) if made is not None]
            self.made[pair] = min(told, default=None)

    def live(self) -> Iterator[Live]:
        for (blocker_ref, dependent_ref), made in self.made.items():
            blocker, dependent = self.items.get(blocker_ref), self.items.get(dependent_ref)
            if blocker and dependent and is_live(blocker, dependent):
                ends = max(blocker.created, dependent.created)
                yield Live(blocker, dependent, max(ends, made) if made else ends)

    def neighbourhoods(self) -> Iterator[ItemNeighbourhood]:
        blockers, waiting = defaultdict(list), defaultdict(list)
        for (blocker, dependent), made in self.made.items():
            if blocker in self.items and dependent in self.items:
                blockers[dependent].append(self.items[blocker])
                waiting[blocker].append(DependencyFacts(self.items[dependent], made))
        for ref, item in self.items.items():
            yield ItemNeighbourhood(item, tuple(blockers[ref]), tuple(waiting[ref]))

    def teams(self) -> Iterator[TeamFacts]:
        by_team = defaultdict(list)
        for item in self.items.values():
            by_team[item.team].append(item)
        waiting: dict[str, dict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))
        for live in self.live():
            if live.blocker.team != live.dependent.team:
                waiting[live.blocker.team][live.dependent.team].append(live.since)
        for team, items in by_team.items():
            others = waiting[team].items()
            yield self._team(team, items, tuple(WaitingTeam(other, len(s), min(s)) for other, s in others))

    def _team(self, team: str, items: Iterable[ItemFacts], waiting: tuple[WaitingTeam, ...]) -> TeamFacts:
        cutoff = active_since(self.context, team, self.now)
        begun = StatusCategory.IN_PROGRESS
        counted = [item for item in items if item.is_open and item.type not in (ItemType.SUBTASK, ItemType.EPIC)]
        active = [item for item in counted if item.status_category is begun or item.touched >= cutoff]
        return TeamFacts(
            team=team,
            active=len(active),
            unaligned=sum(item.objective is None for item in active),
            next_to_lapse=min((item.touched for item in active if item.status_category is not begun), default=None),
            waiting=waiting,
        )

    def objectives(self) -> Iterator[ObjectiveFacts]:
        for objective in self.context.objectives.values():
            serving = [item for item in self.items.values() if item.objective == objective.id and item.visible]
            resolutions = cancelled_resolutions(self.context, objective.id)
            leaves = [item for item in serving if self._is_leaf(item) and not is_cancelled(item, resolutions)]
            before = [item for item in leaves if item.created < objective.baseline]
            yield ObjectiveFacts(
                objective=objective.id,
                open_items=sum(item.is_open for item in serving),
                last_touch=max((item.touched for item in serving), default=None),
                leaves_base=sum(item.done is None or item.done >= objective.baseline for item in before),
                leaves_added=len(leaves) - len(before),
            )

    def _is_leaf(self, item: ItemFacts) -> bool:
        if item.type is ItemType.SUBTASK:
            return True
        return item.type not in (ItemType.EPIC, ItemType.INITIATIVE) and item.ref not in self.parents

    def cycles(self) -> Iterator[CycleFacts]:
        reach = self._reachable()
        seen: set[str] = set()
        for ref in sorted(reach):
            members = {other for other in reach[ref] if ref in reach.get(other, ())}
            if ref in members and ref not in seen:
                seen |= members
                yield CycleFacts(tuple(self.items[member] for member in members))

    def _reachable(self) -> dict[str, set[str]]:
        following = defaultdict(set)
        for live in self.live():
            following[live.blocker.ref].add(live.dependent.ref)
        reach: dict[str, set[str]] = {}
        for ref in list(following):
            found: set[str] = set()
            waiting = list(following[ref])
            while waiting:
                if (one := waiting.pop()) not in found:
                    found.add(one)
                    waiting.extend(following.get(one, ()))
            reach[ref] = found
        return reach

    def facts(self) -> Iterator[Facts]:
        """Yield every subject that there is."""
        yield from self.neighbourhoods()
        yield from self.teams()
        yield from self.objectives()
        yield from self.cycles()

    def judge(self) -> Verdict:
        """Return what all rules say of everything."""
        return merge(judge(facts, self.context, self.now) for facts in self.facts())
