"""Registering webhooks: an administrator's, which may have a secret, and an app's, which end after 30 days."""

from typing import Any, Final

from starlette.responses import Response

from services.sandbox.jira.records import Json
from services.sandbox.jira.values import Refused
from services.sandbox.jira.web.call import Call, Path, nothing, ok
from services.sandbox.jira.webhooks import DYNAMIC_EVENTS, Hook

ADMIN_ONLY: Final = frozenset(
    {
        "issuelink_created", "issuelink_deleted", "worklog_created", "worklog_updated", "worklog_deleted",
        "attachment_created", "attachment_deleted", "project_created", "project_updated", "project_deleted",
        "user_created", "user_updated", "user_deleted", "board_created", "board_updated", "board_deleted",
    }
)  # fmt: skip
FILTER: Final = "issue-related-events-section"
MOST_DYNAMIC: Final = 100


def _admin(call: Call, hook: Hook) -> Json:
    """A secret is written once, and never shown again."""
    return {
        "name": hook.name, "url": hook.url, "events": list(hook.events), "enabled": hook.enabled,
        "filters": {FILTER: hook.jql}, "excludeBody": False, "isSigned": hook.secret is not None,
        "self": f"{call.site.base_url}/rest/webhooks/1.0/webhook/{hook.id}", "lastUpdated": hook.updated,
        "lastUpdatedUser": call.by["accountId"], "lastUpdatedDisplayName": call.by["displayName"],
    }  # fmt: skip


def _events(body: Json, allowed: frozenset[str]) -> tuple[str, ...]:
    events = tuple(body.get("events") or ())
    if not events:
        raise Refused(400, "At least one event must be selected.")
    if unknown := [event for event in events if event not in allowed]:
        raise Refused(400, f"The event '{unknown[0]}' is not supported.")
    return events


def _url(url: Any) -> str:
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise Refused(400, "The URL of the webhook is invalid.")
    return url


def _jql(call: Call, jql: str) -> str:
    """Refuse a filter that is no query here."""
    if jql:
        call.site.searches.check(jql)
    return jql


def admin_list(call: Call) -> Response:
    """Answer the administrator's registrations."""
    return ok([_admin(call, hook) for hook in call.site.webhooks.admin.values()])


def _admin_hook(call: Call) -> Hook:
    hook = call.site.webhooks.admin.get(call.path["hook"])
    if hook is None:
        raise Refused(404, "The webhook does not exist.")
    return hook


def admin_one(call: Call) -> Response:
    """Answer one of them."""
    return ok(_admin(call, _admin_hook(call)))


def admin_create(call: Call) -> Response:
    """Register a webhook."""
    body = call.body
    jql = _jql(call, str((body.get("filters") or {}).get(FILTER) or ""))
    hook = Hook(
        "", _url(body.get("url")), _events(body, DYNAMIC_EVENTS | ADMIN_ONLY), jql, str(body.get("name") or ""),
        body.get("secret") or None, bool(body.get("enabled", True)),
    )  # fmt: skip
    return ok(_admin(call, call.site.webhooks.register(hook)), 201)


def admin_change(call: Call) -> Response:
    """Change a registration; a secret that is there is not read back and not replaced by nothing."""
    hook, body = _admin_hook(call), call.body
    if "url" in body:
        hook.url = _url(body["url"])
    if "events" in body:
        hook.events = _events(body, DYNAMIC_EVENTS | ADMIN_ONLY)
    if "filters" in body:
        hook.jql = _jql(call, str(body["filters"].get(FILTER) or ""))
    hook.name, hook.enabled = str(body.get("name", hook.name)), bool(body.get("enabled", hook.enabled))
    hook.secret = body.get("secret") or hook.secret
    hook.updated = call.site.at()
    return ok(_admin(call, hook))


def admin_delete(call: Call) -> Response:
    """Take a registration away."""
    del call.site.webhooks.admin[_admin_hook(call).id]
    return nothing()


def _app_only(call: Call) -> None:
    if not call.is_app:
        raise Refused(403, "The caller isn't an app.")


def app_list(call: Call) -> Response:
    """Answer a page of the app's registrations, with when they end."""
    _app_only(call)
    found = [
        {"id": int(hook.id), "url": hook.url, "events": list(hook.events), "jqlFilter": hook.jql,
         "expirationDate": hook.expires}
        for hook in call.site.webhooks.living()
    ]  # fmt: skip
    return call.offset_page(found, 100, 100)


def app_create(call: Call) -> Response:
    """Register webhooks of the app, all at one address; each comes with its id or with what is wrong."""
    _app_only(call)
    url = _url(call.body.get("url"))
    others = {hook.url for hook in call.site.webhooks.living()} - {url}
    if others:
        raise Refused(400, "Only a single URL per app is allowed to be registered via REST API.")
    return ok({"webhookRegistrationResult": [_registered(call, url, each) for each in call.body.get("webhooks") or ()]})


def _registered(call: Call, url: str, wanted: Json) -> Json:
    if len(call.site.webhooks.living()) >= MOST_DYNAMIC:
        return {"errors": ["The maximum number of webhooks is reached."]}
    try:
        hook = Hook("", url, _events(wanted, DYNAMIC_EVENTS), _jql(call, str(wanted.get("jqlFilter") or "")))
    except Refused as refused:
        return {"errors": refused.messages}
    return {"createdWebhookId": int(call.site.webhooks.register(hook, dynamic=True).id)}


def _named(call: Call) -> list[Hook]:
    ids = {str(each) for each in call.body.get("webhookIds") or ()}
    return [hook for hook in call.site.webhooks.living() if hook.id in ids]


def app_delete(call: Call) -> Response:
    """Take registrations of the app away; unknown ones are passed over."""
    _app_only(call)
    for hook in _named(call):
        del call.site.webhooks.dynamic[hook.id]
    return nothing(202)


def app_renew(call: Call) -> Response:
    """Have registrations of the app live on for 30 days from now."""
    _app_only(call)
    hooks = _named(call)
    if not hooks:
        raise Refused(400, "None of the webhooks is registered for the app.")
    for hook in hooks:
        call.site.webhooks.renew(hook)
    return ok({"expirationDate": hooks[0].expires})


def app_failed(call: Call) -> Response:
    """Answer the deliveries that failed for good: none are kept."""
    _app_only(call)
    return ok({"values": [], "maxResults": 100})


PATHS: Final = (
    Path("/webhook", {"GET": app_list, "POST": app_create, "DELETE": app_delete}, on_datacenter=False),
    Path("/webhook/refresh", {"PUT": app_renew}, on_datacenter=False),
    Path("/webhook/failed", {"GET": app_failed}, on_datacenter=False),
)
ADMIN_PATHS: Final = (
    Path("/webhook", {"GET": admin_list, "POST": admin_create}),
    Path("/webhook/{hook}", {"GET": admin_one, "PUT": admin_change, "DELETE": admin_delete}),
)
