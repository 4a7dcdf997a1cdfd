"""Keeping what happened to items: each change once, by the item and the tracker's own name of the change.

Promise: changes of items that are not known yet are kept as well. Nothing here waits for judging: of what came, the
item is only noted in `dirty`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.runtime.database import copy_rows

ALIGNED_PREFIX: Final = "aligned:"
PLANNED_PREFIX: Final = "aligned:strategy:"
"""Of those that a version of the strategy, rather than somebody, moved."""
CHANGE_COLUMNS: Final = ("ref", "change_id", "aspect", "was", "becomes", "at", "by_id", "by_name", "by_kind")

_STAGING: Final = text("CREATE TEMPORARY TABLE IF NOT EXISTS staged_changes (LIKE changes) ON COMMIT DELETE ROWS")
_KEEP: Final = text(
    "INSERT INTO changes AS known SELECT * FROM staged_changes ORDER BY ref, change_id "
    "ON CONFLICT (ref, change_id) DO UPDATE SET aspect = excluded.aspect, was = excluded.was, "
    "becomes = excluded.becomes, at = excluded.at, by_id = excluded.by_id, by_name = excluded.by_name, "
    "by_kind = excluded.by_kind WHERE (known.aspect, known.was, known.becomes, known.at, known.by_id, known.by_name, "
    "known.by_kind) IS DISTINCT FROM (excluded.aspect, excluded.was, excluded.becomes, excluded.at, excluded.by_id, "
    "excluded.by_name, excluded.by_kind) RETURNING known.ref"
)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change as it is kept; `was` and `becomes` are in the words of `WorkItem`."""

    ref: str
    change_id: str
    aspect: str
    was: str | None
    becomes: str | None
    at: datetime
    by_id: str | None = None
    by_name: str | None = None
    by_kind: str | None = None

    @property
    def values(self) -> tuple[object, ...]:
        """The row, in the order of `CHANGE_COLUMNS`."""
        return (
            *(self.ref, self.change_id, self.aspect, self.was, self.becomes, self.at),
            *(self.by_id, self.by_name, self.by_kind),
        )


async def keep_changes(conn: AsyncConnection, rows: Iterable[ChangeRow]) -> set[str]:
    """Keep changes, of the same one the last; return the refs of which something new is known."""
    newest = {(row.ref, row.change_id): row for row in rows}
    if not newest:
        return set()
    await conn.execute(_STAGING)
    await copy_rows(conn, "staged_changes", CHANGE_COLUMNS, (row.values for row in newest.values()))
    return set(await conn.scalars(_KEEP))
