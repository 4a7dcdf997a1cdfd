"""What may be asked of the detector from outside: say again all that stands, after the topic was lost."""

from typing import Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.topics import FINDINGS
from services.detector.store_findings import changed_of, outgoing
from services.runtime.bus import Bus
from services.runtime.database import RoomDatabase
from services.runtime.marks import passed_marks

PAGE: Final = 500

_PAGE: Final = text(
    "SELECT fingerprint, body, transition, revision, flow FROM findings WHERE fingerprint > :after "
    "ORDER BY fingerprint LIMIT :limit"
)


async def reseed(database: RoomDatabase, bus: Bus) -> int:
    """Publish every finding as it stands, resolved ones too, with the revision that it has, then the marks passed.

    Returns the number of findings. Readers that know a revision pass it by.
    """
    count, after = 0, ""
    while True:
        async with database.transaction() as conn:
            page = await _page(conn, after)
        if not page:
            break
        await bus.publish([outgoing(bus, changed_of(row.body, row.transition, row.revision, row.flow)) for row in page])
        count, after = count + len(page), page[-1].fingerprint
    async with database.transaction() as conn:
        marks = await passed_marks(conn)
    for mark in marks:
        await bus.publish_mark(FINDINGS, mark)
    return count


async def _page(conn: AsyncConnection, after: str) -> list[Row[tuple[object, ...]]]:
    return list(await conn.execute(_PAGE, {"after": after, "limit": PAGE}))
