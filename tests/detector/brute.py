"""Every subject of a set of items, assembled in memory the plain way: what the detector's SQL must come to as well."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from schemas.aligned_items import Alignment
from schemas.measurements import KeyResultMeasured
from schemas.work_items import ChangeAspect, ItemType, StatusCategory, WorkItem, WorkItemChange
from services.detector.context import Context
from services.detector.dependencies import is_live
from services.detector.facts import (
    CycleFacts,
    DependencyFacts,
    Difference,
    EpicFacts,
    Facts,
    ItemFacts,
    ItemNeighbourhood,
    KeyResultFacts,
    Measured,
    ObjectiveFacts,
    PaceFacts,
    TeamFacts,
    TwinFacts,
    WaitingTeam,
)
from services.detector.rules.escalation_load import EscalationPolicy, is_escalation
from services.detector.rules.registry import judge
from services.detector.rules.scope_growth import cancelled_resolutions, is_cancelled
from services.detector.rules.unaligned_work import active_since
from services.detector.rules.unvalidated_build import DiscoveryPolicy, is_discovery
from services.detector.verdict import Verdict, merge
from tests.detector.brute_past import RANK, PlainPast, differs_since, is_planned, is_seen, shared_days

COMPARED = (ChangeAspect.STATUS, ChangeAspect.DUE, ChangeAspect.ASSIGNEE)


@dataclass(frozen=True)
class Placed:
    """An item with its team and its alignment, as the mapper tells them."""

    item: WorkItem
    team: str
    alignment: Alignment = field(default_factory=Alignment)
    category: str | None = None


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
        type_name=item.type_name,
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
        estimate=item.estimate,
        parent=item.parent,
        epic=item.epic,
        team=placed.team,
        objective=placed.alignment.objective,
        ties=placed.alignment.ties,
        labels=item.labels,
    )


class World:
    """All items at one moment, with what happened to them and what was measured."""

    def __init__(
        self,
        placed: Sequence[Placed],
        context: Context,
        now: datetime,
        changes: Sequence[WorkItemChange] = (),
        measured: Sequence[KeyResultMeasured] = (),
    ) -> None:
        self.context, self.now, self.measured = context, now, measured
        self.placed = {one.item.ref: one for one in placed}
        self.changes = changes
        touches: dict[str, datetime] = {}
        for one in placed:
            touches[one.item.ref] = max(one.item.touched, touches.get(one.item.ref, one.item.touched))
            if one.item.type is ItemType.SUBTASK and one.item.parent:
                known = touches.get(one.item.parent, one.item.touched)
                touches[one.item.parent] = max(known, one.item.touched)
        self.items = {one.item.ref: facts_of(one, touches[one.item.ref]) for one in placed}
        self.parents = {one.item.parent for one in placed if one.item.parent}
        self.has_both_trackers = len({ref.split(":")[0] for ref in self.items}) > 1
        self._paces: dict[str, PaceFacts] = {}
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
            twins = tuple(self._twins(item))
            told = [ChangeAspect.DUE, *(COMPARED if any(twin.differences for twin in twins) else ())]
            yield ItemNeighbourhood(
                item,
                tuple(blockers[ref]),
                tuple(waiting[ref]),
                twins=twins,
                due_moves=self._past(ref).due_moves(),
                pace=self.pace(item.team),
                epic=self._epic(item) if item.type is ItemType.EPIC else None,
                seen_from=self._past(ref).seen_from(*told),
            )

    def _past(self, ref: str) -> PlainPast:
        return PlainPast([one for one in self.changes if one.ref == ref])

    def _twins(self, item: ItemFacts) -> Iterator[TwinFacts]:
        for ref, other in sorted(self.items.items()) if self.has_both_trackers else ():
            if ref.split(":")[0] != item.ref.split(":")[0] and (self._tells(item, other) or self._tells(other, item)):
                yield TwinFacts(other, tuple(self._differences(item, other)))

    def _tells(self, item: ItemFacts, other: ItemFacts) -> bool:
        tracker = other.ref.split(":")[0]
        twins = self.placed[item.ref].item.twins
        return any(one.ref == other.ref if one.ref else (one.tracker, one.key) == (tracker, other.key) for one in twins)

    def _differences(self, item: ItemFacts, other: ItemFacts) -> Iterator[Difference]:
        for aspect in COMPARED:
            ours, theirs = _said(item, aspect), _said(other, aspect)
            if (ours or "").casefold() != (theirs or "").casefold():
                sides = [(self._past(one.ref), _said(one, aspect), one.created) for one in (item, other)]
                yield Difference(aspect, ours, theirs, differs_since(aspect, sides[0], sides[1]))

    def pace(self, team: str) -> PaceFacts:
        if team not in self._paces:
            self._paces[team] = self._pace(team)
        return self._paces[team]

    def _pace(self, team: str) -> PaceFacts:
        spans = sorted(
            item.done - item.started
            for item in self.items.values()
            if item.team == team and item.is_done and item.visible
            and item.type not in (ItemType.SUBTASK, ItemType.EPIC) and item.done and item.started
            and self.now - item.done < timedelta(days=90)
        )  # fmt: skip
        return PaceFacts(len(spans), spans[ceil(0.85 * len(spans)) - 1]) if spans else PaceFacts()

    def _epic(self, epic: ItemFacts) -> EpicFacts:
        policy = self.context.policy(DiscoveryPolicy, epic.team, epic.objective)
        below = [
            one for _, one in sorted(self.items.items())
            if epic.ref in (one.parent, one.epic) and one is not epic and (one.visible or one.is_missing)
        ]  # fmt: skip
        busy = [one for one in below if one.status_category is StatusCategory.IN_PROGRESS]
        found = [one for one in below if one not in busy and is_discovery(one, policy)]
        others = [one for one in below if one not in busy and one not in found]
        links = {link.ref for link in self.placed[epic.ref].item.links} - {epic.ref}
        linked = tuple(self.items[ref] for ref in sorted(links) if ref in self.items)
        return EpicFacts((*busy, *found, *others[:1]), linked)

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
        policy = self.context.policy(EscalationPolicy, team)
        escalations = sorted(
            (item for item in counted if is_escalation(item, policy)), key=lambda item: (item.created, item.ref)
        )
        return TeamFacts(
            team=team,
            active=len(active),
            unaligned=sum(item.objective is None for item in active),
            next_to_lapse=min((item.touched for item in active if item.status_category is not begun), default=None),
            waiting=waiting,
            in_progress=sum(item.status_category is begun for item in active),
            busy_objectives=tuple(
                sorted({item.objective for item in active if item.status_category is begun and item.objective})
            ),
            escalations=tuple(escalations),
            active_escalations=sum(item in active for item in escalations),
        )

    def objectives(self) -> Iterator[ObjectiveFacts]:
        for objective in self.context.objectives.values():
            serving = [item for item in self.items.values() if item.objective == objective.id and item.visible]
            resolutions = cancelled_resolutions(self.context, objective.id)
            leaves = [item for item in serving if self._is_leaf(item) and not is_cancelled(item, resolutions)]
            before = [item for item in leaves if self._came_before(item, objective.id, objective.baseline)]
            yield ObjectiveFacts(
                objective=objective.id,
                open_items=sum(item.is_open for item in serving),
                last_touch=max((item.touched for item in serving), default=None),
                leaves_base=sum(
                    self._is_to_do(item, objective.baseline)
                    and not self._past(item.ref).was_done_by(objective.baseline)
                    for item in before
                ),
                leaves_added=sum(
                    item.created >= objective.baseline or self._is_to_do(item, objective.baseline)
                    for item in leaves
                    if item not in before
                ),
                items=len(serving),
                in_progress=sum(
                    item.is_open and item.status_category is StatusCategory.IN_PROGRESS for item in serving
                ),
                progress_ended=max([*self._left_progress(serving), *self._left_begun(objective.id)], default=None),
                open_from=self._open_from(serving),
                hidden=sum(
                    item.is_missing and not item.is_done
                    for item in self.items.values()
                    if item.objective == objective.id
                ),
                **self._moves(serving),
            )

    def _left_progress(self, items: Iterable[ItemFacts]) -> Iterator[datetime]:
        for item in items:
            for one in self._past(item.ref).of(ChangeAspect.STATUS):
                if one.was == StatusCategory.IN_PROGRESS.value:
                    yield one.at

    def _left_begun(self, objective: str) -> Iterator[datetime]:
        for one in self.changes:
            if one.aspect is ChangeAspect.OBJECTIVE and one.was == objective:
                present = self.items[one.ref].status_category.value
                if self._past(one.ref).at(ChangeAspect.STATUS, one.at, present) == StatusCategory.IN_PROGRESS.value:
                    yield one.at

    def _open_from(self, serving: Iterable[ItemFacts]) -> datetime | None:
        opened = [item for item in serving if item.is_open]
        if any(item.status_category is StatusCategory.IN_PROGRESS for item in opened):
            return None
        return min(map(self._serves_from, opened), default=None)

    def _serves_from(self, item: ItemFacts) -> datetime:
        """Return since when it is open and serves its objective; what the strategy moved there was there all along."""
        moved = self._past(item.ref).of(ChangeAspect.OBJECTIVE)[-1:]
        again = [one for one in self._past(item.ref).of(ChangeAspect.STATUS) if one.was == StatusCategory.DONE.value]
        return max([item.created, *(one.at for one in moved if not is_planned(one)), *(one.at for one in again)])

    def _came_before(self, item: ItemFacts, objective: str, baseline: datetime) -> bool:
        """Tell whether it served the objective before this moment at any time, or all along."""
        moved = self._past(item.ref).of(ChangeAspect.OBJECTIVE)
        served = [item.created] if not moved or moved[0].was == objective else []
        served += [item.created if is_planned(one) else one.at for one in moved if one.becomes == objective]
        return min(served) < baseline

    @staticmethod
    def _is_to_do(item: ItemFacts, baseline: datetime) -> bool:
        return item.done is None or item.done >= baseline

    def _moves(self, items: Iterable[ItemFacts]) -> dict[str, Any]:
        lapse = timedelta(days=28)
        pasts = [self._past(item.ref).of(ChangeAspect.STATUS) for item in items]
        recent = [[one for one in past if self.now - one.at < lapse] for past in pasts]
        steps = [[(_step(one), one.at) for one in past if _step(one)] for past in recent]
        untold = [past for past in recent if past and all(is_seen(one) for one in past)]
        return {
            "moved_on": sum(any(step > 0 for step, _ in found) for found in steps),
            "went_back": sum(any(step < 0 for step, _ in found) for found in steps),
            "moves_lapse": min((at + lapse for found in steps for _, at in found), default=None),
            "seen_from": min((one.at for past in untold for one in past), default=None),
        }

    def key_results(self) -> Iterator[KeyResultFacts]:
        for objective in self.context.objectives.values():
            cancelled = cancelled_resolutions(self.context, objective.id)
            for one in objective.key_results:
                since = self.now - timedelta(days=28 + one.lag_days)
                known = sorted(
                    (Measured(each.measured_at, each.value, each.source, each.confidence)
                     for each in self.measured if each.key_result == one.ref),
                    key=lambda each: (each.at, each.source),
                )  # fmt: skip
                before = [each for each in known if each.at < since]
                delivered = sorted(
                    item.done for item in self.items.values()
                    if item.objective == objective.id and item.visible and item.is_done and item.done
                    and item.done >= since and (item.resolution_name or item.resolution)
                    and not is_cancelled(item, cancelled)
                )  # fmt: skip
                known = [*before[-1:], *(each for each in known if each.at >= since)]
                yield KeyResultFacts(objective.id, one.id, tuple(known), tuple(delivered))

    def shares(self) -> dict[str, tuple[float, float]]:
        """Return the item-days of each share, and all, of what is in progress or moved within 30 days."""
        worked = []
        midnight = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        for ref, item in self.items.items():
            objective = self.context.objective(item.objective)
            names = [("category:", self.placed[ref].category), ("bet:", objective.bet if objective else None)]
            moved = [one.at for one in self._past(ref).of(ChangeAspect.STATUS)]
            recent = bool(moved) and max(moved) >= midnight - timedelta(days=30)
            is_begun = item.status_category is StatusCategory.IN_PROGRESS
            if item.visible and (is_begun or recent) and item.type not in (ItemType.EPIC, ItemType.INITIATIVE):
                worked.append((item, self._past(ref), tuple(kind + name for kind, name in names if name)))
        by_share, total = shared_days(worked, self.context, self.now)
        return {share.ref: (by_share.get(share.ref, 0.0), total) for share in self.context.shares}

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
        yield from self.key_results()
        yield from self.cycles()

    def judge(self) -> Verdict:
        """Return what all rules say of everything."""
        return merge(judge(facts, self.context, self.now) for facts in self.facts())


def _said(item: ItemFacts, aspect: ChangeAspect) -> str | None:
    if aspect is ChangeAspect.DUE:
        return str(item.due) if item.due else None
    return item.assignee if aspect is ChangeAspect.ASSIGNEE else item.status_category.value


def _step(change: WorkItemChange) -> int:
    return RANK[change.becomes] - RANK[change.was] if change.was and change.becomes else 0
