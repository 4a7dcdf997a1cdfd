"""A webhook is believed when its signature is right, and then only as a hint of what to fetch."""

import hmac
import json
from typing import Any

import jwt
import pytest

from services.connectors.jira.hooks import MAX_BODY, hook_hints
from services.connectors.tracker import HookFound, HookHints, HookWanted, Scope
from services.runtime.errors import InvalidMessage, Misconfigured, Permanent
from tests.connectors.jira.scripted import NOW, Says, ScriptedSite, StillClock, at
from tests.connectors.jira.standing_in import BO, company
from tests.connectors.shared_data import DATA, shared

SECRET = "It's a Secret to Everybody, and it is longer than 32 bytes"  # noqa: S105 -- the vendor's words, made longer
ADMIN = "/rest/webhooks/1.0/webhook"
WANTED = HookWanted(None, "https://leeway.example.com/hooks/jira/x")
NAMES = sorted(path.name for path in (DATA / "jira-webhooks").glob("*.json")) or ["webhook-issue-created.json"]


def signed(body: bytes, key: str = SECRET, method: str = "sha256") -> dict[str, str]:
    return {"x-hub-signature": f"{method}={hmac.new(key.encode(), body, method).hexdigest()}"}


def token(key: str = SECRET, algorithm: str = "HS256", scheme: str = "JWT", **claims: Any) -> dict[str, str]:
    told = {"iss": "leeway", "iat": NOW.timestamp(), "exp": NOW.timestamp() + 180, **claims}
    told = {name: value for name, value in told.items() if value is not None}
    return {"authorization": f"{scheme} {jwt.encode(told, key, algorithm)}"}


def hints(event: object, headers: dict[str, str] | None = None) -> HookHints:
    body = json.dumps(event).encode()
    return hook_hints(signed(body) if headers is None else headers, body, SECRET, StillClock())


UPDATED: dict[str, Any] = {"webhookEvent": "jira:issue_updated", "issue": {"id": "10040", "key": "PAY-1"}}


def test_the_vendors_own_vector_is_right() -> None:
    """Trap 16: over the raw bytes."""
    right = {"x-hub-signature": "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"}
    with pytest.raises(InvalidMessage, match="no JSON"):  # the signature is right, the body no event
        hook_hints(right, b"Hello World!", "It's a Secret to Everybody", StillClock())


@pytest.mark.parametrize("method", ["sha256", "sha384", "sha512", "SHA256"])
def test_a_right_signature_by_a_strong_method_is_accepted(method: str) -> None:
    body = json.dumps(UPDATED, indent=3).encode()
    assert hook_hints(signed(body, method=method), body, SECRET, StillClock()).changed == ("10040",)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-hub-signature": ""},
        {"x-hub-signature": "sha256="},
        {"x-hub-signature": "sha256=zz"},
        {"x-hub-signature": "sha256=ä"},
        signed(b"other"),
        signed(json.dumps(UPDATED).encode(), key="guessed"),
        signed(json.dumps(UPDATED).encode(), method="sha1"),
        signed(json.dumps(UPDATED).encode(), method="md5"),
        {"authorization": "Basic YWRhOnB3"},
        token(key="guessed, and also longer than 32 bytes"),
        token(exp=NOW.timestamp() - 31),
        token(exp=None),
        token(exp="soon"),
        token(nbf=NOW.timestamp() + 600),
        token(algorithm="HS384"),
        {"authorization": f"JWT {jwt.encode({'exp': NOW.timestamp() + 60}, '', 'none')}"},
        {"authorization": "JWT not.a.token"},
        {"x-hub-signature": "sha256=00", **token()},  # a wrong signature is not saved by a token
    ],
)
def test_what_is_forged_unsigned_or_ended_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Permanent) as caught:
        hints(UPDATED, headers)
    assert not isinstance(caught.value, InvalidMessage)
    assert SECRET not in str(caught.value)


def test_without_a_secret_nothing_is_believed() -> None:
    body = json.dumps(UPDATED).encode()
    with pytest.raises(Permanent, match="no secret"):
        hook_hints(signed(body, key=""), body, "", StillClock())


