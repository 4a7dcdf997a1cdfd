"""Receivers, a canary, and a notifier's own corner of the database."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.runtime.database import Database
from services.runtime.embedded import Endpoints
from services.runtime.migrations import migrate
from tests.notifier.benches import Bench, receiver_of
from tests.receiver import Canary, Collector, collecting


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    canary = await Canary().start()
    yield canary
    await canary.stop()


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    async with collecting() as started:
        yield started


@pytest.fixture
async def tables(endpoints: Endpoints, database_prefix: str, database: Database) -> Database:
    """The database with the notifier's tables in it."""
    assert endpoints.database_url is not None
    await asyncio.to_thread(migrate, endpoints.database_url, database_prefix, ["notifier"])
    return database


@pytest.fixture
async def bench(tables: Database, collector: Collector) -> AsyncIterator[Bench]:
    made = Bench(tables, [receiver_of(collector)])
    yield made
    await made.close()
