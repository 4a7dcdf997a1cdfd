"""What happened: events in the form of Asana, gathered while somebody does one thing and told when it is done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.sandbox.asana.records import Record, instant


@dataclass(frozen=True, slots=True)
class Happening:
    """An event, and the gids of all resources whose streams tell it."""

    at: datetime
    event: Record
    scopes: frozenset[str]


Listener = Callable[[list[Happening]], None]


def scopes_of(record: Record | None) -> Iterator[str]:
    """Return the gids of a resource and of all that it is in: parents, projects; for a story, its task's."""
    while record is not None:
        yield record["gid"]
        if record["resource_type"] == "story":
            record = record["target"]
            continue
        for project in record.get("projects", ()):
            yield project["gid"]
        above = ("team", "workspace") if record["resource_type"] in {"project", "portfolio", "goal", "tag"} else ()
        for name in above:
            if record.get(name):
                yield record[name]["gid"]
        record = record.get("parent")


@dataclass
class Journal:
    """Gathers events; `by` is the user who is doing something."""

    now: Callable[[], datetime]
    listeners: list[Listener] = field(default_factory=list)
    by: Record | None = None
    _gathered: list[Happening] = field(default_factory=list)
    _depth: int = 0

    @contextmanager
    def doing(self, by: Record | None) -> Iterator[None]:
        """Tell all events that come within as one, at its end; those of what failed half-way too, as they happened."""
        before, self.by = self.by, by
        self._depth += 1
        try:
            yield
        finally:
            self.by = before
            self._depth -= 1
            if not self._depth and self._gathered:
                told, self._gathered = self._gathered, []
                for listener in self.listeners:
                    listener(told)

    def tell(
        self, action: str, resource: Record, *, parent: Record | None = None, change: Record | None = None,
        also: tuple[Record, ...] = (),
    ) -> None:  # fmt: skip
        """Note an event. `also` are resources whose streams tell it besides those that the resource is in."""
        at = self.now()
        event: Record = {
            "resource_type": "event",
            "user": self.by,
            "created_at": instant(at),
            "type": resource["resource_type"],
            "action": action,
            "resource": resource,
        }
        if parent is not None:
            event["parent"] = parent
        if change is not None:
            event["change"] = change
        inside = [gid for one in (resource, parent, *also) for gid in scopes_of(one)]
        self._gathered.append(Happening(at, event, frozenset(inside)))

    def changed(self, resource: Record, name: str, action: str = "changed", value: Any = None) -> None:
        """Note that a field changed. A value is told only where it is a resource."""
        change: Record = {"field": name, "action": action}
        if isinstance(value, dict) and "resource_type" in value:
            change[{"changed": "new_value", "added": "added_value", "removed": "removed_value"}[action]] = value
        self.tell("changed", resource, change=change)
