"""The mapper's own schema, for the tests of this folder."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from services.runtime.database import Database, RoomDatabase
from services.runtime.embedded import Endpoints
from services.runtime.migrations import migrate
from tests.mapper.harness import Mappers

Check = Callable[[RoomDatabase], Coroutine[Any, Any, None]]


@pytest.fixture
async def room(endpoints: Endpoints, database_prefix: str, database: Database) -> RoomDatabase:
    assert endpoints.database_url is not None
    await asyncio.to_thread(migrate, endpoints.database_url, database_prefix, ("mapper",))
    return database.room("mapper")


@pytest.fixture
def mappers(room: RoomDatabase) -> Mappers:
    return Mappers(room)


@pytest.fixture
def loop_runner(endpoints: Endpoints, database_prefix: str) -> Iterator[Callable[[Check], None]]:
    """Run a check on one database and one event loop, again and again: what a property test needs."""
    assert endpoints.database_url is not None
    migrate(endpoints.database_url, database_prefix, ("mapper",))
    with asyncio.Runner() as runner:
        made = Database(endpoints.database_url, prefix=database_prefix)
        yield lambda check: runner.run(check(made.room("mapper")))
        runner.run(made.close())
