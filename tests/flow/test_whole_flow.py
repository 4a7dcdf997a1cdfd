"""The whole chain on the broker: an export in, mapped, judged, and each alert at its receiver once.

What comes out is compared with the pure rules over the same items, so that nothing of the chain checks itself.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.findings import FindingState
from schemas.work_items import Tracker, WorkItem
from services.commands.assembly import builders
from services.connectors.commands import ImportRequest, import_export, send_drain
from services.connectors.mapped import Mapped, MappingOptions
from services.connectors.pages import MAPPERS
from services.detector import queries
from services.detector.policy import compile_strategy
from services.mapper.commands import apply_strategy
from services.notifier.receivers import deliver_to
from services.runtime.clock import HeldClock
from services.runtime.database import Database
from services.runtime.embedded import Endpoints
from services.runtime.host import Host
from services.runtime.migrations import migrate
from services.runtime.settings import BusSettings, Settings
from services.sandbox.company import Company, build_company
from tests import stack
from tests.detector.brute import World
from tests.detector.references import place
from tests.detector.rule_sets import REFERENCED
from tests.receiver import Collector
from tests.waiting import eventually

TODAY = datetime(2026, 6, 26, 17, 0, tzinfo=UTC)
DRAIN = "drain:test"
WITHIN = 90.0


@pytest.fixture(scope="module")
def company() -> Company:
    return build_company(3, TODAY)


@pytest.fixture(params=[(1, False), (1, True), (2, True)], ids=["assigned", "group of one", "group of two"])
def shape(request: pytest.FixtureRequest, endpoints: Endpoints) -> tuple[int, BusSettings]:
    """How many processes share the work, and how: partitions taken by hand, or consumer groups."""
    processes, groups = request.param
    return processes, stack.bus_settings(endpoints, groups=groups)


@pytest.fixture
async def receiver() -> AsyncIterator[Collector]:
    collector = await Collector().start()
    yield collector
    await collector.stop()


def findings_by_the_rules(company: Company) -> set[tuple[str, str]]:
    """Fingerprint and severity of what the rules that need no history find over the company as it stands."""
    placed = place(list(_items(company)), company.strategy)
    verdict = World(placed, compile_strategy(company.strategy), TODAY).judge()
    return {(draft.fingerprint, draft.severity.value) for draft in verdict.findings if draft.rule in REFERENCED}


def _items(company: Company) -> Sequence[WorkItem]:
    outcomes = [MAPPERS[one.tracker](one.raw, one.site, None, MappingOptions()) for one in company.items_at(TODAY)]
    return [outcome.item for outcome in outcomes if isinstance(outcome, Mapped)]


@asynccontextmanager
async def hosts(
    count: int, bus: BusSettings, database: Database, receiver: Collector
) -> AsyncIterator[tuple[HeldClock, list[Host]]]:
    """So many processes' worth of all rooms, on one bus and one database."""
    clock = HeldClock(TODAY)
    made = [Host(Settings(), bus, database, clock) for _ in range(count)]
    async with AsyncExitStack() as closing:
        for host in made:
            for name, build in builders((deliver_to(receiver.url, receiver.secret),)).items():
                host.add(name, build)
            closing.push_async_callback(host.stop)
        yield clock, made


async def bring(company: Company, host: Host, database: Database, folder: Path) -> None:
    """Import what both trackers hold, then close the flow."""
    for tracker in Tracker:
        items = [one for one in company.items_at(TODAY) if one.tracker is tracker]
        path = folder / f"{tracker}.jsonl"
        path.write_text("".join(json.dumps(one.raw) + "\n" for one in items))
        request = ImportRequest((path,), items[0].site)
        await import_export(database.room("connectors"), host.bus_of("connectors"), request)
    await send_drain(database.room("connectors"), host.bus_of("connectors"), DRAIN)


async def is_through(host: Host) -> bool:
    stands = {room.name: await room.progress() for room in host.rooms}
    passed = all(DRAIN in stands[room].marks for room in ("mapper", "detector", "notifier"))
    return passed and not any(count for room in stands.values() for count in room.pending.values())


@pytest.mark.flow
async def test_the_chain_finds_what_the_rules_find_and_tells_each_once(
    shape: tuple[int, BusSettings],
    endpoints: Endpoints,
    database_prefix: str,
    database: Database,
    receiver: Collector,
    company: Company,
    tmp_path: Path,
) -> None:
    processes, settings = shape
    await asyncio.to_thread(migrate, str(endpoints.database_url), database_prefix)
    async with hosts(processes, settings, database, receiver) as (clock, made):
        await apply_strategy(database.room("mapper"), company.strategy, "ana", clock)
        await asyncio.gather(*(host.start() for host in made))
        await bring(company, made[0], database, tmp_path)
        await eventually(lambda: is_through(made[0]), WITHIN)
    expected = findings_by_the_rules(company)
    found = await queries.list_findings(database.room("detector"), TODAY)
    assert {(one.fingerprint, one.severity.value) for one in found if one.rule in REFERENCED} == expected
    assert all(one.state is FindingState.OPEN for one in found)
    told = [(effect["type"], effect["data"]["finding"]["fingerprint"]) for effect in receiver.effects.values()]
    opened = sorted(name for kind, name in told if kind == "finding.opened")
    # An objective whose work is all in the second import has none between the two, which is told and taken back.
    ended = {name for kind, name in told if kind == "finding.resolved"}
    assert opened == sorted({one.fingerprint for one in found} | ended)
    assert not ended & {one.fingerprint for one in found}
    assert receiver.refused == []
