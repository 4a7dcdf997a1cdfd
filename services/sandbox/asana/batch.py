"""Up to ten requests in one: each has an answer of its own, and one that fails leaves the others alone."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from services.sandbox.asana.calls import Answer, Call
from services.sandbox.asana.records import Record
from services.sandbox.asana.store import Refused

MOST: Final = 10

Respond = Callable[[str, str, Mapping[str, str], Mapping[str, Any]], Awaitable[Answer]]
"""Answers one request: method, path, query and data."""


async def batched(call: Call, respond: Respond) -> Answer:
    """Answer all of them in their order."""
    actions = call.data.get("actions")
    if not isinstance(actions, list) or not all(isinstance(one, Mapping) for one in actions):
        raise Refused("actions: Must be a list of actions")
    if len(actions) > MOST:
        raise Refused(f"actions: At most {MOST} actions are allowed in a batch")
    return Answer(200, {"data": [await _action(one, respond) for one in actions]})


async def _action(action: Mapping[str, Any], respond: Respond) -> Record:
    method, said = str(action.get("method", "get")).upper(), urlsplit(str(action.get("relative_path", "")))
    data, options = action.get("data") or {}, action.get("options") or {}
    query = dict(parse_qsl(said.query))
    if options.get("fields"):
        query["opt_fields"] = ",".join(options["fields"])
    query |= {name: str(options[name]) for name in ("limit", "offset") if name in options}
    if method == "GET":
        query |= {name: str(value) for name, value in data.items()}
    if said.path.strip("/") == "batch":
        raise Refused("relative_path: A batch cannot hold a batch")
    answer = await respond(method, said.path.strip("/"), query, {} if method == "GET" else data)
    return {"status_code": answer.status, "headers": dict(answer.headers), "body": dict(answer.body)}
