"""Requests of those who follow what happens: streams of events, webhooks."""

from collections.abc import Mapping
from typing import Any, Final

from services.sandbox.asana.calls import Answer, Call, fault
from services.sandbox.asana.events import Stale
from services.sandbox.asana.fields import shown
from services.sandbox.asana.records import Record
from services.sandbox.asana.routing import Routes
from services.sandbox.asana.store import Forbidden, Missing, Refused

_FOLLOWED: Final = frozenset({"task", "project", "goal", "portfolio"})
_HOOKED: Final = frozenset({*_FOLLOWED, "workspace", "team", "tag", "section"})


def _resource(call: Call, said: Any, kinds: frozenset[str]) -> Record:
    """Return the resource that is to be followed. Raises what it is not there, seen or followed for."""
    if not isinstance(said, str) or not said:
        raise Refused("resource: Missing input")
    found = call.site.store.find(said)
    if found is None:
        raise Missing("resource", said)
    if found["resource_type"] not in kinds:
        raise Refused(f"resource: A {found['resource_type']} cannot be followed")
    if not call.site.store.is_visible(found):
        raise Forbidden(f"You do not have access to this {found['resource_type']}.")
    return found


def _events(call: Call) -> Answer:
    found = _resource(call, call.query.get("resource"), _FOLLOWED)
    try:
        answer = call.site.events.read(found["gid"], call.query.get("sync"))
    except Stale as stale:
        return fault(412, str(stale), sync=stale.sync)
    opt_fields = call.query.get("opt_fields")
    data = [shown(event, opt_fields) for event in answer.events]
    return Answer(200, {"data": data, "sync": answer.sync, "has_more": answer.has_more})


def _all_events(call: Call) -> Answer:
    call.see("workspace")
    raise Forbidden("Only a service account may read the events of a workspace.")


async def _create(call: Call) -> Answer:
    target, filters = call.data.get("target"), call.data.get("filters")
    if not isinstance(target, str):
        raise Refused("target: Missing input")
    found = _resource(call, call.data.get("resource"), _HOOKED)
    hook = await call.site.hooks.create(found, target, _filters(filters))
    answer = call.one(hook, 201)
    return Answer(201, {**answer.body, "X-Hook-Secret": call.site.hooks.secrets[hook["gid"]]})


def _filters(said: Any) -> list[Record]:
    if said is None:
        return []
    if not isinstance(said, list) or not all(isinstance(one, Mapping) for one in said):
        raise Refused("filters: Must be a list of objects")
    return [dict(one) for one in said]


def _hooks(call: Call) -> Answer:
    if "workspace" not in call.query:
        raise Refused("workspace: Missing input")
    call.see("workspace", call.query["workspace"])
    call.site.beat()
    wanted = call.query.get("resource")
    return call.many([hook for hook in call.site.hooks.all() if wanted in {None, hook["resource"]["gid"]}])


def _hook(call: Call) -> Answer:
    call.site.beat()
    return call.one(call.see("webhook"))


def _edit(call: Call) -> Answer:
    hook = call.see("webhook")
    call.site.hooks.refilter(hook, _filters(call.data.get("filters")))
    return call.one(hook)


def _delete(call: Call) -> Answer:
    call.site.hooks.delete(call.gid)
    return Answer(200, {"data": {}})


ROUTES: Final[Routes] = {
    ("GET", "events"): _events,
    ("GET", "workspaces/{}/events"): _all_events,
    ("GET", "webhooks"): _hooks,
    ("POST", "webhooks"): _create,
    ("GET", "webhooks/{}"): _hook,
    ("PUT", "webhooks/{}"): _edit,
    ("DELETE", "webhooks/{}"): _delete,
}
