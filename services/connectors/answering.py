"""Answering hints: the oldest are fetched and kept, and a hint goes with the commit of what was fetched for it."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.connectors.desk import Desk
from services.connectors.fetching import CHUNK, fetch_and_store
from services.connectors.hints import Hint, answer_hints, oldest_hints
from services.connectors.states import note_success

GATHER_SECONDS: Final = 0.1
"""What somebody does at once is told in several deliveries, one after the other: so long they are waited for."""


async def answer_oldest(desk: Desk) -> bool:
    """Answer as many hints as may be fetched at once; tell whether there were any. Raises `TrackerSaidNo`."""
    if not (hints := await _oldest(desk)):
        return False
    if len(hints) < CHUNK and (left := _gathering_left(desk, hints)) > 0:
        await desk.site.clock.sleep(left)
        hints = await _oldest(desk)
    by_item = {hint.item: hint for hint in hints}

    async def committing(conn: AsyncConnection, ids: Sequence[str]) -> None:
        await answer_hints(conn, desk.id, [by_item[id_] for id_ in ids])
        await note_success(conn, desk.id, desk.site.clock.now())

    deleted = frozenset(hint.item for hint in hints if hint.kind == "deleted")
    await fetch_and_store(desk, list(by_item), deleted=deleted, committing=committing)
    return True


def _gathering_left(desk: Desk, hints: Sequence[Hint]) -> float:
    """Return how long to wait for more: what waited while others were answered has had its time."""
    waited = (desk.site.clock.wall() - min(hint.received_at for hint in hints)).total_seconds()
    return GATHER_SECONDS - max(waited, 0.0)


async def _oldest(desk: Desk) -> list[Hint]:
    async with desk.site.database.transaction() as conn:
        return await oldest_hints(conn, desk.id, CHUNK * max(desk.site.client.parallel, 1))
