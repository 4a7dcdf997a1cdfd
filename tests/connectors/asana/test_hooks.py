"""Webhooks: signatures over raw bytes, the handshake inside the creating call, and those that end."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.connectors.asana.client import AsanaClient, build_client
from services.connectors.tracker import HookHints, HookWanted
from services.runtime.errors import InvalidMessage, Misconfigured, Permanent, Transient
from services.sandbox.fault_kinds import Fault, FaultKind
from services.sandbox.hooks import HookCall
from services.sandbox.listening import listening
from tests.connectors.asana.sites import QuickClock, refused, said, served, settings, told

SECRET = "made by the site"  # noqa: S105 -- an example
BODY = orjson.dumps({"events": [{"action": "changed", "resource": {"gid": "1", "resource_type": "task"}}]})
PATH = "/hooks/unguessable"


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"x-hook-signature": hmac.digest(secret.encode(), body, "sha256").hex()}


@pytest.fixture
def client() -> AsanaClient:
    return build_client(settings("http://asana.example"), "sandbox", QuickClock())


def test_a_signed_delivery_gives_hints_and_an_empty_one_is_a_heartbeat(client: AsanaClient) -> None:
    assert client.hook_hints(signed(BODY), BODY, SECRET) == HookHints(("1",), ())
    heartbeat = b'{"events": []}'
    assert client.hook_hints(signed(heartbeat), heartbeat, SECRET) == HookHints()


def test_a_known_vector_is_verified(client: AsanaClient) -> None:
    body, given = b"Hello World!", "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    with pytest.raises(InvalidMessage):
        client.hook_hints({"x-hook-signature": given}, body, "It's a Secret to Everybody")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, BODY),
        ({"x-hook-signature": ""}, BODY),
        ({"x-hook-signature": "0" * 64}, BODY),
        ({"x-hook-signature": "\u00e9\u1234"}, BODY),
        (signed(BODY, "another secret"), BODY),
        (signed(BODY), BODY + b" "),
        (signed(BODY), BODY[:-1]),
        (signed(b""), BODY),
    ],
)
def test_a_missing_or_wrong_signature_is_refused(client: AsanaClient, headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(Permanent, match="signature"):
        client.hook_hints(headers, body, SECRET)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"events": {}}', b'{"events": null}', b"\xff"])
def test_a_signed_body_that_is_no_event_is_told(client: AsanaClient, body: bytes) -> None:
    with pytest.raises(InvalidMessage):
        client.hook_hints(signed(body), body, SECRET)


def test_a_body_full_of_nonsense_raises_nothing(client: AsanaClient) -> None:
    body = orjson.dumps({"events": [1, None, {"resource": []}, {"resource": {"gid": {}, "resource_type": "task"}}]})
    assert client.hook_hints(signed(body), body, SECRET) == HookHints()


@dataclass
class Receiver:
    """Answers a handshake as ours does: by the target's path, with the same header."""

    url: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    echoes: bool = True

    async def take(self, request: Request) -> Response:
        secret = request.headers.get("x-hook-secret")
        if secret is None or not self.echoes:
            return Response(status_code=404)
        self.secrets[request.url.path] = secret
        return Response(headers={"X-Hook-Secret": secret})


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = Starlette(routes=[Route("/{path:path}", receiver.take, methods=["POST"])])
    async with listening(app, 0, "--receiver") as url:
        receiver.url = url
        yield receiver


async def test_a_webhook_is_created_while_its_target_is_asked_and_then_listed_and_removed() -> None:
    async with served("Home") as at, receiving() as receiver:
        (home,) = await at.client.scopes()
        made = await at.client.create_hook(HookWanted(home.id, receiver.url + PATH), None)
        assert (made.scope, made.target, made.is_active) == (home.id, receiver.url + PATH, True)
        assert receiver.secrets[PATH] == at.site.hooks.secrets[made.id]
        assert [hook.id for hook in await at.client.hooks()] == [made.id]
        await at.client.delete_hook(made)
        await at.client.delete_hook(made)
        assert await at.client.hooks() == ()


