"""What a strategy says, read the plain way: days that are worked, whose number holds, who serves what (DESIGN, 7)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from tests.oracle.governance_raw import Item, Json

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DEFAULTS: Json = {
    "active_within_working_days": 10, "bottleneck_teams": 3, "due_within_working_days": 10, "raise_waiting_teams": 3,
    "undated_within_working_days": 20, "overload_objectives": 3, "overload_items_per_member": 3,
    "decision_after_working_days": 2, "decision_labels": ["decision"], "decision_types": ["Decision"],
    "escalation_after_working_days": 5, "escalation_labels": ["escalation", "customer-escalation"],
    "escalation_share": 0.2, "escalation_types": ["Escalation"], "discovery_labels": ["discovery"],
    "discovery_types": ["Discovery", "Research", "Spike"], "disagreement_minutes": 60, "pace_points": 0.165,
    "pace_high_points": 0.33, "stale_measurement_cadences": 2, "outcome_min_delivered": 5,
    "outcome_moved_share": 0.05,
    "cancelled_resolutions": ["Won't Fix", "Won't Do", "Duplicate", "Cannot Reproduce", "Invalid", "Incomplete",
                              "Declined", "Not Our Bug", "Needs more info", "Hold"],
    "forecast_probability": 0.9, "forecast_high_probability": 0.7, "rules": {},
}  # fmt: skip


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))


class Plan:
    """A strategy.yaml, as it was written."""

    def __init__(self, raw: Json) -> None:
        self.raw = raw
        self.objectives: Mapping[str, Json] = {one["id"]: one for one in raw["objectives"]}
        self.teams: Mapping[str, Json] = {one["id"]: one for one in raw.get("teams", [])}
        self.calendars: Mapping[str, Json] = {one["id"]: one for one in raw.get("calendars", [])}
        self.starts_on = date.fromisoformat(raw["cycle"]["starts_on"])
        self.ends_on = date.fromisoformat(raw["cycle"]["ends_on"])

    def calendar(self, team: str | None) -> Json:
        return self.calendars.get(self.teams.get(team or "", {}).get("calendar") or "", {})

    def zone(self, team: str | None) -> ZoneInfo:
        return ZoneInfo(self.calendar(team).get("time_zone", "UTC"))

    def is_worked(self, team: str | None, one: date) -> bool:
        calendar = self.calendar(team)
        if WEEK[one.weekday()] in calendar.get("weekend", ["sat", "sun"]) or str(one) in calendar.get("days_off", []):
            return False
        return "country" not in calendar or one not in _holidays(calendar["country"], one.year)

    def days_between(self, team: str | None, since: datetime | date, until: datetime | date) -> int:
        """Count the worked days d with date(since) < d <= date(until)."""
        first, last = (self.date_of(team, one) for one in (since, until))
        span = range(1, (last - first).days + 1)
        return sum(self.is_worked(team, first + timedelta(days=each)) for each in span)

    def date_of(self, team: str | None, one: datetime | date) -> date:
        return one.astimezone(self.zone(team)).date() if isinstance(one, datetime) else one

    def midnight(self, team: str | None, one: date) -> datetime:
        return datetime(one.year, one.month, one.day, tzinfo=self.zone(team)).astimezone(UTC)

    def policy(self, name: str, team: str | None, objective: str | None) -> Any:
        layers = [self.objectives.get(objective or "", {}), self.teams.get(team or "", {}), self.raw]
        return next((one["policy"][name] for one in layers if name in one.get("policy", {})), DEFAULTS[name])

    def mode(self, rule: str, team: str | None, objective: str | None) -> str:
        layers = [self.objectives.get(objective or "", {}), self.teams.get(team or "", {}), self.raw]
        said = (one.get("policy", {}).get("rules", {}).get(rule) for one in layers)
        return next(filter(None, said), "on")

    def due(self, objective: str) -> date:
        due_on = self.objectives[objective].get("due_on")
        return date.fromisoformat(due_on) if due_on else self.ends_on

    def place(self, items: Mapping[str, Item]) -> None:
        """Give every item its team and its objective."""
        for item in items.values():
            owns = [(len(one), team) for team, each in self.teams.items() for one in each.get("owns", [])
                    if _matches(one, item)]  # fmt: skip
            most = max((count for count, _ in owns), default=0)
            item.team = next(
                (team for count, team in owns if count == most), item.project[item.tracker == "asana"].lower()
            )
        by_key = {one.key: one.ref for one in items.values() if one.tracker == "jira"}
        twins: dict[str, list[str]] = {}
        for left, right in pairs_of_twins(items):
            twins.setdefault(left, []).append(right)
            twins.setdefault(right, []).append(left)
        assert by_key or not twins
        for item in items.values():
            item.objective = self._serves(item, items, twins, frozenset())
            item.tied = self._own(item) is None and len(self._claims(item)) > 1

    def _own(self, item: Item) -> str | None:
        names = (one.removeprefix("objective:") for one in item.labels if one.startswith("objective:"))
        return next((name for name in names if name in self.objectives), None)

    def _claims(self, item: Item) -> list[str]:
        found = {}
        for name, objective in self.objectives.items():
            counts = [len(one) for one in objective.get("work", []) if _matches(one, item)]
            if counts:
                found[name] = max(counts)
        most = max(found.values(), default=0)
        return [name for name, count in found.items() if count == most]

    def _serves(self, item: Item, items: Mapping[str, Item], twins: Mapping[str, list[str]],
                seen: frozenset[str]) -> str | None:  # fmt: skip
        own = self._own(item) or next(iter(self._claims(item)), None)
        if own:
            return own
        around: Iterable[str | None] = (item.parent, item.epic, *sorted(twins.get(item.ref, [])))
        for ref in around:
            if ref in items and ref not in seen and ref is not None:
                found = self._serves(items[ref], items, twins, seen | {item.ref})
                if found:
                    return found
        return None


def pairs_of_twins(items: Mapping[str, Item]) -> Iterator[tuple[str, str]]:
    """Give the pairs of twins of which both are known, each once, the Asana task first."""
    by_key = {one.key: one.ref for one in items.values() if one.tracker == "jira"}
    found = set()
    for item in items.values():
        for told in item.twins:
            far = told if ":" in told else by_key.get(told)
            if far in items and far is not None:
                found.add((min(item.ref, far), max(item.ref, far)))
    yield from sorted(found)


def _matches(selector: Json, item: Item) -> bool:
    values: dict[str, tuple[str | None, ...]] = {
        "tracker": (item.tracker,), "site": ("archive",), "project": item.project, "component": item.components,
        "epic": (item.epic_key, item.key), "parent": (item.parent_key,),
        "label": item.labels, "tag": item.labels, "type": (item.type_name,), "section": item.sections,
        "fix_version": item.fix_versions,
    }  # fmt: skip
    return all(any(one in values[name] for one in (wanted if isinstance(wanted, list) else [wanted]))
               for name, wanted in selector.items())  # fmt: skip
