"""Our own comments on tasks: listed to be found again, written once, changed in place. Always plain text."""

from typing import Final

import asana

from services.connectors.asana.calling import Caller
from services.connectors.asana.fetching import STORIES
from services.connectors.reading import identity, mapping
from services.runtime.errors import Transient

WRITE: Final = "leave a comment"
_FIELDS: Final = "type,resource_subtype,text,created_by"


async def comments(caller: Caller, task: str, account: str) -> tuple[tuple[str, str], ...]:
    """Return the comments of an account on a task: gid and text, as they stand now."""
    method = caller.api(asana.StoriesApi).get_stories_for_task
    rows = await caller.rows(STORIES, method, task, {"opt_fields": _FIELDS})
    return tuple(
        (gid, str(row.get("text") or ""))
        for row in rows
        if row.get("type") == "comment"
        and mapping(row.get("created_by")).get("gid") == account
        and (gid := identity(row.get("gid")))
    )


async def add_comment(caller: Caller, task: str, text: str) -> str:
    """Leave a comment, and return its gid."""
    method = caller.api(asana.StoriesApi).create_story_for_task
    gid = identity((await caller.write(WRITE, method, {"data": {"text": text}}, task, {})).get("gid"))
    if gid is None:
        raise Transient(f"{caller.who} took a comment and did not say which one it is.")
    return gid


async def edit_comment(caller: Caller, comment: str, text: str) -> None:
    """Change the text of a comment."""
    await caller.write(WRITE, caller.api(asana.StoriesApi).update_story, {"data": {"text": text}}, comment, {})
