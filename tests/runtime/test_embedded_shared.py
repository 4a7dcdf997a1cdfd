"""The session's stack serves any number of tests, each with an event loop of its own."""

import pytest
import sqlalchemy

from services.runtime.database import Database
from services.runtime.embedded import Endpoints
from services.runtime.embedded.broker import answers
from services.runtime.settings import BusSettings


@pytest.mark.parametrize("_again", [1, 2])
async def test_a_test_reaches_both_parts(_again: int, database: Database, bus_settings: BusSettings) -> None:
    async with database.room("mapper").transaction() as connection:
        assert (await connection.execute(sqlalchemy.text("select 1"))).scalar_one() == 1
    host, _, port = bus_settings.bootstrap_servers.partition(":")
    assert await answers(host, int(port))


def test_two_tests_share_no_topic(bus_settings: BusSettings, endpoints: Endpoints) -> None:
    from tests.stack import bus_settings as another  # noqa: PLC0415 -- the fixture has the same name

    assert another(endpoints).topic_prefix != bus_settings.topic_prefix
