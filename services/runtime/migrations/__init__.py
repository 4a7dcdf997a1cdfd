"""Brings every room's schema up to date, each by its own revisions, and refuses a database that is newer than we are.

A room's revisions lie in `services/<room>/migrations/versions/`; its version table lies in its own schema, so rooms
are upgraded one by one and a failed upgrade leaves the room as it was.
"""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import structlog
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema

from services.runtime.database import connect_arguments, database_url, transient_of
from services.runtime.errors import Misconfigured

log = structlog.get_logger(__name__)

ROOMS: Final[tuple[str, ...]] = ("runtime", "connectors", "mapper", "detector", "notifier")
"""Every room that keeps tables; `runtime` keeps the tokens."""

VERSION_TABLE: Final = "alembic_version"
LOCK_TIMEOUT: Final = "10s"

_ALONE: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('leeway-migrate:' || :schema, 0))")
_THERE: Final = text("SELECT 1 FROM pg_namespace WHERE nspname = :schema")
_SERVICES: Final = Path(__file__).parents[2]


def migrate(url: str, prefix: str = "", rooms: Sequence[str] = ROOMS) -> None:
    """Upgrade the rooms' schemas, made where they are missing, to the newest revision that we know.

    Raises `Misconfigured` when a schema is of a newer version than this program, and `Transient` when the database
    cannot be reached.
    """
    for room in rooms:
        with _connection(url, prefix, room) as conn:
            _upgrade(conn, room, prefix + room)


def schema_differences(url: str, prefix: str, room: str) -> list[Any]:
    """Return how the room's schema in the database differs from its `tables.py`; a test holds this empty."""
    metadata = room_metadata(room)
    with _connection(url, prefix, room) as conn:
        options = {"compare_type": True, "compare_server_default": True, "version_table": VERSION_TABLE}
        return list(compare_metadata(MigrationContext.configure(conn, opts=options), metadata))


def room_metadata(room: str) -> MetaData:
    """Return the tables that a room declares; those of the runtime itself are the tokens."""
    name = "services.runtime.tokens" if room == "runtime" else f"services.{room}.tables"
    metadata = importlib.import_module(name).metadata
    if not isinstance(metadata, MetaData):
        raise TypeError(f"{name}.metadata is no MetaData")
    return metadata


def revisions_folder(room: str) -> Path:
    """Return where a room's revisions lie."""
    return _SERVICES / room / "migrations"


@contextmanager
def _connection(url: str, prefix: str, room: str) -> Iterator[Connection]:
    """Open one transaction in the room's schema, made where it is missing; one migration of a schema at a time."""
    schema = prefix + room
    engine = create_engine(
        database_url(url), poolclass=NullPool, connect_args=connect_arguments(room, schema, statement_timeout_ms=0)
    )
    try:
        with engine.begin() as conn:
            conn.execute(_ALONE, {"schema": schema})
            conn.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
            if conn.scalar(_THERE, {"schema": schema}) is None:
                conn.execute(CreateSchema(schema))
            yield conn
    except DBAPIError as error:
        transient = transient_of(error)
        if transient is None:
            raise
        raise transient from error
    finally:
        engine.dispose()


def _upgrade(conn: Connection, room: str, schema: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(revisions_folder(room)))
    script = ScriptDirectory.from_config(config)
    _refuse_newer(conn, script, schema)

    def steps(revision: Any, _: MigrationContext) -> Any:
        return script._upgrade_revs("heads", revision)  # noqa: SLF001 -- what `alembic upgrade` itself calls

    with EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(connection=conn, version_table=VERSION_TABLE, transaction_per_migration=False)
        environment.run_migrations()
    log.info("schema is up to date", schema=schema, revision=script.get_current_head())


def _refuse_newer(conn: Connection, script: ScriptDirectory, schema: str) -> None:
    known = {revision.revision for revision in script.walk_revisions()}
    present = MigrationContext.configure(conn, opts={"version_table": VERSION_TABLE}).get_current_heads()
    unknown = sorted(set(present) - known)
    if unknown:
        raise Misconfigured(
            f"The schema {schema} is at revision {', '.join(unknown)}, which this version of Leeway does not know: "
            "the database was upgraded by a newer Leeway, so run that version, or restore an older backup."
        )


__all__ = ["ROOMS", "migrate", "revisions_folder", "room_metadata", "schema_differences"]
