"""A detector's schema of its own for each test."""

import pytest

from services.runtime.database import Database, RoomDatabase
from services.runtime.embedded import Endpoints
from services.runtime.migrations import migrate
from tests.detector.room import Room


@pytest.fixture
def detector_database(endpoints: Endpoints, database_prefix: str, database: Database) -> RoomDatabase:
    assert endpoints.database_url is not None
    migrate(endpoints.database_url, database_prefix, ["detector"])
    return database.room("detector")


@pytest.fixture
def room(detector_database: RoomDatabase) -> Room:
    return Room(detector_database)
