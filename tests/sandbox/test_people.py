"""People go on working: everything that can be done comes up, the same for the same seed, at the time that it is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from services.runtime.clock import SystemClock
from services.sandbox.asana.site import AsanaSite
from services.sandbox.company import build_company
from services.sandbox.hooks import HookCall
from services.sandbox.jira.site import JiraSite
from services.sandbox.jira.webhooks import Hook
from services.sandbox.passing import Play, SandboxTime
from services.sandbox.people import People

TODAY = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


class World:
    """Both sites with the company in them, without a server."""

    def __init__(self, seed: int = 1, items: int = 0, *, deliver: Callable[[HookCall], None] | None = None) -> None:
        self.time = SandboxTime(SystemClock(), TODAY)
        self.jira = JiraSite(now=self.time.now, base_url="http://jira", deliver=deliver)
        self.asana = AsanaSite(now=self.time.now, base_url="http://asana")
        Play(build_company(1, TODAY, items), self.jira, self.asana, self.time).begin()
        self.people = People(self.jira, self.asana, self.time, seed)

    def everything(self) -> tuple[dict[str, Any], dict[str, Any]]:
        jira = {id_: self.jira.raw(id_) for id_ in self.jira.issues}
        return jira, {gid: self.asana.raw(gid) for gid in self.asana.tasks}


def test_everything_that_people_can_do_comes_up() -> None:
    world = World()
    for _ in range(3000):
        assert world.people.act()
    possible = {f"jira:{name}" for name in world.people._jira.acts} | {f"asana:{n}" for n in world.people._asana.acts}
    assert set(world.people.done) == possible


async def test_the_same_seed_does_the_same_and_another_one_something_else() -> None:
    worlds = [World(5), World(5), World(6)]
    for world in worlds:
        await world.people.live(TODAY + timedelta(days=6))
    first, second, third = [world.everything() for world in worlds]
    assert orjson.dumps(first) == orjson.dumps(second)
    assert orjson.dumps(first) != orjson.dumps(third)
    assert worlds[0].people.done == worlds[1].people.done


async def test_it_does_not_matter_in_how_many_steps_time_passes() -> None:
    whole, steps = World(), World()
    await whole.people.live(TODAY + timedelta(days=5))
    for hour in range(1, 5 * 24 + 1):
        await steps.people.live(TODAY + timedelta(hours=hour))
    assert orjson.dumps(whole.everything()) == orjson.dumps(steps.everything())
    assert whole.time.now() == TODAY + timedelta(days=5)


async def test_they_work_in_office_hours_of_working_days_as_much_as_they_are_to() -> None:
    world = World()
    await world.people.live(TODAY + timedelta(days=28))
    a_day = world.people.done.total() / 20
    assert 45 < a_day < 75
    ids = set(World().jira.issues)
    created = [world.jira.raw(id_)["fields"]["created"] for id_ in world.jira.issues if id_ not in ids]
    assert created
    for text in created:
        at = datetime.fromisoformat(text)
        assert at.weekday() < 5
        assert 8 <= at.hour < 18


async def test_what_happens_rises_in_time_and_is_told() -> None:
    told: list[HookCall] = []
    world = World(deliver=told.append)
    world.jira.webhooks.register(
        Hook("", "http://x/", ("jira:issue_created", "jira:issue_updated", "jira:issue_deleted"))
    )
    await world.people.live(TODAY + timedelta(days=7))
    stamps = [orjson.loads(call.body)["timestamp"] for call in told]
    assert len(stamps) > 50
    assert stamps == sorted(stamps)


def test_where_nobody_is_nothing_is_done() -> None:
    time = SandboxTime(SystemClock(), TODAY)
    people = People(JiraSite(now=time.now), AsanaSite(now=time.now, base_url=""), time, 1)
    assert people.act() is None
