"""A home to copy, an export, and what comes of it when nothing goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from services.runtime.embedded import temporary_home
from tests.replay.exports import Export, make_export
from tests.replay.runs import Replay, Undisturbed, make_template, replaying, run_undisturbed


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    with temporary_home() as home:
        asyncio.run(make_template(home))
        yield home


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Export:
    return make_export(tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="session")
def undisturbed(template: Path, export: Export) -> Undisturbed:
    return asyncio.run(run_undisturbed(template, export))


@pytest.fixture
async def replay(template: Path, export: Export) -> AsyncIterator[Replay]:
    """A replay that has not begun, on a home of its own."""
    async with replaying(template, export) as replay:
        yield replay
