"""Webhooks: the handshake, what each of them is told, its signature, its heartbeats, its end when nobody answers."""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import orjson

from services.sandbox.asana.journal import Happening
from services.sandbox.asana.records import Record, instant, moment_of
from services.sandbox.asana.store import Missing, Refused, Store
from services.sandbox.hooks import Deliver, HookCall

HEARTBEAT: Final = timedelta(hours=8)
GIVES_UP: Final = timedelta(hours=24)
HANDSHAKE_SECONDS: Final = 10
HIGHER_LEVEL: Final = frozenset({"workspace", "team", "portfolio"})
_REFERENCE: Final = frozenset({"gid", "resource_type", "resource_subtype"})

Shake = Callable[[str, str], Awaitable[str | None]]
"""POSTs a secret to a target, and returns the one that came back; none if it was refused."""


async def shake_hands(target: str, secret: str) -> str | None:
    """Send a new webhook's secret to its target over HTTP."""
    try:
        async with httpx.AsyncClient(timeout=HANDSHAKE_SECONDS, trust_env=False) as client:
            answer = await client.post(target, headers={"X-Hook-Secret": secret}, json={})
    except (httpx.HTTPError, httpx.InvalidURL):
        return None
    return answer.headers.get("X-Hook-Secret") if answer.is_success else None


def signature_of(secret: str, body: bytes) -> str:
    """Return what `X-Hook-Signature` says of a body."""
    return hmac.digest(secret.encode(), body, "sha256").hex()


class Hooks:
    """All webhooks. `wall` is the time by which they beat and end."""

    def __init__(self, store: Store, wall: Callable[[], datetime], deliver: Deliver | None, shake: Shake) -> None:
        self._store = store
        self._wall = wall
        self._deliver = deliver
        self._shake = shake
        self.secrets: dict[str, str] = {}
        self._beaten: dict[str, datetime] = {}

    def all(self) -> list[Record]:
        """Return all webhooks that there are."""
        return list(self._store.all("webhook").values())

    async def create(self, resource: Record, target: str, filters: list[Record]) -> Record:
        """Register a webhook, once its target gave the secret back. Raises `Refused`."""
        _check(resource, target, filters)
        if any(hook["resource"] is resource and hook["target"] == target for hook in self.all()):
            raise Refused("target: A webhook with this resource and target already exists")
        secret = secrets.token_hex(32)
        if await self._shake(target, secret) != secret:
            raise Refused("The remote server which is intended to receive the webhook did not respond with the "
                          "handshake secret")  # fmt: skip
        now = instant(self._wall())
        fields: Record = {"active": True, "resource": resource, "target": target, "filters": filters}
        hook = self._store.add("webhook", created_at=now, last_success_at=now, **fields)
        self.secrets[hook["gid"]] = secret
        self._send(hook, [])
        return hook

    def refilter(self, hook: Record, filters: list[Record]) -> None:
        """Give a webhook other filters. Raises `Refused`."""
        _check(hook["resource"], hook["target"], filters)
        hook["filters"] = filters

    def delete(self, gid: str) -> None:
        """End a webhook. Raises `Missing`."""
        if self._store.all("webhook").pop(gid, None) is None:
            raise Missing("webhook", gid)
        self.secrets.pop(gid, None)
        self._beaten.pop(gid, None)

    def take(self, happened: list[Happening]) -> None:
        """Tell each webhook what it is to know of what happened, in one delivery."""
        self.beat()
        for hook in self.all():
            if told := [_reference(one.event) for one in happened if self._is_told(hook, one)]:
                self._send(hook, told)

    def beat(self) -> None:
        """Send the heartbeats that are due, and end what has not answered for a day."""
        now = self._wall()
        for hook in self.all():
            ends = hook.get("failure_deletion_timestamp")
            if ends and moment_of(ends) <= now:
                self.delete(hook["gid"])
            elif now - self._beaten[hook["gid"]] >= HEARTBEAT:
                self._send(hook, [])

    def answered(self, call: HookCall, error: str | None) -> None:
        """Note what came of a delivery; it is an `Outcome`."""
        hook = self._store.all("webhook").get(call.hook)
        if hook is None:
            return
        now = self._wall()
        if error is None:
            hook["last_success_at"] = instant(now)
            hook["delivery_retry_count"] = 0
            for name in ("next_attempt_after", "failure_deletion_timestamp"):
                hook.pop(name, None)
            return
        hook["delivery_retry_count"] = hook.get("delivery_retry_count", 0) + 1
        hook["last_failure_at"], hook["last_failure_content"] = instant(now), error
        hook["next_attempt_after"] = instant(now + timedelta(minutes=min(60, 2 ** hook["delivery_retry_count"])))
        hook.setdefault("failure_deletion_timestamp", instant(now + GIVES_UP))
        self.beat()

    def _is_told(self, hook: Record, happening: Happening) -> bool:
        resource = hook["resource"]
        if not hook["active"] or resource["gid"] not in happening.scopes or not self._store.is_visible(resource):
            return False
        if resource["resource_type"] in HIGHER_LEVEL and happening.event["type"] in {"task", "story"}:
            return False
        return not hook["filters"] or any(_passes(rule, happening.event) for rule in hook["filters"])

    def _send(self, hook: Record, events: list[Record]) -> None:
        self._beaten[hook["gid"]] = self._wall()
        if self._deliver is None:
            return
        body = orjson.dumps({"events": events})
        signed = signature_of(self.secrets[hook["gid"]], body)
        headers = {"Content-Type": "application/json; charset=UTF-8", "X-Hook-Signature": signed}
        self._deliver(HookCall(hook["gid"], hook["target"], headers, body))


def _check(resource: Record, target: str, filters: list[Record]) -> None:
    if not target.startswith(("http://", "https://")):
        raise Refused("target: Must be a valid URL")
    if resource["resource_type"] in HIGHER_LEVEL:
        if not filters:
            raise Refused("filters: Must be specified for webhooks on workspaces, teams and portfolios")
        if any(rule.get("fields") or rule.get("resource_type") in {"task", "story"} for rule in filters):
            raise Refused("filters: Not allowed for webhooks on workspaces, teams and portfolios")


def _passes(rule: Mapping[str, Any], event: Record) -> bool:
    """Tell whether an event matches all that a filter says."""
    resource, names = event["resource"], rule.get("fields")
    return (
        rule.get("resource_type") in {None, resource["resource_type"]}
        and rule.get("resource_subtype") in {None, resource.get("resource_subtype")}
        and rule.get("action") in {None, event["action"]}
        and (not names or event.get("change", {}).get("field") in names)
    )


def _reference(event: Record) -> Record:
    """Return an event as a webhook tells it: who and what by gid only."""
    told = {name: _bare(event.get(name)) for name in ("user", "resource", "parent")}
    told |= {"created_at": event["created_at"], "action": event["action"]}
    if change := event.get("change"):
        told["change"] = {name: _bare(value) for name, value in change.items()}
    return told


def _bare(value: Any) -> Any:
    return {name: one for name, one in value.items() if name in _REFERENCE} if isinstance(value, dict) else value
