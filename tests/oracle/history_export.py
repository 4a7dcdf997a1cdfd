"""Invented companies as Jira tells them: issues whose whole histories were made by letting a season go by.

The same seed makes the same company. Three teams in three zones, four objectives, six statuses, people and bots.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.builders import JIRA_LINK_TYPES
from tests.oracle.history_company import BASELINES, PEOPLE, STATUSES, VERSIONS, ZONES
from tests.oracle.history_deeds import do_something, due_after, labels_of, person_of
from tests.oracle.history_issue import Made, item_of, noon

Json = dict[str, Any]
FIRST, LAST = date(2026, 1, 5), date(2026, 5, 31)


class Season:
    """A season of work; `made` holds all issues by number."""

    def __init__(self, seed: int, issues: int) -> None:
        self.random = Random(seed)  # noqa: S311 -- the same seed, the same company
        self.made: dict[int, Made] = {}
        self.epics: list[int] = []
        self._without = self.random.random() * 0.1
        """The share of issues of which no changelog is at hand."""
        for number in range(1, issues + 1):
            self._begin(number)
        for one in list(self.made.values()):
            self._live(one)
            self._adopt(one)
        for _ in range(issues // 2):
            self._link()
        for place, status in enumerate(STATUSES):
            self.made[9000 + place] = Made(9000 + place, "ZED", "Task", noon(FIRST), status)

    def raws(self) -> list[Json]:
        """Return the export, in no order; parents as the API nests them."""
        raws = []
        for one in self.made.values():
            raw = one.raw()
            if one.number < 9000 and self.random.random() < self._without:
                del raw["changelog"]
            elif self.random.random() < 0.3:
                raw["changelog"]["histories"].reverse()  # as `expand` gives it
            if one.parent is not None:
                above = self.made[one.parent]
                kind = {"name": above.type_name, "subtask": above.type_name == "Sub-task"}
                raw["fields"]["parent"] = {"id": str(above.number), "key": above.key, "fields": {"issuetype": kind}}
            raws.append(raw)
        self.random.shuffle(raws)
        return raws

    def moment(self, after: datetime) -> datetime:
        """Return a moment after this one, often one at which a day, a count or a baseline turns."""
        random = self.random
        at = after + timedelta(minutes=random.choice((30, 400, 3000, 10000, 30000)) * (0.2 + random.random()))
        at = at.replace(second=0, microsecond=0)
        kind = random.random()
        if kind < 0.12:
            at = datetime.combine(at.date(), time(0), ZoneInfo(random.choice(ZONES))).astimezone(UTC)
        elif kind < 0.2:
            at = noon(at.date())
        elif kind < 0.24:
            at = random.choice(BASELINES)
        return max(at, after)

    def author(self) -> Json | None:
        """Return who did it: mostly a person, else a bot or nobody."""
        kind = self.random.random()
        name = "bot" if kind < 0.25 else self.random.choice(("ana", "bo", "cleo", "dai"))
        return None if kind < 0.12 else PEOPLE[name]

    def _begin(self, number: int) -> None:
        random = self.random
        project = random.choice(("APP", "PAY", "OPS"))
        span = (LAST - FIRST).days * (0.2 if number <= 5 else 0.9)
        created = self.moment(noon(FIRST) + timedelta(days=random.random() * span))
        kind = "Epic" if number <= 5 else random.choice(("Story", "Bug", "Task", "Story", "Task", "Sub-task"))
        parents = [one.number for one in self.made.values() if one.type_name not in {"Epic", "Sub-task"}]
        if kind == "Sub-task" and not parents:
            kind = "Task"
        one = Made(number, project, kind, created, "3" if random.random() < 0.06 else random.choice("112"))
        if kind == "Epic":
            self.epics.append(number)
        elif kind == "Sub-task":
            one.parent = random.choice(parents)
            one.created = max(created, self.made[one.parent].created)
        elif random.random() < 0.4:
            one.parent = random.choice(self.epics)
        one.labels = labels_of(random)
        one.components = ["core"] if random.random() < 0.1 else []
        one.due, one.assignee = due_after(random, created), person_of(random)
        one.versions = random.sample(list(VERSIONS), 1) if random.random() < 0.15 else []
        self.made[number] = one

    def _live(self, one: Made) -> None:
        """Let things happen to it until the season ends."""
        at, end = one.created, noon(LAST)
        for _ in range(self.random.choice((0, 2, 5, 9, 14))):
            at = self.moment(at)
            if at >= end:
                return
            do_something(self.random, one, at, self.author(), [self.made[epic] for epic in self.epics])

    def _adopt(self, one: Made) -> None:
        """Put a sub-task under another issue, after all that happened to it."""
        before = self.made.get(one.parent or 0)
        if one.type_name != "Sub-task" or before is None or self.random.random() < 0.6:
            return
        after = self.random.choice([each for each in self.made.values() if each.type_name not in {"Epic", "Sub-task"}])
        at = self.moment(max([one.created, after.created, *one.happened]))
        told = (str(before.number), before.key, str(after.number), after.key)
        if before is not after:
            one.parent = after.number
            one.write(at, self.author(), item_of(self.random.choice(("Parent", "IssueParentAssociation")), *told))

    def _link(self) -> None:
        random = self.random
        here, there = random.sample(list(self.made.values()), 2)
        kind = random.choice(("Blocks", "Depends", "Relates", "Blocks"))
        type_ = JIRA_LINK_TYPES[kind]
        if any(there.key in str(link) for link in here.links):
            return
        if random.random() < 0.05:
            there = random.choice((here, Made(77777, "APP", "Task", here.created, "1")))
        at = self.moment(max(here.created, there.created)) if random.random() < 0.7 else None
        removed = self.moment(at) if at and random.random() < 0.15 else None
        by = self.author()
        sides: Sequence[tuple[Made, Made, str]] = ((here, there, "outward"), (there, here, "inward"))
        number = str(5000 + len(here.links) + here.number * 50)
        for mine, far, side in random.choice((sides, sides, sides[:1], sides[1:])):
            prose = f"This issue {type_[side]} {far.key}"
            if at:
                mine.write(at, by, item_of("Link", None, None, far.key, prose))
            if removed:
                mine.write(removed, by, item_of("Link", far.key, prose, None, None))
            else:
                mine.links.append(
                    {"id": number, "type": type_, f"{side}Issue": {"id": str(far.number), "key": far.key}}
                )
