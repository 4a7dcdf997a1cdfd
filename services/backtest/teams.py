"""What is counted of each team, kept up to date item by item."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from schemas.work_items import ItemType, StatusCategory
from services.backtest.ordered import Ordered
from services.detector.context import Context
from services.detector.facts import ItemFacts, TeamFacts, WaitingTeam
from services.detector.marking import is_marked
from services.detector.rules.escalation_load import EscalationPolicy, is_escalation
from services.detector.rules.unaligned_work import active_since

_NOT_COUNTED = (ItemType.SUBTASK, ItemType.EPIC)


def _worked(item: ItemFacts) -> tuple[datetime, datetime] | None:
    """Return from when to when an item was in progress, if the team's pace counts it."""
    if not item.is_done or not item.visible or item.started is None or item.done is None:
        return None
    return item.started, item.done


class TeamNumbers:
    """One team's items."""

    def __init__(self, team: str, context: Context) -> None:
        self._team = team
        self._context = context
        self._policy = context.policy(EscalationPolicy, team)
        self.in_progress: dict[str, ItemFacts] = {}
        self.finished_version = 0
        self._finished: dict[str, datetime] = {}
        self._finished_at = Ordered()
        self._busy: Counter[str | None] = Counter()
        self._todo = Ordered()
        self._todo_unaligned = Ordered()
        self._escalations: dict[str, ItemFacts] = {}

    def add(self, item: ItemFacts) -> None:
        """Count an item in."""
        if item.type in _NOT_COUNTED:
            return
        if worked := _worked(item):
            self._finished[item.ref] = worked[0]
            self._finished_at.add(worked[1], item.ref)
            self.finished_version += 1
        if not item.is_open:
            return
        if is_marked(item) and is_escalation(item, self._policy):
            self._escalations[item.ref] = item
        if item.status_category is StatusCategory.IN_PROGRESS:
            self.in_progress[item.ref] = item
            self._busy[item.objective] += 1
            return
        self._todo.add(item.touched, item.ref)
        if item.objective is None:
            self._todo_unaligned.add(item.touched, item.ref)

    def take(self, item: ItemFacts) -> None:
        """Count an item out, as it was counted in."""
        if item.type in _NOT_COUNTED:
            return
        if worked := _worked(item):
            del self._finished[item.ref]
            self._finished_at.take(worked[1], item.ref)
            self.finished_version += 1
        if not item.is_open:
            return
        self._escalations.pop(item.ref, None)
        if item.status_category is StatusCategory.IN_PROGRESS:
            del self.in_progress[item.ref]
            self._busy[item.objective] -= 1
            return
        self._todo.take(item.touched, item.ref)
        if item.objective is None:
            self._todo_unaligned.take(item.touched, item.ref)

    def finished_after(self, moment: datetime) -> list[tuple[timedelta, datetime]]:
        """Return how long items that were finished after `moment` were in progress, each with when it was done."""
        return [(done - self._finished[ref], done) for done, ref in self._finished_at.since(moment) if done > moment]

    def facts(self, waiting: tuple[WaitingTeam, ...], now: datetime) -> TeamFacts:
        """Return the team's facts as of `now`."""
        since = active_since(self._context, self._team, now)
        begun = len(self.in_progress)
        escalations = sorted(self._escalations.values(), key=lambda item: (item.created, item.ref))
        return TeamFacts(
            team=self._team,
            active=begun + self._todo.count_since(since),
            unaligned=self._busy[None] + self._todo_unaligned.count_since(since),
            next_to_lapse=self._todo.first_since(since),
            waiting=waiting,
            in_progress=begun,
            busy_objectives=tuple(sorted(name for name, count in self._busy.items() if name is not None and count)),
            escalations=tuple(escalations),
            active_escalations=sum(item.ref in self.in_progress or item.touched >= since for item in escalations),
        )


class Teams(defaultdict[str, TeamNumbers]):
    """All teams that ever had an item, by id."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context

    def __missing__(self, team: str) -> TeamNumbers:
        made = self[team] = TeamNumbers(team, self._context)
        return made

    def move(self, before: ItemFacts | None, after: ItemFacts | None) -> None:
        """Count an item where it belongs now."""
        if before is not None:
            self[before.team].take(before)
        if after is not None:
            self[after.team].add(after)
