"""Webhooks of Jira: are they genuine, what do they hint at, and are those that we want registered.

Promise: nothing of a delivery is believed before its signature is right, over the raw bytes and in constant time;
what it says is only a hint of what to fetch.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
import orjson
from jwt.types import Options

from services.connectors.jira.calling import REGISTER, Asked, Calls
from services.connectors.jira.events import hints_of
from services.connectors.reading import mapping, sequence, text
from services.connectors.refusals import Denied, Refused
from services.connectors.times import instant_of
from services.connectors.tracker import HookFound, HookHints, HookWanted, Scope
from services.runtime.clock import Clock
from services.runtime.errors import InvalidMessage, Misconfigured, Permanent

MAX_BODY: Final = 5 * 1024 * 1024
"""A larger body is refused unread; an issue with a long description has a few hundred KiB."""
LEEWAY: Final = timedelta(seconds=30)
"""So much may a clock be off before a token counts as ended."""

_METHODS: Final = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
"""The vendor says that the method may change; weaker ones than today's are not taken."""
_SCHEMES: Final = frozenset({"jwt", "bearer"})
_OPTIONS: Final[Options] = {
    "require": ["exp"], "verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False,
}  # fmt: skip
"""The package would ask the machine for the time; ours is passed in."""
_ADMIN: Final = "/rest/webhooks/1.0/webhook"
_MAY_NOT: Final = frozenset({403, 404, 405})
_DYNAMIC: Final = "dynamic:"
_NAME: Final = "Leeway"
_ISSUES: Final = ("jira:issue_created", "jira:issue_updated", "jira:issue_deleted")
_COMMENTS: Final = ("comment_created", "comment_updated", "comment_deleted")
_LINKS: Final = ("issuelink_created", "issuelink_deleted")
EVENTS: Final = (*_ISSUES, *_COMMENTS, *_LINKS)


def hook_hints(headers: Mapping[str, str], body: bytes, secret: str, clock: Clock) -> HookHints:
    """Verify a delivery and read its hints."""
    if len(body) > MAX_BODY:
        raise Permanent(f"The webhook's body is larger than {MAX_BODY // 1024 // 1024} MiB.")
    _verify(headers, body, secret, clock)
    try:
        event = orjson.loads(body)
    except ValueError:
        raise InvalidMessage("The webhook's body is no JSON.") from None
    return hints_of(event)


def _verify(headers: Mapping[str, str], body: bytes, secret: str, clock: Clock) -> None:
    if not secret:
        raise Permanent("There is no secret to check the webhook's signature with.")
    if (signature := headers.get("x-hub-signature")) is not None:
        _verify_signature(signature, body, secret)
    elif (authorization := headers.get("authorization")) is not None:
        _verify_token(authorization, secret, clock)
    else:
        raise Permanent("The webhook is not signed: give it the secret at the site.")


def _verify_signature(signature: str, body: bytes, secret: str) -> None:
    """Check `method=hex` of an administrator's webhook."""
    name, _, given = signature.strip().partition("=")
    method = _METHODS.get(name.casefold())
    if method is None:
        raise Permanent("The webhook is signed by a method that is not accepted.")
    right = hmac.new(secret.encode(), body, method).hexdigest()
    if not hmac.compare_digest(right.encode(), given.strip().casefold().encode("utf-8", "replace")):
        raise Permanent("The webhook's signature is wrong.")


def _verify_token(authorization: str, secret: str, clock: Clock) -> None:
    """Check the JSON Web Token of a dynamic webhook: signed with the app's client secret, and not ended."""
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.casefold() not in _SCHEMES:
        raise Permanent("The webhook is not signed: it shows neither a signature nor a token.")
    try:
        claims = jwt.decode(token.strip(), secret, algorithms=["HS256"], options=_OPTIONS)
    except jwt.PyJWTError:
        raise Permanent("The webhook's token is wrong.") from None
    ends, now = _instant(claims.get("exp")), clock.wall()
    begins = _instant(claims.get("nbf")) if "nbf" in claims else None
    if ends is None or now > ends + LEEWAY or (begins is not None and now < begins - LEEWAY):
        raise Permanent("The webhook's token has ended.")


def _instant(value: object) -> datetime | None:
    return instant_of(value) if isinstance(value, int | float) else None


async def hooks(calls: Calls) -> tuple[HookFound, ...]:
    """List the webhooks that bear our name, and those of our app; none where the token may not register any."""
    try:
        answer = await calls.read(Asked("GET", _ADMIN, REGISTER, shape=list))
    except (Denied, Refused) as error:
        if error.status not in _MAY_NOT:
            raise
        return await _dynamic_hooks(calls)
    return tuple(_admin_hook(each) for each in map(mapping, answer.json) if _is_ours(each, calls))


