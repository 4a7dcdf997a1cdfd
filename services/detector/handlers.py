"""What the detector does with a batch: read it, store it, note whom it may touch; judging comes after the commit."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.aligned_items import ItemAligned
from schemas.connections import ConnectionReported
from schemas.marks import MarkKind
from schemas.measurements import KeyResultMeasured
from schemas.strategy import StrategyApplied
from schemas.topics import ALIGNED_ITEMS, CHANGES, Topic
from schemas.work_items import WorkItemChange
from services.detector import connections_copy, measurements_store, strategy_copy
from services.detector.history import Told, read_changes, store_told
from services.detector.marks import hold_mark
from services.detector.rows import ItemRows, newest, rows_of
from services.detector.store import store_items
from services.runtime.bus import Batch, Bus, Record, read
from services.runtime.database import RoomDatabase
from services.runtime.errors import InvalidMessage
from services.runtime.faultpoints import faultpoint
from services.runtime.handling import OneByOne
from services.runtime.marks import see_marks
from services.runtime.parking import park, set_aside_unreadable
from services.runtime.progress import finish_batch

ITEM_INPUTS: Final[Sequence[Topic]] = (ALIGNED_ITEMS,)
CHANGE_INPUTS: Final[Sequence[Topic]] = tuple(CHANGES.values())
MARK_INPUTS: Final[Mapping[MarkKind, Sequence[Topic]]] = {
    MarkKind.IMPORT: (*ITEM_INPUTS, *CHANGE_INPUTS),
    MarkKind.STRATEGY: ITEM_INPUTS,
    MarkKind.DRAIN: (*ITEM_INPUTS, *CHANGE_INPUTS),
}
"""A strategy moves no item's past, so its mark comes from the mapper alone."""


class ItemsHandler:
    """Stores the items of a batch and wakes the judge after the commit."""

    def __init__(self, database: RoomDatabase, bus: Bus, wake: Callable[[], None]) -> None:
        self._database = database
        self._bus = bus
        self._wake = wake

    async def __call__(self, batch: Batch) -> None:
        """Handle one batch in one transaction."""
        rows, unusable = _read_items(batch)
        await self._database.run(lambda conn: self._handle(conn, batch, rows, unusable))
        faultpoint("detector.stored")
        self._wake()

    async def _handle(
        self, conn: AsyncConnection, batch: Batch, rows: list[ItemRows], unusable: list[tuple[Record, str]]
    ) -> None:
        await store_items(conn, rows, self._bus.clock.now())
        await _finish(conn, self._bus, batch, unusable)


class ChangesHandler:
    """Keeps what happened to items and wakes the judge after the commit."""

    def __init__(self, database: RoomDatabase, bus: Bus, wake: Callable[[], None]) -> None:
        self._database = database
        self._bus = bus
        self._wake = wake

    async def __call__(self, batch: Batch) -> None:
        """Handle one batch in one transaction."""
        told = read_changes(batch.of(WorkItemChange))
        await self._database.run(lambda conn: self._handle(conn, batch, told))
        faultpoint("detector.changes-stored")
        self._wake()

    async def _handle(self, conn: AsyncConnection, batch: Batch, told: Told) -> None:
        await store_told(conn, told)
        await _finish(conn, self._bus, batch, told.unusable)


async def _finish(conn: AsyncConnection, bus: Bus, batch: Batch, unusable: Sequence[tuple[Record, str]]) -> None:
    """Set aside what cannot be used, do what the marks say that are complete with this batch, and note its end."""
    await set_aside_unreadable(conn, batch)
    for record, reason in unusable:
        await park(conn, record, reason)
    for mark in await see_marks(conn, bus, batch, MARK_INPUTS):
        await hold_mark(conn, mark)
    await finish_batch(conn, bus, batch)


def strategy_handler(database: RoomDatabase, bus: Bus, wake: Callable[[], None]) -> OneByOne[StrategyApplied]:
    """Return what keeps each version of the strategy that comes."""
    return OneByOne(database, bus, StrategyApplied, strategy_copy.keep, wake)


def connections_handler(database: RoomDatabase, bus: Bus, wake: Callable[[], None]) -> OneByOne[ConnectionReported]:
    """Return what keeps the newest report of each connection."""
    return OneByOne(database, bus, ConnectionReported, connections_copy.keep, wake)


def measurements_handler(database: RoomDatabase, bus: Bus, wake: Callable[[], None]) -> OneByOne[KeyResultMeasured]:
    """Return what keeps each measurement of a key result."""
    return OneByOne(database, bus, KeyResultMeasured, measurements_store.keep, wake)


def _read_items(batch: Batch) -> tuple[list[ItemRows], list[tuple[Record, str]]]:
    """Return the newest rows of each item in the batch, and the records that cannot be read with the reason."""
    rows: list[ItemRows] = []
    unusable: list[tuple[Record, str]] = []
    for record in batch.of(ItemAligned):
        try:
            rows.append(rows_of(read(record, ItemAligned)))
        except InvalidMessage as error:
            unusable.append((record, str(error)))
    return newest(rows), unusable
