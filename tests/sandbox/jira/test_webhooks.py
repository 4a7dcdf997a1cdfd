"""Webhooks: who is told what, signed how; checked with other code than that which signs."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from services.runtime.connections import JiraKind
from services.sandbox.hooks import HookCall
from services.sandbox.jira.webhooks import CLIENT_SECRET
from tests.sandbox.jira.sites import ADA, BEN, DONE, START, Lab, comment, history, person, raw_issue

ALL = [
    "jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created", "comment_updated",
    "comment_deleted", "issuelink_created", "issuelink_deleted",
]  # fmt: skip
DYNAMIC = ALL[:6]
URL = "https://leeway.example/hooks"
ADMIN = "/rest/webhooks/1.0/webhook"


async def listening(kind: JiraKind = JiraKind.CLOUD, *, jql: str = "", secret: str | None = None) -> Lab:
    lab = Lab(kind).load(raw_issue(1, assignee=person(BEN)), raw_issue(2, "VAN"))
    body: dict[str, Any] = {"name": "ours", "url": URL, "events": ALL, "filters": {"issue-related-events-section": jql}}
    async with lab.client() as api:
        await api.post(ADMIN, {**body, "secret": secret}, 201)
    lab.wait(hours=1)
    return lab


def signature(secret: str, call: HookCall) -> str:
    return "sha256=" + hmac.new(secret.encode(), call.body, hashlib.sha256).hexdigest()


async def test_an_administrators_hook_with_a_secret_is_signed_over_the_bytes() -> None:
    lab = await listening(secret="hush")  # noqa: S106
    lab.site.edit("1001", {"summary": "Renamed"}, ADA)
    [call] = lab.calls
    assert call.url == URL
    assert call.headers["X-Hub-Signature"] == signature("hush", call)
    assert call.headers["X-Hub-Signature"] != signature("hash", call)
    assert call.headers["X-Atlassian-Webhook-Flow"] == "Primary"


async def test_without_a_secret_nothing_is_signed_and_each_delivery_has_its_own_number() -> None:
    lab = await listening()
    for name in ("One", "Two"):
        lab.site.edit("1001", {"summary": name}, ADA)
    assert not any("X-Hub-Signature" in call.headers or "Authorization" in call.headers for call in lab.calls)
    assert len({call.headers["X-Atlassian-Webhook-Identifier"] for call in lab.calls}) == 2


async def test_a_secret_is_never_shown_and_survives_a_change() -> None:
    lab = await listening(secret="hush")  # noqa: S106
    async with lab.client() as api:
        [hook] = await api.get(ADMIN)
        assert "hush" not in json.dumps(hook)
        assert hook["isSigned"] is True
        path = hook["self"].removeprefix("http://jira.example")
        await api.call(
            "PUT", path, json={"name": "renamed", "filters": {"issue-related-events-section": "project = CAR"}}
        )
        assert [(await api.get(path))["name"], hook["events"]] == ["renamed", ALL]
        lab.site.comment("1002", "elsewhere", ADA)
        lab.site.comment("1001", "here", ADA)
        [call] = lab.calls
        assert call.headers["X-Hub-Signature"] == signature("hush", call)
        await api.call("PUT", path, json={"enabled": False})
        lab.site.comment("1001", "again", ADA)
        assert len(lab.calls) == 1
        await api.call("DELETE", path, 204)
        await api.get(path, 404)


@pytest.mark.parametrize(
    "wrong",
    [{"url": "ftp://x"}, {"events": []}, {"events": ["tea_time"]}, {"filters": {"issue-related-events-section": "="}}],
)  # fmt: skip
async def test_a_hook_that_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    async with Lab().client() as api:
        await api.post(ADMIN, {"name": "x", "url": URL, "events": ALL, **wrong}, 400)
        assert await api.get(ADMIN) == []


def acts(lab: Lab) -> None:
    """One of each thing that can happen, an hour into it."""
    lab.site.edit("1001", {"summary": "Renamed"}, ADA)
    lab.site.edit("1001", {"assignee": {"accountId": ADA}}, ADA)
    told = lab.site.comment("1001", "hello", BEN)
    lab.site.edit_comment("1001", told, "hallo", BEN)
    lab.site.delete_comment("1001", told)
    lab.site.unlink(lab.site.link("Blocks", "1001", "1002", ADA), ADA)
    lab.site.create("CAR", {"summary": "New"}, ADA)
    lab.site.comment("1002", "soon gone", ADA)
    lab.site.delete("1002", ADA)


async def test_cloud_tells_each_thing_once_in_its_own_words() -> None:
    lab = await listening()
    acts(lab)
    bodies = lab.bodies()
    assert [body["webhookEvent"] for body in bodies] == [
        "jira:issue_updated", "jira:issue_updated", "comment_created", "comment_updated", "comment_deleted",
        "issuelink_created", "issuelink_deleted", "jira:issue_created", "comment_created", "jira:issue_deleted",
        "comment_deleted",
    ]  # fmt: skip
    edited, assigned, commented = bodies[:3]
    assert [edited["issue_event_type_name"], assigned["issue_event_type_name"]] == ["issue_updated", "issue_assigned"]
    assert [body["webhookEvent"] for body in bodies if "changelog" in body] == ["jira:issue_updated"] * 2
    assert edited["user"]["accountId"] == ADA
    assert [edited["issue"]["id"], edited["issue"]["fields"]["summary"]] == ["1001", "Renamed"]
    assert edited["timestamp"] == int(lab.at.timestamp() * 1000)
    assert [commented["comment"]["body"], commented["issue"]["key"]] == ["hello", "CAR-1"]
    link = bodies[5]["issueLink"]
    assert "issue" not in bodies[5]
    assert [link["sourceIssueId"], link["destinationIssueId"], link["issueLinkType"]["name"]] == [1001, 1002, "Blocks"]
    flows = [call.headers["X-Atlassian-Webhook-Flow"] for call in lab.calls]
    assert flows == ["Primary"] * 10 + ["Secondary"]


async def test_the_changelogs_id_in_a_delivery_is_the_historys() -> None:
    lab = await listening()
    lab.site.transition("1001", "Done", BEN)
    [body] = lab.bodies()
    newest = lab.site.raw("1001")["changelog"]["histories"][0]
    assert body["changelog"] == {"id": newest["id"], "items": newest["items"]}


async def test_data_center_strips_the_issue_from_a_comment_and_tells_it_twice() -> None:
    lab = await listening(JiraKind.DATACENTER)
    told = lab.site.comment("1001", "hello", BEN)
    lab.site.edit_comment("1001", told, "hallo", BEN)
    lab.site.delete_comment("1001", told)
    bodies = lab.bodies()
    assert [(body["webhookEvent"], body.get("issue_event_type_name")) for body in bodies] == [
        ("comment_created", None), ("jira:issue_updated", "issue_commented"),
        ("comment_updated", None), ("jira:issue_updated", "issue_comment_edited"),
        ("comment_deleted", None), ("jira:issue_updated", "issue_comment_deleted"),
    ]  # fmt: skip
    assert "issue" not in bodies[0]
    assert bodies[0]["comment"]["author"]["key"] == BEN
    assert "accountId" not in bodies[0]["comment"]["author"]
    assert [bodies[1]["issue"]["key"], bodies[1]["comment"]["body"]] == ["CAR-1", "hello"]
    assert "comment" not in bodies[5]
    assert "changelog" not in bodies[1]
    assert not any(name.startswith("X-Atlassian") for call in lab.calls for name in call.headers)


async def test_a_hooks_query_decides_what_it_hears_of() -> None:
    lab = await listening(jql="project = CAR AND status = Done")
    acts(lab)
    assert lab.calls == []
    lab.site.transition("1001", "Done", ADA)
    assert lab.events() == ["jira:issue_updated"]


def unpacked(token: str) -> tuple[dict[str, Any], bytes, str]:
    head, claims, mark = token.split(".")
    read = base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))
    expected = hmac.new(CLIENT_SECRET.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    return json.loads(read), expected, mark


async def test_an_apps_hook_is_for_apps_carries_a_token_and_ends_after_thirty_days() -> None:
    lab = Lab().load(raw_issue(1))
    wanted = {"url": URL, "webhooks": [
        {"events": DYNAMIC, "jqlFilter": "project = CAR"}, {"events": ["tea"], "jqlFilter": ""},
    ]}  # fmt: skip
    async with lab.client() as api:
        await api.post("/webhook", wanted, 403)
        await api.get("/webhook", 403)
    async with lab.client(bearer=True) as api:
        good, bad = (await api.post("/webhook", wanted))["webhookRegistrationResult"]
        assert "errors" in bad
        [found] = (await api.get("/webhook"))["values"]
        assert found["id"] == good["createdWebhookId"]
        assert found["expirationDate"] == int((START.timestamp() + 30 * 86_400) * 1000)
        await api.post("/webhook", {**wanted, "url": "https://other.example"}, 400)
        lab.wait(days=29)
        lab.site.comment("1001", "hello", ADA)
        [call] = lab.calls
        claims, expected, mark = unpacked(call.headers["Authorization"].removeprefix("Bearer "))
        assert base64.urlsafe_b64encode(expected).decode().rstrip("=") == mark
        assert claims["exp"] > claims["iat"] == int(lab.at.timestamp())
        assert "X-Hub-Signature" not in call.headers
        assert json.loads(call.body)["matchedWebhookIds"] == [found["id"]]
        renewed = await api.call("PUT", "/webhook/refresh", json={"webhookIds": [found["id"]]})
        assert renewed["expirationDate"] == int((lab.at.timestamp() + 30 * 86_400) * 1000)
        lab.wait(days=30, seconds=1)
        lab.site.comment("1001", "nobody hears", ADA)
        assert len(lab.calls) == 1
        assert (await api.get("/webhook"))["values"] == []
        await api.call("PUT", "/webhook/refresh", 400, json={"webhookIds": [found["id"]]})
        await api.call("DELETE", "/webhook", 202, json={"webhookIds": [found["id"]]})


async def test_what_happens_is_told_by_what_differs() -> None:
    """An issue that is put as something that happens now: its new histories, comments and links, nothing twice."""
    lab = await listening()
    before = raw_issue(3, histories=[], comment={"comments": []})
    lab.site.put(before, START)
    lab.calls.clear()
    at = START.replace(hour=15)
    link = {
        "id": "77", "type": {"id": "10050", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"},
        "outwardIssue": {"id": "1001", "key": "CAR-1", "fields": {"summary": "x"}},
    }  # fmt: skip
    after = raw_issue(
        3, histories=[history(50, at, "status", by=BEN)], comment={"comments": [comment(60, at, by=BEN)]},
        status=DONE, issuelinks=[link],
    )  # fmt: skip
    lab.site.put(after, at)
    assert sorted(lab.events()) == ["comment_created", "issuelink_created", "jira:issue_updated"]
    assert next(body for body in lab.bodies() if "changelog" in body)["user"]["accountId"] == BEN
    assert lab.site.issues["1003"].updated == int(at.timestamp() * 1000)
    assert lab.site.raw("1001")["fields"]["issuelinks"][0]["inwardIssue"]["key"] == "CAR-3"
    lab.calls.clear()
    raw = lab.site.raw("1003")
    lab.site.put(after, at.replace(hour=16))
    assert lab.calls == []
    assert lab.site.raw("1003") == raw
    gone = raw_issue(3, histories=[history(50, at, "status", by=BEN)], comment={"comments": []}, status=DONE)
    lab.site.put(gone, at.replace(hour=17))
    assert sorted(lab.events()) == ["comment_deleted", "issuelink_deleted"]


async def test_without_a_changelog_one_is_written_from_what_differs() -> None:
    lab = await listening()
    lab.site.put(raw_issue(1, status=DONE), lab.at)
    [body] = lab.bodies()
    assert {item["field"] for item in body["changelog"]["items"]} == {"status", "assignee"}
    lab.site.delete("1001", ADA)
    lab.calls.clear()
    lab.site.put(raw_issue(1), lab.at)
    assert lab.calls == [], "what is deleted never comes back"
    assert "1001" not in lab.site.issues
