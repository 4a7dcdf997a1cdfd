"""The stand-in's site: what it holds, what is put into it, what people do there, and how it is read by programs.

Whatever happens at an issue makes its `updated` rise, by a millisecond at least, and is told to who asked for it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import orjson

from services.runtime.clock import SystemClock
from services.runtime.connections import JiraKind
from services.sandbox.hooks import Deliver
from services.sandbox.jira import actions
from services.sandbox.jira.catalogue import Catalogue, addressed
from services.sandbox.jira.described import described
from services.sandbox.jira.jql.fields import View
from services.sandbox.jira.jql.parsing import parse
from services.sandbox.jira.jql.running import Site
from services.sandbox.jira.putting import put
from services.sandbox.jira.records import Json, Stored, millis
from services.sandbox.jira.searching import Searches
from services.sandbox.jira.shapes import Shapes
from services.sandbox.jira.store import Store
from services.sandbox.jira.values import Refused
from services.sandbox.jira.webhooks import Webhooks
from services.sandbox.jira.writing import Numbers


class JiraSite:
    """One Jira, of one of the two kinds. Times are aware; `by` is an account id.

    Attributes that may be set at any time: `base_url`, `deliver`, `time_zone` (the account's), `epoch_changelogs`
    (dates in bulk changelogs are numbers), `limits_writes` (20 writes in 2 s to one issue, then 429), `burst` (calls in
    a second that the answers' headers speak of; nobody is held to it) and `shapes.options`.
    """

    def __init__(
        self, *, kind: JiraKind = JiraKind.CLOUD, now: Callable[[], datetime], base_url: str = "",
        deliver: Deliver | None = None, index_lag: timedelta = timedelta(0),
        elapsed: Callable[[], float] | None = None, wall: Callable[[], datetime] | None = None,
    ) -> None:  # fmt: skip
        self.kind = kind
        self.now = now
        self.base_url = base_url
        self.elapsed = elapsed or SystemClock().monotonic
        self.time_zone = "UTC"
        self.epoch_changelogs = False
        self.limits_writes = True
        self.burst = 100
        self.known = Catalogue()
        self.store = Store(lag=index_lag // timedelta(milliseconds=1))
        self.shapes = Shapes(self.store, self.known, kind, lambda: self.base_url)
        self.webhooks = Webhooks(kind, now, wall or now, self.shapes, self._matches, deliver)
        self.searches = Searches(self)
        self.numbers = Numbers()
        self.renumbered: dict[tuple[str, str], str] = {}
        self.moved: set[str] = set()
        self.remote_links: dict[str, dict[int, Json]] = {}
        self._last_keys: dict[str, int] = {}

    @property
    def is_datacenter(self) -> bool:
        """Tell whether it is a Data Center."""
        return self.kind is JiraKind.DATACENTER

    @property
    def issues(self) -> dict[str, Stored]:
        """The issues by id, without those that are deleted."""
        return self.store.issues

    @property
    def deliver(self) -> Deliver | None:
        """Who takes webhook deliveries."""
        return self.webhooks.deliver

    @deliver.setter
    def deliver(self, deliver: Deliver | None) -> None:
        self.webhooks.deliver = deliver

    def at(self) -> int:
        """Return the site's time as epoch milliseconds."""
        return millis(self.now())

    def put(self, raw: Json, at: datetime | None = None) -> None:
        """Insert or replace an issue; with `at`, as something that happens then and is told by webhooks."""
        put(self, raw, at)

    def raw(self, id_: str) -> Json:
        """Return an issue as version 3 gives it, with all fields, histories (newest first) and comments."""
        issue = self.store.issues[id_]
        raw: Json = orjson.loads(self.shapes.issue(issue, 2 if self.is_datacenter else 3, histories=None))
        return raw

    def add_project(self, key: str, name: str, id_: str | None = None) -> str:
        """Open a project; returns its id."""
        id_ = id_ or self.numbers.next("project")
        self.learn_project(addressed("project", {"id": id_, "key": key, "name": name, "projectTypeKey": "software"}))
        return id_

    def learn_project(self, project: Json) -> None:
        """Note a project as an issue tells it."""
        id_ = str(project["id"])
        if self.known.projects.get(id_) != project:
            self.known.projects[id_] = project

    def learn_key(self, key: str, project: str) -> None:
        """Note that a key is taken."""
        number = int(key.rpartition("-")[2])
        if number > self._last_keys.get(project, 0):
            self._last_keys[project] = number

    def next_key(self, project: str) -> str:
        """Return a key that no issue of the project (by id) has or had."""
        number = self._last_keys[project] = self._last_keys.get(project, 0) + 1
        return f"{self.known.projects[project]['key']}-{number}"

    def key_of(self, id_: str) -> str:
        """Return the key of an issue, here or elsewhere, by its id."""
        found = self.store.issues.get(id_) or self.store.deleted.get(id_)
        return found.key if found else str(self.store.far.get(id_, {}).get("key", id_))

    def visible(self, id_or_key: str) -> Stored:
        """Return an issue by id or by a key that it has or had; raises `Refused` where it may not be seen."""
        issue = self.store.find(id_or_key)
        if issue is None or issue.project in self.known.hidden:
            raise Refused(404, "Issue does not exist or you do not have permission to see it.")
        return issue

    def query_site(self) -> Site:
        """Return what a query runs against now."""
        return Site(self.store, self.known, self.now(), ZoneInfo(self.time_zone))

    def fields(self) -> list[Json]:
        """Return the fields as `/field` tells them."""
        return described(datacenter=self.is_datacenter)

    def shown_status(self, status: Json, version: int) -> Json:
        """Return a status with its address."""
        return {"self": f"{self.base_url}/rest/api/{version}/status/{status['id']}", "description": "", **status}

    def has_subtasks(self, issue: Stored) -> bool:
        """Tell whether an issue has sub-tasks."""
        children = self.store.children.get(issue.id, ())
        return any(self.issues[id_].read_fields()["issuetype"].get("subtask") for id_ in children)

    def _matches(self, jql: str, issue: Stored) -> bool:
        return self.query_site().test(parse(jql).where)(View(issue, self.store, self.known))

    def _by(self, account: str) -> Json:
        return self.known.users.get(account) or self.known.person({"accountId": account}) or self.known.account

    def create(self, project_key: str, fields: Json, by: str) -> str:
        """Open an issue; returns its id."""
        return actions.create(self, project_key, fields, self._by(by)).id

    def edit(self, id_: str, fields: Json, by: str) -> None:
        """Set fields, as a client would send them."""
        actions.edit(self, self.issues[id_], fields, self._by(by))

    def transition(self, id_: str, status: str, by: str) -> None:
        """Bring an issue into a status, by its name or id."""
        actions.transition(self, self.issues[id_], status, self._by(by))

    def set_parent(self, id_: str, parent_id: str | None, by: str) -> None:
        """Put an issue under another, or under none."""
        actions.set_parent(self, self.issues[id_], self.issues[parent_id] if parent_id else None, self._by(by))

    def comment(self, id_: str, text: str, by: str) -> str:
        """Leave a comment; returns its id."""
        return str(actions.comment(self, self.issues[id_], text, self._by(by))["id"])

    def edit_comment(self, id_: str, comment_id: str, text: str, by: str) -> None:
        """Change a comment's text."""
        actions.edit_comment(self, self.issues[id_], comment_id, text, self._by(by))

    def delete_comment(self, id_: str, comment_id: str) -> None:
        """Take a comment away."""
        actions.delete_comment(self, self.issues[id_], comment_id)

    def link(self, type_name: str, inward_id: str, outward_id: str, by: str) -> str:
        """Link two issues; the first blocks the second, say, as in the request of that shape. Returns the link's id."""
        return actions.link(self, type_name, self.issues[inward_id], self.issues[outward_id], self._by(by)).id

    def unlink(self, link_id: str, by: str) -> None:
        """Take a link away."""
        actions.unlink(self, link_id, self._by(by))

    def delete(self, id_: str, by: str) -> None:
        """Delete an issue with its sub-tasks."""
        actions.delete(self, self.issues[id_], self._by(by))

    def move(self, id_: str, project_key: str, by: str) -> None:
        """Move an issue to another project; its key changes and the old one leads to it still."""
        actions.move(self, self.issues[id_], project_key, self._by(by))

    def hide(self, project_key: str) -> None:
        """Take the right to see a project from the account."""
        if project := self.known.project_of(project_key):
            self.known.hidden.add(str(project["id"]))

    def show(self, project_key: str) -> None:
        """Give it back."""
        if project := self.known.project_of(project_key):
            self.known.hidden.discard(str(project["id"]))
