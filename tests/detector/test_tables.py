"""The migrations make exactly the tables that the room declares."""

from services.runtime.embedded import Endpoints
from services.runtime.migrations import migrate, schema_differences


def test_the_schema_equals_the_tables(endpoints: Endpoints, database_prefix: str) -> None:
    assert endpoints.database_url is not None
    migrate(endpoints.database_url, database_prefix, ["detector"])
    assert schema_differences(endpoints.database_url, database_prefix, "detector") == []
