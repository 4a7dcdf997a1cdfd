"""The strategy, compiled for judging: each team's calendar, each objective's dates, each policy resolved once.

Promise: a team or an objective that the strategy does not name is answered too, with the default calendar and no dates,
because items outlive strategies. A context never changes; a new strategy version is a new context.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from schemas.base import Identifier
from schemas.findings import Subject
from services.runtime.calendar import DEFAULT, Calendar

TEAM_PREFIX = "team:"
OBJECTIVE_PREFIX = "objective:"
CONNECTION_PREFIX = "connection:"


class PolicyFields(BaseModel):
    """Fields of `policy` that a rule reads. Closed: a misspelt field is an error, not silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


P = TypeVar("P", bound=PolicyFields)


@dataclass(frozen=True, slots=True)
class TeamContext:
    """A team as the strategy describes it."""

    id: Identifier
    name: str
    lead: str | None = None
    calendar: Calendar = DEFAULT


@dataclass(frozen=True, slots=True)
class ObjectiveContext:
    """An objective as the strategy describes it. `baseline` is 00:00 on its day in the zone of the objective's team."""

    id: Identifier
    title: str
    team: Identifier
    due: date
    baseline: datetime
    bet: Identifier | None = None
    owner: str | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """Everything of one strategy version that rules, routing and texts ask for."""

    version: int
    teams: Mapping[str, TeamContext]
    objectives: Mapping[str, ObjectiveContext]
    resolve: Callable[[str | None, str | None], PolicyFields] = field(repr=False)

    def team(self, team: str) -> TeamContext:
        """Return what is known of this team; of an unnamed one its id and the default calendar."""
        return self.teams.get(team) or TeamContext(team, team)

    def calendar(self, team: str) -> Calendar:
        """Return the calendar of this team."""
        known = self.teams.get(team)
        return known.calendar if known else DEFAULT

    def objective(self, objective: str | None) -> ObjectiveContext | None:
        """Return what is known of this objective."""
        return self.objectives.get(objective) if objective is not None else None

    def policy(self, fields: type[P], team: str | None = None, objective: str | None = None) -> P:
        """Return the policy that holds here: the objective's values over the team's over everybody's."""
        policy = self.resolve(team, objective)
        if not isinstance(policy, fields):
            raise TypeError(f"{fields.__name__} is not among the registered rules' policy fields")
        return policy

    def subject(self, ref: str) -> Subject:
        """Return a team, a connection or an objective as a finding names it."""
        if ref.startswith(CONNECTION_PREFIX):
            return Subject(ref=ref, title=ref.removeprefix(CONNECTION_PREFIX))
        if ref.startswith(TEAM_PREFIX):
            return Subject(ref=ref, title=self.team(ref.removeprefix(TEAM_PREFIX)).name)
        known = self.objective(ref.removeprefix(OBJECTIVE_PREFIX))
        return Subject(ref=ref, title=known.title if known else ref.removeprefix(OBJECTIVE_PREFIX))