async def test_what_the_sandbox_sends_is_verified_and_names_tasks_subtasks_and_those_of_comments() -> None:
    async with served("Home") as at, receiving() as receiver:
        (home,) = await at.client.scopes()
        top = at.task(home.id)
        calls: list[HookCall] = []
        at.site.hooks._deliver = calls.append
        made = await at.client.create_hook(HookWanted(home.id, receiver.url + PATH), None)
        below = at.task(None, parent=top)
        at.site.comment(below, "A word", at.person)
        at.site.delete(top, at.person)
        hints = [
            at.client.hook_hints({name.lower(): value for name, value in call.headers.items()}, call.body, secret)
            for call in calls
            for secret in [receiver.secrets[PATH]]
        ]
        assert hints[0] == HookHints()
        assert {top, below} <= {gid for hint in hints for gid in hint.changed}
        assert top in {gid for hint in hints for gid in hint.deleted}
        assert {call.hook for call in calls} == {made.id}


async def test_a_failed_webhook_has_an_end_and_is_made_anew() -> None:
    async with served("Home") as at, receiving() as receiver:
        (home,) = await at.client.scopes()
        made = await at.client.create_hook(HookWanted(home.id, receiver.url + PATH), None)
        call = HookCall(made.id, made.target, {}, b"")
        at.site.hook_answered(call, "500 Internal Server Error")
        (found,) = await at.client.hooks()
        assert found.expires_at is not None
        assert found.last_failure == "500 Internal Server Error"
        first = receiver.secrets[PATH]
        renewed = await at.client.renew_hook(found)
        assert renewed.id != made.id
        assert receiver.secrets[PATH] != first
        assert [(hook.id, hook.expires_at) for hook in await at.client.hooks()] == [(renewed.id, None)]


async def test_a_target_that_does_not_answer_is_told_without_its_path() -> None:
    async with served("Home") as at, receiving() as receiver:
        (home,) = await at.client.scopes()
        receiver.echoes = False
        with pytest.raises(Misconfigured, match=r"webhooks\.address") as raised:
            await at.client.create_hook(HookWanted(home.id, receiver.url + PATH), None)
        assert "unguessable" not in str(raised.value)


async def test_a_target_that_the_site_repeats_is_not_told() -> None:
    target = "https://leeway.example/hooks/unguessable"
    async with told(refused(403, f"{target} is not reachable")) as (client, _, _):
        with pytest.raises(Misconfigured, match="the target is not reachable") as raised:
            await client.create_hook(HookWanted("9", target), None)
        assert "unguessable" not in str(raised.value)


async def test_a_whole_workspace_is_no_scope_of_a_webhook_because_it_hears_of_no_task() -> None:
    async with told(said({})) as (client, app, _):
        with pytest.raises(Permanent, match="project"):
            await client.create_hook(HookWanted(None, "https://leeway.example/x"), None)
        assert app.asked == []


async def test_a_webhook_is_made_without_filters_and_only_once() -> None:
    async with told(refused(500)) as (client, app, _):
        with pytest.raises(Exception, match="500"):
            await client.create_hook(HookWanted("9", "https://leeway.example/x"), None)
        assert [orjson.loads(asked.body) for asked in app.asked] == [
            {"data": {"resource": "9", "target": "https://leeway.example/x"}}
        ]


async def test_a_token_that_may_not_see_webhooks_has_none_and_a_fault_is_no_such_answer() -> None:
    async with served("Home") as at:
        at.faults.switch_on(Fault(kind=FaultKind.FORBIDDEN, path="/webhooks"))
        assert await at.client.hooks() == ()
        at.faults.clear()
        at.faults.switch_on(Fault(kind=FaultKind.SERVER_ERROR, path="/webhooks"))
        with pytest.raises(Transient):
            await at.client.hooks()
