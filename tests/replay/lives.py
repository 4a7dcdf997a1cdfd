"""An export with histories, made up: issues of Jira with whole changelogs, tasks of Asana with stories.

The teams are those of `exports.py`; one of them has tasks too. Most issues are done, and some of them went back first;
the open ones slip, change hands and wait on each other. Lives go on after `AS_OF`, so that a replay has to rewind what
was not so yet. The same for the same seed, byte for byte.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

import orjson

from tests.builders import (
    Json,
    asana_person,
    asana_story,
    asana_task,
    jira_history,
    jira_issue,
    jira_link,
    jira_person,
    jira_time,
)
from tests.replay.exports import AS_OF, PEOPLE, PROJECTS, STRATEGY, Export

ISSUES: Final = 1_000
STEP: Final = 25
"""Each so many-th issue is open, and so many follow each other in one project."""
TASKS: Final = 10
STATUSES: Final = {"new": "Open", "indeterminate": "In Progress", "done": "Closed"}
_SECTIONS: Final = {"To do": "901", "Doing": "902"}


def make_lived_export(folder: Path) -> Export:
    """Write the export and its strategy, in which team `pay` owns the tasks too."""
    chance = Random(20260616)  # noqa: S311 -- made-up work, no secret
    export = Export(folder / "lived.jsonl", folder / "strategy.yaml")
    made = [_issue(number, chance) for number in range(1, ISSUES + 1)]
    made += [_task(number, chance) for number in range(1, TASKS + 1)]
    export.path.write_bytes(b"\n".join(map(orjson.dumps, made)) + b"\n")
    owned = "{tracker: jira, project: PAY}"
    export.strategy.write_text(STRATEGY.replace(owned, f"{owned}, {{tracker: asana, project: Payments}}"), "utf-8")
    return export


@dataclass
class Life:
    """An issue's changelog as it grows, and the fields that the issue has by then."""

    number: int
    category: str = "new"
    fields: Json = field(default_factory=dict)
    histories: list[Json] = field(default_factory=list)

    def move(self, category: str, at: datetime, by: str) -> None:
        """Move it into another status; what is closed is resolved, what is opened again is not."""
        items = [_changed("status", self.category, STATUSES[self.category], category, STATUSES[category])]
        if category == "done":
            items.append(_changed("resolution", None, None, "1", "Done"))
            self.fields |= {"resolution": {"id": "1", "name": "Done"}, "resolutiondate": jira_time(at)}
        elif self.category == "done":
            items.append(_changed("resolution", "1", "Done", None, None))
            self.fields |= {"resolution": None, "resolutiondate": None}
        self.category = category
        self._tell(at, by, *items)

    def put_off(self, due: date, at: datetime, by: str) -> None:
        """Give it another due."""
        before, after = self.fields.get("duedate"), due.isoformat()
        self.fields["duedate"] = after
        self._tell(at, by, _changed("duedate", before, before, after, after))

    def hand_over(self, name: str | None, at: datetime, by: str) -> None:
        """Give it to somebody else, or to nobody."""
        before, after = self.fields.get("assignee"), None if name is None else jira_person(name)
        self.fields["assignee"] = after
        self._tell(at, by, _changed("assignee", *_named(before), *_named(after)))

    def _tell(self, at: datetime, by: str, *items: Json) -> None:
        self.fields["updated"] = jira_time(at)
        self.histories.append(jira_history(self.number * 100 + len(self.histories), at, jira_person(by), *items))


