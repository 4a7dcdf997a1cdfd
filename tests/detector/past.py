"""What trackers tell of an item's past, as the connectors publish it; and what the detector keeps of that."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from schemas.events import type_names
from schemas.topics import CHANGES, Topic
from schemas.work_items import ActorKind, ChangeAspect, ChangeKind, Tracker, WorkItemChange
from services.detector.history import read_changes, store_told
from services.runtime.bus import Record
from services.runtime.database import RoomDatabase
from tests.builders import ANA, ref_of

TODO, IN_PROGRESS, DONE = "todo", "in_progress", "done"


def change(
    number: int, change_id: str, was: str | None, becomes: str | None, at: datetime, **fields: Any
) -> WorkItemChange:
    """Return a change of status of the item with this number, made by Ana; `fields` are those of `WorkItemChange`."""
    values: dict[str, Any] = {
        "ref": ref_of(number),
        "key": f"APP-{number}",
        "change_id": change_id,
        "kind": ChangeKind.FIELD,
        "field": "status",
        "aspect": ChangeAspect.STATUS,
        "was": was,
        "becomes": becomes,
        "at": at,
        "by": ANA,
    }
    return WorkItemChange(**(values | fields))


def topic_of(one: WorkItemChange) -> Topic:
    """Return the topic on which this change comes."""
    return CHANGES[Tracker(one.ref.partition(":")[0])]


def record_of(one: WorkItemChange) -> Record:
    """Return the change as it comes."""
    body = one.model_dump_json().encode()
    return Record(topic_of(one), 0, 0, one.ref, type_names[WorkItemChange], body, ())


async def tell(database: RoomDatabase, *changes: WorkItemChange) -> None:
    """Have a detector keep these changes, as one batch."""
    told = read_changes(tuple(record_of(one) for one in changes))
    assert not told.unusable
    await database.run(lambda conn: store_told(conn, told))


async def kept(database: RoomDatabase, columns: str, table: str, order: str) -> list[tuple[Any, ...]]:
    """Return rows of the detector."""
    async with database.transaction() as conn:
        rows = await conn.execute(text(f"SELECT {columns} FROM {table} ORDER BY {order}"))  # noqa: S608 -- our own names
        return [tuple(row) for row in rows]


async def moves(database: RoomDatabase) -> list[tuple[Any, ...]]:
    """Return of each item when it last moved, and when it last left work in progress."""
    return await kept(database, "ref, moved, left_progress", "items", "ref")


async def on_agenda(database: RoomDatabase) -> set[str]:
    """Return the subjects that are to be judged at once."""
    return {subject for (subject,) in await kept(database, "subject", "agenda WHERE due = '-infinity'", "subject")}


def by_bot(one: WorkItemChange) -> WorkItemChange:
    """Return the same change as somebody else's doing."""
    return one.model_copy(update={"by": ANA.model_copy(update={"kind": ActorKind.BOT})})


def last_of_each(changes: Sequence[WorkItemChange]) -> list[WorkItemChange]:
    """Return each change once, as it was told last."""
    return list({(one.ref, one.change_id): one for one in changes}.values())
