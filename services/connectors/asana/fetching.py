"""Whole tasks with their stories, read ten calls at a time; and what became of those that do not come."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import orjson

from schemas.work_items import Absence
from services.connectors.asana.calling import PAGE_SIZE, Caller, Json, Page
from services.connectors.asana.versions import VERSION_FIELDS
from services.connectors.reading import identity, mapping, sequence
from services.connectors.refusals import Refused
from services.connectors.tracker import Fetched, Gone, Raw
from services.runtime.errors import Misconfigured, Transient

ACTIONS_A_BATCH: Final = 10
TASKS: Final = "read its tasks"
STORIES: Final = "read histories and comments"

TASK_FIELDS: Final = (
    *VERSION_FIELDS,
    *("resource_subtype", "name", "approval_status", "completed_at", "created_at", "created_by.name"),
    *("due_on", "due_at", "start_on", "start_at", "notes", "html_notes", "permalink_url", "workspace.name"),
    *("custom_type_status_option.name", "custom_fields.name", "custom_fields.resource_subtype"),
    *("custom_fields.display_value", "custom_fields.text_value", "custom_fields.number_value"),
    *("custom_fields.enum_value.name", "custom_fields.multi_enum_values.name", "custom_fields.people_value.name"),
    *("custom_fields.date_value.date", "custom_fields.date_value.date_time"),
)
"""All that the mapping reads of a task. Asked for in batches only: the vendor's own list of what a page of tasks may
be asked for leaves out the name of who created them, which Asana gives all the same."""

STORY_FIELDS: Final = (
    *("created_at", "created_by.name", "resource_subtype", "type", "text", "html_text"),
    *("assignee.name", "dependency", "project.name", "tag.name", "follower.name", "duplicate_of", "task"),
    "custom_field.name",
    *(f"{when}_{what}" for when in ("old", "new") for what in
      ("name", "resource_subtype", "approval_status", "number_value", "dates.due_on", "dates.due_at", "dates.start_on",
       "section.name", "enum_value.name", "multi_enum_values.name", "people_value.name", "date_value")),
)  # fmt: skip
"""All that the mapping reads of a story."""

HOME: Final = "home"
"""What we add to a task in no project: the projects of the nearest task above it that is in some."""
HOME_FIELDS: Final = ("parent", "projects.name")
_GID: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")

Away = Callable[[Iterable[str]], Absence | None]
"""Tells of the projects that a task and what it belongs to are in why it is not among what we read, if so."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A GET inside a batch: what, which fields, for which purpose, and whether it is a list in pages."""

    path: str
    fields: tuple[str, ...]
    purpose: str
    is_list: bool = True
    offset: str | None = None
    project: str | None = None

    def action(self) -> Json:
        """Return it as the batch endpoint takes it."""
        options: Json = {"fields": list(self.fields)}
        if self.is_list:
            options |= {"limit": PAGE_SIZE} | ({"offset": self.offset} if self.offset else {})
        data = {"data": {"project": self.project}} if self.project else {}
        return {"method": "get", "relative_path": self.path, "options": options} | data


async def _batch(caller: Caller, asks: Sequence[Ask]) -> list[Page | Refused]:
    """Read up to ten things in one call: a page of each, or why that one is not there."""
    try:
        return await caller.batch(TASKS, [ask.action() for ask in asks], partial(_results_in, caller, asks))
    except Refused as error:
        raise Misconfigured(str(error)) from error


def _results_in(caller: Caller, asks: Sequence[Ask], body: Json) -> list[Page | Refused]:
    """Return what came of each action. What may come right by itself raises, and the whole call is made again."""
    results, _ = caller.page_in(body)
    if len(results) != len(asks):
        raise Transient(f"{caller.who} answered {len(results)} of the {len(asks)} calls of a batch.")
    return [_result_in(caller, ask, result) for ask, result in zip(asks, results, strict=True)]


def _result_in(caller: Caller, ask: Ask, result: Json) -> Page | Refused:
    status, body = result.get("status_code"), result.get("body")
    if status == HTTPStatus.OK:
        answer = caller.whole(body)
        return caller.page_in(answer) if ask.is_list else ([caller.object_in(answer)], None)
    known = status if isinstance(status, int) else HTTPStatus.BAD_GATEWAY.value
    error = caller.refused(ask.purpose, known, mapping(result.get("headers")), orjson.dumps(body))
    if isinstance(error, Refused):
        return error
    raise error


