"""Where the made-up company's items are opened and changed: hands out numbers and keeps all that happens."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final

from services.sandbox.strategy import HELP_DESK, REQUESTS
from services.sandbox.words import PEOPLE
from services.sandbox.work import Change, FieldName, Link, Status, Work

KEYS: Final = {"growth": "GROW", "mobile": "MOB", "platform": "PLAT"}
FIRST_HOUR: Final = 8
SATURDAY: Final = 5


@dataclass(slots=True)
class Desk:
    """`day(n)` is the n-th working day of the quarter, counted from 0; below 0 are the weeks before it."""

    starts_on: date
    random: Random
    works: list[Work] = field(default_factory=list)
    _numbers: Counter[str] = field(default_factory=Counter)
    _changes: int = 0
    _links: int = 0

    def day(self, number: int) -> date:
        """Return the date of a working day."""
        weeks, weekday = divmod(number, 5)
        return self.starts_on + timedelta(weeks=weeks, days=weekday)

    def at(self, day: int, hour: float | None = None) -> datetime:
        """Return an instant of a working day, by default some time in office hours."""
        seconds = self.random.randrange(9 * 3600) if hour is None else int((hour - FIRST_HOUR) * 3600)
        return datetime.combine(self.day(day), time(FIRST_HOUR, tzinfo=UTC)) + timedelta(seconds=seconds)

    def someone(self, team: str) -> str:
        """Return somebody of a team."""
        return self.random.choice(PEOPLE[team])

    def open(
        self, team: str, title: str, created: datetime, *, kind: str = "Story", objective: str | None = None,
        component: str | None = None, labels: tuple[str, ...] = (), parent: Work | None = None, project: str = "",
    ) -> Work:  # fmt: skip
        """Open an item of a team: in its Jira project, or in Asana where `project` or the team says so."""
        number = len(self.works) + 1
        if team == "operations" or project == REQUESTS:
            key, project = f"9{number:015}", project or HELP_DESK
        else:
            project = KEYS[team]
            self._numbers[project] += 1
            key = f"{project}-{self._numbers[project]}"
        work = Work(
            number, project, kind, title, created, self.someone(team), key, objective, component, labels, parent
        )
        self.works.append(work)
        return work

    def change(
        self, work: Work, at: datetime, name: FieldName, value: Status | str | date | Link | None, by: str
    ) -> None:
        """Have somebody change an item."""
        self._changes += 1
        work.changes.append(Change(self._changes, at, by, name, value))

    def start(self, work: Work, at: datetime, by: str) -> None:
        """Have somebody take an item and begin."""
        self.change(work, at, "assignee", by, by)
        self.change(work, at + timedelta(seconds=20), "status", Status.DOING, by)

    def finish(self, work: Work, at: datetime, by: str) -> None:
        """Have somebody finish an item."""
        self.change(work, at, "status", Status.DONE, by)

    def link(self, blocker: Work, dependent: Work, at: datetime, by: str) -> Link:
        """Have somebody say that one item waits for another, in the same tracker."""
        self._links += 1
        link = Link(self._links, blocker, dependent)
        for end in (blocker, dependent):
            self.change(end, at, "link", link, by)
        return link

    def unlink(self, link: Link, at: datetime, by: str) -> None:
        """Have somebody take that back."""
        for end in (link.blocker, link.dependent):
            self.change(end, at, "unlink", link, by)