def _project(number: int) -> str:
    return PROJECTS[number // STEP % len(PROJECTS)]


def _issue(number: int, chance: Random) -> Json:
    created = AS_OF - timedelta(days=chance.randint(30, 200), minutes=chance.randint(0, 1000))
    links = []
    if number % STEP:
        life = _finished(number, chance, created, created + timedelta(days=chance.randint(1, 25)))
    else:
        created = AS_OF - timedelta(days=chance.randint(20, 60))
        life = _unfinished(number, chance, created, begun=chance.random() < 0.5)
        if number > STEP and chance.random() < 0.66:
            links = [jira_link(number, "Blocks", inward=number - STEP, project=_project(number - STEP))]
    return jira_issue(
        number, project=_project(number), category=life.category, created=created, histories=life.histories,
        summary=f"Piece {number}", issuelinks=links, labels=["safe"] if chance.random() < 0.5 else [], **life.fields,
    )  # fmt: skip


def _finished(number: int, chance: Random, created: datetime, done: datetime) -> Life:
    """Return the life of what was done in the end, one of six after it had gone back once."""
    life, by = Life(number), chance.choice(PEOPLE)
    begun = created + chance.uniform(0.1, 0.4) * (done - created)
    life.move("indeterminate", begun, by)
    if chance.random() < 1 / 6:
        life.move("new", begun + 0.3 * (done - begun), by)
        life.move("indeterminate", begun + 0.6 * (done - begun), by)
    life.move("done", done, by)
    return life


def _unfinished(number: int, chance: Random, created: datetime, *, begun: bool) -> Life:
    """Return the life of what is open as of `AS_OF`: dues slip, owners change, and some of it is done a week later."""
    days = sorted(chance.uniform(0, 20) for _ in range(4))
    first, second, third, fourth = (created + timedelta(days=day) for day in days)
    life, by = Life(number, fields={"assignee": jira_person(chance.choice(PEOPLE))}), chance.choice(PEOPLE)
    due = AS_OF.date() + timedelta(days=chance.randint(-20, 10))
    if begun:
        life.move("indeterminate", first, by)
    if chance.random() < 0.5:
        for place, at in enumerate((first, second, third)):
            life.put_off(due + timedelta(days=7 * place), at, by)
    if chance.random() < 0.4:
        life.hand_over(chance.choice((None, *PEOPLE)), fourth, by)
    if chance.random() < 0.3:
        life.hand_over("dina", AS_OF + timedelta(days=1), by)
        life.move("done", AS_OF + timedelta(days=7), by)
    return life


def _task(number: int, chance: Random) -> Json:
    """Return an Asana task with its stories: a comment, a due that slips, other sections; one of three is completed."""
    created = AS_OF - timedelta(days=chance.randint(25, 60))
    by, home = asana_person(11, "Ana"), {"gid": "900", "resource_type": "project", "name": "Payments"}
    moments = [created + timedelta(days=day) for day in sorted(chance.uniform(0, 24) for _ in range(4))]
    told = [at.isoformat() for at in moments]
    dues = [(AS_OF + timedelta(days=days)).date().isoformat() for days in (-6, 1, 8)]
    doing = {"gid": _SECTIONS["Doing"], "name": "Doing"}
    stories = [
        _story(number, 0, "section_changed", told[0], by,
               old_section={"gid": _SECTIONS["To do"], "name": "To do"}, new_section=doing),
        *(_story(number, place, "due_date_changed", told[place], by,
                 old_dates={"due_on": dues[place - 1]}, new_dates={"due_on": dues[place]}) for place in (1, 2)),
        _story(number, 3, "comment_added", told[3], by, text="Where are we?"),
    ]  # fmt: skip
    completed = (AS_OF + timedelta(days=chance.choice((-3, 3)))).isoformat() if chance.random() < 1 / 3 else None
    if completed:
        stories.append(_story(number, 4, "marked_complete", completed, by))
    return asana_task(
        number, created_at=created.isoformat(), modified_at=completed or told[-1], stories=stories, due_on=dues[2],
        completed=completed is not None, completed_at=completed, projects=[home],
        memberships=[{"project": home, "section": doing}],
    )  # fmt: skip


def _story(number: int, place: int, subtype: str, at: str, by: Json, **more: object) -> Json:
    return asana_story(number * 100 + place, subtype, at, by, **more)


def _changed(name: str, *values: str | None) -> Json:
    sides = zip(("from", "fromString", "to", "toString"), values, strict=True)
    return {"field": name, "fieldId": name, **dict(sides)}


def _named(person: Json | None) -> tuple[str | None, str | None]:
    return (person["name"], person["displayName"]) if person else (None, None)