async def _together(calls: Sequence[Coroutine[Any, Any, list[Page | Refused]]]) -> list[list[Page | Refused]]:
    """Make calls at once; where one fails, the others are not worth their share of the limit any more."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def page_of(caller: Caller, ask: Ask) -> Page:
    """Read one page by itself."""
    (found,) = await _batch(caller, [ask])
    if isinstance(found, Refused):
        raise found
    return found


async def read_all(caller: Caller, asks: Sequence[Ask]) -> list[list[Json] | Refused]:
    """Return what came of each: all pages of it, or why it is not there."""
    found: list[list[Json] | Refused] = [[] for _ in asks]
    waiting = list(enumerate(asks))
    while waiting:
        parts = [waiting[at : at + ACTIONS_A_BATCH] for at in range(0, len(waiting), ACTIONS_A_BATCH)]
        pages = await _together([_batch(caller, [ask for _, ask in part]) for part in parts])
        asked = zip(waiting, (page for part in pages for page in part), strict=True)
        waiting = []
        for (place, ask), page in asked:
            if isinstance(page, Refused):
                found[place] = page
                continue
            rows, following = page
            before = found[place]
            found[place] = rows if isinstance(before, Refused) else before + rows
            if following is not None and following != ask.offset:
                waiting.append((place, replace(ask, offset=following)))
    return found


async def with_subtasks(caller: Caller, tasks: Sequence[Json], fields: tuple[str, ...]) -> list[Json]:
    """Return the tasks and all that is below them, at any depth, each once, with where it is at home."""
    found = {gid: task for task in tasks if (gid := identity(task.get("gid")))}
    level = list(found)
    while above := [gid for gid in level if found[gid].get("num_subtasks")]:
        answers = await read_all(caller, [Ask(f"/tasks/{gid}/subtasks", fields, TASKS) for gid in above])
        below = [
            at_home(task, found[gid].get("projects") or found[gid].get(HOME))
            for gid, rows in zip(above, answers, strict=True)
            if not isinstance(rows, Refused)
            for task in rows
        ]
        level = []
        for task in below:
            if (gid := identity(task.get("gid"))) and gid not in found:
                found[gid] = task
                level.append(gid)
    return list(found.values())


async def with_stories(caller: Caller, tasks: Sequence[Json]) -> list[Raw]:
    """Return the tasks with all their stories; one that went away meanwhile is left out: something will tell of it."""
    asks = [Ask(f"/tasks/{task['gid']}/stories", STORY_FIELDS, STORIES) for task in tasks]
    answers = await read_all(caller, asks)
    return [
        task | {"stories": rows}
        for task, rows in zip(tasks, answers, strict=True)
        if not isinstance(rows, Refused)
    ]  # fmt: skip


async def fetch(caller: Caller, ids: Sequence[str], away: Away) -> Fetched:
    """Return tasks by their gids, and why others did not come."""
    asked = list(dict.fromkeys(ids))
    known = [gid for gid in asked if _GID.fullmatch(gid)]
    answers = await read_all(caller, [Ask(f"/tasks/{gid}", TASK_FIELDS, TASKS, is_list=False) for gid in known])
    tasks = {gid: rows[0] for gid, rows in zip(known, answers, strict=True) if not isinstance(rows, Refused)}
    absences = {gid: Absence.UNREACHABLE for gid in asked if gid not in tasks}
    chains = await _homes(caller, tasks)
    absences |= {gid: absence for gid in tasks if (absence := away(_gids(chains[gid]))) is not None}
    here = await with_stories(
        caller, [at_home(task, _nearest(chains[gid])) for gid, task in tasks.items() if gid not in absences]
    )
    came = {str(raw["gid"]) for raw in here}
    absences |= {gid: Absence.UNREACHABLE for gid in asked if gid not in came and gid not in absences}
    return Fetched(tuple(here), tuple(Gone(gid, absence) for gid, absence in absences.items()))


def at_home(task: Json, projects: object) -> Json:
    """Return the task with the projects of what it is a part of, where it is in none of its own."""
    if task.get("projects") or not projects:
        return task
    return task | {HOME: list(sequence(projects))}


async def _homes(caller: Caller, tasks: Mapping[str, Json]) -> dict[str, list[Sequence[Any]]]:
    """Return for each task its projects and those of everything above it, from itself upwards."""
    known: dict[str, Mapping[str, Any]] = dict(tasks)
    while missing := list({gid for one in known.values() if (gid := _parent(one)) and gid not in known}):
        asks = [Ask(f"/tasks/{gid}", HOME_FIELDS, TASKS, is_list=False) for gid in missing]
        answers = await read_all(caller, asks)
        for gid, rows in zip(missing, answers, strict=True):
            known[gid] = {} if isinstance(rows, Refused) else rows[0]
    return {gid: _projects_above(gid, known) for gid in tasks}


def _projects_above(gid: str, known: Mapping[str, Mapping[str, Any]]) -> list[Sequence[Any]]:
    found: list[Sequence[Any]] = []
    seen: set[str] = set()
    at: str | None = gid
    while at is not None and at not in seen:
        seen.add(at)
        found.append(sequence(known[at].get("projects")))
        at = _parent(known[at])
    return found


def _nearest(chain: Sequence[Sequence[Any]]) -> Sequence[Any]:
    """Return the first projects there are, upwards: a subtask belongs where its top is."""
    return next(filter(None, chain), ())


def _gids(chain: Iterable[Sequence[Any]]) -> set[str]:
    return {gid for projects in chain for each in projects if (gid := identity(mapping(each).get("gid")))}


def _parent(task: Mapping[str, Any]) -> str | None:
    return identity(mapping(task.get("parent")).get("gid"))
