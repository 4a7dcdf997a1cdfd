"""Opening an Asana workspace: who we are there, what the token may read, which projects there are.

Promise: whatever is set up wrongly is told in one sentence with its remedy, before the first task is read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

import asana

from schemas.work_items import Absence
from services.connectors.asana.calling import SCOPES, Caller, Json
from services.connectors.asana.fetching import STORIES, TASKS
from services.connectors.asana.goals import READ as GOALS
from services.connectors.asana.hooks import LIST as HOOKS
from services.connectors.mapped import MappingOptions
from services.connectors.options import base_options
from services.connectors.reading import identity, mapping, sequence, text
from services.connectors.refusals import Denied, Refused
from services.connectors.tracker import Scope, SiteFacts
from services.runtime.connections import AsanaConnection
from services.runtime.errors import Misconfigured
from services.runtime.wording import nearest

PROJECTS: Final = "read its projects"
ME: Final = "say who we are"
KIND: Final = "asana"
_SHOWN: Final = 10
_LACKING: Final[Mapping[str, str]] = {
    PROJECTS: "no project and no task can be read",
    TASKS: "no task can be read",
    STORIES: "neither the history of tasks nor their comments can be read",
    GOALS: "goals and their metrics are not read",
    HOOKS: "webhooks cannot be registered, so changes are found by asking now and then",
}


@dataclass(frozen=True, slots=True)
class Site:
    """What opening has taught: the workspace's gid, and how its tasks are read."""

    facts: SiteFacts
    workspace: str
    options: MappingOptions


@dataclass(frozen=True, slots=True)
class Projects:
    """The projects that are read, and the archived ones; with `is_all`, whatever else is seen is read too."""

    scopes: tuple[Scope, ...]
    archived: frozenset[str]
    is_all: bool

    def away(self, homes: Iterable[str]) -> Absence | None:
        """Tell why a task in these projects is not among what is read, if so."""
        inside = set(homes)
        if inside & {scope.id for scope in self.scopes}:
            return None
        if inside and inside <= self.archived:
            return Absence.ARCHIVED
        # A project that was made since the last look counts as seen: its tasks came by a hint.
        return None if self.is_all and inside - self.archived else Absence.MOVED


async def open_site(caller: Caller, connection: AsanaConnection) -> Site:
    """Check the token from the outside in."""
    me = await _myself(caller)
    off = caller.clock_off_seconds
    account = identity(me.get("gid")) or ""
    workspace = _workspace(caller, connection, [mapping(each) for each in sequence(me.get("workspaces"))])
    missing = await _missing(caller, connection, workspace)
    facts = SiteFacts(account, text(me.get("name"), 200) or account, KIND, None, off, missing)
    return Site(facts, workspace, replace(base_options(connection), leeway_account=account))


async def _myself(caller: Caller) -> Json:
    try:
        return await caller.one(ME, caller.api(asana.UsersApi).get_user, "me", {"opt_fields": "name,workspaces.name"})
    except Refused as error:
        raise Misconfigured(f"There is no Asana at the address: {error} Check `url`.") from error


def _workspace(caller: Caller, connection: AsanaConnection, seen: Sequence[Mapping[str, Any]]) -> str:
    """Return the gid of the configured workspace, which may be named by gid or by name."""
    wanted = connection.workspace
    found = _matching(wanted, ((identity(each.get("gid")), text(each.get("name"))) for each in seen))
    if len(found) == 1:
        return found[0]
    raise Misconfigured(
        f"{caller.who} shows the token no workspace {wanted}. "
        f"{_instead(wanted, [text(each.get('name')) or '' for each in seen])} Correct `workspace`."
        if not found
        else f"{caller.who} has several workspaces {wanted}: write the gid in `workspace`, one of {', '.join(found)}."
    )


def _matching(wanted: str, seen: Iterable[tuple[str | None, str | None]]) -> list[str]:
    """Return the gids that a configured word means: itself, else those with this name."""
    known = [(gid, name or "") for gid, name in seen if gid]
    by_gid = [gid for gid, _ in known if gid == wanted]
    return by_gid or [gid for gid, name in known if name.casefold() == wanted.replace("\xa0", " ").casefold()]


def _instead(wanted: str, names: Sequence[str]) -> str:
    if not names:
        return "It shows none at all."
    near = nearest(wanted, names, 3)
    return f"Nearest: {', '.join(near)}." if near else f"There are {', '.join(sorted(names)[:_SHOWN])}."


async def _missing(caller: Caller, connection: AsanaConnection, workspace: str) -> tuple[str, ...]:
    """Ask for one thing of each kind that will be read, and return what the token may not, with what will not work."""
    tries = _Tries(caller)
    there = {"workspace": workspace, "limit": 1}
    project = await tries.first(PROJECTS, caller.api(asana.ProjectsApi).get_projects, there)
    if project:
        task = await tries.first(TASKS, caller.api(asana.TasksApi).get_tasks, {"project": project, "limit": 1})
        if task:
            await tries.first(STORIES, caller.api(asana.StoriesApi).get_stories_for_task, task, {"limit": 1})
    if connection.goals:
        await tries.first(GOALS, caller.api(asana.GoalsApi).get_goals, there)
    if connection.webhooks is not None and connection.webhooks.register_:
        await tries.first(HOOKS, caller.api(asana.WebhooksApi).get_webhooks, workspace, {"limit": 1})
    return tuple(tries.missing)


class _Tries:
    """Asks for the first of each kind and notes what is refused."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self.missing: list[str] = []

    async def first(self, purpose: str, method: Callable[..., Any], *args: Any) -> str | None:
        """Return the gid of the first that is there."""
        try:
            rows, _ = await self._caller.page(purpose, method, *args)
        except (Denied, Refused) as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                raise
            why = "the workspace's plan has none" if error.status == HTTPStatus.PAYMENT_REQUIRED else "is missing"
            self.missing.append(f"{SCOPES[purpose]} {why}: {_LACKING[purpose]}.")
            return None
        return identity(rows[0].get("gid")) if rows else None


async def find_projects(caller: Caller, connection: AsanaConnection, workspace: str) -> Projects:
    """Return the projects to read: those configured, by gid or by name, else all that are not archived."""
    options = {"workspace": workspace, "opt_fields": "name,archived"}
    rows = await caller.rows(PROJECTS, caller.api(asana.ProjectsApi).get_projects, options)
    seen = {gid: text(row.get("name"), 200) or gid for row in rows if (gid := identity(row.get("gid")))}
    archived = frozenset(gid for row in rows if row.get("archived") is True and (gid := identity(row.get("gid"))))
    wanted = [_named(caller, word, seen) for word in connection.projects]
    if not seen:
        raise Misconfigured(f"{caller.who} shows the token no project: share one with the token's account.")
    chosen = dict.fromkeys(wanted or [gid for gid in seen if gid not in archived])
    return Projects(tuple(Scope(gid, seen[gid]) for gid in chosen), archived - chosen.keys(), not wanted)


def _named(caller: Caller, word: str, seen: Mapping[str, str]) -> str:
    found = _matching(word, seen.items())
    if len(found) == 1:
        return found[0]
    if found:
        raise Misconfigured(
            f"{caller.who} has several projects {word}: write the gid in `projects`, one of {', '.join(found)}."
        )
    raise Misconfigured(
        f"{caller.who} shows the token no project {word}. {_instead(word, list(seen.values()))} "
        "Correct `projects`, or share the project with the token's account."
    )
