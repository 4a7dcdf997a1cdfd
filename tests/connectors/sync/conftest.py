"""One connection for the tests of this folder."""

import pytest

from services.runtime.database import RoomDatabase
from tests.connectors.recording import RecordingBus
from tests.connectors.sync.bench import Bench


@pytest.fixture
def bench(room: RoomDatabase, bus: RecordingBus) -> Bench:
    return Bench(room, bus)
