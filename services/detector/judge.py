"""The detector's own loop beside its handlers: spread the news, judge who is due, pass marks on.

Promise: items are judged as they come; a team or an objective, which is dearer, at most a fifth of the time while
there is a stream of items, and all of them before a mark goes on.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector.agenda import Lane
from services.detector.context import Context
from services.detector.group_rounds import judge_capacity, judge_groups
from services.detector.looking import spread_and_look
from services.detector.marks import pass_marks
from services.detector.rounds import judge_connections, judge_cycles, judge_items
from services.detector.strategy_copy import Contexts
from services.runtime.bus import Bus
from services.runtime.clock import Clock
from services.runtime.database import RoomDatabase
from services.runtime.faultpoints import faultpoint
from services.runtime.loop import Loop

GROUPS_PAUSE_SECONDS: Final = 0.5
CONNECTIONS_PAUSE_SECONDS: Final = 0.5
GROUPS_SHARE: Final = 0.2
"""Of the time, at most, that teams and objectives take while items keep coming."""

_GROUPS: Final = frozenset({Lane.TEAM, Lane.OBJECTIVE, Lane.CAPACITY})

Round = Callable[[AsyncConnection, Bus, Context, datetime], Awaitable[int]]


class Judge:
    """Its `loop` starts with the room and is woken after a commit that left something to do."""

    def __init__(self, database: RoomDatabase, bus: Bus, clock: Clock, on_findings: Callable[[], None]) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._on_findings = on_findings
        self._contexts = Contexts()
        self._groups_at = 0.0
        self._connections_at = 0.0
        self.loop = Loop("detector-judge", bus, self.step)

    async def step(self) -> bool:
        """Do one piece of each kind of work; return whether there was any. A load is judged once it is spread whole."""
        look = await self._database.run(lambda conn: spread_and_look(conn, self._clock.now()))
        if look.is_load_left:
            return bool(look.spread)
        judged = await self._judge_connections() if Lane.CONNECTION in look.due else 0
        judged += await self._round(judge_items) if Lane.ITEM in look.due else 0
        judged += await self._round(judge_cycles) if Lane.CYCLE in look.due else 0
        is_time = bool(look.due & _GROUPS) and self._clock.monotonic() >= self._groups_at
        if look.spread or judged:
            if is_time:
                await self._judge_groups()
            return True
        if (is_time or (look.marks_wait and look.due & _GROUPS)) and await self._judge_groups():
            return True
        return look.marks_wait and await self._pass_marks()

    async def finish(self) -> None:
        """Work until nothing is left to do now, teams and objectives too."""
        self._connections_at = 0.0
        while await self.step() or await self._judge_groups():
            self._connections_at = 0.0

    async def _round(self, judge: Round) -> int:
        async def work(conn: AsyncConnection) -> int:
            context = await self._contexts.active(conn)
            return 0 if context is None else await judge(conn, self._bus, context, self._clock.now())

        judged = await self._database.run(work)
        if judged:
            faultpoint("detector.round-committed")
            self._on_findings()
        return judged

    async def _judge_connections(self) -> int:
        """Before any item, so that what old data says is not told after a long rest; then every half second."""
        if self._clock.monotonic() < self._connections_at:
            return 0
        judged = await self._round(judge_connections)
        self._connections_at = self._clock.monotonic() + CONNECTIONS_PAUSE_SECONDS
        return judged

    async def _judge_groups(self) -> int:
        begun = self._clock.monotonic()
        judged = await self._round(judge_groups) + await self._round(judge_capacity)
        ended = self._clock.monotonic()
        if judged:
            self._groups_at = ended + max(GROUPS_PAUSE_SECONDS, (ended - begun) * (1 / GROUPS_SHARE - 1))
        return judged

    async def _pass_marks(self) -> bool:
        passed = await self._database.run(lambda conn: pass_marks(conn, self._bus, self._clock.now()))
        if passed:
            self._on_findings()
        return bool(passed)
