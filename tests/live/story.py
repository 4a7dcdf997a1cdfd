"""One seed's story: people work, trackers fail in every way that they know, parts die; then it is quiet.

Promise: the same seed makes the same faults, kills and work, though not at the same instants of the machine.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Final

from sqlalchemy import text

from services.runtime.connections import JiraKind
from services.sandbox.fault_kinds import Fault, FaultKind
from services.sandbox.people import People
from services.sandbox.server import SandboxOptions
from tests.live.checker import Truth, differences, kept_of, read_asana, read_jira
from tests.live.office import ASANA, JIRA, Office, office
from tests.live.topics import newest_revisions
from tests.waiting import eventually

TODAY: Final = datetime(2026, 6, 26, 17, tzinfo=UTC)
STEPS: Final = 8
QUIET_SECONDS: Final = 120.0
_ENDS_CALLS: Final = (FaultKind.EXPIRED_TOKEN, FaultKind.FORBIDDEN, FaultKind.NOT_FOUND)


@dataclass
class Story:
    """What is to happen with one seed, and what has."""

    seed: int
    random: Random
    jira: Truth = field(default_factory=lambda: Truth(JIRA))
    asana: Truth = field(default_factory=lambda: Truth(ASANA))
    done: Counter[str] = field(default_factory=Counter)

    def options(self, items: int) -> SandboxOptions:
        """Return the sandbox of this seed: each third one is a Data Center, and half of all indexes lag."""
        return SandboxOptions(
            today=TODAY, seed=self.seed, items=items, hook_pauses=(0.2, 0.5, 1.0),
            jira_kind=JiraKind.DATACENTER if self.seed % 3 == 0 else JiraKind.CLOUD,
            index_lag=timedelta(minutes=5 * (self.seed % 2)),
        )  # fmt: skip

    def faults(self) -> list[Fault]:
        """Draw what goes wrong next."""
        return [self._fault(kind) for kind in self.random.sample(tuple(FaultKind), self.random.randint(1, 5))]

    def _fault(self, kind: FaultKind) -> Fault:
        """What ends calls for good is short: a person would have to mend it."""
        count = self.random.randint(1, 3) if kind in _ENDS_CALLS else self.random.randint(1, 12)
        seconds = self.random.choice((0.1, 0.5)) if kind.startswith("429") else None
        return Fault(kind=kind, count=count, probability=self.random.uniform(0.1, 0.6), seconds=seconds)


async def play(seed: int, *, items: int = 160) -> Story:
    """Play the story of a seed; raise `AssertionError` where in the end our tables differ from the sites."""
    story = Story(seed, Random(f"story {seed}"))  # noqa: S311 -- made up
    async with office(story.options(items)) as place:
        people = People(place.world.jira, place.world.asana, place.world.time, seed)
        _look(story, place)
        await place.start()
        for _ in range(STEPS):
            await _step(story, place, people)
        await _quiet(story, place)
        story.done.update(people.done)
    return story


async def _step(story: Story, place: Office, people: People) -> None:
    random, world = story.random, place.world
    for faults in (world.jira_faults, world.asana_faults):
        if random.random() < 0.7:
            some = story.faults()
            faults.switch_on(*some, seed=story.seed)
            story.done.update(f"fault:{one.kind}" for one in some)
    for _ in range(4):
        await people.live(world.time.now() + timedelta(hours=random.uniform(1, 8)))
        _look(story, place)
        # Some machine time has to pass for the connectors to meet what goes wrong.
        await asyncio.sleep(random.uniform(0.05, 0.4))
    await _blow(story, place)


async def _blow(story: Story, place: Office) -> None:
    """Have something die, or be mended, or nothing."""
    blow = story.random.choice(("connectors", "connectors", "broker", "out of sight", "mended", "nothing"))
    story.done[f"blow:{blow}"] += 1
    if blow == "connectors":
        await place.kill()
        await place.start()
    elif blow == "broker":
        place.kill_broker()
    elif blow == "out of sight":
        _hide(story, place)
    elif blow == "mended":
        place.world.jira_faults.clear()
        place.world.asana_faults.clear()


def _hide(story: Story, place: Office) -> None:
    """Take the right to see one project from the account, or give it back."""
    jira, project = place.world.jira, story.random.choice(("GROW", "MOB", "PLAT"))
    if jira.known.hidden:
        _show_all(place)
    else:
        jira.hide(project)


def _show_all(place: Office) -> None:
    jira = place.world.jira
    for id_ in tuple(jira.known.hidden):
        jira.show(str(jira.known.projects[id_]["key"]))


async def _quiet(story: Story, place: Office) -> None:
    """Mend everything, wait, and compare."""
    world = place.world
    world.jira_faults.clear()
    world.asana_faults.clear()
    _show_all(place)
    await place.kill()
    await place.start()
    # An index that lags has caught up when so much of the sandbox's time has gone by.
    await world.time.move_to(world.time.now() + timedelta(hours=1))
    _look(story, place)

    async def equal() -> bool:
        place.assert_alive()
        found = await compared(story, place)
        assert not found, "\n".join([f"seed {story.seed}: {len(found)} differences", *found[:10]])
        return True

    await eventually(equal, within=QUIET_SECONDS)
    await eventually(partial(_is_on_the_broker, place), within=QUIET_SECONDS)


async def _is_on_the_broker(place: Office) -> bool:
    """Tell whether the newest of each item on its topic is what our tables hold, however often the broker forgot."""
    async with place.tables.transaction() as conn:
        rows = await conn.execute(text("SELECT ref, revision FROM snapshots"))
        kept: dict[str, int] = {row.ref: row.revision for row in rows}
    on_topic = await newest_revisions(place.bus)
    assert {ref: on_topic.get(ref) for ref in kept} == kept
    return True


async def compared(story: Story, place: Office) -> list[str]:
    """Return what differs now."""
    async with place.tables.transaction() as conn:
        jira, asana = await kept_of(conn, JIRA), await kept_of(conn, ASANA)
    return [*differences(story.jira, jira), *differences(story.asana, asana)]


def _look(story: Story, place: Office) -> None:
    read_jira(place.world.jira, story.jira)
    read_asana(place.world.asana, story.asana)
