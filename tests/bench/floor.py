"""The floor: the same hops without any logic. Rows that are ready are copied in, and the next hop's bytes sent on.

Consume, `COPY` into tables of the mapper's shape, produce; consume, `COPY` into tables of the detector's shape and
into its outbox. The rows are what the rooms made of the same items; bus, batches and transactions are theirs.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.aligned_items import ItemAligned
from schemas.topics import ALIGNED_ITEMS
from schemas.work_items import WorkItemSnapshot
from services.detector import app as detector
from services.detector.history_store import CHANGE_COLUMNS
from services.detector.rows import EDGE_COLUMNS, ITEM_COLUMNS, TWIN_COLUMNS
from services.detector.store_findings import changed_of
from services.detector.store_findings import outgoing as finding_outgoing
from services.mapper import app as mapper
from services.mapper.handlers import INPUTS
from services.mapper.outgoing import Aligned, outgoing
from services.mapper.store import COLUMNS
from services.runtime.bus import Batch, Bus, Outgoing
from services.runtime.database import copy_rows
from services.runtime.embedded import Endpoints
from services.runtime.host import BuildRoom
from services.runtime.outbox import add_to_outbox
from services.runtime.progress import finish_batch
from services.runtime.room import Progress, RoomContext
from tests.bench.company import Company
from tests.bench.place import PATIENCE_SECONDS, Site, send, site

BATCH = 1000
"""As the rooms' own `max_records`."""

BESIDE: Final = {"edges": EDGE_COLUMNS, "twins": TWIN_COLUMNS, "changes": CHANGE_COLUMNS}
"""What the detector stores of an item besides its row; the first column names the item."""

Row = tuple[object, ...]


@dataclass(frozen=True)
class Rows:
    """What the rooms made of the items: rows by ref, and findings with the item that they hang on, if on one.

    `beside` are the detector's rows of what items tell of others, and of what happened to them, by table.
    """

    mapped: Mapping[str, Row]
    sent: Mapping[str, Outgoing]
    detected: Mapping[str, Row]
    beside: Mapping[str, Mapping[str, list[Row]]]
    findings: list[tuple[str, Outgoing]]


async def rows_of(place: Site) -> Rows:
    """Read what the rooms have stored."""
    at = place.clock.wall()
    async with place.database.room("mapper").transaction() as conn:
        mapped = await _by_ref(conn, "items", COLUMNS)
    async with place.database.room("detector").transaction() as conn:
        detected = await _by_ref(conn, "items", ITEM_COLUMNS)
        beside = {table: await _of_each(conn, table, columns) for table, columns in BESIDE.items()}
        bus = Bus(place.bus, "detector", place.clock)
        found = await conn.execute(text("SELECT anchor, body, transition, revision, flow FROM findings"))
        findings = [(anchor, finding_outgoing(bus, changed_of(*rest))) for anchor, *rest in found]
    sent = {ref: outgoing(aligned_of(row), at) for ref, row in mapped.items()}
    return Rows(mapped, sent, detected, beside, findings)


async def _by_ref(conn: AsyncConnection, table: str, columns: tuple[str, ...]) -> dict[str, Row]:
    rows = await conn.execute(text(f"SELECT {', '.join(columns)} FROM {table}"))  # noqa: S608 -- our own names
    return {row[0]: tuple(row) for row in rows}


async def _of_each(conn: AsyncConnection, table: str, columns: tuple[str, ...]) -> dict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in await conn.execute(text(f"SELECT {', '.join(columns)} FROM {table}")):  # noqa: S608 -- our own names
        found[row[0]].append(tuple(row))
    return dict(found)


def aligned_of(row: Row) -> Aligned:
    """Return what a row of the mapper's items says to the bus."""
    values = dict(zip(COLUMNS, row, strict=True))
    return Aligned(**{name: values[name] for name in Aligned.__slots__})  # type: ignore[arg-type]


async def run(endpoints: Endpoints, company: Company, rows: Rows) -> float:
    """Return the seconds that the same items take without logic."""
    async with site(endpoints) as place:
        writer = place.writer()
        try:
            await send(writer, company.snapshots(), "drain:floor")
        finally:
            await writer.stop()
        done = asyncio.Event()
        hops: dict[str, BuildRoom] = {mapper.ROOM: partial(FirstHop, rows=rows),
                detector.ROOM: partial(SecondHop, rows=rows, size=company.size, done=done)}  # fmt: skip
        host = place.host(hops)
        began = monotonic()
        try:
            await host.start()
            async with asyncio.timeout(PATIENCE_SECONDS):
                await done.wait()
            return monotonic() - began
        finally:
            await host.stop()


class Hop:
    """A room without logic."""

    name = ""

    def __init__(self, context: RoomContext, rows: Rows) -> None:
        self._context = context
        self._rows = rows

    async def start(self) -> None:
        await self._context.bus.start()

    async def stop(self) -> None:
        await self._context.bus.stop_reading()

    async def seed(self) -> None:
        """There is nothing to send again."""

    async def progress(self) -> Progress:
        return Progress()

    def routers(self) -> tuple[()]:
        return ()


class FirstHop(Hop):
    """Stands for the mapper."""

    name = mapper.ROOM

    def __init__(self, context: RoomContext, rows: Rows) -> None:
        super().__init__(context, rows)
        context.bus.subscribe(INPUTS, self.handle, max_records=BATCH)

    async def handle(self, batch: Batch) -> None:
        await self._context.database.run(partial(self._store, batch=batch))

    async def _store(self, conn: AsyncConnection, batch: Batch) -> None:
        refs = [record.key or "" for record in batch.of(WorkItemSnapshot)]
        if refs:
            await copy_rows(conn, "items", COLUMNS, (self._rows.mapped[ref] for ref in refs))
            await self._context.bus.publish([self._rows.sent[ref] for ref in refs])
        await finish_batch(conn, self._context.bus, batch)


class SecondHop(Hop):
    """Stands for the detector; findings on items go into the outbox with them, the others with the last batch."""

    name = detector.ROOM

    def __init__(self, context: RoomContext, rows: Rows, size: int, done: asyncio.Event) -> None:
        super().__init__(context, rows)
        self._left = size
        self._done = done
        self._findings: defaultdict[str, list[Outgoing]] = defaultdict(list)
        for anchor, finding in rows.findings:
            self._findings[anchor if anchor in rows.detected else ""].append(finding)
        context.bus.subscribe([ALIGNED_ITEMS], self.handle, max_records=BATCH)

    async def handle(self, batch: Batch) -> None:
        refs = [record.key or "" for record in batch.of(ItemAligned)]
        await self._context.database.run(partial(self._store, batch=batch, refs=refs))
        self._left -= len(refs)
        if not self._left:
            self._done.set()

    async def _store(self, conn: AsyncConnection, batch: Batch, refs: list[str]) -> None:
        if refs:
            last = [""] if len(refs) == self._left else []
            await copy_rows(conn, "items", ITEM_COLUMNS, (self._rows.detected[ref] for ref in refs))
            for table, by_ref in self._rows.beside.items():
                if told := [row for ref in refs for row in by_ref.get(ref, ())]:
                    await copy_rows(conn, table, BESIDE[table], told)
            findings = [one for ref in (*refs, *last) for one in self._findings.get(ref, ())]
            await add_to_outbox(conn, findings)
        await finish_batch(conn, self._context.bus, batch)
