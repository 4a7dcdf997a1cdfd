"""Items a second from a filled topic to judged findings: through mapper and detector, until the mark is through."""

from dataclasses import dataclass
from statistics import median
from time import monotonic, process_time
from typing import Any, Final

from sqlalchemy import text

from services.runtime.database import RoomDatabase
from services.runtime.embedded import Endpoints
from tests.bench import floor
from tests.bench.company import Company
from tests.bench.place import Site, send, site
from tests.bench.reader import rss_mb

MARK = "drain:filled"
HELD: Final = 0.2
"""The share of the floor that has to be kept."""
AIM: Final = 0.4
KEPT: Final = {
    "mapper": ("items",),
    "detector": ("items", "edges", "twins", "changes", "paces", "agenda", "findings"),
}
"""The tables that grow with the items, whoever writes them."""


@dataclass(frozen=True)
class FlowRun:
    """How long the rooms took, their processor time in this process, and what they keep."""

    seconds: float
    cpu_seconds: float
    bytes_an_item: float
    rss_mb_grown: float
    rows: floor.Rows


async def measure(endpoints: Endpoints, company: Company, repeats: int = 3) -> dict[str, Any]:
    """Measure flow and floor in turns; return the medians and their ratio."""
    flows: list[FlowRun] = []
    floors: list[float] = []
    for _ in range(repeats):
        flows.append(await run_rooms(endpoints, company))
        floors.append(await floor.run(endpoints, company, flows[0].rows))
    flow_rate = company.size / median(run.seconds for run in flows)
    floor_rate = company.size / median(floors)
    return {
        "items": company.size,
        "repeats": repeats,
        "items_per_second": round(flow_rate),
        "floor_items_per_second": round(floor_rate),
        "share_of_floor": round(flow_rate / floor_rate, 3),
        "share_held": HELD,
        "share_aimed_at": AIM,
        "python_share_of_time": round(median(run.cpu_seconds / run.seconds for run in flows), 3),
        "findings": len(flows[0].rows.findings),
        "bytes_an_item": round(median(run.bytes_an_item for run in flows)),
        "rss_mb_grown": round(flows[0].rss_mb_grown),
        "assumed": "the topic is filled before the rooms start; strategy known; all rules on; no import mark, so items "
        "are judged as they come; no histories; bytes an item are tables and indexes of mapper and detector; memory is "
        "what the one process of both has grown by over the first flow",
    }


async def run_rooms(endpoints: Endpoints, company: Company) -> FlowRun:
    """Fill the topic, then start the rooms and wait until all is judged."""
    async with site(endpoints) as place:
        await fill(place, company)
        await place.apply(company)
        host = place.host()
        began, cpu, rss = monotonic(), process_time(), rss_mb()
        try:
            await host.start()
            await place.until_through(MARK, host)
            took, cpu, rss = monotonic() - began, process_time() - cpu, rss_mb() - rss
        finally:
            await host.stop()
        return FlowRun(took, cpu, await _bytes_an_item(place, company), rss, await floor.rows_of(place))


async def fill(place: Site, company: Company) -> None:
    """Put every item into the topic, and the mark behind them."""
    writer = place.writer()
    try:
        await send(writer, company.snapshots(), MARK)
    finally:
        await writer.stop()


async def _bytes_an_item(place: Site, company: Company) -> float:
    kept = [await _size(place.database.room(room), table) for room, tables in KEPT.items() for table in tables]
    return sum(kept) / company.size


async def _size(database: RoomDatabase, table: str) -> int:
    async with database.transaction() as conn:
        return int(await conn.scalar(text("SELECT pg_total_relation_size(CAST(:name AS regclass))"), {"name": table}))
