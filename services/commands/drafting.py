"""A first `strategy.yaml` from what a site already has: teams from projects, objectives from epics, portfolios, goals.

Promise: what is drafted passes `leeway check`, alone or added to a file that passed. It is a start to be rewritten: an
epic says what is built, an objective what should become true, and the file says so.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from schemas.work_items import Tracker
from services.commands.kept_yaml import dumped, flow, loaded
from services.connectors.catalogue import Gathering, GatheringKind
from services.connectors.tracker import Goal, Scope

MOST_OBJECTIVES: Final = 20
"""More epics than these are told, not drafted: nobody steers by a hundred objectives."""
LONGEST_ID: Final = 48
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")

FROM_GOAL: Final = "from a goal of Asana; name its work in `work`"
HEAD: Final = """\
# A first draft, made by `leeway init` from what was found. Rewrite it: an objective says what should become true and
# for whom, an epic only what is built. `leeway check` says what is wrong, `leeway apply` makes it hold.
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What a connection has to offer for a strategy. `site` is set where several sites of its tracker are read."""

    tracker: Tracker
    scopes: tuple[Scope, ...]
    gatherings: tuple[Gathering, ...] = ()
    goals: tuple[Goal, ...] = ()
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of the file, what was added, and how much that was found is left out."""

    text: str
    teams: int
    objectives: int
    left_out: int


def draft(found: Found, today: date, existing: str | None = None) -> Draft:
    """Return a strategy of what was found, as a new file or added to an existing one, whose every line stays."""
    file = loaded(existing or "")
    if existing is None:
        file["version"] = 1
        file["cycle"] = flow(cycle_of(today))
    drafter = _Drafter(file, found)
    teams = drafter.add_teams()
    objectives, left_out = drafter.add_objectives()
    return Draft((HEAD if existing is None else "") + dumped(file), teams, objectives, left_out)


