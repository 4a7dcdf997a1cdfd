"""Which objective and which team an issue is of at an instant, by the strategy's file alone, and what waits on what."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from tests.oracle.history_days import Workdays
from tests.oracle.history_told import Issue, Stand, issues_of

Json = dict[str, Any]


@dataclass(frozen=True)
class Wait:
    """A dependency; `made` is when its link was, where that is known."""

    blocker: Issue
    dependent: Issue
    made: datetime | None


class Company:
    """All that an export and a strategy tell, at any instant."""

    def __init__(self, raws: list[Json], strategy: Json, policy: Json) -> None:
        self.issues, self.strategy, self._defaults = issues_of(raws), strategy, policy
        self.by_key = {issue.key: issue for issue in self.issues.values()}
        calendars = {one["id"]: Workdays(one) for one in strategy["calendars"]}
        self._calendars = {team["id"]: calendars[team["calendar"]] for team in strategy["teams"]}
        self._teams = {team["id"]: team for team in strategy["teams"]}
        self.objectives = {one["id"]: one for one in strategy["objectives"]}
        self.versions = {one["id"]: one["releaseDate"] for issue in self.issues.values()
                         for one in issue.fields["fixVersions"]}  # fmt: skip
        self._at: dict[datetime, At] = {}

    def at(self, instant: datetime) -> "At":
        if instant not in self._at:
            self._at[instant] = At(self, instant)
        return self._at[instant]

    def calendar(self, team: str | None) -> Workdays:
        return self._calendars.get(team or "", Workdays(None))

    def policy(self, name: str, team: str | None = None, objective: str | None = None) -> Any:
        """Return a number of the policy: the objective's, else the team's, else the strategy's, else the default."""
        for place in (self.objectives.get(objective or ""), self._teams.get(team or ""), self.strategy):
            if place and name in place.get("policy", {}):
                return place["policy"][name]
        return self._defaults[name]

    def due_of(self, objective: str) -> date:
        """Return the day by which an objective is meant to be reached."""
        return date.fromisoformat(self.objectives[objective].get("due_on") or self.strategy["cycle"]["ends_on"])

    def baseline(self, objective: str) -> datetime:
        told = self.objectives[objective]
        day = date.fromisoformat(told.get("baseline_on") or self.strategy["cycle"]["starts_on"])
        return self.calendar(told["team"]).midnight(day)

    def member_of(self, person: str) -> str | None:
        """Return the first team that names this person as a member, by id or by name."""
        known = {one["id"]: one["name"] for one in self.strategy["people"]}
        named = person.casefold()
        for id_, team in self._teams.items():
            if named in {known.get(one, one).casefold() for one in team.get("members", ())}:
                return str(id_)
        return None

    @cached_property
    def instants(self) -> list[datetime]:
        """Return every instant at which anything became another thing."""
        return sorted({at for issue in self.issues.values() for at in issue.instants})


class At:
    """The company at one instant; issues that were not yet created are not there."""

    def __init__(self, company: Company, now: datetime) -> None:
        self.company, self.now = company, now
        self.there = {id_: issue for id_, issue in company.issues.items() if issue.created <= now}
        self.stands = {id_: issue.stand(now) for id_, issue in self.there.items()}
        self._objectives: dict[str, str | None] = {}
        self._owned: dict[str, str] = {}

    def of(self, issue: Issue) -> Stand:
        return self.stands[issue.id]

    def kind(self, issue: Issue) -> str:
        return self.stands[issue.id].kind

    def is_open(self, issue: Issue) -> bool:
        return self.kind(issue) != "done"

    def is_cancelled(self, issue: Issue) -> bool:
        stand = self.of(issue)
        return stand.kind == "done" and stand.ending in self.company.policy("cancelled_resolutions")

    def due(self, issue: Issue) -> date | None:
        return due_as(self.of(issue), self.company)

    def objective(self, issue: Issue) -> str | None:
        if issue.id not in self._objectives:
            self._objectives[issue.id] = self._found_objective(issue)
        return self._objectives[issue.id]

    def _found_objective(self, issue: Issue) -> str | None:
        stand, known = self.of(issue), self.company.objectives
        said = [label.removeprefix("objective:") for label in stand.labels if label.startswith("objective:")]
        if set(said) & set(known):
            return next(one for one in said if one in known)
        best: str | None = None
        fields = 0
        for id_, objective in known.items():
            for selector in objective["work"]:
                if len(selector) > fields and self.matches(issue, selector):
                    best, fields = id_, len(selector)
        if best:
            return best
        parent = self.there.get(stand.parent or "")
        return self.objective(parent) if parent else None

    def matches(self, issue: Issue, selector: Json) -> bool:
        stand = self.of(issue)
        epic = self.company.issues.get(stand.parent or "")
        keys = {issue.key} if issue.is_epic else {epic.key} if epic and epic.is_epic else set()
        values = {"project": stand.project, "label": stand.labels, "epic": keys,
                  "component": issue.components, "type": {stand.type}}  # fmt: skip
        wanted = {name: {value} if isinstance(value, str) else set(value) for name, value in selector.items()}
        return all(values[name] & told for name, told in wanted.items())

    def team(self, issue: Issue) -> str:
        if issue.id not in self._owned:
            best, fields = self.of(issue).project_key.lower(), 0
            for team in self.company.strategy["teams"]:
                for selector in team["owns"]:
                    if len(selector) > fields and self.matches(issue, selector):
                        best, fields = team["id"], len(selector)
            self._owned[issue.id] = best
        return self._owned[issue.id]

    @cached_property
    def children(self) -> dict[str, list[Issue]]:
        found = defaultdict(list)
        for issue in self.there.values():
            if parent := self.of(issue).parent:
                found[parent].append(issue)
        return found

    def members(self, objective: str) -> list[Issue]:
        return [issue for issue in self.there.values() if self.objective(issue) == objective]

    def is_leaf(self, issue: Issue) -> bool:
        return self.objective(issue) is not None and not issue.is_epic and not self.children.get(issue.id)

    def touched(self, issue: Issue) -> datetime:
        """Return the last touch of an issue, those of its own sub-tasks among them."""
        below = [child for child in self.children.get(issue.id, ()) if child.is_subtask]
        return max(one.own_touch(self.now) for one in (issue, *below))

    @cached_property
    def waits(self) -> list[Wait]:
        """Return the dependencies whose both ends are known; of one told several times, made when first."""
        found: dict[tuple[str, str], list[datetime | None]] = defaultdict(list)
        for issue in self.there.values():
            for key, role, made in issue.links(self.now):
                far = self.company.by_key.get(key)
                if far and far.id in self.there and far is not issue:
                    pair = (issue.id, far.id) if role == "blocks" else (far.id, issue.id)
                    found[pair].append(made)
        return [Wait(self.there[a], self.there[b], min((at for at in made if at), default=None))
                for (a, b), made in found.items()]  # fmt: skip

    def is_live(self, wait: Wait) -> bool:
        return self.is_open(wait.blocker) and self.is_open(wait.dependent)

    def working_days(self, since: datetime, team: str | None) -> int:
        return self.company.calendar(team).between(since, self.now)

    def is_soon(self, day: date | None, team: str | None, days: int) -> bool:
        """Tell whether a due is near or past."""
        calendar = self.company.calendar(team)
        return day is not None and calendar.days(calendar.date_of(self.now), day) <= days


def due_as(stand: Stand, company: Company) -> date | None:
    released = [company.versions.get(one) for one in stand.versions]
    return stand.own_due or min((date.fromisoformat(day) for day in released if day), default=None)


def weeks(count: int) -> timedelta:
    return timedelta(weeks=count)


EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