@pytest.mark.parametrize("scheme", ["JWT", "Bearer", "jwt"])
def test_a_dynamic_webhooks_token_is_checked_against_the_time_passed_in(scheme: str) -> None:
    assert hints(UPDATED, token(scheme=scheme)).changed == ("10040",)
    assert hints(UPDATED, token(exp=NOW.timestamp() - 29)).changed == ("10040",)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (UPDATED, HookHints(("10040",))),
        ({"webhookEvent": "jira:issue_created", "issue": {"id": 7}}, HookHints(("7",))),
        ({"webhookEvent": "jira:issue_deleted", "issue": {"id": "7"}}, HookHints((), ("7",))),
        (
            {
                "webhookEvent": "jira:issue_deleted",
                "issue": {
                    "id": "7",
                    "fields": {"issuelinks": [{"outwardIssue": {"id": "8"}}, {"inwardIssue": {"id": "9"}}]},
                },
            },
            HookHints(("8", "9"), ("7",)),
        ),
        ({"webhookEvent": "comment_created", "comment": {"id": "1"}, "issue": {"id": "7"}}, HookHints(("7",))),
        (
            {"webhookEvent": "comment_deleted", "comment": {"self": "http://j/rest/api/2/issue/10013/comment/10084"}},
            HookHints(("10013",)),
        ),
        ({"webhookEvent": "worklog_created", "worklog": {"issueId": "7"}}, HookHints(("7",))),
        (
            {"webhookEvent": "issuelink_created", "issueLink": {"id": 1, "sourceIssueId": 7, "destinationIssueId": 8}},
            HookHints(("7", "8")),
        ),
        ({"webhookEvent": "sprint_started", "sprint": {"id": 3}}, HookHints()),
        ({"webhookEvent": "jira:version_released", "version": {"id": "3"}}, HookHints()),
        ({"webhookEvent": "attachment_created", "attachment": {"id": "3"}}, HookHints()),
        ({"webhookEvent": "something_new", "issue": {"id": "7"}}, HookHints(("7",))),
    ],
)
def test_an_event_names_the_issues_to_fetch(event: dict[str, Any], expected: HookHints) -> None:
    assert hints(event) == expected


@pytest.mark.parametrize(
    "event",
    [
        [], "text", None, {}, {"webhookEvent": 7}, {"webhookEvent": "jira:issue_updated"},
        {"webhookEvent": "jira:issue_updated", "issue": {"id": "1:2 3"}},
        {"webhookEvent": "jira:issue_updated", "issue": {"id": "1)OR(1=1"}},
        {"webhookEvent": "jira:issue_updated", "issue": {"id": "../myself"}}, {"webhookEvent": "issuelink_deleted"},
    ],
)  # fmt: skip
def test_a_signed_body_that_is_no_event_is_an_invalid_message(event: object) -> None:
    with pytest.raises(InvalidMessage):
        hints(event)


