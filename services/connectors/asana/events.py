"""A project's stream of events, read by sync tokens: an event becomes the tasks to look at, nothing else of it is read.

The package's own reading of this stream repeats pages for ever and hides that events were lost: pages are read one by
one here, and what Asana says with 412 is told.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import asana

from services.connectors.asana.calling import Caller, LostToken
from services.connectors.asana.fetching import STORIES, Ask, read_all
from services.connectors.reading import identity, mapping, text
from services.connectors.refusals import Refused
from services.connectors.tracker import EventsPage, Scope
from services.runtime.errors import Misconfigured, Transient

READ: Final = "read its tasks"
FIELDS: Final = "action,resource,parent,change,change.field,change.action,change.added_value,change.removed_value"
_VALUES: Final = ("added_value", "removed_value", "new_value")
_LONGEST: Final = 10_000


class Hints:
    """The tasks that events name, in their order."""

    def __init__(self) -> None:
        self._tasks: dict[str, bool] = {}
        self.stories: set[str] = set()

    def add(self, event: Mapping[str, Any]) -> None:
        """Take what one event tells."""
        resource, parent, change = (mapping(event.get(name)) for name in ("resource", "parent", "change"))
        gid, kind = identity(resource.get("gid")), resource.get("resource_type")
        if kind == "task" and gid is not None:
            self._took(gid, str(event.get("action")))
        above = self._note(parent)
        for value in _VALUES:
            self._note(mapping(change.get(value)))
        if kind == "story" and gid is not None and not above:
            self.stories.add(gid)

    def _took(self, gid: str, action: str) -> None:
        # What is told after a deletion (its leaving of projects, say) takes nothing back but an undeletion.
        was_deleted = self._tasks.pop(gid, False)
        self._tasks[gid] = action == "deleted" or (was_deleted and action != "undeleted")

    def _note(self, other: Mapping[str, Any]) -> bool:
        """Take a task that an event names beside its resource: its parent, or the far end of a dependency."""
        gid = identity(other.get("gid"))
        if gid is None or other.get("resource_type") != "task":
            return False
        self._tasks.setdefault(gid, False)
        return True

    def also(self, gids: Iterable[str]) -> None:
        """Take tasks that were found out about otherwise."""
        for gid in gids:
            self._tasks.setdefault(gid, False)

    @property
    def changed(self) -> tuple[str, ...]:
        """The tasks to fetch."""
        return tuple(gid for gid, is_deleted in self._tasks.items() if not is_deleted)

    @property
    def deleted(self) -> tuple[str, ...]:
        """The tasks that are said to be deleted."""
        return tuple(gid for gid, is_deleted in self._tasks.items() if is_deleted)


def hints_in(events: Iterable[object]) -> Hints:
    """Read events as hints."""
    hints = Hints()
    for event in events:
        hints.add(mapping(event))
    return hints


async def events_page(caller: Caller, scope: Scope, token: str | None) -> EventsPage:
    """Return what happened since a token; without one that still lives, the first of a new row."""
    options = {"opt_fields": FIELDS} | ({"sync": token} if token else {})
    try:
        method = caller.api(asana.EventsApi).get_events
        body = await caller.read(READ, method, (scope.id, options), caller.whole)
    except LostToken as lost:
        return EventsPage((), (), lost.sync, gap=token is not None)
    except Refused as error:
        raise Misconfigured(f"The events of the project {scope.name} cannot be read. {error}") from error
    rows, _ = caller.page_in(body)
    following = text(body.get("sync"), _LONGEST)
    if following is None:
        raise Transient(f"{caller.who} gave events without the token for the next ones.")
    hints = hints_in(rows)
    hints.also(await _tasks_of(caller, sorted(hints.stories)))
    # A stream that does not move on has nothing more, whatever it says.
    has_more = body.get("has_more") is True and following != token
    return EventsPage(hints.changed, hints.deleted, following, has_more)


async def _tasks_of(caller: Caller, stories: list[str]) -> list[str]:
    """Return the tasks of stories whose events did not name them; of a deleted story nobody can tell."""
    asks = [Ask(f"/stories/{gid}", ("target",), STORIES, is_list=False) for gid in stories]
    found = [rows[0].get("target") for rows in await read_all(caller, asks) if not isinstance(rows, Refused)]
    targets = (mapping(target) for target in found)
    return [gid for one in targets if one.get("resource_type") == "task" and (gid := identity(one.get("gid")))]
