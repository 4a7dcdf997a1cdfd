"""The stand-in for one Asana workspace: what it holds, and all that people and programs can do in it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from services.sandbox.asana import placing, plans, putting
from services.sandbox.asana.events import Events
from services.sandbox.asana.hooks import Hooks, Shake, shake_hands
from services.sandbox.asana.journal import Journal
from services.sandbox.asana.office import Office
from services.sandbox.asana.records import Record
from services.sandbox.asana.store import Store
from services.sandbox.hooks import Deliver, HookCall


class AsanaSite:
    """One workspace. `now` is its people's time; `wall`, by which tokens, webhooks and rate limits live, may differ.

    `by` is always a user's gid; what is asked for and is not there raises `Missing`, what makes no sense `Refused`.
    """

    def __init__(
        self, *, now: Callable[[], datetime], base_url: str, deliver: Deliver | None = None,
        index_lag: timedelta = timedelta(0), wall: Callable[[], datetime] | None = None,
        workspace: str = "Brightmoor", shake: Shake = shake_hands,
    ) -> None:  # fmt: skip
        self.now = now
        self.wall = wall or now
        self.base_url = base_url.rstrip("/")
        self.index_lag = index_lag
        self.is_premium = True
        self.requests_a_minute: int | None = None
        self.store = Store(now, workspace)
        self.journal = Journal(now)
        self.office = Office(self.store, self.journal)
        self.plans = plans.Plans(self.office)
        self.events = Events(self.wall)
        self.hooks = Hooks(self.store, self.wall, deliver, shake)
        self.journal.listeners += [self.events.take, self.hooks.take]

    @property
    def tasks(self) -> Mapping[str, Record]:
        """All tasks that there are, by gid, subtasks too; deleted ones are in `store.trash`."""
        return {gid: task for gid, task in self.store.all("task").items() if "_stub" not in task}

    def put(self, raw: Mapping[str, Any], at: datetime | None = None) -> None:
        """Insert or replace a task as an API gives it, with `stories`. With `at`, what differs happens now."""
        putting.put_task(self.office, raw, at)

    def raw(self, gid: str) -> Record:
        """Return a task with all of its fields, and its stories."""
        return putting.raw_task(self.store.get("task", gid))

    def create(self, project: str | None, fields: Mapping[str, Any], by: str | None, parent: str | None = None) -> str:
        """Make a task in a project, or a subtask, and return its gid."""
        store = self.store
        target = store.get("project", project) if project else None
        above = store.get("task", parent) if parent else None
        with self.office.doing(by):
            placing.undelete_task(self.office, gid)

    def hide(self, project: str) -> None:
        """Have the account lose sight of a project and of what is in it alone."""
        self.store.hidden.add(self.store.get("project", project)["gid"])

    def show(self, project: str) -> None:
        """Let the account see a project again."""
        self.store.hidden.discard(project)

    def hook_answered(self, call: HookCall, error: str | None) -> None:
        """Note what came of a delivery: a webhook that fails for a day ends."""
        self.hooks.answered(call, error)

    def beat(self) -> None:
        """Send the heartbeats that are due; also done with everything that happens."""
        self.hooks.beat()

    def counts(self) -> dict[str, int]:
        """Return how many resources there are of each kind."""
        kinds = {kind: len(records) for kind, records in self.store.kinds.items()}
        return {**kinds, "task": len(self.tasks), "deleted": len(self.store.trash)}
