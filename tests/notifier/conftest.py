"""Receivers and a canary for the notifier's tests."""

from collections.abc import AsyncIterator

import pytest

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
