"""The SQL of the cursors: how far each reading of a tracker has come, stored with what it brought."""

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

Kind = Literal["backfill", "poll", "events", "census"]

EVERYWHERE: Final = ""
"""The scope of a cursor that is of all scopes together."""

_READ: Final = text(
    "SELECT scope, value, done, items FROM cursors WHERE connection = :connection AND kind = :kind ORDER BY scope"
)
_SAVE: Final = text(
    "INSERT INTO cursors AS known (connection, kind, scope, value, done, items)"
    " VALUES (:connection, :kind, :scope, :value, :done, :items)"
    " ON CONFLICT (connection, kind, scope) DO UPDATE SET value = excluded.value, done = excluded.done,"
    " items = known.items + excluded.items"
)
_CLEAR: Final = text("DELETE FROM cursors WHERE connection = :connection AND kind = :kind")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a reading goes on: at `value`, none from the beginning. `items` came so far."""

    scope: str = EVERYWHERE
    value: str | None = None
    done: bool = False
    items: int = 0


async def cursors_of(conn: AsyncConnection, connection: str, kind: Kind) -> dict[str, Cursor]:
    """Return the cursors of one kind by their scopes."""
    rows = await conn.execute(_READ, {"connection": connection, "kind": kind})
    return {row.scope: Cursor(row.scope, row.value, row.done, row.items) for row in rows}


async def save_cursor(conn: AsyncConnection, connection: str, kind: Kind, cursor: Cursor) -> None:
    """Have a reading go on here; the cursor's `items` are added to those that came before."""
    values = {"scope": cursor.scope, "value": cursor.value, "done": cursor.done, "items": cursor.items}
    await conn.execute(_SAVE, {"connection": connection, "kind": kind, **values})


async def clear_cursors(conn: AsyncConnection, connection: str, kind: Kind) -> None:
    """Have all readings of a kind begin anew."""
    await conn.execute(_CLEAR, {"connection": connection, "kind": kind})
