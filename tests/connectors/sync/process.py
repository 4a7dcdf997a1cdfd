"""A process that reads a made-up site through its first contact, streams and a census; tests kill it."""

import asyncio
import sys

from services.runtime.database import Database
from tests.connectors.recording import RecordingBus
from tests.connectors.sync.bench import Bench
from tests.connectors.sync.fake_tracker import FakeSite

ITEMS = 30


def grow(site: FakeSite) -> None:
    """Let the site be as it is when we first see it."""
    for id_ in site.add(ITEMS, "1")[::4]:
        site.rename(id_, f"Better {id_}")


def go_on(site: FakeSite) -> None:
    """Let people work on."""
    site.rename("2", "renamed")
    site.comment("5")
    site.delete("6")
    site.relabel_silently("9", "moved")
    site.add(3, "2")


async def run(database_url: str, prefix: str) -> None:
    """Read all that there is."""
    database = Database(database_url, prefix=prefix)
    room = database.room("connectors")
    bench = Bench(room, RecordingBus(room))
    bench.client.has_streams = True
    grow(bench.site)
    await bench.quiet()
    go_on(bench.site)
    await bench.quiet()
    await bench.sync.census_now()
    await database.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2]))
