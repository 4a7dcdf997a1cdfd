"""The handler of a topic whose payloads are kept one by one, whatever room reads it.

Promise: a batch is one transaction; what cannot be read, or is refused before anything of it is kept, is parked with
its reason and holds up nobody.
"""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.base import Contract
from services.runtime.bus import Batch, Bus, read
from services.runtime.database import RoomDatabase
from services.runtime.errors import InvalidMessage, Misconfigured
from services.runtime.parking import park, set_aside_unreadable
from services.runtime.progress import finish_batch

P = TypeVar("P", bound=Contract)


class OneByOne(Generic[P]):
    """Hands each payload of a type to `keep`; `wake` is called after the commit.

    `keep` may raise `InvalidMessage` or `Misconfigured` as long as it has written nothing.
    """

    def __init__(
        self,
        database: RoomDatabase,
        bus: Bus,
        payload: type[P],
        keep: Callable[[AsyncConnection, P], Awaitable[None]],
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._bus = bus
        self._payload = payload
        self._keep = keep
        self._wake = wake

    async def __call__(self, batch: Batch) -> None:
        """Handle one batch in one transaction."""
        await self._database.run(lambda conn: self._handle(conn, batch))
        self._wake()

    async def _handle(self, conn: AsyncConnection, batch: Batch) -> None:
        await set_aside_unreadable(conn, batch)
        for record in batch.of(self._payload):
            try:
                await self._keep(conn, read(record, self._payload))
            except (InvalidMessage, Misconfigured) as error:
                await park(conn, record, str(error))
        await finish_batch(conn, self._bus, batch)