def cycle_of(today: date) -> dict[str, Any]:
    """Return the calendar quarter that a day lies in."""
    quarter = (today.month - 1) // 3
    starts = date(today.year, quarter * 3 + 1, 1)
    ends = date(today.year + quarter // 3, (quarter * 3 + 3) % 12 + 1, 1) - timedelta(days=1)
    return {"id": f"{today.year}-Q{quarter + 1}", "starts_on": starts, "ends_on": ends}


def slug(name: str, taken: Iterable[str], otherwise: str) -> str:
    """Return an id that is not taken, from a name in any script; `otherwise` stands for one that has no letters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")[:LONGEST_ID].strip("-") or otherwise
    known, number, wanted = set(taken), 2, base
    while wanted in known:
        wanted, number = f"{base}-{number}", number + 1
    return wanted


class _Drafter:
    """Adds to a file what it does not have yet; what stands there by the same name stays as it is."""

    def __init__(self, file: CommentedMap, found: Found) -> None:
        self._file = file
        self._found = found
        self._team_of: dict[str, str] = {}

    def add_teams(self) -> int:
        """Add a team for each project that none owns."""
        teams, added = self._part("teams"), 0
        for scope in self._found.scopes:
            name = scope.key or scope.name
            owner = next((team["id"] for team in teams if self._owns(team, name)), None)
            if owner is None:
                owner = slug(scope.name, [team["id"] for team in teams], f"team-{len(teams) + 1}")
                owns = CommentedSeq([self._selector(project=name)])
                teams.append(CommentedMap(id=owner, name=scope.name, owns=owns))
                added += 1
            self._team_of[name] = owner
        return added

    def add_objectives(self) -> tuple[int, int]:
        """Add an objective for each goal and gathering that none names yet, those that are due soonest first."""
        goals = [one for one in self._found.goals if not self._is_named(one)]
        gatherings = sorted(
            (one for one in self._found.gatherings if not self._has_work(one)), key=lambda one: one.due_on or date.max
        )
        chosen = [*map(self._of_goal, goals[:MOST_OBJECTIVES])]
        chosen += map(self._of_gathering, gatherings[: MOST_OBJECTIVES - len(chosen)])
        objectives = self._part("objectives")
        for one in chosen:
            one["id"] = slug(one["title"], [other["id"] for other in objectives], f"objective-{len(objectives) + 1}")
            objectives.append(one)
        return len(chosen), len(goals) + len(gatherings) - len(chosen)

    def _of_goal(self, goal: Goal) -> CommentedMap:
        made = self._objective(goal.name, (), goal.owner, _day(goal.due_on))
        if any(number is not None for number in (goal.initial, goal.target, goal.value)):
            result: dict[str, Any] = {"id": slug(goal.name, (), "measure"), "title": goal.name, "unit": goal.unit}
            result |= {"baseline": _number(goal.initial), "target": _number(goal.target)}
            result |= {"source": flow({"asana_goal": goal.id})}
            made["key_results"] = CommentedSeq([flow(result)])
        made.yaml_set_comment_before_after_key(
            "title", before="from a goal of Asana; name its work in `work`", indent=4
        )
        return made

    def _of_gathering(self, one: Gathering) -> CommentedMap:
        made = self._objective(one.name, one.projects, one.owner, one.due_on)
        made["work"] = CommentedSeq(self._work_of(one))
        return made

    def _objective(self, title: str, projects: Sequence[str], owner: str | None, due_on: date | None) -> CommentedMap:
        made = CommentedMap(id="", title=title, team=self._team(projects))
        if owner is not None:
            made["owner"] = self._person(owner)
        if due_on is not None:
            made["due_on"] = due_on
        return made

    def _team(self, projects: Sequence[str]) -> str:
        known = [self._team_of[project] for project in projects if project in self._team_of]
        return str(next(iter([*known, *self._team_of.values(), *(team["id"] for team in self._part("teams"))])))

    def _person(self, name: str) -> str:
        people = self._part("people")
        for person in people:
            if name in {person.get("name"), person["id"]}:
                return str(person["id"])
        made = slug(name, [person["id"] for person in people], f"person-{len(people) + 1}")
        people.append(flow({"id": made, "name": name}))
        return made

    def _work_of(self, one: Gathering) -> list[CommentedMap]:
        if one.kind is GatheringKind.EPIC:
            return [self._selector(epic=one.key or one.id)]
        return [self._selector(project=name) for name in one.projects if name in self._team_of]

    def _selector(self, **fields: str) -> CommentedMap:
        site = {"site": self._found.site} if self._found.site else {}
        made: CommentedMap = flow({"tracker": self._found.tracker.value} | site | fields)
        return made

    def _part(self, name: str) -> CommentedSeq:
        """Return a list of the file; a new one comes to stand before the objectives, as in the documentation."""
        if self._file.get(name) is None:
            made = CommentedSeq()
            if name != "objectives" and "objectives" in self._file:
                self._file.insert(list(self._file).index("objectives"), name, made)
            else:
                self._file[name] = made
        part: CommentedSeq = self._file[name]
        return part

    def _owns(self, team: CommentedMap, project: str) -> bool:
        return any(dict(one) == dict(self._selector(project=project)) for one in team.get("owns") or ())

    def _is_named(self, goal: Goal) -> bool:
        objectives = self._part("objectives")
        results = (result for one in objectives for result in one.get("key_results") or ())
        named = any((result.get("source") or {}).get("asana_goal") == goal.id for result in results)
        return named or any(one.get("title") == goal.name for one in objectives)

    def _has_work(self, one: Gathering) -> bool:
        wanted = [dict(each) for each in self._work_of(one)]
        there = [dict(each) for objective in self._part("objectives") for each in objective.get("work") or ()]
        return all(each in there for each in wanted)


def _number(value: float | None) -> float | None:
    """Write 50 where 50.0 is meant."""
    return int(value) if value is not None and float(value).is_integer() else value


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text and _DAY.fullmatch(text) else None
