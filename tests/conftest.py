"""What any test may ask for: the session's broker and database, and a corner of each for itself."""

import sys
from collections.abc import AsyncIterator, Iterator
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from services.runtime.embedded import Endpoints
from services.runtime.settings import BusSettings
from tests import stack

if TYPE_CHECKING:
    from services.runtime.database import Database


# A busy machine is no fault of what is tested; how long a test may take is said in `pyproject.toml`.
settings.register_profile("leeway", settings(), deadline=None)
settings.load_profile("leeway")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks for the session's broker is a flow test, and is run again on Apache Kafka."""
    for item in items:
        if "bus_settings" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.flow)


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Where Python is told to keep nothing compiled, each process of a test would compile 1,200 modules for itself."""
    if not sys.dont_write_bytecode:
        yield
        return
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, pytest.MonkeyPatch.context() as environment:
        environment.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        environment.setenv("PYTHONPYCACHEPREFIX", folder)
        yield


@pytest.fixture(scope="session")
def shared_stack() -> Iterator[stack.SharedStack]:
    shared = stack.SharedStack()
    yield shared
    shared.stop()


@pytest.fixture
def endpoints(shared_stack: stack.SharedStack) -> Endpoints:
    """As of now: the broker's epoch may have changed since the last test."""
    return shared_stack.endpoints


@pytest.fixture
def database_prefix(endpoints: Endpoints) -> Iterator[str]:
    prefix = stack.fresh_prefix()
    yield prefix
    assert endpoints.database_url is not None
    stack.drop_schemas(endpoints.database_url, prefix)


@pytest.fixture
async def database(endpoints: Endpoints, database_prefix: str) -> "AsyncIterator[Database]":
    from services.runtime.database import Database  # noqa: PLC0415 -- most tests need no database

    assert endpoints.database_url is not None
    made = Database(endpoints.database_url, prefix=database_prefix)
    yield made
    await made.close()


@pytest.fixture
def bus_settings(endpoints: Endpoints) -> BusSettings:
    return stack.bus_settings(endpoints)
