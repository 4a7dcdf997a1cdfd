"""The connectors' own schema for the tests of this folder."""

import asyncio

import pytest

from services.runtime.database import Database, RoomDatabase
from services.runtime.embedded import Endpoints
from services.runtime.migrations import migrate
from tests.connectors.recording import RecordingBus


@pytest.fixture
async def room(endpoints: Endpoints, database_prefix: str, database: Database) -> RoomDatabase:
    assert endpoints.database_url is not None
    await asyncio.to_thread(migrate, endpoints.database_url, database_prefix, ("connectors",))
    return database.room("connectors")


@pytest.fixture
def bus(room: RoomDatabase) -> RecordingBus:
    return RecordingBus(room)
