"""Migrations make exactly the tables that each room declares, run side by side, and refuse a newer database."""

import asyncio

import psycopg
import pytest

from services.runtime.embedded import Endpoints
from services.runtime.errors import Misconfigured, Transient
from services.runtime.migrations import ROOMS, migrate, revisions_folder, schema_differences


@pytest.fixture
def url(endpoints: Endpoints) -> str:
    assert endpoints.database_url is not None
    return endpoints.database_url


@pytest.mark.parametrize("room", ROOMS)
def test_a_rooms_migrations_make_the_tables_that_it_declares(url: str, database_prefix: str, room: str) -> None:
    migrate(url, database_prefix, [room])
    assert schema_differences(url, database_prefix, room) == []


def test_migrating_again_changes_nothing(url: str, database_prefix: str) -> None:
    migrate(url, database_prefix, ["runtime"])
    migrate(url, database_prefix, ["runtime"])
    assert schema_differences(url, database_prefix, "runtime") == []


async def test_processes_that_migrate_at_the_same_time_do_not_disturb_each_other(
    url: str, database_prefix: str
) -> None:
    await asyncio.gather(*(asyncio.to_thread(migrate, url, database_prefix, ["runtime"]) for _ in range(4)))
    assert schema_differences(url, database_prefix, "runtime") == []


def test_a_database_of_a_newer_version_is_refused(url: str, database_prefix: str) -> None:
    migrate(url, database_prefix, ["runtime"])
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f"UPDATE {database_prefix}runtime.alembic_version SET version_num = '9999'")  # noqa: S608
    with pytest.raises(Misconfigured, match=r"revision 9999.*newer Leeway"):
        migrate(url, database_prefix, ["runtime"])


def test_a_missing_table_is_found_out(url: str, database_prefix: str) -> None:
    migrate(url, database_prefix, ["runtime"])
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f"ALTER TABLE {database_prefix}runtime.tokens DROP COLUMN role")
    assert len(schema_differences(url, database_prefix, "runtime")) == 1


def test_a_database_that_is_not_there_is_transient() -> None:
    with pytest.raises(Transient):
        migrate("postgresql://nobody@127.0.0.1:1/none", "", ["runtime"])


def test_every_room_with_revisions_is_in_the_list_of_rooms() -> None:
    services = revisions_folder("runtime").parents[1]
    found = {path.parent.parent.name for path in services.glob("*/migrations/versions")}
    assert found <= set(ROOMS)
