"""Where the made-up company's items are opened and changed: hands out numbers and keeps all that happens."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final

from services.sandbox.strategy import HELP_DESK, LAUNCHES, REQUESTS
from services.sandbox.words import PEOPLE
from services.sandbox.work import WONT_DO, Change, FieldName, Link, Sprint, Status, Work

KEYS: Final = {"growth": "GROW", "mobile": "MOB", "platform": "PLAT", "insights": "DATA"}
IN_ASANA: Final = {"operations": HELP_DESK, "partners": LAUNCHES}
FIRST_CHANGE: Final = 10_000_000
"""Ids of changes below are for what was done in earlier quarters."""
FIRST_HOUR: Final = 8
SPRINT_DAYS: Final = 10


@dataclass(slots=True)
class Desk:
    """`day(n)` is the n-th working day of the quarter, counted from 0; below 0 are the weeks before it."""

    starts_on: date
    random: Random
    works: list[Work] = field(default_factory=list)
    _numbers: Counter[str] = field(default_factory=Counter)
    _changes: int = FIRST_CHANGE
    _links: int = 0
    _sprints: dict[tuple[str, int], Sprint] = field(default_factory=dict)

    def day(self, number: int) -> date:
        """Return the date of a working day."""
        weeks, weekday = divmod(number, 5)
        return self.starts_on + timedelta(weeks=weeks, days=weekday)

    def number_of(self, day: date) -> int:
        """Return which working day a date is."""
        days = (day - self.starts_on).days
        return days // 7 * 5 + days % 7

    def sprint(self, project: str, day: int) -> Sprint:
        """Return the sprint of a Jira project that a working day of the quarter is in."""
        turn = day // SPRINT_DAYS
        if (project, turn) not in self._sprints:
            board = list(KEYS.values()).index(project) + 1
            starts, ends = (
                datetime.combine(self.day(each * SPRINT_DAYS), time(FIRST_HOUR, tzinfo=UTC))
                for each in (turn, turn + 1)
            )
            name = f"{project} Sprint {turn + 1}"
            self._sprints[project, turn] = Sprint(board * 100 + turn + 1, name, board, starts, ends)
        return self._sprints[project, turn]

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
        estimate: float | None = None,
    ) -> Work:  # fmt: skip
        """Open an item of a team: in its Jira project, or in Asana where `project` or the team says so."""
        number = len(self.works) + 1
        if team in IN_ASANA or project == REQUESTS:
            key, project = asana_gid(number), project or IN_ASANA[team]
        else:
            project = KEYS[team]
            self._numbers[project] += 1
            key = f"{project}-{self._numbers[project]}"
        work = Work(
            number,
            project,
            kind,
            title,
            created,
            self.someone(team),
            key,
            objective,
            component,
            labels,
            parent,
            estimate,
        )
        self.works.append(work)
        return work

    def change(
        self,
        work: Work,
        at: datetime,
        name: FieldName,
        value: Status | str | date | Link | Sprint | Work | None,
        by: str,
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

    def drop(self, work: Work, at: datetime, by: str) -> None:
        """Have somebody close an item of Jira that will not be done."""
        self.change(work, at, "resolution", WONT_DO, by)
        self.finish(work, at, by)

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

    def settle(self, before: int) -> None:
        """Number the items after the `before` items of earlier quarters, and put each one's changes in order."""
        for work in self.works:
            work.number += before
            if work.is_in_jira():
                work.key = f"{work.project}-{int(work.key.partition('-')[2]) + before}"
            else:
                work.key = asana_gid(work.number)
            work.changes.sort(key=lambda change: (change.at, change.id))


def asana_gid(number: int) -> str:
    """Return the gid of a task."""
    return f"9{number:015}"
