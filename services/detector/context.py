"""The strategy, compiled for judging: each team's calendar, each objective's dates, each policy resolved once.

Promise: a team or an objective that the strategy does not name is answered too, with the default calendar and no dates,
because items outlive strategies. A context never changes; a new strategy version is a new context.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from schemas.base import Identifier
from schemas.findings import Subject
from services.detector.facts import DueMove
from services.runtime.calendar import DEFAULT, Calendar

TEAM_PREFIX = "team:"
OBJECTIVE_PREFIX = "objective:"
KEY_RESULT_PREFIX = "key-result:"
CATEGORY_PREFIX = "category:"
BET_PREFIX = "bet:"
CONNECTION_PREFIX = "connection:"


class Mode(StrEnum):
    """How a rule is used: on; in the shadow, where it is recorded and nobody is told; or not at all."""

    ON = "on"
    SHADOW = "shadow"
    OFF = "off"


class PolicyFields(BaseModel):
    """Fields of `policy` that a rule reads. Closed: a misspelt field is an error, not silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ModePolicy(PolicyFields):
    """Which rules are used, and how."""

    rules: Annotated[
        dict[str, Mode],
        Field(description="Rules that are off or in shadow, by name. Unit: on, shadow or off. Source: all are on."),
    ] = {}


P = TypeVar("P", bound=PolicyFields)


@dataclass(frozen=True, slots=True)
class CycleContext:
    """The planning cycle, both days included."""

    id: Identifier
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class TeamContext:
    """A team as the strategy describes it."""

    id: Identifier
    name: str
    lead: str | None = None
    calendar: Calendar = DEFAULT
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyResultContext:
    """A key result as the strategy describes it. `due` is its own day, else its objective's due."""

    id: Identifier
    objective: Identifier
    title: str
    due: date
    has_due: bool = False
    unit: str | None = None
    baseline: float | None = None
    target: float | None = None
    kind: str = "outcome"
    cadence_days: int = 7
    lag_days: int = 0
    owner: str | None = None

    @property
    def ref(self) -> str:
        """The key result as a finding names it."""
        return f"{KEY_RESULT_PREFIX}{self.objective}/{self.id}"


@dataclass(frozen=True, slots=True)
class ShareContext:
    """A category of work or a bet, and the share of capacity meant for it: from `low` to `high`."""

    ref: str
    title: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ObjectiveContext:
    """An objective as the strategy describes it. `baseline` is 00:00 on its day in the zone of the objective's team.

    `due` is its own day, else the cycle's end.
    """

    id: Identifier
    title: str
    team: Identifier
    due: date
    baseline: datetime
    bet: Identifier | None = None
    owner: str | None = None
    labels: tuple[str, ...] = ()
    has_due: bool = False
    key_results: tuple[KeyResultContext, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """Everything of one strategy version that rules, routing and texts ask for.

    `shares` are the categories and the bets for which a share of capacity is meant. `has_modes` tells whether any rule
    is off or in shadow for anybody. `due_moves` are those of each objective between the versions of this cycle, oldest
    first. `membership` is the first team of each person, by id and by name, both casefolded.
    """

    version: int
    teams: Mapping[str, TeamContext]
    objectives: Mapping[str, ObjectiveContext]
    resolve: Callable[[str | None, str | None], PolicyFields] = field(repr=False)
    cycle: CycleContext
    shares: tuple[ShareContext, ...] = ()
    has_modes: bool = False
    due_moves: Mapping[str, tuple[DueMove, ...]] = field(default_factory=dict)
    membership: Mapping[str, Identifier] = field(default_factory=dict)

    def team(self, team: str) -> TeamContext:
        """Return what is known of this team; of an unnamed one its id and the default calendar."""
        return self.teams.get(team) or TeamContext(team, team)

    def calendar(self, team: str) -> Calendar:
        """Return the calendar of this team."""
        known = self.teams.get(team)
        return known.calendar if known else DEFAULT

    def calendar_of(self, person: str, team: str) -> Calendar:
        """Return the days of this person (an id or a name, casefolded): their team's, else those of `team`."""
        return self.calendar(self.membership.get(person, team))

    def objective(self, objective: str | None) -> ObjectiveContext | None:
        """Return what is known of this objective."""
        return self.objectives.get(objective) if objective is not None else None

    def key_result(self, objective: str, key_result: str) -> KeyResultContext | None:
        """Return what is known of this key result."""
        known = self.objective(objective)
        return next((one for one in known.key_results if one.id == key_result), None) if known else None

    def mode(self, rule: str, team: str | None, objective: str | None) -> Mode:
        """Return how this rule is used for findings of this team and this objective."""
        if not self.has_modes:
            return Mode.ON
        return self.policy(ModePolicy, team, objective).rules.get(rule, Mode.ON)

    def policy(self, fields: type[P], team: str | None = None, objective: str | None = None) -> P:
        """Return the policy that holds here: the objective's values over the team's over everybody's."""
        policy = self.resolve(team, objective)
        if not isinstance(policy, fields):
            raise TypeError(f"{fields.__name__} is not among the registered rules' policy fields")
        return policy

    def subject(self, ref: str) -> Subject:
        """Return a team, an objective, a key result, a share of capacity or a connection as a finding names it."""
        kind, _, name = ref.partition(":")
        if kind == "team":
            return Subject(ref=ref, title=self.team(name).name)
        if kind == "key-result":
            objective, _, id_ = name.partition("/")
            key_result = self.key_result(objective, id_)
            return Subject(ref=ref, title=key_result.title if key_result else name)
        if kind in {"category", "bet"}:
            return Subject(ref=ref, title=next((share.title for share in self.shares if share.ref == ref), name))
        known = self.objective(name) if kind == "objective" else None
        return Subject(ref=ref, title=known.title if known else name)
