"""Webhooks: who wants to hear of what, and the deliveries, as Jira words, signs and numbers them.

Those of an administrator may have a secret and are signed over the bytes; those that an app registers end by themselves
after 30 days and carry a token that is signed with the app's secret.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

import jwt
import orjson

from services.runtime.connections import JiraKind
from services.sandbox.hooks import Deliver, HookCall
from services.sandbox.jira.records import Json, Link, Stored, millis
from services.sandbox.jira.shapes import Shapes

LIVES: Final = timedelta(days=30)
CLIENT_ID: Final = "sandbox-app"
CLIENT_SECRET: Final = "sandbox-app-secret-of-no-use-anywhere"  # noqa: S105 -- of a made-up app, printed in the docs
DYNAMIC_EVENTS: Final = frozenset(
    {
        "jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created", "comment_updated",
        "comment_deleted", "issue_property_set", "issue_property_deleted", "sprint_created", "sprint_updated",
        "sprint_closed", "sprint_deleted", "sprint_started", "jira:version_released", "jira:version_unreleased",
        "jira:version_created", "jira:version_moved", "jira:version_updated", "jira:version_merged",
        "jira:version_deleted",
    }
)  # fmt: skip


@dataclass
class Hook:
    """A registration. `expires` (epoch ms) is set on an app's own, `secret` on an administrator's; none shows it."""

    id: str
    url: str
    events: tuple[str, ...]
    jql: str = ""
    name: str = ""
    secret: str | None = None
    enabled: bool = True
    expires: int | None = None
    updated: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell: who did it to which issue when (epoch ms), and what the event's kind brings along."""

    name: str
    at: int
    by: Json | None
    issue: Stored | None = None
    type_name: str | None = None
    changelog: Json | None = None
    comment: Json | None = None
    link: Link | None = None
    secondary: bool = False


@dataclass
class Webhooks:
    """The registrations of a site, and what tells them. `matches` says whether an issue fits a hook's JQL.

    `now` is the site's time; `wall` the machine's, by which those who are told check tokens and renew.
    """

    kind: JiraKind
    now: Callable[[], datetime]
    wall: Callable[[], datetime]
    shapes: Shapes
    matches: Callable[[str, Stored], bool]
    deliver: Deliver | None = None
    admin: dict[str, Hook] = field(default_factory=dict)
    dynamic: dict[str, Hook] = field(default_factory=dict)
    sent: int = 0
    _ids: Any = field(default_factory=lambda: count(1))

    def register(self, hook: Hook, *, dynamic: bool = False) -> Hook:
        """Keep a registration under an id of its own."""
        hook.id = str(next(self._ids))
        hook.updated = millis(self.now())
        if dynamic:
            self.renew(hook)
        (self.dynamic if dynamic else self.admin)[hook.id] = hook
        return hook

    def renew(self, hook: Hook) -> None:
        """Have an app's registration live on for 30 days from now."""
        hook.expires = millis(self.wall() + LIVES)

    def living(self) -> list[Hook]:
        """Return the apps' registrations that have not ended."""
        now = millis(self.wall())
        self.dynamic = {id_: hook for id_, hook in self.dynamic.items() if hook.expires is None or hook.expires > now}
        return list(self.dynamic.values())

    def tell(self, event: Event) -> None:
        """Deliver an event to all that want it; Data Center tells a comment twice."""
        hooks = [hook for hook in (*self.admin.values(), *self.living()) if hook.enabled]
        if self.deliver is None or not hooks:
            return
        bodies: dict[bool, Json] = {}
        for hook in hooks:
            if event.name in hook.events and self._fits(hook, event):
                body = bodies.setdefault(True, self._body(event))
                self._send(hook, event, body)

    def _fits(self, hook: Hook, event: Event) -> bool:
        return not hook.jql or (event.issue is not None and self.matches(hook.jql, event.issue))

    def _send(self, hook: Hook, event: Event, body: Json) -> None:
        if hook.expires is not None:
            body = {**body, "matchedWebhookIds": [int(hook.id)]}
        raw = orjson.dumps(body)
        self.sent += 1
        headers = {"Content-Type": "application/json; charset=UTF-8", "User-Agent": "Atlassian Webhook HTTP Client"}
        if self.kind is JiraKind.CLOUD:
            headers["X-Atlassian-Webhook-Identifier"] = f"{hook.id}-{event.at}-{self.sent}"
            headers["X-Atlassian-Webhook-Flow"] = "Secondary" if event.secondary else "Primary"
        if hook.expires is not None:
            headers["Authorization"] = f"Bearer {self._token()}"
        elif hook.secret:
            headers["X-Hub-Signature"] = f"sha256={hmac.new(hook.secret.encode(), raw, hashlib.sha256).hexdigest()}"
        if self.deliver is not None:
            self.deliver(HookCall(hook.id, hook.url, headers, raw))

    def _token(self) -> str:
        issued = millis(self.wall()) // 1000
        return jwt.encode({"iss": CLIENT_ID, "iat": issued, "exp": issued + 180}, CLIENT_SECRET, algorithm="HS256")

    def _body(self, event: Event) -> Json:
        body: Json = {"timestamp": event.at, "webhookEvent": event.name}
        if event.link is not None:
            return {**body, "issueLink": self._link(event.link)}
        if event.type_name is not None:
            body["issue_event_type_name"] = event.type_name
        if event.comment is None or event.type_name is not None:
            body["user"] = self.shapes.person(event.by, 2)
        if event.issue is not None and not self._is_stripped(event):
            body["issue"] = orjson.Fragment(self.shapes.issue(event.issue, 2))
        if event.comment is not None and event.issue is not None and event.type_name != "issue_comment_deleted":
            body["comment"] = self.shapes.comment(event.issue.id, event.comment, 2)
        if event.changelog is not None:
            body["changelog"] = {"id": event.changelog["id"], "items": event.changelog["items"]}
        return body

    def _is_stripped(self, event: Event) -> bool:
        return self.kind is JiraKind.DATACENTER and event.name.startswith("comment_")

    def _link(self, link: Link) -> Json:
        kind = self.shapes.known.link_types[link.type]
        shown = {
            "id": int(link.type), "name": kind["name"], "outwardName": kind["outward"], "inwardName": kind["inward"],
            "isSubTaskLinkType": False, "isSystemLinkType": False,
        }  # fmt: skip
        return {
            "id": int(link.id), "sourceIssueId": int(link.source), "destinationIssueId": int(link.destination),
            "issueLinkType": shown, "systemLink": False, "sequence": None,
        }  # fmt: skip
