"""Items a second from a filled topic to judged findings: through mapper and detector, until the mark is through."""

from dataclasses import dataclass
from statistics import median
from time import monotonic, process_time
from typing import Any

from sqlalchemy import text

from services.runtime.database import RoomDatabase
from services.runtime.embedded import Endpoints
from tests.bench import floor
from tests.bench.company import Company
from tests.bench.place import Site, send, site

MARK = "drain:filled"


@dataclass(frozen=True)
class FlowRun:
    """How long the rooms took, their processor time in this process, and what they keep."""

    seconds: float
    cpu_seconds: float
    bytes_an_item: float
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
        "python_share_of_time": round(median(run.cpu_seconds / run.seconds for run in flows), 3),
        "findings": len(flows[0].rows.findings),
        "bytes_an_item": round(median(run.bytes_an_item for run in flows)),
        "assumed": "the topic is filled before the rooms start; strategy known; no import mark, so items are judged "
        "as they come; bytes an item are tables and indexes of mapper and detector",
    }


async def run_rooms(endpoints: Endpoints, company: Company) -> FlowRun:
    """Fill the topic, then start the rooms and wait until all is judged."""
    async with site(endpoints) as place:
        await fill(place, company)
        await place.apply(company)
        host = place.host()
        began, cpu = monotonic(), process_time()
        try:
            await host.start()
            await place.until_through(MARK, host)
            took, cpu = monotonic() - began, process_time() - cpu
        finally:
            await host.stop()
        return FlowRun(took, cpu, await _bytes_an_item(place, company), await floor.rows_of(place))


async def fill(place: Site, company: Company) -> None:
    """Put every item into the topic, and the mark behind them."""
    writer = place.writer()
    try:
        await send(writer, company.snapshots(), MARK)
    finally:
        await writer.stop()


async def _bytes_an_item(place: Site, company: Company) -> float:
    kept = [await _size(place.database.room("mapper"), "items")]
    kept += [await _size(place.database.room("detector"), table) for table in ("items", "edges", "agenda", "findings")]
    return sum(kept) / company.size


async def _size(database: RoomDatabase, table: str) -> int:
    async with database.transaction() as conn:
        return int(await conn.scalar(text("SELECT pg_total_relation_size(CAST(:name AS regclass))"), {"name": table}))
