"""Payloads that are kept one by one: each in its order, unreadable and refused ones parked, in one transaction."""

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.comments import CommentRequested
from schemas.events import type_names
from schemas.topics import COMMENT_REQUESTS
from services.runtime.bus import Batch, Record
from services.runtime.database import Database
from services.runtime.errors import Misconfigured
from services.runtime.handling import OneByOne
from services.runtime.parking import list_parked
from services.runtime.settings import BusSettings
from tests.runtime.benches import Bench, bench

REQUEST = '{"ref":"jira:a:1","marker":"%s","text":"t","alert":"a","requested_at":"2026-06-15T12:00:00Z"}'


def batch_of(*values: str) -> Batch:
    kind = type_names[CommentRequested]
    return Batch(
        tuple(
            Record(COMMENT_REQUESTS, 0, offset, "jira:a:1", kind, value.encode(), ())
            for offset, value in enumerate(values)
        )
    )


class Keeping:
    """Keeps markers, and refuses one."""

    def __init__(self, room: Bench) -> None:
        self.kept: list[str] = []
        self.wakes = 0
        self.handler = OneByOne(room.room, room.bus, CommentRequested, self.keep, self.wake)

    async def keep(self, conn: AsyncConnection, request: CommentRequested) -> None:
        assert conn.in_transaction()
        if request.marker == "no":
            raise Misconfigured("not this one")
        self.kept.append(request.marker)

    def wake(self) -> None:
        self.wakes += 1


async def test_each_is_kept_in_order_and_the_others_are_parked_with_their_reasons(
    database: Database, bus_settings: BusSettings
) -> None:
    async with bench(database, bus_settings, start=False) as room:
        keeping = Keeping(room)
        await keeping.handler(batch_of(REQUEST % "one", "{", REQUEST % "no", REQUEST % "two"))
        assert keeping.kept == ["one", "two"]
        assert keeping.wakes == 1
        parked = {one.offset: one.reason for one in await list_parked(room.room)}
        assert parked.keys() == {1, 2}
        assert parked[1].startswith("invalid-payload")
        assert parked[2] == "not this one"
        assert await room.rows("SELECT next_offset FROM positions") == [(4,)]
