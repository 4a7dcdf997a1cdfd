"""What is wrong with a strategy that its shape alone does not show: names that lead nowhere, circles, outputs.

An error stops `leeway apply`; a warning and a hint do not. Each says where it stands and what to change.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.strategy import Objective, PolicyValues, Strategy, WorkingCalendar
from services.mapper.selectors import named_fields
from services.runtime.calendar import Calendar
from services.runtime.closed_yaml import Loaded, Location
from services.runtime.errors import Misconfigured
from services.runtime.wording import ended, suggestion

CheckPolicy = Callable[[PolicyValues, str], object]
"""Raises `Misconfigured` with what is wrong with policy values; the second argument names their place."""

FEWEST_BETS: Final = 3
MOST_BETS: Final = 5
MOST_VALUES: Final = 50_000


class Severity(StrEnum):
    """Whether a problem must, should or may be looked at."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: the file and its line (from 1), the way to the value, what is wrong, and what to do about it."""

    severity: Severity
    path: str
    line: int
    where: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Return it as compilers write theirs, so that editors can jump to it."""
        text = f"{self.path}:{self.line}: {self.severity}: {self.message}"
        return f"{text} {self.hint}" if self.hint else text


@dataclass(frozen=True, slots=True)
class _Found:
    severity: Severity
    location: Location
    message: str
    hint: str = ""


def problem_at(
    loaded: Loaded[Strategy], severity: Severity, location: Location, message: str, hint: str = ""
) -> Problem:
    """Return a problem with the line of the place, or of what is written around it."""
    place = loaded.problem(location, message)
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    return Problem(severity, place.file, place.line, where, message, hint)


def lint(loaded: Loaded[Strategy], check_policy: CheckPolicy | None = None) -> list[Problem]:
    """Return the problems of a strategy, in the order of their lines."""
    strategy = loaded.value
    found = [one for check in _CHECKS for one in check(strategy)]
    if check_policy is not None:
        found += _policies(strategy, check_policy)
    problems = [problem_at(loaded, one.severity, one.location, one.message, one.hint) for one in found]
    return sorted(problems, key=lambda problem: problem.line)


def _duplicates(strategy: Strategy) -> Iterator[_Found]:
    for kind in ("bets", "calendars", "people", "teams", "objectives", "capacity"):
        yield from _twice((kind,), [part.id for part in getattr(strategy, kind)])
    for place, objective in enumerate(strategy.objectives):
        yield from _twice(("objectives", place, "key_results"), [result.id for result in objective.key_results])


def _twice(location: Location, ids: Sequence[str]) -> Iterator[_Found]:
    for place, one in enumerate(ids):
        if one in ids[:place]:
            message = f"`{one}` stands twice in {location[-1]}."
            yield _Found(Severity.ERROR, (*location, place, "id"), message, "Give each an id of its own.")


def _references(strategy: Strategy) -> Iterator[_Found]:
    calendars, teams = [one.id for one in strategy.calendars], [one.id for one in strategy.teams]
    bets, objectives = [one.id for one in strategy.bets], [one.id for one in strategy.objectives]
    for place, team in enumerate(strategy.teams):
        yield from _leads_nowhere(("teams", place, "calendar"), team.calendar, "calendar", calendars)
    for place, objective in enumerate(strategy.objectives):
        at = "objectives", place
        yield from _leads_nowhere((*at, "team"), objective.team, "team", teams)
        yield from _leads_nowhere((*at, "bet"), objective.bet, "bet", bets)
        yield from _leads_nowhere((*at, "contributes_to"), objective.contributes_to, "objective", objectives)
    people = [one.id for one in strategy.people]
    for place, person in enumerate(strategy.people):
        yield from _leads_nowhere(("people", place, "manager"), person.manager, "person", people)


def _leads_nowhere(location: Location, name: str | None, kind: str, known: Sequence[str]) -> Iterator[_Found]:
    if name is not None and name not in known:
        hint = suggestion(name, known) if known else f"add it to the file, or leave `{location[-1]}` out."
        yield _Found(Severity.ERROR, location, f"there is no {kind} `{name}`;", hint)


def _people(strategy: Strategy) -> Iterator[_Found]:
    known = [one.id for one in strategy.people]
    for location, name in _named_people(strategy):
        if name not in known:
            hint = suggestion(name, known) if known else "add them with an address, so that alerts can reach them."
            message = f"`{name}` is not among `people`, so it is a name only;"
            yield _Found(Severity.WARNING, location, message, hint)


def _named_people(strategy: Strategy) -> Iterator[tuple[Location, str]]:
    for place, team in enumerate(strategy.teams):
        if team.lead is not None:
            yield ("teams", place, "lead"), team.lead
        yield from ((("teams", place, "members", at), name) for at, name in enumerate(team.members))
    for place, objective in enumerate(strategy.objectives):
        yield from _named_by(objective, place)


def _named_by(objective: Objective, place: int) -> Iterator[tuple[Location, str]]:
    if objective.owner is not None:
        yield ("objectives", place, "owner"), objective.owner
    for role, names in (("consulted", objective.consulted), ("informed", objective.informed)):
        yield from ((("objectives", place, role, at), name) for at, name in enumerate(names))
    for at, result in enumerate(objective.key_results):
        if result.owner is not None:
            yield ("objectives", place, "key_results", at, "owner"), result.owner


def _calendars(strategy: Strategy) -> Iterator[_Found]:
    for place, calendar in enumerate(strategy.calendars):
        wrong = _calendar_problem(calendar)
        if wrong is not None:
            yield _Found(Severity.ERROR, ("calendars", place), f"calendar `{calendar.id}`: {wrong}")


def _calendar_problem(calendar: WorkingCalendar) -> str | None:
    try:
        Calendar.of(calendar)
    except (ValueError, Misconfigured) as error:
        return str(error)
    return None


def _circles(strategy: Strategy) -> Iterator[_Found]:
    """Yield one error a circle of `contributes_to`, at the member that stands first in the file."""
    above = {one.id: one.contributes_to for one in strategy.objectives}
    told: set[str] = set()
    for place, objective in enumerate(strategy.objectives):
        circle = _circle_from(objective.id, above)
        if circle and not told & set(circle):
            told.update(circle)
            path = " -> ".join([*circle, circle[0]])
            message = f"objectives contribute to each other in a circle: {path}."
            hint = "Take `contributes_to` out of one of them."
            yield _Found(Severity.ERROR, ("objectives", place, "contributes_to"), message, hint)


def _circle_from(start: str, above: dict[str, str | None]) -> list[str]:
    path: list[str] = []
    name: str | None = start
    while name is not None and name not in path:
        path.append(name)
        name = above.get(name)
    return path if name == start else []


def _selectors(strategy: Strategy) -> Iterator[_Found]:
    parts = [(kind, field) for kind, field in (("teams", "owns"), ("objectives", "work"), ("capacity", "work"))]
    for kind, field in parts:
        for place, part in enumerate(getattr(strategy, kind)):
            for at, selector in enumerate(getattr(part, field)):
                if not named_fields(selector):
                    message = "this selector names no field, so it matches nothing."
                    yield _Found(Severity.ERROR, (kind, place, field, at), message, "Name one, as in `project: APP`.")


def _bets(strategy: Strategy) -> Iterator[_Found]:
    count = len(strategy.bets)
    if count and not FEWEST_BETS <= count <= MOST_BETS:
        message = f"there {'is' if count == 1 else 'are'} {count} bet{'' if count == 1 else 's'};"
        yield _Found(Severity.HINT, ("bets",), message, f"{FEWEST_BETS} to {MOST_BETS} keep the choice clear.")


def _shares(strategy: Strategy) -> Iterator[_Found]:
    for place, category in enumerate(strategy.capacity):
        if category.share[0] > category.share[1]:
            message = f"the share of `{category.id}` goes from {category.share[0]} down to {category.share[1]};"
            yield _Found(Severity.ERROR, ("capacity", place, "share"), message, "write the smaller number first.")


def _policies(strategy: Strategy, check_policy: CheckPolicy) -> Iterator[_Found]:
    places: list[tuple[Location, PolicyValues]] = [(("policy",), strategy.policy)]
    places += [(("teams", at, "policy"), team.policy) for at, team in enumerate(strategy.teams)]
    places += [(("objectives", at, "policy"), one.policy) for at, one in enumerate(strategy.objectives)]
    for location, values in places:
        for name, value in values.items():
            try:
                check_policy({name: value}, "policy")
            except Misconfigured as error:
                yield _Found(Severity.ERROR, (*location, name), ended(str(error)))


_CHECKS: Final = (_duplicates, _references, _people, _calendars, _circles, _selectors, _bets, _shares)
