"""How fast a hundred thousand subjects are judged again whose time has come at one moment, as on a Monday morning.

Nothing came in the night, so every verdict stays as it was: what is measured is looking, and no news. The floor takes
the same rows of the agenda in the same rounds and lets them wait again, without a look.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from time import monotonic, process_time
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import StatusCategory, WorkItem
from services.detector import agenda
from services.detector import app as detector
from services.detector.agenda import Lane
from services.detector.judge import Judge
from services.detector.rounds import ITEMS_A_ROUND
from services.runtime.bus import Bus
from services.runtime.embedded import Endpoints
from tests.bench.company import AS_OF, Company
from tests.bench.place import Site, site
from tests.bench.scale import preload

DUE: Final = date(2026, 6, 26)
STUCK: Final = timedelta(days=40)
RECENT: Final = timedelta(hours=3)

_ALL_DUE: Final = text("UPDATE agenda SET due = :now WHERE lane = 'item'")
_RESTING: Final = text("SELECT count(*) FROM agenda WHERE lane = 'item' AND due > :now")
_STATE: Final = text(
    "SELECT (SELECT count(*) FROM agenda WHERE due <= :now) AS due, (SELECT count(*) FROM findings WHERE anchor LIKE "
    "'jira:%') AS findings, (SELECT max(revision) FROM findings) AS revision"
)


@dataclass(frozen=True)
class AtRest(Company):
    """A company in the middle of its work: every item has a moment to come at which a rule may say something else.

    Every second team waits, item by item, for what the next team has not touched for long.
    """

    def item(self, group: int, team: int, number: int) -> WorkItem:
        """Return an item in progress and due."""
        item = super().item(group, team, number)
        touched = AS_OF - (STUCK if team % 2 else RECENT)
        update = {"status": "In Progress", "status_category": StatusCategory.IN_PROGRESS, "started": item.created,
                  "done": None, "resolution": None, "resolution_name": None, "due": DUE,
                  "updated": touched, "touched": touched}  # fmt: skip
        return item.model_copy(update=update)


async def measure(endpoints: Endpoints, company: AtRest, repeats: int = 3) -> dict[str, Any]:
    """Judge all items again, and only take and settle them, in turns; return the medians and their ratio."""
    async with site(endpoints) as place:
        await preload(place, company)
        judge = _judge(place)
        await _all_due(place)
        await judge.finish()  # copied findings are told anew, for their words name another group
        subjects = await _number(place, _RESTING)
        began = await _state(place)
        sweeps: list[float] = []
        cpu: list[float] = []
        floors: list[float] = []
        for _ in range(repeats):
            await _all_due(place)
            start, used = monotonic(), process_time()
            await judge.finish()
            sweeps.append(monotonic() - start)
            cpu.append(process_time() - used)
            if await _state(place) != began:
                raise AssertionError("What was judged again has to be what it was before.")
            await _all_due(place)
            floors.append(await _floor(place))
    return {
        "items": company.size,
        "subjects": subjects,
        "findings": began[1],
        "repeats": repeats,
        "seconds": round(median(sweeps), 1),
        "subjects_per_second": round(subjects / median(sweeps)),
        "floor_subjects_per_second": round(subjects / median(floors)),
        "share_of_floor": round(median(floors) / median(sweeps), 3),
        "python_share_of_time": round(median(used / took for used, took in zip(cpu, sweeps, strict=True)), 3),
        "assumed": "all items are in progress and due, every second team waits item by item for another; nothing has "
        "changed, so nothing is told; one detector; the floor takes and settles the same rows of the agenda",
    }


def _judge(place: Site) -> Judge:
    database = place.database.room(detector.ROOM)
    return Judge(database, Bus(place.bus, detector.ROOM, place.clock), place.clock, lambda: None)


async def _all_due(place: Site) -> None:
    database = place.database.room(detector.ROOM)
    async with database.transaction() as conn:
        await conn.execute(_ALL_DUE, {"now": AS_OF})
    async with database.session() as conn:
        await conn.execute(text("VACUUM (ANALYZE) agenda"))


async def _floor(place: Site) -> float:
    database = place.database.room(detector.ROOM)
    start = monotonic()
    while await database.run(_take_and_settle):
        pass
    return monotonic() - start


async def _take_and_settle(conn: AsyncConnection) -> int:
    taken = await agenda.take(conn, Lane.ITEM, AS_OF, ITEMS_A_ROUND)
    later: datetime = AS_OF + timedelta(days=1)
    await agenda.settle(conn, list(taken), dict.fromkeys(taken, later), AS_OF)
    return len(taken)


async def _number(place: Site, statement: Any) -> int:
    async with place.database.room(detector.ROOM).transaction() as conn:
        return int(await conn.scalar(statement, {"now": AS_OF}))


async def _state(place: Site) -> tuple[int, ...]:
    """Return what is left to judge, and how many findings there are and the newest revision among them."""
    async with place.database.room(detector.ROOM).transaction() as conn:
        return tuple((await conn.execute(_STATE, {"now": AS_OF})).one())
