"""The SQL of comments: what was asked for, how far it came."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.comments import CommentRequested
from schemas.work_items import Project, WorkItem

_ASK: Final = text(
    "INSERT INTO comments AS known (marker, connection, ref, text, alert, requested_at, state, reason, next_try_at)"
    " VALUES (:marker, :connection, :ref, :text, :alert, :requested_at, :state, :reason, :at)"
    " ON CONFLICT (marker) DO UPDATE SET text = excluded.text, alert = excluded.alert,"
    " requested_at = excluded.requested_at, reason = excluded.reason, tries = 0, next_try_at = excluded.next_try_at,"
    # What may be under way stays so: its fate is looked up before anything else is done.
    " state = CASE WHEN known.state = 'trying' AND excluded.state = 'waiting' THEN 'trying' ELSE excluded.state END"
    " WHERE known.ref = excluded.ref AND known.requested_at <= excluded.requested_at AND (known.text <> excluded.text"
    " OR (known.state = 'switched off' AND known.requested_at < excluded.requested_at))"
)
_NEXT: Final = text(
    "SELECT marker, ref, text, state, comment, sent_text, tries FROM comments"
    " WHERE connection = :connection AND state IN ('waiting', 'trying') AND next_try_at <= :at"
    " ORDER BY next_try_at, requested_at, marker LIMIT 1"
)
_INTEND: Final = text(
    "UPDATE comments SET state = 'trying', sent_text = :text, next_try_at = :at"
    " WHERE marker = :marker AND text = :text RETURNING marker"
)
_POSTED: Final = text(
    "UPDATE comments SET comment = :comment, sent_text = :sent, reason = NULL, tries = 0,"
    " state = CASE WHEN text = :sent THEN 'posted' ELSE 'waiting' END WHERE marker = :marker"
)
_LATER: Final = text(
    "UPDATE comments SET next_try_at = :at, reason = :reason, tries = tries + 1"
    " WHERE marker = :marker AND state IN ('waiting', 'trying')"
)
_END: Final = text("UPDATE comments SET state = :state, reason = :reason WHERE marker = :marker AND text = :text")
_PROJECT: Final = text("SELECT body FROM snapshots WHERE ref = :ref")


@dataclass(frozen=True, slots=True)
class DueComment:
    """A comment to leave, or to change. `sent_text` is what may be there already."""

    marker: str
    ref: str
    text: str
    state: str
    comment: str | None
    sent_text: str | None
    tries: int


async def ask(
    conn: AsyncConnection, connection: str, request: CommentRequested, at: datetime, *, refused: str | None
) -> None:
    """Note a request; the same text again, an older one, or the same marker on another item change nothing."""
    values = request.model_dump() | {"connection": connection, "at": at, "reason": refused}
    await conn.execute(_ASK, values | {"state": "waiting" if refused is None else "switched off"})


async def next_due(conn: AsyncConnection, connection: str, at: datetime) -> DueComment | None:
    """Return the comment whose turn it is."""
    row = (await conn.execute(_NEXT, {"connection": connection, "at": at})).one_or_none()
    return None if row is None else DueComment(*row)


async def intend(conn: AsyncConnection, comment: DueComment, again_at: datetime) -> bool:
    """Note that this text is about to be sent; false where another one is wanted by now."""
    values = {"marker": comment.marker, "text": comment.text, "at": again_at}
    return await conn.scalar(_INTEND, values) is not None


async def note_posted(conn: AsyncConnection, marker: str, comment: str, sent: str) -> None:
    """Note that the tracker has this text; where another one is wanted by now, it is the next to send."""
    await conn.execute(_POSTED, {"marker": marker, "comment": comment, "sent": sent})


async def note_later(conn: AsyncConnection, marker: str, at: datetime, reason: str) -> None:
    """Try again later."""
    await conn.execute(_LATER, {"marker": marker, "at": at, "reason": reason})


async def note_end(conn: AsyncConnection, comment: DueComment, state: str, reason: str) -> None:
    """Set a comment aside with its reason, unless another text came meanwhile."""
    await conn.execute(_END, {"marker": comment.marker, "text": comment.text, "state": state, "reason": reason})


async def project_of(conn: AsyncConnection, ref: str) -> Project | None:
    """Return the project of an item as it was last seen; none where we know of no such item."""
    body = await conn.scalar(_PROJECT, {"ref": ref})
    return None if body is None else WorkItem.model_validate_json(body).project
