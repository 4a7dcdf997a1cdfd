"""Where things are measured: one broker and one database, and for each measurement topics and schemas of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Final

from sqlalchemy import text

from schemas.marks import FlowMark, MarkKind
from schemas.topics import CHANGES, JIRA_WORK_ITEMS, WORK_ITEMS
from schemas.work_items import WorkItemSnapshot
from services.detector import app as detector
from services.mapper import app as mapper
from services.mapper.commands import apply_strategy
from services.runtime.bus import Bus, Outgoing
from services.runtime.clock import HeldClock
from services.runtime.database import Database
from services.runtime.embedded import EmbeddedStack, Endpoints, temporary_home
from services.runtime.host import BuildRoom, Host
from services.runtime.migrations import migrate
from services.runtime.settings import BusSettings, Settings
from services.runtime.topics import ensure_topics
from tests.bench.company import AS_OF, Company
from tests.stack import bus_settings, drop_schemas, fresh_prefix

ROOMS: Final[Mapping[str, BuildRoom]] = {mapper.ROOM: mapper.build_app, detector.ROOM: detector.build_app}
PAGE: Final = 5_000
LOOK_SECONDS: Final = 0.05
PATIENCE_SECONDS: Final = 600.0
_THROUGH: Final = text(
    "SELECT EXISTS (SELECT FROM marks_passed WHERE mark = :mark) AND NOT EXISTS (SELECT FROM outbox)"
)


@dataclass(frozen=True)
class Site:
    """Topics and schemas of one measurement, and a clock that holds domain time."""

    url: str
    prefix: str
    bus: BusSettings
    database: Database
    clock: HeldClock

    def writer(self) -> Bus:
        """Return a bus that only publishes, as the connectors do."""
        return Bus(self.bus, "connectors", self.clock)

    def host(self, rooms: Mapping[str, BuildRoom] = ROOMS) -> Host:
        """Return these rooms, not started yet."""
        host = Host(Settings(), self.bus, self.database, self.clock)
        for name, build in rooms.items():
            host.add(name, build)
        return host

    async def apply(self, company: Company) -> None:
        """Take the company's strategy; it goes out when the mapper starts."""
        await apply_strategy(self.database.room("mapper"), company.strategy(), "bench", self.clock)

    async def until_through(self, mark: str, host: Host) -> None:
        """Wait until the detector has judged all before this mark and its findings are out."""
        async with asyncio.timeout(PATIENCE_SECONDS), self.database.room("detector").session() as conn:
            while not await conn.scalar(_THROUGH, {"mark": mark}):
                for failure in host.failures():
                    raise failure
                await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def parts() -> AsyncIterator[Endpoints]:
    """Start a broker and a database that writes as safely as one in production does."""
    with temporary_home() as home:
        async with EmbeddedStack(home) as stack:
            yield stack.endpoints


@asynccontextmanager
async def site(endpoints: Endpoints, rooms: tuple[str, ...] = tuple(ROOMS)) -> AsyncIterator[Site]:
    """Give fresh topics and schemas of these rooms; the schemas are dropped at the end."""
    assert endpoints.database_url is not None
    prefix = fresh_prefix()
    await asyncio.to_thread(migrate, endpoints.database_url, prefix, rooms)
    database = Database(endpoints.database_url, prefix=prefix)
    bus = bus_settings(endpoints)
    try:
        await ensure_topics(bus)
        yield Site(endpoints.database_url, prefix, bus, database, HeldClock(AS_OF))
    finally:
        await database.close()
        await asyncio.to_thread(drop_schemas, endpoints.database_url, prefix)


async def send(bus: Bus, snapshots: Iterable[WorkItemSnapshot], mark: str) -> None:
    """Publish snapshots and the mark behind them."""
    at = AS_OF + timedelta(days=1)
    rest = iter(snapshots)
    while page := list(islice(rest, PAGE)):
        await bus.publish([_outgoing(bus, one) for one in page])
    for topic in (*CHANGES.values(), *WORK_ITEMS.values()):
        await bus.publish_mark(topic, FlowMark(id=mark, kind=MarkKind.DRAIN, sent_at=at))


def _outgoing(bus: Bus, one: WorkItemSnapshot) -> Outgoing:
    return Outgoing(JIRA_WORK_ITEMS, one.item.ref, bus.event(one, id=f"{one.item.ref}@{one.revision}"))