def _is_ours(raw: Mapping[str, Any], calls: Calls) -> bool:
    return raw.get("name") == _name(calls)


def _name(calls: Calls) -> str:
    return f"{_NAME} {calls.settings.id}"


def _admin_hook(raw: Mapping[str, Any]) -> HookFound:
    address = text(raw.get("self")) or ""
    return HookFound(
        id=str(raw.get("id") or address.rstrip("/").rpartition("/")[2]),
        target=text(raw.get("url")) or "",
        is_active=raw.get("enabled") is not False,
    )


async def _dynamic_hooks(calls: Calls) -> tuple[HookFound, ...]:
    try:
        answer = await calls.read(Asked("GET", "webhook", REGISTER)) if calls.is_cloud else None
    except (Denied, Refused) as error:
        if error.status not in _MAY_NOT:
            raise
        return ()
    return tuple(map(_dynamic_hook, sequence(mapping(answer.json).get("values")))) if answer else ()


def _dynamic_hook(raw: object) -> HookFound:
    told = mapping(raw)
    return HookFound(
        id=f"{_DYNAMIC}{told.get('id')}",
        target=text(told.get("url")) or "",
        expires_at=instant_of(told.get("expirationDate")),
    )


async def create_hook(calls: Calls, wanted: HookWanted, secret: str | None, scopes: Iterable[Scope]) -> HookFound:
    """Register a webhook as an administrator, signed with `secret`; where that is denied, one of our app's.

    It is filtered only where projects were chosen: a filter holds back what is told of no issue, such as links.
    """
    keys = ", ".join(scope.key or scope.id for scope in scopes if wanted.scope in (None, scope.id))
    jql = f"project in ({keys})" if keys else ""
    chosen = wanted.scope is not None or bool(calls.settings.projects)
    body = {
        "name": _name(calls),
        "url": wanted.target,
        "events": list(EVENTS),
        "filters": {"issue-related-events-section": jql if chosen else ""},
        "excludeBody": False,
        **({"secret": secret} if secret else {}),
    }
    try:
        made = mapping((await calls.write(Asked("POST", _ADMIN, REGISTER, body=body))).json)
    except Denied as denied:
        return await _create_dynamic(calls, wanted, jql, denied)
    return HookFound(_admin_hook(made).id, wanted.target, wanted.scope)


async def _create_dynamic(calls: Calls, wanted: HookWanted, jql: str, denied: Denied) -> HookFound:
    """Register a webhook of our app; only tokens of apps may, so the first refusal is the one to tell."""
    if not calls.is_cloud or denied.status != 403 or not jql:  # noqa: PLR2004
        raise denied
    details = {"events": [*_ISSUES, *_COMMENTS], "jqlFilter": jql}
    asked = Asked("POST", "webhook", REGISTER, body={"url": wanted.target, "webhooks": [details]})
    try:
        answer = mapping((await calls.write(asked)).json)
    except (Denied, Refused):
        raise denied from None
    result = mapping(next(iter(sequence(answer.get("webhookRegistrationResult"))), None))
    if result.get("createdWebhookId") is None:
        why = "; ".join(filter(None, (text(each, 200) for each in sequence(result.get("errors")))))
        raise Misconfigured(f"{calls.who} does not register the webhook to {wanted.target}: {why or 'no reason told'}.")
    return await renew_hook(calls, HookFound(f"{_DYNAMIC}{result['createdWebhookId']}", wanted.target, wanted.scope))


async def renew_hook(calls: Calls, hook: HookFound) -> HookFound:
    """Have an app's webhook live for 30 more days; an administrator's never ends."""
    if not hook.id.startswith(_DYNAMIC):
        return hook
    asked = Asked("PUT", "webhook/refresh", REGISTER, body={"webhookIds": _numbers((hook,))})
    ends = instant_of(mapping((await calls.write(asked)).json).get("expirationDate"))
    return HookFound(hook.id, hook.target, hook.scope, expires_at=ends)


async def delete_hook(calls: Calls, hook: HookFound) -> None:
    """Remove a webhook; one that is gone is fine."""
    asked = Asked("DELETE", f"{_ADMIN}/{hook.id}", REGISTER)
    if hook.id.startswith(_DYNAMIC):
        asked = Asked("DELETE", "webhook", REGISTER, body={"webhookIds": _numbers((hook,))})
    try:
        await calls.write(asked)
    except Refused as error:
        if error.status != 404:  # noqa: PLR2004
            raise


def _numbers(found: Sequence[HookFound]) -> list[int]:
    return [int(hook.id.removeprefix(_DYNAMIC)) for hook in found]
