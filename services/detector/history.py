"""What came of the changes in a batch: those that a rule may rest on, as rows, and the loads that they came with."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import WorkItemChange
from services.detector.history_store import ChangeRow, keep_changes
from services.detector.spreading import note_dirty
from services.runtime.bus import Record, read
from services.runtime.errors import InvalidMessage


@dataclass(frozen=True, slots=True)
class Told:
    """The changes of a batch that have an aspect, in its order; the load of each item, empty for none; the unusable."""

    rows: list[ChangeRow]
    flows: dict[str, str]
    unusable: list[tuple[Record, str]]


def read_changes(records: tuple[Record, ...]) -> Told:
    """Return what these records tell; a change without an aspect says nothing to any rule."""
    told = Told([], {}, [])
    for record in records:
        try:
            change = read(record, WorkItemChange)
            if change.aspect is not None:
                told.rows.append(row_of(change))
                told.flows[change.ref] = change.flow or ""
        except InvalidMessage as error:
            told.unusable.append((record, str(error)))
    return told


async def store_told(conn: AsyncConnection, told: Told) -> None:
    """Keep what was told and note the items of which it is news, known or not yet."""
    news = await keep_changes(conn, told.rows)
    await note_dirty(conn, ((ref, told.flows[ref]) for ref in news))


def row_of(change: WorkItemChange) -> ChangeRow:
    """Return a change that has an aspect as it is kept; raises `InvalidMessage` for text that no table can hold."""
    if change.aspect is None:
        raise InvalidMessage("invalid-payload: no aspect")
    by = change.by
    row = ChangeRow(
        ref=change.ref,
        change_id=change.change_id,
        aspect=change.aspect.value,
        was=change.was,
        becomes=change.becomes,
        at=change.at,
        by_id=by.id if by else None,
        by_name=by.name if by else None,
        by_kind=by.kind.value if by else None,
    )
    if any(isinstance(value, str) and "\0" in value for value in row.values):
        raise InvalidMessage("invalid-payload: a character that is no text")
    return row
