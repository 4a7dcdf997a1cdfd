"""What the stand-in answers has the form that Asana's own description of its interface gives; needs that file."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML

from services.sandbox.asana.app import ROUTES
from services.sandbox.asana.shapes import SHAPES
from services.sandbox.asana.store import WORKSPACE_GID
from tests.sandbox.asana.serving import ANA, BO, BOATS, DOING, World, served

SPEC = Path(__file__).resolve().parents[4] / "shared" / "specs" / "asana" / "asana_oas.yaml"


@cache
def spec() -> dict[str, Any]:
    if not SPEC.exists():
        pytest.skip(f"needs Asana's description of its interface at {SPEC}")
    loaded: dict[str, Any] = YAML(typ="safe").load(SPEC)
    return loaded


def resolved(node: Any) -> Any:
    while isinstance(node, Mapping) and "$ref" in node:
        found: Any = spec()
        for name in node["$ref"].split("/")[1:]:
            found = found[name]
        node = found
    return node


def strict(node: Any, depth: int = 0) -> Any:
    """A schema of the description as JSON Schema: `nullable` becomes a type, references are followed."""
    node = resolved(node)
    if depth > 7 or not isinstance(node, Mapping):
        return {}
    kept = {name: node[name] for name in ("type", "enum", "format") if name in node}
    if "properties" in node:
        kept["properties"] = {name: strict(one, depth + 1) for name, one in node["properties"].items()}
    if "items" in node:
        kept["items"] = strict(node["items"], depth + 1)
    for name in ("allOf", "oneOf", "anyOf"):
        if name in node:
            kept[name] = [strict(one, depth) for one in node[name]]
    return {"anyOf": [{"type": "null"}, kept]} if is_nullable(node) else kept


def is_nullable(node: Any) -> bool:
    node = resolved(node)
    return bool(node.get("nullable")) or any(is_nullable(one) for one in node.get("allOf", ()))


def path_of(pattern: str) -> str | None:
    """The path of the description that a pattern of ours stands for."""
    return next((path for path in spec()["paths"] if bare(path) == pattern), None)


def bare(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.strip("/").split("/"))


def problems(method: str, pattern: str, status: int, body: Any) -> Iterator[str]:
    path = path_of(pattern)
    assert path is not None, pattern
    answers = {int(code): answer for code, answer in spec()["paths"][path][method.lower()]["responses"].items()}
    schema = resolved(answers[status])["content"]["application/json"]["schema"]
    for error in Draft7Validator(strict(schema)).iter_errors(body):
        yield f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def busy() -> tuple[World, dict[str, str]]:
    """A world in which everything occurs at least once, and the gids to ask for."""
    world, ids = World(), {}
    site, plans = world.site, world.site.plans
    ids["tags"] = plans.add_tag("calls", ANA)
    field = plans.add_custom_field("Effort", "number", ANA)
    choice = plans.add_custom_field("Status", "enum", ANA, ("Open", "Shut"))
    for one in (field, choice):
        plans.use_custom_field(BOATS, one, ANA)
    ids["custom_fields"] = choice
    ids["tasks"] = task = world.task(assignee=BO, due_on="2026-12-01", notes="<b>")
    other = world.task("Paint")
    world.time.pass_(minutes=1)
    option = site.store.get("custom_field", choice)["enum_options"][0]["gid"]
    site.edit(task, {"custom_fields": {field: 3, choice: option}, "name": "Mend it", "assignee": ANA}, BO)
    site.edit(task, {"due_at": "2026-12-02T08:00:00Z", "completed": True}, BO)
    site.move_section(task, DOING, BO)
    site.add_tag(task, ids["tags"], BO)
    site.add_dependency(task, other, BO)
    site.create(None, {"name": "Sand it"}, BO, parent=task)
    ids["stories"] = site.comment(task, "Done?", ANA)
    ids["portfolios"] = plans.add_portfolio("All", site.store.account["gid"])
    plans.add_item(ids["portfolios"], BOATS, ANA)
    plans.use_custom_field(ids["portfolios"], choice, ANA)
    ids["time_periods"] = plans.add_time_period("Q4", "2026-10-01", "2026-12-31")
    metric = {"unit": "percentage", "target_number_value": 50}
    ids["goals"] = goal = plans.add_goal("Float", ANA, metric, time_period=ids["time_periods"])
    plans.support_goal(goal, BOATS, ANA)
    plans.support_goal(plans.add_goal("Sail", ANA), goal, ANA)
    ids["goal_relationships"] = next(iter(site.store.all("goal_relationship")))
    ids["status_updates"] = plans.add_status(BOATS, "Week 1", "Fine", "on_track", ANA)
    plans.add_status(goal, "Week 1", "Fine", "at_risk", ANA)
    return world, ids | {"projects": BOATS, "sections": DOING, "users": ANA, "workspaces": WORKSPACE_GID,
                         "organizations": WORKSPACE_GID, "teams": next(iter(site.store.all("team"))),
                         "user_task_lists": f"30{ANA}"}  # fmt: skip


QUERIES = {
    "tasks": {"project": BOATS}, "portfolios": {"workspace": WORKSPACE_GID, "owner": "me"},
    "goals": {"workspace": WORKSPACE_GID}, "time_periods": {"workspace": WORKSPACE_GID},
    "status_updates": {"parent": BOATS}, "webhooks": {"workspace": WORKSPACE_GID},
    "projects/{}/task_counts": {"opt_fields": "num_tasks,num_completed_tasks"},
    "workspaces/{}/typeahead": {"resource_type": "task", "query": "mend"}, "attachments": {"parent": BOATS},
}  # fmt: skip
NOT_DESCRIBED = {"organizations/{}/teams"}
OTHERWISE = {"events", "workspaces/{}/events", "webhooks/{}"}
READS = sorted(pattern for method, pattern in ROUTES if method == "GET" and pattern not in OTHERWISE)


@pytest.mark.parametrize("pattern", READS)
async def test_every_answer_has_the_form_that_asana_describes(pattern: str) -> None:
    """Compact and whole, and with every field that there is."""
    if path_of(pattern) is None:
        assert pattern in NOT_DESCRIBED
        return
    world, ids = busy()
    every = ",".join(sorted({name for shape in SHAPES.values() for name in (*shape.whole(), *shape.on_request)}))
    async with served(world) as caller:
        path, query = pattern.replace("{}", ids.get(pattern.partition("/")[0], "")), QUERIES.get(pattern, {})
        if pattern == "goal_relationships":
            query = {"supported_goal": ids["goals"]}
        for more in ({}, {"limit": "2"}, {} if "opt_fields" in query else {"opt_fields": every}):
            answer = await caller.client.get(path, params={**query, **more})
            assert answer.status_code == 200, answer.text
            assert not list(problems("GET", pattern, 200, answer.json()))


WRITES: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "task": ("POST", "tasks", {"name": "New", "projects": [BOATS]}, 201),
    "subtask": ("POST", "tasks/{}/subtasks", {"name": "New"}, 201),
    "edited task": ("PUT", "tasks/{}", {"due_on": "2027-01-01"}, 200),
    "deleted task": ("DELETE", "tasks/{}", {}, 200),
    "comment": ("POST", "tasks/{}/stories", {"text": "Hm"}, 201),
    "edited comment": ("PUT", "stories/{}", {"text": "Ah"}, 200),
    "deleted comment": ("DELETE", "stories/{}", {}, 200),
    "parent": ("POST", "tasks/{}/setParent", {"parent": None}, 200),
    "section": ("POST", "projects/{}/sections", {"name": "Later"}, 201),
    "project": ("POST", "projects", {"name": "Oars"}, 201),
    "tag": ("POST", "tags", {"name": "wet"}, 201),
    "project taken away": ("POST", "tasks/{}/removeProject", {"project": BOATS}, 200),
    "portfolio": ("POST", "portfolios", {"name": "Fleet"}, 201),
    "goal": ("POST", "goals", {"name": "Win"}, 201),
    "metric": ("POST", "goals/{}/setMetricCurrentValue", {"current_number_value": 7}, 200),
    "status": ("POST", "status_updates", {"parent": BOATS, "text": "ok", "status_type": "on_track"}, 201),
    "webhook": ("POST", "webhooks", {"resource": BOATS, "target": "http://127.0.0.1/x"}, 201),
    "batch": ("POST", "batch", {"actions": [{"method": "get", "relative_path": "/users/me"}]}, 200),
}


@pytest.mark.parametrize("what", WRITES)
async def test_every_answer_to_a_change_has_the_form_that_asana_describes(what: str) -> None:
    world, ids = busy()
    method, pattern, data, status = WRITES[what]
    async with served(world) as caller:
        answer = await caller.send(method, pattern.replace("{}", ids.get(pattern.partition("/")[0], "")), **data)
        assert answer.status_code == status, answer.text
    assert not list(problems(method, pattern, status, answer.json()))


async def test_events_have_the_form_that_asana_describes() -> None:
    world, ids = busy()
    async with served(world) as caller:
        first = await caller.client.get("events", params={"resource": BOATS})
        assert not list(problems("GET", "events", 412, first.json()))
        world.site.edit(ids["tasks"], {"name": "Another", "assignee": BO}, ANA)
        answer = await caller.client.get("events", params={"resource": BOATS, "sync": first.json()["sync"]})
    assert answer.json()["data"]
    assert not list(problems("GET", "events", 200, answer.json()))


async def test_webhooks_have_the_form_that_asana_describes() -> None:
    world, _ = busy()
    async with served(world) as caller:
        made = await caller.post("webhooks", resource=BOATS, target="http://127.0.0.1/x", filters=[{"action": "added"}])
        world.site.hook_answered(world.sent[0], "answered 500")
        for path, pattern in ((f"webhooks/{made['gid']}", "webhooks/{}"), ("webhooks", "webhooks")):
            answer = await caller.client.get(path, params={"workspace": WORKSPACE_GID})
            assert not list(problems("GET", pattern, 200, answer.json()))


@pytest.mark.parametrize(("path", "pattern", "status"), [("tasks/1", "tasks/{}", 404), ("tasks/x", "tasks/{}", 400),
                                                         ("users?limit=0", "users", 400)])  # fmt: skip
async def test_refusals_have_the_form_that_asana_describes(path: str, pattern: str, status: int) -> None:
    async with served(World()) as caller:
        answer = await caller.client.get(path)
        refused = await caller.client.get(path, headers={"Authorization": "Bearer wrong"})
    assert not list(problems("GET", pattern, status, answer.json()))
    assert not list(problems("GET", pattern, 401, refused.json()))
