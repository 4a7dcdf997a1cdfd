"""Who has seen which mark: a mark is through a room's input once it came on every partition of every input topic."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.marks import FlowMark, MarkKind
from schemas.topics import Topic
from services.runtime.errors import InvalidMessage
from services.runtime.parking import park
from services.runtime.records import Batch, Record, read
from services.runtime.tables import RUNTIME

if TYPE_CHECKING:
    from services.runtime.bus import Bus

_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ':' || :mark, 1))")
_SEE: Final = text(
    "INSERT INTO marks_seen (mark, topic, partition) VALUES (:mark, :topic, :partition) ON CONFLICT DO NOTHING"
)
_SEEN_ON: Final = text("SELECT count(*) FROM marks_seen WHERE mark = :mark AND topic = ANY(CAST(:topics AS text[]))")
_PASSED: Final = text("SELECT 1 FROM marks_passed WHERE mark = :mark")
_PASS: Final = text(
    "INSERT INTO marks_passed (mark, body) VALUES (:mark, CAST(:body AS jsonb)) ON CONFLICT (mark) DO NOTHING"
)


Inputs = Sequence[Topic] | Mapping[MarkKind, Sequence[Topic]]
"""The topics on which a mark has to come; by its kind, where not all kinds are sent to all of them."""


async def see_marks(conn: AsyncConnection, bus: "Bus", batch: Batch, inputs: Inputs) -> list[FlowMark]:
    """Note the batch's marks; return those that are now seen on all partitions of all `inputs` and not passed yet.

    The batch may be of some of the inputs only: whoever handles the last partition of the last of them is told.
    Each partition of a mark is noted under a lock of that mark, so that of several processes that see the last
    partitions at the same time exactly one sees it complete.
    """
    of_kind = inputs if isinstance(inputs, Mapping) else dict.fromkeys(MarkKind, inputs)
    arrived: dict[str, FlowMark] = {}
    for record, mark in await _marks_in(conn, batch, of_kind):
        if mark.id not in arrived:
            await conn.execute(_ONE_AT_A_TIME, {"mark": mark.id})
        arrived[mark.id] = mark
        place = {"mark": mark.id, "topic": record.topic.name, "partition": record.partition}
        await conn.execute(_SEE, place)
    return [mark for mark in arrived.values() if await _is_complete(conn, bus, mark, of_kind[mark.kind])]


async def mark_passed(conn: AsyncConnection, mark: FlowMark) -> None:
    """Note that the room has passed a mark; keep it, to send it again after a wipe."""
    await conn.execute(_PASS, {"mark": mark.id, "body": mark.model_dump_json()})


async def passed_marks(conn: AsyncConnection) -> list[FlowMark]:
    """Return the marks that the room has passed, in that order."""
    passed = RUNTIME.marks_passed
    rows = await conn.scalars(select(passed.c.body).order_by(passed.c.passed_at, passed.c.mark))
    return [FlowMark.model_validate(body) for body in rows]


async def _marks_in(
    conn: AsyncConnection, batch: Batch, inputs: Mapping[MarkKind, Sequence[Topic]]
) -> list[tuple[Record, FlowMark]]:
    """Return the readable marks of the batch, sorted by id so that locks are taken in one order; park the others."""
    found: list[tuple[Record, FlowMark]] = []
    for record in batch.of(FlowMark):
        try:
            mark = read(record, FlowMark)
        except InvalidMessage as error:
            await park(conn, record, str(error))
            continue
        if record.topic in inputs[mark.kind]:
            found.append((record, mark))
    return sorted(found, key=lambda one: one[1].id)


async def _is_complete(conn: AsyncConnection, bus: "Bus", mark: FlowMark, inputs: Sequence[Topic]) -> bool:
    if await conn.scalar(_PASSED, {"mark": mark.id}) is not None:
        return False
    partitions = sum([await bus.partitions(topic) for topic in inputs])
    names = [topic.name for topic in inputs]
    return int(await conn.scalar(_SEEN_ON, {"mark": mark.id, "topics": names}) or 0) >= partitions
