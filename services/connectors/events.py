"""Streams of events, where a tracker has them: read to their end, each event a hint.

Promise: a token is committed with the hints that came with it, so that none is lost on the way to the tables; where
the tracker itself lost events, it says so, and a census is asked for.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from services.connectors.cursors import Cursor, cursors_of, save_cursor
from services.connectors.desk import Desk, TrackerSaidNo, asked
from services.connectors.fetching import parts
from services.connectors.hints import add_hints
from services.connectors.states import want_census
from services.connectors.tracker import EventsPage, Scope
from services.runtime.errors import Misconfigured, Permanent
from services.runtime.faultpoints import faultpoint

MOST_PAGES: Final = 1_000
"""Of one stream in a row; what is beyond comes with the next reading."""
LOST: Final = "were lost"
"""How the reason ends for a census that makes good what a stream lost."""


async def begin_streams(desk: Desk) -> None:
    """Take the first token of each stream, before anything else is read, so that nothing falls between."""
    await _read_all(desk, most_pages=1)


async def read_streams(desk: Desk) -> None:
    """Read all streams to their ends. Raises `TrackerSaidNo`."""
    await _read_all(desk, most_pages=MOST_PAGES)


async def _read_all(desk: Desk, most_pages: int) -> None:
    async with desk.site.database.transaction() as conn:
        tokens = {scope: cursor.value for scope, cursor in (await cursors_of(conn, desk.id, "events")).items()}
    lost = False
    for some in parts(desk.readable, max(desk.site.client.parallel, 1)):
        lost |= await _read_some(desk, some, tokens, most_pages)
    desk.gaps_in_a_row = desk.gaps_in_a_row + 1 if lost else 0


async def _read_some(desk: Desk, scopes: Sequence[Scope], tokens: dict[str, str | None], most_pages: int) -> bool:
    """Read streams at once; tell whether any of them lost events."""
    answers = await asyncio.gather(
        *(_read_stream(desk, scope, tokens.get(scope.id), most_pages) for scope in scopes), return_exceptions=True
    )
    refused = False
    for answer in answers:
        if isinstance(answer, TrackerSaidNo) and isinstance(answer.error, Misconfigured | Permanent):
            refused = True
        elif isinstance(answer, BaseException):
            raise answer
    if refused and not await desk.find_lost() and not desk.lost:
        # The scopes can be read, so it is the streams themselves.
        raise next(answer for answer in answers if isinstance(answer, TrackerSaidNo))
    return any(answer is True for answer in answers)


async def _read_stream(desk: Desk, scope: Scope, token: str | None, most_pages: int) -> bool:
    """Read one stream until it has no more, or gives a token that we had; tell whether it lost events."""
    lost, seen = False, {token}
    for _ in range(most_pages):
        page = await asked(desk.site.client.events_page(scope, token))
        if page is None:
            return False
        await _keep(desk, scope, page)
        lost |= page.gap
        if not page.has_more or page.token in seen:
            break
        token = page.token
        seen.add(token)
    return lost


async def _keep(desk: Desk, scope: Scope, page: EventsPage) -> None:
    async with desk.site.database.transaction() as conn:
        await add_hints(
            conn, desk.id, changed=page.changed, deleted=page.deleted, reason="event", at=desk.site.clock.wall()
        )
        await save_cursor(conn, desk.id, "events", Cursor(scope.id, page.token))
        if page.gap:
            await want_census(conn, desk.id, f"events of {scope.name} {LOST}")
    if page.changed or page.deleted:
        faultpoint("connectors.hinted")
