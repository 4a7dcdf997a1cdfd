"""Requests that look for something: the search for tasks, which lags behind, and the one while somebody types."""

from collections.abc import Callable, Iterator
from typing import Final

from services.sandbox.asana.calls import MOST, Answer, Call, fault
from services.sandbox.asana.fields import shown
from services.sandbox.asana.records import Record, instant
from services.sandbox.asana.routing import Routes
from services.sandbox.asana.store import Refused

_SORTS: Final = {"created_at", "modified_at", "due_date", "completed_at", "likes"}
_DEFAULT: Final = 20
_FEW: Final = 10

Test = Callable[[Record], bool]


def _search(call: Call) -> Answer:
    """Find tasks; there is no offset, and what changed a moment ago is not found yet."""
    call.see("workspace")
    if not call.site.is_premium:
        return fault(402, "This workspace does not have access to the search API. Please upgrade.")
    if "offset" in call.query:
        raise Refused("offset: The search cannot be paged; narrow it by created_at or modified_at")
    sort, limit = call.query.get("sort_by", "modified_at"), call.query.get("limit", str(_DEFAULT))
    if sort not in _SORTS or not limit.isdecimal() or not 1 <= int(limit) <= MOST:
        raise Refused("sort_by or limit: Not a recognized value")
    tests = list(_tests(call))
    found = [task for task in call.site.tasks.values() if all(test(task) for test in tests)]
    key = "due_on" if sort == "due_date" else sort
    found.sort(key=lambda task: (str(task.get(key) or ""), task["gid"]),
               reverse=call.query.get("sort_ascending") != "true")  # fmt: skip
    opt_fields = call.query.get("opt_fields")
    return Answer(200, {"data": [shown(task, opt_fields) for task in found[: int(limit)]]})


def _tests(call: Call) -> Iterator[Test]:
    """Give what a task must be to be found."""
    store, query = call.site.store, call.query
    yield store.is_visible
    if call.site.index_lag:
        indexed = instant(call.site.now() - call.site.index_lag)
        yield lambda task: (task.get("modified_at") or "") <= indexed
    if text := query.get("text"):
        yield lambda task: text.lower() in f"{task.get('name')} {task.get('notes', '')}".lower()
    for name in ("completed", "is_subtask", "is_blocked", "is_blocking"):
        if name in query:
            yield _flag(name, query[name] == "true")
    for name in ("created_at", "modified_at", "completed_at"):
        after, before = call.time(f"{name}.after"), call.time(f"{name}.before")
        if after or before:
            yield _between(name, after or "", before or "9")
    for name, gids in _places(call):
        yield _inside(name, gids)


def _flag(name: str, wanted: bool) -> Test:
    values: dict[str, Test] = {
        "completed": lambda task: bool(task.get("completed")),
        "is_subtask": lambda task: bool(task.get("parent")),
        "is_blocked": lambda task: any(not one.get("completed") for one in task.get("dependencies", ())),
        "is_blocking": lambda task: any(not one.get("completed") for one in task.get("dependents", ())),
    }
    return lambda task: values[name](task) is wanted


def _between(name: str, after: str, before: str) -> Test:
    return lambda task: after < (task.get(name) or "") < before


def _places(call: Call) -> Iterator[tuple[str, set[str]]]:
    for name in ("assignee", "projects", "tags", "sections"):
        if said := call.query.get(f"{name}.any"):
            yield name, {call.by if gid == "me" else gid for gid in said.split(",")}


def _inside(name: str, gids: set[str]) -> Test:
    def held(task: Record) -> Iterator[str]:
        if name == "sections":
            yield from (one["section"]["gid"] for one in task.get("memberships", ()))
        elif name == "assignee":
            yield (task.get("assignee") or {}).get("gid", "")
        else:
            yield from (one["gid"] for one in task.get(name, ()))

    return lambda task: not gids.isdisjoint(held(task))


def _typeahead(call: Call) -> Answer:
    call.see("workspace")
    kind, said = call.query.get("resource_type", ""), call.query.get("query", "").lower()
    if kind not in {"task", "project", "user", "tag", "portfolio", "goal", "custom_field", "team"}:
        raise Refused(f"resource_type: Not a recognized value: {kind}")
    store, count = call.site.store, int(call.query.get("count", _FEW))
    found = [one for one in store.all(kind).values() if "_stub" not in one and said in one["name"].lower()]
    return call.many(store.visible(found)[:count])


ROUTES: Final[Routes] = {
    ("GET", "workspaces/{}/tasks/search"): _search,
    ("GET", "workspaces/{}/typeahead"): _typeahead,
}
