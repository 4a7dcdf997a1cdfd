"""A home to copy, an export, and what comes of it when nothing goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from services.runtime.embedded import temporary_home
from tests.receiver import collecting
from tests.replay.exports import Export, make_export
from tests.replay.runs import Replay, Undisturbed, copied_home, make_template


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
    async def run() -> Undisturbed:
        with copied_home(template) as home:
            async with collecting() as collector:
                replay = Replay(export, home, collector)
                return Undisturbed((await replay.run()).answer, replay.told())

    return asyncio.run(run())


@pytest.fixture
async def replay(template: Path, export: Export) -> AsyncIterator[Replay]:
    """A replay that has not begun, on a home of its own."""
    with copied_home(template) as home:
        async with collecting() as collector:
            yield Replay(export, home, collector)
