"""People who go on working in both sites, through the sites' own methods, as the seed has it.

Promise: with the same seed on the same sites the same things happen; and sooner or later everything that people can do.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Final

from services.sandbox.asana.site import AsanaSite
from services.sandbox.asana_people import AsanaPeople
from services.sandbox.jira.site import JiraSite
from services.sandbox.jira_people import JiraPeople
from services.sandbox.passing import SandboxTime

ACTS_A_DAY: Final = 60
OPENS: Final = time(8)
CLOSES: Final = time(18)
SATURDAY: Final = 5
AT_ONCE: Final = 20
TRIES: Final = 30

Act = Callable[[], bool]
"""Does one thing, or finds that there is nothing to do it to."""


class People:
    """Everybody in both sites. `acts_a_day` is how much they do on a working day; `done` counts what they did."""

    def __init__(
        self, jira: JiraSite, asana: AsanaSite, time: SandboxTime, seed: int, *, acts_a_day: float = ACTS_A_DAY
    ) -> None:
        self._time = time
        self._random = Random(f"people {seed}")  # noqa: S311 -- made up
        self._pace = timedelta(hours=CLOSES.hour - OPENS.hour) / acts_a_day
        self._jira = JiraPeople(jira, self._random)
        self._asana = AsanaPeople(asana, self._random)
        self._next: datetime | None = None
        self.done: Counter[str] = Counter()

    async def live(self, until: datetime) -> None:
        """Work in office hours up to a moment, and have it be that moment then."""
        if self._next is None:
            self._next = self._later(self._time.now())
        while self._next <= until:
            self._time.set(self._next)
            self.act()
            self._next = self._later(self._next)
            if not self.done.total() % AT_ONCE:
                await asyncio.sleep(0)
        self._time.set(until)

    def act(self) -> str | None:
        """Do one thing now, and return what; none if there is nothing that anything could be done to."""
        tables = [
            (name, people.acts)
            for name, people in (("jira", self._jira), ("asana", self._asana))
            if people.is_somebody_there()
        ]
        for _ in range(TRIES if tables else 0):
            site, acts = self._random.choice(tables)
            kind = self._drawn(acts)
            if acts[kind][1]():
                self.done[f"{site}:{kind}"] += 1
                return f"{site}:{kind}"
        return None

    def _drawn(self, acts: Mapping[str, tuple[int, Act]]) -> str:
        names: Sequence[str] = tuple(acts)
        return self._random.choices(names, [acts[name][0] for name in names])[0]

    def _later(self, at: datetime) -> datetime:
        """Return when the next thing is done: some time later, in office hours of a working day."""
        then = at + self._pace * self._random.expovariate(1)
        if then.time() >= CLOSES:
            then = _opening(then + timedelta(days=1))
        elif then.time() < OPENS:
            then = _opening(then)
        while then.weekday() >= SATURDAY:
            then = _opening(then + timedelta(days=1))
        return then


def _opening(day: datetime) -> datetime:
    return day.replace(hour=OPENS.hour, minute=0, second=0, microsecond=0)
