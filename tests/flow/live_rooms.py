"""All rooms on the broker and the database, reading the sandbox's Jira and Asana."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from services.commands.assembly import builders, client_of
from services.connectors.app import Connected
from services.mapper.commands import apply_strategy
from services.notifier.receivers import deliver_to
from services.runtime.clock import Clock
from services.runtime.configuration import Configuration
from services.runtime.database import Database
from services.runtime.host import Host
from services.runtime.settings import BusSettings, Settings
from services.sandbox.server import Running
from services.sandbox.strategy import ASANA_SITE, JIRA_SITE
from tests.receiver import Collector


def connections(world: Running, clock: Clock, pace: Mapping[str, float]) -> tuple[Connected, ...]:
    """What `leeway.yaml` would say, each with its client."""
    jira = {"id": JIRA_SITE, "tracker": "jira", "url": world.jira_url, "user": "ana@example.com", "token": "t"}
    asana = {"id": ASANA_SITE, "tracker": "asana", "url": world.asana_url, "token": "t"}
    asana["workspace"] = world.asana.store.workspace["gid"]
    whole = Configuration.model_validate({"connections": [jira | {"pace": pace}, asana | {"pace": pace}]})
    return tuple(Connected(one, client_of(one, "sandbox", clock)) for one in whole.whole_connections())


@asynccontextmanager
async def rooms(
    world: Running, bus: BusSettings, database: Database, receiver: Collector, clock: Clock, pace: Mapping[str, float]
) -> AsyncIterator[Host]:
    """The rooms, started, with the company's strategy applied and one receiver of alerts."""
    host = Host(Settings(), bus, database, clock)
    built = builders((deliver_to(receiver.url, receiver.secret),), connections(world, clock, pace))
    for name, build in built.items():
        host.add(name, build)
    await apply_strategy(database.room("mapper"), world.company.strategy, "ana", clock)
    await host.start()
    try:
        yield host
    finally:
        await host.stop()
