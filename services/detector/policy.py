"""The policy: every field that a rule reads, in one closed model; and the strategy, compiled for judging.

Promise: an unknown field, a wrong value, an unknown zone or country is refused with one sentence that says where it
stands and what to write; what holds for a finding is the objective's value, else its team's, else everybody's.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any, Final

from pydantic import ValidationError, create_model

from schemas.strategy import KeyResult, Objective, PolicyValues, Strategy, Team
from services.detector.context import (
    BET_PREFIX,
    CATEGORY_PREFIX,
    Context,
    CycleContext,
    KeyResultContext,
    ModePolicy,
    ObjectiveContext,
    PolicyFields,
    ShareContext,
    TeamContext,
)
from services.detector.rules.registry import BY_NAME, RULES
from services.runtime.calendar import DEFAULT, Calendar
from services.runtime.errors import Misconfigured


def _bases() -> tuple[type[PolicyFields], ...]:
    """Return what the rules read, each class once, and none that another one extends already."""
    read: list[type[PolicyFields]] = [ModePolicy, *(rule.policy for rule in RULES)]
    kinds = tuple(dict.fromkeys(read))
    return tuple(kind for kind in kinds if not any(other is not kind and issubclass(other, kind) for other in kinds))


def _compose() -> type[PolicyFields]:
    return create_model("Policy", __base__=_bases(), __doc__="Every number that a rule reads.")


POLICY: Final = _compose()
"""The whole closed policy, made of the fields of all registered rules."""


def parse_policy(values: PolicyValues, where: str = "policy") -> PolicyFields:
    """Return these values over the defaults; `where` names their place in the strategy for the error's sentence."""
    try:
        policy = POLICY.model_validate(values)
    except ValidationError as error:
        raise Misconfigured("; ".join(_sentence(detail, where) for detail in error.errors())) from error
    for name in values.get("rules") or ():
        if name not in BY_NAME:
            close = get_close_matches(name, BY_NAME, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(BY_NAME))}"
            raise Misconfigured(f"{where}.rules.{name}: no such rule; {hint}")
    return policy


def _sentence(detail: Mapping[str, Any], where: str) -> str:
    name = str(detail["loc"][0]) if detail["loc"] else "?"
    if detail["type"] != "extra_forbidden":
        return f"{where}.{name}: {detail['msg']}, not {detail['input']!r}"
    close = get_close_matches(name, POLICY.model_fields, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(POLICY.model_fields))}"
    return f"{where}.{name}: no such policy field; {hint}"


def compile_strategy(strategy: Strategy, version: int = 1) -> Context:
    """Return the context in which this strategy's version is judged."""
    calendars = {calendar.id: _calendar(strategy, calendar.id) for calendar in strategy.calendars}
    teams = {team.id: _team(team, calendars) for team in strategy.teams}
    objectives = {objective.id: _objective(objective, strategy, teams) for objective in strategy.objectives}
    cycle = CycleContext(strategy.cycle.id, strategy.cycle.starts_on, strategy.cycle.ends_on)
    owners: tuple[Strategy | Team | Objective, ...] = (strategy, *strategy.teams, *strategy.objectives)
    has_modes = any(owner.policy.get("rules") for owner in owners)
    return Context(
        version=version,
        teams=teams,
        objectives=objectives,
        resolve=_resolver(strategy),
        cycle=cycle,
        shares=tuple(_shares(strategy)),
        has_modes=has_modes,
        membership=_membership(strategy),
    )


def _membership(strategy: Strategy) -> dict[str, str]:
    """Return the first team of each member by what people and trackers call them."""
    names = {person.id: person.name for person in strategy.people if person.name}
    found: dict[str, str] = {}
    for team in strategy.teams:
        for member in team.members:
            for name in (member, names.get(member, member)):
                found.setdefault(name.strip().casefold(), team.id)
    return found


def _shares(strategy: Strategy) -> Iterator[ShareContext]:
    for category in strategy.capacity:
        low, high = category.share
        yield ShareContext(CATEGORY_PREFIX + category.id, category.id, low, high)
    for bet in strategy.bets:
        if bet.budget is not None:
            yield ShareContext(BET_PREFIX + bet.id, bet.statement, bet.budget, bet.budget)


def _calendar(strategy: Strategy, name: str) -> Calendar:
    described = next(calendar for calendar in strategy.calendars if calendar.id == name)
    try:
        return Calendar.of(described)
    except ValueError as error:
        raise Misconfigured(f"calendars.{name}: {error}") from error


def _team(team: Team, calendars: Mapping[str, Calendar]) -> TeamContext:
    if team.calendar is not None and team.calendar not in calendars:
        raise Misconfigured(f"teams.{team.id}.calendar: there is no calendar {team.calendar!r}; add it to `calendars`")
    calendar = DEFAULT if team.calendar is None else calendars[team.calendar]
    return TeamContext(team.id, team.name or team.id, team.lead, calendar, team.members)


def _objective(objective: Objective, strategy: Strategy, teams: Mapping[str, TeamContext]) -> ObjectiveContext:
    team = teams.get(objective.team)
    calendar = team.calendar if team else DEFAULT
    due = objective.due_on or strategy.cycle.ends_on
    return ObjectiveContext(
        id=objective.id,
        title=objective.title,
        team=objective.team,
        due=due,
        baseline=calendar.start_of(objective.baseline_on or strategy.cycle.starts_on),
        bet=objective.bet,
        owner=objective.owner,
        labels=objective.labels,
        has_due=objective.due_on is not None,
        key_results=tuple(_key_result(one, objective.id, due) for one in objective.key_results),
    )


def _key_result(key_result: KeyResult, objective: str, due: date) -> KeyResultContext:
    return KeyResultContext(
        id=key_result.id,
        objective=objective,
        title=key_result.title,
        due=key_result.due_on or due,
        has_due=key_result.due_on is not None,
        unit=key_result.unit,
        baseline=key_result.baseline,
        target=key_result.target,
        kind=key_result.kind,
        cadence_days=key_result.cadence_days,
        lag_days=key_result.lag_days,
        owner=key_result.owner,
    )


def _resolver(strategy: Strategy) -> Callable[[str | None, str | None], PolicyFields]:
    """Return the function that gives the policy of (team, objective); every mixture is checked once, here."""
    by_team = {team.id: team.policy for team in strategy.teams if team.policy}
    by_objective = {objective.id: objective.policy for objective in strategy.objectives if objective.policy}
    known: dict[tuple[str | None, str | None], PolicyFields] = {}
    for team in (None, *by_team):
        for objective in (None, *by_objective):
            layers = (strategy.policy, by_team.get(team or "", {}), by_objective.get(objective or "", {}))
            values = layers[0] | layers[1] | layers[2]
            if rules := {name: mode for layer in layers for name, mode in _modes(layer).items()}:
                values["rules"] = rules
            known[team, objective] = parse_policy(values, _place(team, objective))

    def resolve(team: str | None, objective: str | None) -> PolicyFields:
        return known[team if team in by_team else None, objective if objective in by_objective else None]

    return resolve


def _modes(policy: PolicyValues) -> dict[str, Any]:
    """Return which rules a layer switches; what is no mapping is left to the policy to refuse."""
    modes = policy.get("rules")
    return modes if isinstance(modes, dict) else {}


def _place(team: str | None, objective: str | None) -> str:
    if objective is not None:
        return f"objectives.{objective}.policy"
    return "policy" if team is None else f"teams.{team}.policy"
