"""How long a new strategy takes that moves one item in twenty of a big company: until what moved is out, and judged.

Two edits, one after the other: teams hand their projects over, so that each item moves by itself; and objectives hand
their work over, so that a few epics move by themselves and all else with them.
"""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from pydantic import BaseModel
from sqlalchemy import text

from schemas.strategy import Strategy
from services.mapper.commands import apply_strategy
from services.mapper.outgoing import outgoing
from services.mapper.remapping import strategy_mark
from services.mapper.store import COLUMNS
from services.runtime.database import RoomDatabase, copy_rows
from services.runtime.embedded import Endpoints
from services.runtime.host import Host
from tests.bench.company import Company
from tests.bench.floor import BATCH, Row, aligned_of
from tests.bench.place import LOOK_SECONDS, PATIENCE_SECONDS, Site, send, site
from tests.bench.scale import preload

TEAMS_ONE_IN: Final = 20
OBJECTIVES_ONE_IN: Final = 13
"""About two items in three have an objective, so one in twenty has another if one objective in 13 loses its work."""
TELL_SECONDS: Final = 5.0

_NEWEST: Final = text("SELECT coalesce(max(revision), 0) FROM items")
_MOVED: Final = text(f"SELECT {', '.join(COLUMNS)} FROM items WHERE revision > :before")  # noqa: S608 -- our own names
_PASSED: Final = text("SELECT EXISTS (SELECT FROM marks_passed WHERE mark = :mark)")
_HOW_FAR: Final = text("SELECT count(*) FROM items WHERE revision > :before")


@dataclass(frozen=True)
class Remapped:
    """How long one edit took, and the rows of the items that moved."""

    mapped_seconds: float
    judged_seconds: float
    rows: list[Row]


def edits(company: Company) -> Mapping[str, Strategy]:
    """Return the company's strategy after each edit, each on top of the one before."""
    by_team = handed_over(company.strategy(), "teams", "owns", TEAMS_ONE_IN)
    return {"owners": by_team, "objectives": handed_over(by_team, "objectives", "work", OBJECTIVES_ONE_IN)}


def handed_over(strategy: Strategy, kind: str, field: str, one_in: int) -> Strategy:
    """Return the strategy after the first of every so many of a kind has given its selectors to the one behind it."""
    parts: tuple[BaseModel, ...] = getattr(strategy, kind)
    changed = list(parts)
    for place in range(0, len(parts) - 1, one_in):
        both = (*getattr(parts[place + 1], field), *getattr(parts[place], field))
        changed[place] = parts[place].model_copy(update={field: ()})
        changed[place + 1] = parts[place + 1].model_copy(update={field: both})
    return strategy.model_copy(update={kind: tuple(changed)})


async def measure(endpoints: Endpoints, company: Company) -> dict[str, Any]:
    """Measure each edit and the floor of what it moved; return the seconds and their ratios."""
    found: dict[str, Any] = {"items": company.size}
    async with site(endpoints) as place:
        began = monotonic()
        tell(f"{company.size} items are made: a part goes through the rooms, the others are copied")
        await preload(place, company)
        tell(f"made in {monotonic() - began:.0f} s")
        for name, strategy in edits(company).items():
            done = await remap(place, name, strategy)
            found[name] = _told(done, company, await floor(endpoints, done.rows))
            tell(f"{name}: {found[name]}")
    return found | {
        "assumed": "the rooms of both mapper and detector in one process; the clock starts when the strategy is "
        "stored; mapped: the strategy's mark is out of the mapper, behind all that moved; judged: it is out of the "
        "detector too, which has judged by it all that it may change; floor: the rows that moved, ready made, are "
        "copied into an empty table of the mapper's and published, 1,000 a transaction, with no detector beside it"
    }


def _told(done: Remapped, company: Company, floor_seconds: float) -> dict[str, Any]:
    return {
        "moved": len(done.rows),
        "moved_share": round(len(done.rows) / company.size, 4),
        "mapped_seconds": round(done.mapped_seconds, 2),
        "judged_seconds": round(done.judged_seconds, 2),
        "floor_seconds": round(floor_seconds, 2),
        "ratio_to_floor": round(done.mapped_seconds / floor_seconds, 2),
    }


async def remap(place: Site, name: str, strategy: Strategy) -> Remapped:
    """Apply a strategy while the rooms run, and wait until it is through both."""
    host, writer, items = place.host(), place.writer(), place.database.room("mapper")
    try:
        await host.start()
        await send(writer, (), f"drain:{name}")
        await place.until_through(f"drain:{name}", host)
        async with items.transaction() as conn:
            before = {"before": await conn.scalar(_NEWEST)}
        began = monotonic()
        applied = await apply_strategy(items, strategy, "bench", place.clock)
        await _until_mapped(items, host, strategy_mark(applied.version), before)
        mapped = monotonic() - began
        await place.until_through(strategy_mark(applied.version), host)
        judged = monotonic() - began
    finally:
        await writer.stop()
        await host.stop()
    async with items.transaction() as conn:
        return Remapped(mapped, judged, [tuple(row) for row in await conn.execute(_MOVED, before)])


async def _until_mapped(database: RoomDatabase, host: Host, mark: str, before: Mapping[str, object]) -> None:
    began = told = monotonic()
    async with asyncio.timeout(PATIENCE_SECONDS), database.session() as conn:
        while not await conn.scalar(_PASSED, {"mark": mark}):
            for failure in host.failures():
                raise failure
            if monotonic() - told >= TELL_SECONDS:
                told = monotonic()
                tell(f"{told - began:.0f} s: {await conn.scalar(_HOW_FAR, before)} items have moved")
            await asyncio.sleep(LOOK_SECONDS)


async def floor(endpoints: Endpoints, rows: list[Row]) -> float:
    """Return the seconds that it takes to copy these rows and to publish what they say, without any logic."""
    async with site(endpoints, ("mapper",)) as place:
        writer, at = place.writer(), place.clock.wall()
        sent = [outgoing(aligned_of(row), at) for row in rows]
        try:
            await writer.publish(sent[:1])
            began = monotonic()
            for start in range(0, len(rows), BATCH):
                async with place.database.room("mapper").transaction() as conn:
                    await writer.publish(sent[start : start + BATCH])
                    await copy_rows(conn, "items", COLUMNS, rows[start : start + BATCH])
            return monotonic() - began
        finally:
            await writer.stop()


def tell(what: str) -> None:
    """Say how far it is."""
    print(f"remap: {what}", file=sys.stderr, flush=True)  # noqa: T201 -- the result goes to the standard output
