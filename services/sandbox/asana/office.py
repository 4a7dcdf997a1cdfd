"""Where things are done: whoever changes something leaves a story, an event and a new time of modification behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from services.sandbox.asana.journal import Journal
from services.sandbox.asana.records import Record
from services.sandbox.asana.store import Store


@dataclass(frozen=True, slots=True)
class Office:
    """The store, and the journal of what is done to it."""

    store: Store
    journal: Journal

    @contextmanager
    def doing(self, by: str | None) -> Iterator[Record | None]:
        """Have somebody (a user's gid; none: Asana itself) do one thing. All of its events are told as one."""
        user = self.store.user(by) if by else None
        with self.journal.doing(user):
            yield user

    def story(self, task: Record, subtype: str, text: str, /, *, quiet: bool = False, **values: Any) -> Record:
        """Write a story on a task. `quiet` leaves its time of modification: moves do, all other stories do not.

        A value that is none is left out, as Asana has no such pair then.
        """
        story = self.store.add(
            "story",
            created_at=self.store.stamp(),
            created_by=self.journal.by,
            resource_subtype=subtype,
            type="comment" if subtype == "comment_added" else "system",
            text=text,
            target=task,
            _own=True,
        )
        story.update({name: value for name, value in values.items() if value is not None})
        task.setdefault("_stories", []).append(story)
        self.journal.tell("added", story, parent=task)
        if not quiet:
            self.store.bump(task)
        return story

    def changed(self, task: Record, name: str, action: str = "changed", value: Any = None) -> None:
        """Tell that a field of a task changed, and give it a new time of modification."""
        self.journal.changed(task, name, action, value)
        self.store.bump(task)

    def who(self) -> str:
        """Return the name of whoever is doing something."""
        return str(self.journal.by["name"]) if self.journal.by else "Asana"
