"""The migrations make exactly the tables that the room declares."""

from typing import Any

import psycopg
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from services.runtime.database import connect_arguments, database_url
from services.runtime.embedded import Endpoints
from services.runtime.migrations import VERSION_TABLE, migrate, revisions_folder, schema_differences


def test_the_schema_equals_the_tables(endpoints: Endpoints, database_prefix: str) -> None:
    assert endpoints.database_url is not None
    migrate(endpoints.database_url, database_prefix, ["detector"])
    assert schema_differences(endpoints.database_url, database_prefix, "detector") == []


def migrate_to(revision: str, url: str, schema: str) -> None:
    """Make the room's tables as they were at this revision."""
    config = Config()
    config.set_main_option("script_location", str(revisions_folder("detector")))
    script = ScriptDirectory.from_config(config)
    engine = create_engine(
        database_url(url), connect_args=connect_arguments("detector", schema, statement_timeout_ms=0)
    )

    def steps(known: Any, _: MigrationContext) -> Any:
        return script._upgrade_revs(revision, known)

    environment = EnvironmentContext(config, script, fn=steps)
    with engine.begin() as conn, environment:
        environment.configure(connection=conn, version_table=VERSION_TABLE)
        environment.run_migrations()
    engine.dispose()


def test_items_of_before_are_read_again_and_none_older_than_they_are(
    endpoints: Endpoints, database_prefix: str
) -> None:
    """What a topic still holds of an item's past would be judged on the way, and told."""
    assert endpoints.database_url is not None
    url, schema = endpoints.database_url, f"{database_prefix}detector"
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f"CREATE SCHEMA {schema}")
        migrate_to("0002", url, schema)
        conn.execute(f"SET search_path TO {schema}")
        conn.execute(
            "INSERT INTO items (ref, revision, content_hash, key, title, type, status_category, visible, is_open, "
            "created, touched, last_touched, has_children, has_dependents, team, labels, strategy_version) VALUES "
            "('jira:acme:1', 7, 1, 'A-1', 'One', 'task', 'todo', true, true, now(), now(), now(), false, false, 'app', "
            "'{}', 1)"
        )
        conn.execute(
            "INSERT INTO positions (topic, partition, next_offset, epoch) VALUES "
            "('leeway.aligned-items', 0, 5, 'e'), ('leeway.jira.changes', 0, 9, 'e')"
        )
        conn.execute("INSERT INTO strategies (version, body, cleared, active) VALUES (1, '{}', true, true)")
        migrate(url, database_prefix, ["detector"])
        assert conn.execute("SELECT subject, due > now() FROM agenda").fetchall() == [("capacity:all", True)]
        assert conn.execute("SELECT revision FROM items").fetchall() == [(6,)]
        assert conn.execute("SELECT topic FROM positions").fetchall() == [("leeway.jira.changes",)]
    assert schema_differences(url, database_prefix, "detector") == []