@pytest.mark.parametrize("name", NAMES)
def test_real_deliveries_are_read_and_cut_ones_are_refused(name: str) -> None:
    [path] = shared(f"jira-webhooks/{name}")
    body = path.read_bytes()
    event = json.loads(body)
    about = (event.get("issue") or {}).get("id") or event["comment"]["self"].split("/")[-3]
    found = hook_hints(signed(body), body, SECRET, StillClock())
    assert found == HookHints((about,))
    cut = body[: len(body) // 2]
    with pytest.raises(Permanent, match="wrong"):
        hook_hints(signed(body), cut, SECRET, StillClock())
    with pytest.raises(InvalidMessage):
        hook_hints(signed(cut), cut, SECRET, StillClock())


def test_all_real_deliveries_are_there() -> None:
    shared("jira-webhooks")
    assert len(NAMES) == 41


def test_a_huge_body_is_refused_unread() -> None:
    body = b'{"webhookEvent": "' + b"x" * MAX_BODY + b'"}'
    with pytest.raises(Permanent, match="larger than 5 MiB"):
        hook_hints(signed(body), body, SECRET, StillClock())


def test_a_deep_body_is_refused_and_not_followed() -> None:
    body = b'{"webhookEvent": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(InvalidMessage):
        hook_hints(signed(body), body, SECRET, StillClock())


OURS = {"name": "Leeway jira", "url": WANTED.target, "self": "https://j/rest/webhooks/1.0/webhook/12", "enabled": True}
OTHER = {"name": "Chat", "url": "https://chat.example.com", "self": "https://j/rest/webhooks/1.0/webhook/3"}


async def test_an_administrators_webhooks_are_listed_made_and_removed_and_need_no_renewal() -> None:
    site = ScriptedSite()
    site.on("GET", ADMIN, Says(body=[OTHER, OURS]))
    site.on("POST", ADMIN, Says(201, OURS))
    site.on("DELETE", f"{ADMIN}/12", Says(204), Says(404))
    async with at(site) as client:
        assert await client.hooks() == (HookFound("12", WANTED.target),)
        hook = await client.create_hook(WANTED, SECRET)
        assert hook == HookFound("12", WANTED.target)
        assert await client.renew_hook(hook) == hook
        await client.delete_hook(hook)
        await client.delete_hook(hook)
    [made] = [came.body for came in site.asked(ADMIN) if came.method == "POST"]
    assert (made["url"], made["secret"], made["name"]) == (WANTED.target, SECRET, "Leeway jira")
    assert made["filters"] == {"issue-related-events-section": ""}
    assert {"jira:issue_deleted", "comment_created", "issuelink_deleted"} <= set(made["events"])


async def test_a_webhook_is_filtered_where_projects_were_chosen() -> None:
    site = ScriptedSite()
    site.on("POST", ADMIN, Says(201, OURS))
    async with at(site, projects=["PAY"]) as client:
        await client.create_hook(WANTED, SECRET)
    assert site.asked(ADMIN)[0].body["filters"] == {"issue-related-events-section": "project in (PAY)"}


async def test_where_none_may_be_registered_there_are_none_and_the_remedy_is_told() -> None:
    site = ScriptedSite()
    for method, path in (("GET", ADMIN), ("POST", ADMIN), ("GET", "webhook"), ("POST", "webhook")):
        site.on(method, path, Says(403, {"errorMessages": ["Only administrators."]}))
    async with at(site) as client:
        assert await client.hooks() == ()
        with pytest.raises(Misconfigured, match="create the webhook by hand"):
            await client.create_hook(WANTED, SECRET)


async def test_an_apps_webhooks_end_after_thirty_days_and_are_renewed() -> None:
    """Trap 17."""
    site = ScriptedSite()
    ends = int(NOW.timestamp() * 1000) + 86_400_000
    for method in ("GET", "POST"):
        site.on(method, ADMIN, Says(403))
    listed = {"values": [{"id": 5, "url": WANTED.target, "expirationDate": ends}]}
    site.on("GET", "webhook", Says(body=listed))
    site.on("POST", "webhook", Says(body={"webhookRegistrationResult": [{"createdWebhookId": 5}]}))
    site.on("PUT", "webhook/refresh", Says(body={"expirationDate": ends + 1000}))
    site.on("DELETE", "webhook", Says(202))
    async with at(site) as client:
        [hook] = await client.hooks()
        assert hook.expires_at is not None
        assert hook.expires_at.timestamp() * 1000 == ends
        renewed = await client.renew_hook(hook)
        assert renewed.expires_at is not None
        assert renewed.expires_at > hook.expires_at
        made = await client.create_hook(HookWanted("10001", WANTED.target), None)
        assert (made.id, made.expires_at) == (hook.id, renewed.expires_at)
        await client.delete_hook(made)
    [asked] = [came.body for came in site.asked("webhook") if came.method == "POST"]
    assert asked["webhooks"][0]["jqlFilter"] == "project in (PAY)"
    assert asked["webhooks"][0]["events"][0] == "jira:issue_created"
    assert [came.body for came in site.asked("webhook") if came.method == "DELETE"] == [{"webhookIds": [5]}]


async def test_a_registration_that_the_site_refuses_says_why() -> None:
    site = ScriptedSite()
    site.on("POST", ADMIN, Says(403))
    refused = {"webhookRegistrationResult": [{"errors": ["The clause watchCount is unsupported"]}]}
    site.on("POST", "webhook", Says(body=refused))
    async with at(site) as client:
        await client.scopes()
        with pytest.raises(Misconfigured, match="watchCount is unsupported"):
            await client.create_hook(HookWanted(Scope("10001", "Payments").id, WANTED.target), None)


async def test_what_a_registered_webhook_sends_is_verified_and_hints_at_what_happened() -> None:
    async with company() as found:
        [*scopes] = await found.client.scopes()
        hook = await found.client.create_hook(WANTED, SECRET)
        assert [(one.id, one.target) for one in await found.client.hooks()] == [(hook.id, WANTED.target)]
        one, two = found.some("GROW"), found.some("MOB")
        happened: list[tuple[str, HookHints]] = []
        found.site.edit(one, {"summary": "New"}, BO)
        found.site.comment(one, "Hello", BO)
        link = found.site.link("Blocks", one, two, BO)
        found.site.unlink(link, BO)
        found.site.move(two, "GROW", BO)
        found.site.delete(two, BO)
        for call in found.sent:
            headers = {name.lower(): value for name, value in call.headers.items()}
            told = found.client.hook_hints(headers, call.body, SECRET)
            happened.append((json.loads(call.body)["webhookEvent"], told))
            with pytest.raises(Permanent):
                found.client.hook_hints(headers, call.body + b" ", SECRET)
        by_event = dict(happened)
        assert by_event["comment_created"] == HookHints((one,))
        assert set(by_event["issuelink_created"].changed) == {one, two}
        assert by_event["jira:issue_deleted"].deleted == (two,)
        assert {id_ for _, told in happened for id_ in told.changed} >= {one, two}
        await found.client.delete_hook(hook)
        assert await found.client.hooks() == ()
    assert len(scopes) == 4
