"""A company at an instant, and what is asked of it again and again: what waits on what, what is near, how bad it is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from tests.oracle.governance_issues import issue_at
from tests.oracle.governance_plan import Plan
from tests.oracle.governance_raw import Item, Json, Pair, instant
from tests.oracle.governance_tasks import task_at

Row = tuple[object, ...]
LEVELS = ("low", "medium", "high", "critical")
Values = Mapping[str, list[tuple[datetime, float]]]
"""What was measured, by `<objective>/<key result>`, oldest first."""


@dataclass(frozen=True)
class Found:
    """A finding; `since` is none where FINDINGS leaves it open."""

    rule: str
    subjects: tuple[str, ...]
    severity: str
    team: str | None
    objective: str | None
    shadow: bool
    since: datetime | None = None

    @property
    def row(self) -> Row:
        return self.rule, self.subjects, self.severity, self.team, self.objective, self.shadow


class World:
    """All items as of `now`, placed by the strategy, and what was measured by then."""

    def __init__(self, raws: list[Json], raw_plan: Json, measured: Values, now: datetime) -> None:
        self.plan = Plan(raw_plan)
        self.now = now
        self.items = items_at(raws, now)
        self.plan.place(self.items)
        self.measured = {name: [one for one in each if one[0] <= now] for name, each in measured.items()}

    @cached_property
    def told(self) -> frozenset[Pair]:
        return frozenset(pair for item in self.items.values() for pair in item.pairs)

    @cached_property
    def live(self) -> frozenset[Pair]:
        """The dependencies that are live, each once."""
        return frozenset(pair for pair in self.told if pair[0] != pair[1] and all(map(self.is_open, pair)))

    def is_open(self, ref: str) -> bool:
        return ref in self.items and self.items[ref].is_open

    def in_team(self, team: str) -> list[Item]:
        return [one for one in self.items.values() if one.team == team]

    def serving(self, objective: str) -> list[Item]:
        return [one for one in self.items.values() if one.objective == objective]

    def children(self, ref: str) -> list[Item]:
        return [one for one in self.items.values() if ref in {one.parent, one.epic} and one.ref != ref]

    def today(self, team: str | None) -> date:
        return self.plan.date_of(team, self.now)

    def is_near(self, due: date | None, calendar: str | None, days: int) -> bool:
        """Tell whether this is due within so many working days, or overdue."""
        return due is not None and self.plan.days_between(calendar, self.now, due) <= days

    def is_active(self, item: Item) -> bool:
        """Tell whether it is an active item of its team."""
        if not item.is_open or item.kind in {"subtask", "epic"}:
            return False
        within = self.plan.policy("active_within_working_days", item.team, None)
        recent = self.plan.days_between(item.team, item.touched, self.now) <= within
        return item.category == "in_progress" or recent

    def is_delivered(self, item: Item, team: str | None, objective: str | None) -> bool:
        """Tell whether it is done with a resolution that means success."""
        cancelled = self.plan.policy("cancelled_resolutions", team, objective)
        return item.category == "done" and item.resolution is not None and item.resolution not in cancelled

    def is_of(self, item: Item, what: str, team: str | None, objective: str | None) -> bool:
        """Tell whether it is labelled or typed so, in any case."""
        labels = self.plan.policy(f"{what}_labels", team, objective)
        types = self.plan.policy(f"{what}_types", team, objective)
        wanted = {one.casefold() for one in labels}
        return bool(wanted & {one.casefold() for one in item.labels}) or item.type_name.casefold() in {
            one.casefold() for one in types
        }

    def r2(self, item: Item | None, team: str | None, objective: str | None) -> bool:
        days = self.plan.policy("due_within_working_days", team, objective)
        if item is not None and self.is_near(item.due, item.team, days):
            return True
        if objective is None:
            return False
        return self.is_near(self.plan.due(objective), self.plan.objectives[objective]["team"], days)

    def found(self, rule: str, subjects: tuple[str, ...], severity: str, team: str | None, objective: str | None,
              *reasons: bool, since: datetime | None = None) -> Iterator[Found]:  # fmt: skip
        """Give the finding, raised one step a reason that holds, unless the rule is off for it."""
        mode = self.plan.mode(rule, team, objective)
        if mode != "off":
            level = LEVELS[min(LEVELS.index(severity) + sum(reasons), len(LEVELS) - 1)]
            yield Found(rule, subjects, level, team, objective, mode == "shadow", since)


def items_at(raws: Iterable[Json], now: datetime) -> dict[str, Item]:
    """Return all items that there were by `now`, by ref; the touch of a direct sub-task touches its parent."""
    found = {}
    for raw in raws:
        if instant(raw["fields"]["created"] if "fields" in raw else raw["created_at"]) <= now:
            item = issue_at(raw, now) if "fields" in raw else task_at(raw, now)
            found[item.ref] = item
    own = {ref: item.touched for ref, item in found.items()}
    for ref, item in found.items():
        if item.kind == "subtask" and item.parent in found:
            above = found[item.parent]
            above.touched = max(above.touched, own[ref])
    return found
