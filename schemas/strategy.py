"""The strategy as its owners write it: objectives, teams, and which work serves which of them.

`policy` stays a plain mapping here: each rule owns the fields that it reads, and the detector checks them all.
"""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.base import Contract, Identifier, Instant, Revision
from schemas.work_items import Tracker

PolicyValues = dict[str, Any]
Text = str | tuple[str, ...]
Share = Annotated[float, Field(ge=0, le=1)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Closed(BaseModel):
    """A part of a file that people write: frozen, and an unknown key is an error rather than silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NorthStar(Closed):
    """The one measure that all objectives serve."""

    title: str
    unit: str | None = None
    metric: str | None = None


class Cycle(Closed):
    """The planning cycle, both days included."""

    id: Identifier
    starts_on: date
    ends_on: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_on < self.starts_on:
            message = f"ends_on ({self.ends_on}) is before starts_on ({self.starts_on})"
            raise ValueError(message)
        return self


class Bet(Closed):
    """A strategic bet and the share of capacity meant for it."""

    id: Identifier
    statement: str
    budget: Share | None = None


class WorkingCalendar(Closed):
    """Which days a team works, and in which time zone its days begin."""

    id: Identifier
    time_zone: str = "UTC"
    country: str | None = None
    subdivision: str | None = None
    weekend: tuple[Weekday, ...] = ("sat", "sun")
    days_off: tuple[date, ...] = ()


class Person(Closed):
    """Somebody whom an alert may reach."""

    id: Identifier
    name: str | None = None
    email: str | None = None
    role: str | None = None
    manager: Identifier | None = None


class FieldIs(Closed):
    """A custom field, by its name, with the value or values that match."""

    name: str
    value: Text


class Selector(Closed):
    """A conjunction: every field that is set must match; a list matches any of its values, exactly, case too."""

    tracker: Tracker | tuple[Tracker, ...] | None = None
    site: Text | None = None
    project: Text | None = None
    epic: Text | None = None
    parent: Text | None = None
    component: Text | None = None
    label: Text | None = None
    fix_version: Text | None = None
    type: Text | None = None
    section: Text | None = None
    tag: Text | None = None
    field: FieldIs | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.model_fields_set:
            message = "a selector needs at least one field; an empty one would match everything"
            raise ValueError(message)
        return self


class Team(Closed):
    """A team, whose days count where it is the one to act."""

    id: Identifier
    name: str | None = None
    calendar: Identifier | None = None
    lead: str | None = None
    members: tuple[str, ...] = ()
    owns: tuple[Selector, ...] = ()
    policy: PolicyValues = {}


class KeyResult(Closed):
    """How an objective is measured; `cadence_days` between measurements, `lag_days` until work can show."""

    id: Identifier
    title: str
    unit: str | None = None
    baseline: float | None = None
    target: float | None = None
    kind: Literal["outcome", "output"] = "outcome"
    cadence_days: Annotated[int, Field(ge=1, le=3_650)] = 7
    lag_days: Annotated[int, Field(ge=0, le=3_650)] = 0
    owner: str | None = None
    due_on: date | None = None
    source: dict[str, str] | None = None


class Objective(Closed):
    """What should become true, who answers for it, and which work serves it."""

    id: Identifier
    title: str
    team: Identifier
    bet: Identifier | None = None
    contributes_to: Identifier | None = None
    owner: str | None = None
    consulted: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()
    priority: int | None = None
    due_on: date | None = None
    baseline_on: date | None = None
    in_bounds: tuple[str, ...] = ()
    out_of_bounds: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    key_results: tuple[KeyResult, ...] = ()
    work: tuple[Selector, ...] = ()
    policy: PolicyValues = {}


class CapacityCategory(Closed):
    """A category of work and the share of capacity meant for it, from and to."""

    id: Identifier
    share: tuple[Share, Share]
    work: tuple[Selector, ...] = ()


class Strategy(Closed):
    """The whole strategy file. Ids are unique within their kind, and every id that is referred to exists."""

    version: Literal[1]
    cycle: Cycle
    north_star: NorthStar | None = None
    bets: tuple[Bet, ...] = ()
    calendars: tuple[WorkingCalendar, ...] = ()
    people: tuple[Person, ...] = ()
    teams: tuple[Team, ...] = ()
    objectives: tuple[Objective, ...]
    capacity: tuple[CapacityCategory, ...] = ()
    policy: PolicyValues = {}


class StrategyApplied(Contract):
    """A new version of the strategy, whole. Readers keep their own copy."""

    version: int
    revision: Revision
    author: str
    applied_at: Instant
    strategy: Strategy
