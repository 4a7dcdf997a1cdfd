"""The sandbox's time, and what the made-up company does as it passes.

Promise: time never steps back. Where it is moved, what the company did up to then happens one after the other, each
thing at its own moment.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from typing import Any, Final

from schemas.work_items import Tracker
from services.runtime.clock import Clock
from services.sandbox.asana.site import AsanaSite
from services.sandbox.asana_shape import SECTIONS, person
from services.sandbox.company import Company, RawItem
from services.sandbox.goals import PORTFOLIO_GID, PORTFOLIO_NAME, Goal, StatusUpdate
from services.sandbox.jira.site import JiraSite
from services.sandbox.jira_shape import PROJECTS, jira_person
from services.sandbox.strategy import ASANA_PROJECTS
from services.sandbox.words import PEOPLE

PERIOD_GID: Final = "4500000000000001"
AT_ONCE: Final = 20
"""So many things happen before those who wait for the sandbox get their turn."""


Happens = Callable[[datetime], Awaitable[None]]


class SandboxTime:
    """What time it is in the sandbox: it stands still until it is moved, or, if it `ticks`, goes on."""

    def __init__(self, clock: Clock, at: datetime, *, ticks: bool = False) -> None:
        self._clock = clock
        self._at = at
        self._since = clock.monotonic()
        self._ticks = ticks
        self.happens: list[Happens] = []
        """What makes things happen up to a moment, one after the other."""

    def now(self) -> datetime:
        """Return the sandbox's time."""
        if not self._ticks:
            return self._at
        return self._at + timedelta(seconds=self._clock.monotonic() - self._since)

    def set(self, at: datetime) -> None:
        """Go to a moment; one that is past already changes nothing."""
        if at > self.now():
            self._at, self._since = at, self._clock.monotonic()

    async def move_to(self, at: datetime) -> None:
        """Have everything happen that happens up to a moment, and go there. Webhooks are still under way then."""
        for happens in self.happens:
            await happens(at)
        self.set(at)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that the company did, to be done in the sites at its moment."""

    at: datetime
    act: Callable[[], object]


class Play:
    """Brings the company into the two sites: as it stood when the sandbox begins, then what it did."""

    def __init__(self, company: Company, jira: JiraSite, asana: AsanaSite, time: SandboxTime) -> None:
        self._company = company
        self._jira = jira
        self._asana = asana
        self._time = time
        self._deeds: Iterator[Deed] = iter(())
        self._next: Deed | None = None

    def begin(self) -> None:
        """Load everything as it stands at the sandbox's time."""
        now = self._time.now()
        self._introduce()
        for item in self._company.each_at(now):
            self._put(item, None)
        for goal in self._company.goals:
            self._add_goal(goal, now)
        for update in self._company.status_updates:
            if update.at <= now:
                self._say(update)
        self._deeds = self._after(now)
        self._next = next(self._deeds, None)

    async def until(self, at: datetime) -> None:
        """Do what the company did up to a moment."""
        done = 0
        while self._next is not None and self._next.at <= at:
            self._time.set(self._next.at)
            self._next.act()
            self._next = next(self._deeds, None)
            done += 1
            if not done % AT_ONCE:
                await asyncio.sleep(0)

    def _after(self, now: datetime) -> Iterator[Deed]:
        items = (
            Deed(each.at, lambda each=each: self._put(each.item, each.at))  # type: ignore[misc]
            for each in self._company.events(now)
        )
        updates = (
            Deed(each.at, lambda each=each: self._say(each))  # type: ignore[misc]
            for each in self._company.status_updates
            if each.at > now
        )
        measures = sorted(
            (
                Deed(one.at, lambda goal=goal, one=one: self._measure(goal, one.value))  # type: ignore[misc]
                for goal in self._company.goals
                for one in goal.measured
                if one.at > now
            ),
            key=lambda deed: deed.at,
        )
        return merge(items, updates, measures, key=lambda deed: deed.at)

    def _introduce(self) -> None:
        """Have both sites know all people, teams and projects, whether they have done anything or not."""
        for team, names in PEOPLE.items():
            self._asana.plans.add_team(team.capitalize())
            for name in names:
                self._jira.known.person(jira_person(name))
                self._asana.plans.add_user(name, gid=person(name)["gid"])
        for key, (id_, name) in PROJECTS.items():
            self._jira.add_project(key, name, id_)
        for name, gid in ASANA_PROJECTS.items():
            project = self._asana.store.project(gid, name)
            for status, suffix in SECTIONS.items():
                self._asana.store.section(project, gid + suffix, status.value)
        owner = self._asana.store.account["gid"]
        self._asana.plans.add_portfolio(PORTFOLIO_NAME, owner, gid=PORTFOLIO_GID)
        for gid in ASANA_PROJECTS.values():
            self._asana.plans.add_item(PORTFOLIO_GID, gid, owner)

    def _add_goal(self, goal: Goal, now: datetime) -> None:
        days = {"start_on": goal.starts_on.isoformat(), "due_on": goal.due_on.isoformat()}
        if PERIOD_GID not in self._asana.store.all("time_period"):
            self._asana.plans.add_time_period(
                f"From {goal.starts_on:%B %Y}", days["start_on"], days["due_on"], gid=PERIOD_GID
            )
        metric: dict[str, Any] = {
            "unit": goal.unit, "initial_number_value": goal.initial, "target_number_value": goal.target,
            "current_number_value": goal.value_at(now),
        }  # fmt: skip
        owner = person(goal.owner)["gid"]
        self._asana.plans.add_goal(goal.name, owner, metric, gid=goal.gid, time_period=PERIOD_GID, **days)

    def _put(self, item: RawItem, at: datetime | None) -> None:
        site = self._jira if item.tracker is Tracker.JIRA else self._asana
        site.put(item.raw, at)

    def _say(self, update: StatusUpdate) -> None:
        title = f"Week of {update.at:%d %B}"
        by = person(update.by)["gid"]
        self._asana.plans.add_status(update.project, title, update.text, update.status_type, by)

    def _measure(self, goal: Goal, value: float) -> None:
        self._asana.plans.set_metric(goal.gid, value, person(goal.owner)["gid"])
