"""Listings of a project's tasks: whole pages for the first reading, what changed since, and the census."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import asana

from services.connectors.asana.calling import PAGE_SIZE, Caller, Json, Page
from services.connectors.asana.fetching import TASK_FIELDS, TASKS, Ask, page_of, with_stories, with_subtasks
from services.connectors.asana.versions import BEFORE_ALL, VERSION_FIELDS, instant_text, modified, version_of
from services.connectors.reading import identity, number
from services.connectors.refusals import Refused
from services.connectors.tracker import Listed, ListedPage, RawPage, Scope
from services.runtime.clock import Clock
from services.runtime.errors import LeewayError, Misconfigured, Permanent

_LOOKED_BACK: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=30), timedelta(days=365))
"""How far back the newest change is looked for, before all tasks are listed."""

_BETWEEN: Final = ":"


async def backfill_page(caller: Caller, scope: Scope, cursor: str | None) -> RawPage:
    """Return a page of a project's tasks with what is below them, whole, in the project's own order."""
    total = await _count(caller, scope) if cursor is None else None
    tasks, following = await _whole_page(caller, scope, cursor)
    raws = await with_stories(caller, await with_subtasks(caller, tasks, TASK_FIELDS))
    return RawPage(tuple(raws), following, total)


async def census_page(caller: Caller, scope: Scope, cursor: str | None) -> ListedPage:
    """List a page of a project's tasks and what is below them by id and version."""
    tasks, following = await _page(caller, scope, _asked(VERSION_FIELDS), cursor)
    return ListedPage(_listed(await with_subtasks(caller, tasks, VERSION_FIELDS)), following)


async def changed_page(caller: Caller, scopes: Sequence[Scope], since: str, cursor: str | None) -> ListedPage:
    """List what changed since an instant, one project after the other, oldest first inside a page.

    Asana lists in its own order and knows no subtasks here: those come with the events and the census.
    """
    gid, _, offset = (cursor or "").partition(_BETWEEN)
    at = next((place for place, scope in enumerate(scopes) if scope.id == gid), 0)
    while at < len(scopes):
        tasks, following = await _page(caller, scopes[at], _since(since), offset or None)
        if following is not None:
            return ListedPage(_oldest_first(tasks), f"{scopes[at].id}{_BETWEEN}{following}")
        at, offset = at + 1, ""
        if tasks:
            return ListedPage(_oldest_first(tasks), f"{scopes[at].id}{_BETWEEN}" if at < len(scopes) else None)
    return ListedPage(())


async def high_water(caller: Caller, scopes: Sequence[Scope], clock: Clock) -> str | None:
    """Return the newest time at which a task of these projects was modified; subtasks are not looked at."""
    newest: datetime | None = None
    for scope in scopes:
        newest = await _newest_of(caller, scope, newest, clock)
    return None if newest is None else instant_text(newest)


async def _newest_of(caller: Caller, scope: Scope, known: datetime | None, clock: Clock) -> datetime | None:
    # Asana cannot sort: ask for the last hour, then for more; a clock that is off only costs pages.
    for since in [known] if known else [*(clock.wall() - back for back in _LOOKED_BACK), BEFORE_ALL]:
        found = [known] if known else []
        offset: str | None = None
        while True:
            options = _since(instant_text(since)) | {"opt_fields": "modified_at"}
            tasks, offset = await _page(caller, scope, options, offset)
            found += [at for task in tasks if (at := modified(str(task.get("modified_at"))))]
            if offset is None:
                break
        if found:
            return max(found)
    return known


def _asked(fields: Sequence[str]) -> Json:
    return {"opt_fields": ",".join(fields), "limit": PAGE_SIZE}


def _since(since: str) -> Json:
    return {"modified_since": since} | _asked(VERSION_FIELDS)


async def _page(caller: Caller, scope: Scope, options: Json, offset: str | None) -> Page:
    """Read a page of a project's tasks, compact."""
    method, asked = caller.api(asana.TasksApi).get_tasks, {"project": scope.id} | options

    async def read(offset: str | None) -> Page:
        return await caller.page(TASKS, method, asked | ({"offset": offset} if offset else {}))

    return await _in_scope(scope, offset, read)


async def _whole_page(caller: Caller, scope: Scope, offset: str | None) -> Page:
    """Read a page of a project's tasks with all that the mapping reads of them."""
    ask = Ask("/tasks", TASK_FIELDS, TASKS, project=scope.id)
    return await _in_scope(scope, offset, lambda offset: page_of(caller, replace(ask, offset=offset)))


async def _in_scope(scope: Scope, offset: str | None, read: Callable[[str | None], Awaitable[Page]]) -> Page:
    """Read a page; an offset that has expired begins the project again, and a project that is lost is told."""
    try:
        return await read(offset)
    except Refused as error:
        if offset is not None and error.status == HTTPStatus.BAD_REQUEST:
            return await _in_scope(scope, None, read)
        raise _about(scope, error) from error


def _about(scope: Scope, error: Refused) -> LeewayError:
    if error.status not in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        return error
    return Misconfigured(
        f"The project {scope.name} ({scope.id}) is not there any more, or the token's account lost it: "
        "share it with that account, or take it out of `projects`."
    )


async def _count(caller: Caller, scope: Scope) -> int | None:
    """Return how many tasks the project says that it has; that it does not say is no reason to stop."""
    method, options = caller.api(asana.ProjectsApi).get_task_counts_for_project, {"opt_fields": "num_tasks"}
    try:
        told = number((await caller.one("read its projects", method, scope.id, options)).get("num_tasks"))
    except (Permanent, Misconfigured):
        return None
    return None if told is None else int(told)


def _listed(tasks: Sequence[Json]) -> tuple[Listed, ...]:
    return tuple(Listed(gid, version_of(task)) for task in tasks if (gid := identity(task.get("gid"))))


def _oldest_first(tasks: Sequence[Json]) -> tuple[Listed, ...]:
    return _listed(sorted(tasks, key=lambda task: str(task.get("modified_at"))))
