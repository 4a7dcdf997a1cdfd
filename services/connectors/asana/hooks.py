"""Asana's webhooks: whether a delivery is Asana's, which tasks it names, and which webhooks of ours there are.

The secret of a webhook comes once, in a header of a call that Asana makes to the target while the webhook is being
created: whoever receives it keeps it by the target's unguessable path and answers with the same header.
"""

import hmac
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import asana
import orjson

from services.connectors.asana.calling import Caller
from services.connectors.asana.events import hints_in
from services.connectors.reading import identity, mapping, text
from services.connectors.refusals import Denied, Refused
from services.connectors.times import instant_of
from services.connectors.tracker import HookFound, HookHints, HookWanted
from services.runtime.errors import InvalidMessage, Misconfigured, Permanent

HANDSHAKE: Final = "x-hook-secret"
"""The header that brings the secret, and that the answer repeats."""

SIGNATURE: Final = "x-hook-signature"
LIST: Final = "list our webhooks"
REGISTER: Final = "register a webhook"
REMOVE: Final = "remove a webhook"
_FIELDS: Final = (
    "resource,target,active,last_failure_at,last_failure_content,last_success_at,failure_deletion_timestamp"
)


def hook_hints(headers: Mapping[str, str], body: bytes, secret: str) -> HookHints:
    """Verify a delivery over its raw bytes and read its hints; no events at all are a heartbeat."""
    given = headers.get(SIGNATURE, "").strip().lower().encode(errors="replace")
    if not hmac.compare_digest(given, hmac.digest(secret.encode(), body, "sha256").hex().encode()):
        raise Permanent("The webhook's signature is missing or wrong.")
    try:
        events = mapping(orjson.loads(body)).get("events")
    except ValueError:
        events = None
    if not isinstance(events, list):
        raise InvalidMessage("The webhook's body is signed, but it is no list of Asana's events.")
    hints = hints_in(events)
    return HookHints(hints.changed, hints.deleted)


async def hooks(caller: Caller, workspace: str) -> tuple[HookFound, ...]:
    """List the webhooks that this token's account has registered in the workspace; none where it may not see any."""
    method = caller.api(asana.WebhooksApi).get_webhooks
    try:
        rows = await caller.rows(LIST, method, workspace, {"opt_fields": _FIELDS})
    except (Denied, Refused) as error:
        if error.status not in {HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN}:
            raise
        return ()
    return tuple(_found(row) for row in rows)


async def create_hook(caller: Caller, wanted: HookWanted) -> HookFound:
    """Register a webhook without filters, so that tasks, subtasks and stories of the project come."""
    if wanted.scope is None:
        raise Permanent("A webhook of a whole workspace hears of no tasks: register one a project.")
    body = {"data": {"resource": wanted.scope, "target": wanted.target}}
    try:
        row = await caller.write(REGISTER, caller.api(asana.WebhooksApi).create_webhook, body, {"opt_fields": _FIELDS})
    except Refused as error:
        said = error.quote.replace(wanted.target, "the target")
        raise Misconfigured(
            f"Asana does not register the webhook ({error.status}: {said}): `webhooks.address` must be an https "
            "address that Asana reaches from outside and that leads to this program."
        ) from None
    return _found({"resource": {"gid": wanted.scope}, "target": wanted.target} | row)


async def delete_hook(caller: Caller, hook: HookFound) -> None:
    """Remove a webhook; one that is gone already is fine."""
    try:
        await caller.write(REMOVE, caller.api(asana.WebhooksApi).delete_webhook, hook.id)
    except Refused as error:
        if error.status not in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            raise


def _found(row: Mapping[str, Any]) -> HookFound:
    """Read a webhook. Asana removes it by itself where it failed for a day: then it has an end."""
    failed, went_well = instant_of(row.get("last_failure_at")), instant_of(row.get("last_success_at"))
    is_failing = failed is not None and (went_well is None or failed >= went_well)
    return HookFound(
        id=identity(row.get("gid")) or "",
        target=text(row.get("target"), 2_000) or "",
        scope=identity(mapping(row.get("resource")).get("gid")),
        is_active=row.get("active") is not False,
        expires_at=instant_of(row.get("failure_deletion_timestamp")),
        last_failure=(text(row.get("last_failure_content"), 200) or "it failed") if is_failing else None,
    )
