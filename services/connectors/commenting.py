"""Comments that Leeway leaves on items: asked for on a topic, left once each, and only where somebody allowed it.

Promise: a marker has one comment on its item, whatever crashes in between, as far as the tracker lets us: before one is
added, our own comments on the item are searched for the marker, and after an unclear failure a pause gives the
tracker the time to finish. A changed text with the same marker changes the comment.
"""

import hashlib
import re
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.comments import CommentRequested
from schemas.work_items import Project
from services.connectors import comments_store as store
from services.connectors.answers import answer_of
from services.connectors.comments_store import DueComment
from services.connectors.linked import LinkedSite
from services.runtime.bus import Bus
from services.runtime.connections import Comments
from services.runtime.database import RoomDatabase
from services.runtime.errors import LeewayError, Misconfigured, Permanent, Transient
from services.runtime.faultpoints import faultpoint
from services.runtime.handling import OneByOne

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
"""How soon a comment that another process took in is noticed."""
FIRST_PAUSE_SECONDS: Final = 10.0
"""A tracker that did not answer in time has finished by then, one way or the other."""
LONGEST_PAUSE_SECONDS: Final = 3600.0
MISCONFIGURED_PAUSE_SECONDS: Final = 600.0
MOST_TRIES: Final = 80
"""Some three days; what nobody could be told by then is no news."""
LONGEST_TEXT: Final = 30_000
"""Jira takes 32,767 characters."""

_SHORT: Final = re.compile(r"[A-Za-z0-9._-]{1,16}")
_SPACES: Final = re.compile(r"\s+")


def comments_handler(
    database: RoomDatabase, bus: Bus, connections: Collection[str], wake: Callable[[], None]
) -> OneByOne[CommentRequested]:
    """Return what stores the comments that are asked for."""

    async def keep(conn: AsyncConnection, request: CommentRequested) -> None:
        clean = request.model_copy(update={"text": request.text.replace("\0", ""), "marker": request.marker.strip()})
        site = request.ref.split(":")[1]
        refused = None if site in connections else f"no connection `{site}` is set up"
        await store.ask(conn, site, clean, bus.clock.wall(), refused=refused)

    return OneByOne(database, bus, CommentRequested, keep, wake)


class Commenter:
    """Leaves the comments of one connection, one at a time."""

    def __init__(self, site: LinkedSite) -> None:
        self._site = site
        self._look_at = 0.0
        self._paused_until = 0.0

    def look_now(self) -> None:
        """Look for comments at the next step."""
        self._look_at = 0.0

    async def step(self) -> bool:
        """Leave the comment whose turn it is; tell whether there was one."""
        clock = self._site.clock
        if clock.monotonic() < max(self._look_at, self._paused_until):
            return False
        async with self._site.database.transaction() as conn:
            due = await store.next_due(conn, self._site.id, clock.wall())
            refused = None if due is None else await self._refused(conn, due)
            if due is not None and refused is not None:
                await store.note_end(conn, due, "switched off", refused)
        if due is None:
            self._look_at = clock.monotonic() + LOOK_SECONDS
        elif refused is None:
            await self._tried(due)
        return due is not None

    async def _refused(self, conn: AsyncConnection, due: DueComment) -> str | None:
        settings = self._site.settings.comments
        return refusal(settings, await store.project_of(conn, due.ref) if settings.enabled else None)

    async def _tried(self, due: DueComment) -> None:
        """Leave a comment, or note what kept us from it."""
        try:
            await self._leave(due)
        except Transient as error:
            await self._later(due, error, error.retry_after)
        except Misconfigured as error:
            await self._later(due, error, MISCONFIGURED_PAUSE_SECONDS)
        except Permanent as error:
            await self._park(due, str(error))

    async def _later(self, due: DueComment, error: LeewayError, asked: float | None) -> None:
        """Try again later; the other comments wait a little too, since it is mostly the site that says no."""
        if due.tries >= MOST_TRIES:
            return await self._park(due, f"given up after {due.tries} tries: {error}")
        first = max(FIRST_PAUSE_SECONDS, asked or 0.0)
        self._paused_until = self._site.clock.monotonic() + first
        pause = max(first, min(FIRST_PAUSE_SECONDS * 2 ** min(due.tries, 20), LONGEST_PAUSE_SECONDS))
        async with self._site.database.transaction() as conn:
            at = self._site.clock.wall() + timedelta(seconds=pause)
            await store.note_later(conn, due.marker, at, str(error))
        return None

    async def _park(self, due: DueComment, reason: str) -> None:
        log.warning("a comment is set aside", connection=self._site.id)
        async with self._site.database.transaction() as conn:
            await store.note_end(conn, due, "parked", reason)

    async def _leave(self, due: DueComment) -> None:
        """Change the comment where there is one, else add it; the intention is committed before."""
        client, id_ = self._site.client, due.ref.split(":")[2]
        there, text = due.comment, None
        if there is None or due.state == "trying":
            there, text = found(await answer_of(client.comments(id_)), due.marker, due.comment)
            there = there or due.comment
        if not await self._intend(due):
            return
        wanted = written(due.text, due.marker)
        if there is None:
            there = await answer_of(client.add_comment(id_, wanted))
            faultpoint("connectors.commented")
        elif text is None or plain(text) != plain(wanted):
            await answer_of(client.edit_comment(id_, there, wanted))
        async with self._site.database.transaction() as conn:
            await store.note_posted(conn, due.marker, there, due.text)

    async def _intend(self, due: DueComment) -> bool:
        async with self._site.database.transaction() as conn:
            again_at = self._site.clock.wall() + timedelta(seconds=FIRST_PAUSE_SECONDS)
            return await store.intend(conn, due, again_at)


def refusal(settings: Comments, project: Project | None) -> str | None:
    """Return why no comment may be left on an item of this project, or none where one may."""
    if not settings.enabled:
        return "comments are switched off for this connection"
    if project is None:
        return "the item is not known, so nor is whether its project allows comments"
    if not {project.id, project.key, project.name} & set(settings.projects):
        return f"comments are not allowed in the project {project.key or project.name}"
    return None


def tag_of(marker: str) -> str:
    """Return the marker as people see it: short, and the same each time."""
    return marker if _SHORT.fullmatch(marker) else hashlib.sha256(marker.encode()).hexdigest()[:10]


def written(text: str, marker: str) -> str:
    """Return the comment's text with the marker at its end."""
    return f"{text[:LONGEST_TEXT].rstrip()}\n\n(Leeway {tag_of(marker)})"


def plain(text: str) -> str:
    """Return a text as it can be compared after a tracker has laid it out in its own way."""
    return _SPACES.sub(" ", text).strip()


def found(
    comments: Collection[tuple[str, str]], marker: str, known: str | None = None
) -> tuple[str | None, str | None]:
    """Return id and text of the comment that carries the marker at its end; the known one before others."""
    end = f"(Leeway {tag_of(marker)})"
    carrying = [(id_, text) for id_, text in comments if plain(text).endswith(end)]
    return next((one for one in carrying if one[0] == known), carrying[0] if carrying else (None, None))
