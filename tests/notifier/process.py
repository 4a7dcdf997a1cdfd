"""A notifier process that hears two findings, carries what is due, and ends: for tests that kill it in between.

Arguments: database URL, schema prefix, the receiver's address.
"""

import asyncio
import sys

from services.notifier.receivers import deliver_to
from services.runtime.database import Database
from tests.notifier.benches import Bench, numbered
from tests.notifier.findings import opened, resolved
from tests.receiver import SECRET


async def main(url: str, prefix: str, address: str) -> None:
    """Start as after a death: take over what is there, hear everything again, carry until nothing is left."""
    database = Database(url, prefix=prefix)
    bench = Bench(database, [deliver_to(address, SECRET)])
    await bench.app._take_over()
    await bench.hear(opened(1), numbered(opened(2), 5), resolved(3))
    while (await bench.counts())[2]:
        await bench.carry()
    await bench.close()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
