"""`leeway demo`: a made-up company's quarter goes by in its Jira and its Asana, in about two minutes.

Promise: nothing is staged but the company. Both trackers are served over HTTP, the connectors read them as they read
any site and are told of changes by webhooks, and each alert is the one that the rooms sent on that day.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console

from services.commands.assembly import builders, client_of
from services.commands.demo_summary import conclude, introduce, of_the_quarter
from services.commands.engine import Engine, alongside, engine
from services.commands.output import Steps, steps
from services.connectors.app import ROOM, Connected, Connectors
from services.detector.measuring import Given, measure, measured
from services.mapper.commands import apply_strategy
from services.notifier import app as notifier
from services.notifier.receivers import Receiver
from services.runtime.clock import Clock, HeldClock, SystemClock
from services.runtime.configuration import Configuration
from services.runtime.embedded import temporary_home
from services.runtime.host import serving
from services.runtime.http import listen
from services.runtime.room import Progress, Room, RoomContext
from services.runtime.secrets import Secret
from services.runtime.settings import HttpSettings, Settings
from services.sandbox.jira_shape import BASE
from services.sandbox.server import TOKEN, Running, SandboxOptions, sandbox
from services.sandbox.strategy import ASANA_SITE, JIRA_SITE

TODAY: Final = datetime(2026, 6, 26, 17, 0, tzinfo=UTC)
PLAIN_WIDTH: Final = 120
MORNING: Final = 7
SATURDAY: Final = 5
"""Nobody works at weekends, and nobody would read an alert."""
TERMINAL: Final = Receiver(name="terminal", kind="terminal")
HOOK_SECRET: Final = "signs the webhooks of a Jira that is gone in two minutes"  # noqa: S105 -- as it says
HOOK_PAUSES: Final = (0.2, 0.5, 1.0, 2.0)
PACE: Final = {"poll_seconds": 86_400, "reconcile_hours": 720, "data_gap_minutes": 43_200, "goals_minutes": 43_200}
"""Days go by in a second here: webhooks tell what happens, and each evening everything is asked once."""


async def demo(settings: Settings, seed: int) -> None:
    """Let the quarter go by, show each alert, and end with what stalled, what drifted and who was asked what."""
    options = SandboxOptions(today=TODAY, seed=seed, starts="first-day", hook_pauses=HOOK_PAUSES)
    settings = settings.model_copy(update={"http": HttpSettings(port=free_port())})
    with temporary_home() as home, steps() as show:
        console = show.console if show.is_drawn else Console(highlight=False, markup=False, width=PLAIN_WIDTH)
        async with sandbox(options, SystemClock()) as world:
            introduce(console, world)
            async with watched(world, settings, home, console) as quarter:
                await alongside(quarter.engine, settings, quarter.run(show))
                summary = await of_the_quarter(quarter.engine, quarter.clock)
    conclude(summary, {one.id: one.name or one.id for one in world.company.strategy.people})


@asynccontextmanager
async def watched(
    world: Running, settings: Settings, home: Path, console: Console, pace: Mapping[str, float] = PACE
) -> AsyncIterator["Quarter"]:
    """Have all rooms ready to watch over the sandbox, in a home of their own, alerts going to the console."""
    world.jira.base_url = BASE
    clock = HeldClock(world.time.now())
    rooms = builders(connections=_connections(world, settings, clock, pace))
    rooms[notifier.ROOM] = lambda context: _notifier(context, console)
    async with engine(home, clock, settings, rooms, throwaway=True) as made, serving(made.host, settings):
        yield Quarter(world, made, clock)


def free_port() -> int:
    """Return a port that nobody listens on: the trackers must know where to send webhooks before we listen."""
    with listen(HttpSettings(port=0)) as free:
        port: int = free.getsockname()[1]
    return port


def _connections(world: Running, settings: Settings, clock: Clock, pace: Mapping[str, float]) -> tuple[Connected, ...]:
    """Return what `leeway.yaml` would say of the sandbox."""
    address = f"http://{settings.http.host}:{settings.http.port}"
    jira = {
        "id": JIRA_SITE, "tracker": "jira", "url": world.jira_url, "user": "leeway@brightmoor.example",
        "token": "sandbox", "pace": pace, "webhooks": {"address": address, "secret": "hooks"},
    }  # fmt: skip
    asana = {
        "id": ASANA_SITE, "tracker": "asana", "url": world.asana_url, "token": "sandbox", "pace": pace,
        "workspace": world.asana.store.workspace["gid"], "webhooks": {"address": address},
    }  # fmt: skip
    configuration = Configuration.model_validate({"connections": [jira, asana]})
    return tuple(
        Connected(one, client_of(one, TOKEN, clock), Secret(HOOK_SECRET)) for one in configuration.whole_connections()
    )


def _notifier(context: RoomContext, console: Console) -> Room:
    return notifier.build_app(context, receivers=[TERMINAL], console=console)


class Quarter:
    """The days of the company, one after the other."""

    def __init__(self, world: Running, made: Engine, clock: HeldClock) -> None:
        self.engine = made
        self.clock = clock
        self._world = world

    async def run(self, show: Steps) -> None:
        """Apply the strategy, have both trackers read for the first time, then let day after day go by."""
        days = [day for day in self._world.company.days() if day.weekday() < SATURDAY]
        await self._plan(days[0])
        await self.engine.host.start()
        for number, day in enumerate(days, 1):
            morning = day.replace(hour=MORNING) if number > 1 else day
            await self.go_to(morning, f"day-{number}", self._happen(day))
            await self.go_to(day, f"evening-{number}")
            show(f"{day:%a %d %b}", number, len(days), bar="quarter")

    async def go_to(self, moment: datetime, mark: str, happening: Awaitable[None] | None = None) -> None:
        """Have it be that moment for the rooms, and something happen; return when all of it is judged and told."""
        self.clock.move_to(moment)
        await self.engine.until(partial(_is_over, f"drain:{mark}"), asyncio.create_task(self._tell(mark, happening)))

    async def _tell(self, mark: str, happening: Awaitable[None] | None) -> None:
        connectors = self.engine.room(ROOM)
        assert isinstance(connectors, Connectors)  # noqa: S101 -- for mypy: the room of that name
        if happening is not None:
            await happening
            for name in (JIRA_SITE, ASANA_SITE):
                await connectors.sync_now(name)
        await connectors.send_drain(f"drain:{mark}")

    async def _happen(self, day: datetime) -> None:
        """Have happen what happened on this day, told by webhooks.

        It is all known before it is evening for the rooms: whatever comes after one another takes no time for them.
        """
        await self._world.time.move_to(day)
        await self._plan(day)
        await self._measure(day)
        await self._world.hooks.idle()

    async def _plan(self, day: datetime) -> None:
        """Apply the strategy that holds on this day; an equal one changes nothing."""
        strategy = self._world.company.strategy_on(day.date())
        await apply_strategy(self.engine.door("mapper"), strategy, "demo", self.clock)

    async def _measure(self, day: datetime) -> None:
        """Take what people measured today and told us themselves."""
        told = [one for one in self._world.company.by_hand if one.at.date() == day.date() and one.at <= day]
        given = [
            Given(
                key_result=one.key_result, value=one.value, measured_at=one.at, source="by hand",
                confidence=one.confidence,
            )
            for one in told
        ]  # fmt: skip
        await measure(self.engine.door("detector"), [measured(one, day) for one in given], self.clock)


def _is_over(mark: str, progress: Mapping[str, Progress]) -> bool:
    """Tell whether everything that this day brought is judged and told."""
    told = all(mark in progress[room].marks for room in ("mapper", "detector", "notifier"))
    return told and not any(count for room in progress.values() for count in room.pending.values())
