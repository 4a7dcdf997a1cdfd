"""The SQL of how connections stand: first contact, newest report, census."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_COLUMNS: Final = (
    "flow, high_water, scopes, first_connected, opened_at, last_success, report, census, census_wanted, census_running,"
    " census_at, missing, missing_confirmed"
)
_READ: Final = text(f"SELECT {_COLUMNS} FROM connection_states WHERE connection = :connection")  # noqa: S608
_ALL: Final = text(f"SELECT connection, {_COLUMNS} FROM connection_states ORDER BY connection")  # noqa: S608
_BEGIN: Final = text(
    "INSERT INTO connection_states AS known (connection, flow, high_water, first_connected)"
    " VALUES (:connection, :flow, :high_water, :at) ON CONFLICT (connection) DO UPDATE SET"
    " flow = excluded.flow, high_water = excluded.high_water, first_connected = excluded.first_connected"
    " WHERE known.flow IS NULL"
)
_OPENED: Final = text(
    "UPDATE connection_states SET opened_at = :at, census_at = :machine WHERE connection = :connection"
)
_SCOPES: Final = text(
    "INSERT INTO connection_states (connection, scopes) VALUES (:connection, :scopes)"
    " ON CONFLICT (connection) DO UPDATE SET scopes = excluded.scopes"
)
_SUCCEEDED: Final = text(
    "UPDATE connection_states SET last_success = greatest(last_success, :at) WHERE connection = :connection"
)
_REPORTED: Final = text(
    "INSERT INTO connection_states (connection, revision, report) VALUES (:connection, :revision, :report)"
    " ON CONFLICT (connection) DO UPDATE SET revision = excluded.revision, report = excluded.report"
)
_REPORTS: Final = text(
    "SELECT connection, revision, report FROM connection_states WHERE report IS NOT NULL ORDER BY connection"
)
_WANT: Final = text(
    "INSERT INTO connection_states AS known (connection, census_wanted) VALUES (:connection, :reason)"
    " ON CONFLICT (connection) DO UPDATE SET census_wanted ="
    # A census for lost events may be put off; another reason is not to wait for it.
    " CASE WHEN known.census_wanted LIKE '% were lost' THEN excluded.census_wanted"
    " ELSE coalesce(known.census_wanted, excluded.census_wanted) END"
)
_BEGIN_CENSUS: Final = text(
    "UPDATE connection_states SET census = census + 1, census_running = :reason, census_wanted = NULL, census_at = :at"
    " WHERE connection = :connection"
)
_END_CENSUS: Final = text(
    "UPDATE connection_states SET census_running = NULL, missing = :missing,"
    " missing_confirmed = missing_confirmed AND :missing > 0 WHERE connection = :connection"
)
_CONFIRM: Final = text(
    "UPDATE connection_states SET missing_confirmed = true,"
    " census_wanted = coalesce(census_wanted, 'somebody confirmed that the missing items are gone')"
    " WHERE connection = :connection AND missing > 0 RETURNING missing"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a connection stands in the tables; one that was never reached has nothing but defaults.

    `first_connected`, `opened_at` and `last_success` are in domain time, `census_at` in machine time. `census_wanted`
    and `census_running` are reasons, one sentence each. `scopes` is JSON. `missing` items were held back by the newest
    census.
    """

    flow: str | None = None
    high_water: str | None = None
    scopes: str | None = None
    first_connected: datetime | None = None
    opened_at: datetime | None = None
    last_success: datetime | None = None
    report: str | None = None
    census: int = 0
    census_wanted: str | None = None
    census_running: str | None = None
    census_at: datetime | None = None
    missing: int = 0
    missing_confirmed: bool = False


async def standing_of(conn: AsyncConnection, connection: str) -> Standing:
    """Return how a connection stands."""
    row = (await conn.execute(_READ, {"connection": connection})).one_or_none()
    return Standing() if row is None else Standing(*row)


async def all_standings(conn: AsyncConnection) -> dict[str, Standing]:
    """Return how all connections stand, by their names."""
    return {connection: Standing(*rest) for connection, *rest in await conn.execute(_ALL)}


async def begin_contact(
    conn: AsyncConnection, connection: str, *, flow: str, high_water: str | None, at: datetime
) -> None:
    """Note that the first contact has begun, once."""
    await conn.execute(_BEGIN, {"connection": connection, "flow": flow, "high_water": high_water, "at": at})


async def note_opened(conn: AsyncConnection, connection: str, at: datetime, machine: datetime) -> None:
    """Note that the first contact's mark is out."""
    await conn.execute(_OPENED, {"connection": connection, "at": at, "machine": machine})


async def save_scopes(conn: AsyncConnection, connection: str, scopes: str) -> None:
    """Keep which parts of the site are read, as JSON."""
    await conn.execute(_SCOPES, {"connection": connection, "scopes": scopes})


async def note_success(conn: AsyncConnection, connection: str, at: datetime) -> None:
    """Note that at `at` (domain time) all that the tracker had to say was in our tables, or one more page of the first.

    A tracker that brings page after page is none that brings no data.
    """
    await conn.execute(_SUCCEEDED, {"connection": connection, "at": at})


async def save_report(conn: AsyncConnection, connection: str, revision: int, report: str) -> None:
    """Keep the newest report."""
    await conn.execute(_REPORTED, {"connection": connection, "revision": revision, "report": report})


async def all_reports(conn: AsyncConnection) -> list[tuple[str, int, str]]:
    """Return (connection, revision, report as JSON) of every connection that was ever reported."""
    return [(row.connection, row.revision, row.report) for row in await conn.execute(_REPORTS)]


async def want_census(conn: AsyncConnection, connection: str, reason: str) -> None:
    """Ask for a census; the first reason that is given stays until it begins, but for one that may be put off."""
    await conn.execute(_WANT, {"connection": connection, "reason": reason})


async def begin_census(conn: AsyncConnection, connection: str, reason: str, at: datetime) -> None:
    """Note that a census of the next number begins."""
    await conn.execute(_BEGIN_CENSUS, {"connection": connection, "reason": reason, "at": at})


async def end_census(conn: AsyncConnection, connection: str, *, missing: int) -> None:
    """Note that the census has ended, and how many missing items it held back."""
    await conn.execute(_END_CENSUS, {"connection": connection, "missing": missing})


async def confirm_missing(conn: AsyncConnection, connection: str) -> int:
    """Note that somebody confirmed the missing items; return how many are held back, 0 where none are."""
    return int(await conn.scalar(_CONFIRM, {"connection": connection}) or 0)
