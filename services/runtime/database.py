"""Each room's own door to PostgreSQL: its connections see its schema and nothing else.

Promise: a transaction is all or nothing, and every failure that time may heal (a lost connection, a lock, a full or
read-only disk) arrives as `Transient`, so that a handler need know one word only.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, TypeVar

import psycopg
from psycopg import sql
from psycopg.abc import Buffer
from psycopg.types.array import ListDumper
from sqlalchemy import event
from sqlalchemy.dialects.postgresql.psycopg import AsyncAdapt_psycopg_connection
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.runtime.arrays import array_text
from services.runtime.errors import Misconfigured, Transient

T = TypeVar("T")

STATEMENT_TIMEOUT_MS: Final = 60_000
POOL_TIMEOUT_SECONDS: Final = 30
CONNECT_TIMEOUT_SECONDS: Final = 10
CONFLICT_TRIES: Final = 5

_CONFLICTS: Final = frozenset({"40001", "40P01"})
_TRANSIENT_CLASSES: Final = frozenset({"08", "40", "53", "57", "58"})
"""Connection, rollback, lack of resources, operator's intervention, system: PostgreSQL manual, appendix A."""
_TRANSIENT_STATES: Final = frozenset({"25006", "55P03", "25P03", "25P02"})
"""Read-only (a standby, a full disk), lock not available, an idle transaction timed out, one already failed."""

_NOT_OUR_SCHEMA: Final = frozenset({"42P01", "42703", "3F000", "42501"})
"""No such table, no such column, no such schema, no right to it."""


class Conflict(Transient):
    """Two transactions were in each other's way and PostgreSQL chose this one to go again."""

    reason = "conflict"


def database_url(url: str) -> URL:
    """Return the URL with our driver in it, or say what is wrong with it."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise Misconfigured(
            "The database URL cannot be read; write it as postgresql://user:password@host/name."
        ) from error
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise Misconfigured("The database must be PostgreSQL; write its URL as postgresql://user:password@host/name.")
    return parsed.set(drivername="postgresql+psycopg")


def transient_of(error: BaseException) -> Transient | None:
    """Return what to raise instead of a driver's error that time may heal, else none."""
    if isinstance(error, PoolTimeoutError):
        return Transient("No database connection became free in time.")
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error):
        return None
    state = cause.sqlstate
    message = f"The database said no for now: {_first_line(cause)}"
    if state in _CONFLICTS:
        return Conflict(message)
    if state is None:
        # The driver's own errors of these two kinds mean a connection that is lost, closed or was never made.
        return Transient(message) if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError) else None
    return Transient(message) if state[:2] in _TRANSIENT_CLASSES or state in _TRANSIENT_STATES else None


def misconfigured_of(error: BaseException) -> Misconfigured | None:
    """Return what to raise when the tables are not those that this version expects, or the user may not use them."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error) or cause.sqlstate not in _NOT_OUR_SCHEMA:
        return None
    return Misconfigured(f"The database is not set up for this version; run `leeway migrate`: {_first_line(cause)}")


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


class RoomDatabase:
    """One room's schema. Names are written without the schema everywhere: the search path holds this one only."""

    def __init__(self, engine: AsyncEngine, room: str, schema: str) -> None:
        self.room = room
        self.schema = schema
        self._engine = engine

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open one READ COMMITTED transaction: committed at the end of the block, rolled back by any error."""
        return self._guarded(self._engine.begin())

    def connection(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection for several transactions of one's own, each in `async with conn.begin()`."""
        return self._guarded(self._engine.connect())

    def session(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Open a connection outside any transaction, for session locks: each statement commits by itself."""
        return self._guarded(self._engine.execution_options(isolation_level="AUTOCOMMIT").connect())

    async def run(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Run `work` in a transaction; repeat it, up to five times, when PostgreSQL chose it to end a deadlock."""
        for attempt in range(1, CONFLICT_TRIES):
            try:
                return await self._once(work)
            except Conflict:
                await asyncio.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311 -- jitter, no secret
        return await self._once(work)

    async def _once(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async with self.transaction() as conn:
            return await work(conn)

    @asynccontextmanager
    async def _guarded(self, opening: AbstractAsyncContextManager[AsyncConnection]) -> AsyncIterator[AsyncConnection]:
        try:
            async with opening as conn:
                conn.info["parked"] = []
                yield conn
        except (DBAPIError, psycopg.Error, PoolTimeoutError) as error:
            ours = transient_of(error) or misconfigured_of(error)
            if ours is None:
                raise
            raise ours from error


class Database:
    """The doors of all rooms in this process; a room's connections are made when first needed."""

    def __init__(self, url: str, *, prefix: str = "", pool_size: int = 8) -> None:
        self._url = database_url(url)
        self._prefix = prefix
        self._pool_size = pool_size
        self._engines: dict[str, AsyncEngine] = {}

    def room(self, name: str) -> RoomDatabase:
        """Return the room's door; its schema is the prefix and the room's name."""
        schema = self._prefix + name
        if name not in self._engines:
            self._engines[name] = self._engine(name, schema)
        return RoomDatabase(self._engines[name], name, schema)

    async def close(self) -> None:
        """Close all connections."""
        engines = list(self._engines.values())
        self._engines.clear()
        for engine in engines:
            await engine.dispose()

    def _engine(self, room: str, schema: str) -> AsyncEngine:
        engine = create_async_engine(
            self._url,
            pool_size=self._pool_size,
            max_overflow=2,
            pool_timeout=POOL_TIMEOUT_SECONDS,
            pool_pre_ping=True,
            hide_parameters=True,  # errors are logged and parked, and values are people's words
            connect_args=connect_arguments(room, schema),
            execution_options={"room": room},
        )
        event.listen(engine.sync_engine, "connect", _write_texts_at_once)
        return engine


class TextsDumper(ListDumper):
    """Writes a list of texts in one go, where the driver takes a microsecond for each; all other lists as it does."""

    def dump(self, obj: list[Any]) -> Buffer | None:
        """Return the list as PostgreSQL reads an array."""
        if self.sub_dumper is None or set(map(type, obj)) != {str}:
            return super().dump(obj)
        return self.sub_dumper.dump(array_text(obj))


def _write_texts_at_once(made: AsyncAdapt_psycopg_connection, _: object) -> None:
    made.driver_connection.adapters.register_dumper(list, TextsDumper)


def connect_arguments(room: str, schema: str, *, statement_timeout_ms: int = STATEMENT_TIMEOUT_MS) -> dict[str, object]:
    """Return what every connection of a room starts with: its search path, its limits and its name in the server."""
    settings = {
        "search_path": schema,
        "statement_timeout": statement_timeout_ms,
        "idle_in_transaction_session_timeout": 2 * STATEMENT_TIMEOUT_MS,
        "default_transaction_isolation": r"read\ committed",
        "timezone": "UTC",
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return {"options": options, "connect_timeout": CONNECT_TIMEOUT_SECONDS, "application_name": f"leeway-{room}"}


async def copy_rows(
    conn: AsyncConnection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Copy rows into a table within the connection's transaction: the fast way in, also for wide JSON."""
    driver = (await conn.get_raw_connection()).driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        raise TypeError("copy_rows needs a psycopg connection")
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(row)
