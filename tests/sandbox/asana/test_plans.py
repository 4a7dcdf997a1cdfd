"""What stands above the tasks: one's own portfolios are listed, metrics set by hand, a status fits its parent."""

from typing import Any

import pytest

from services.sandbox.asana.store import WORKSPACE_GID
from tests.sandbox.asana.serving import ANA, BOATS, DOCKS, World, served


async def test_only_portfolios_of_the_tokens_user_are_listed_though_others_can_be_read() -> None:
    world = World()
    me = world.site.store.account["gid"]
    mine, hers = world.site.plans.add_portfolio("Mine", me), world.site.plans.add_portfolio("Hers", ANA)
    async with served(world) as caller:
        for owner, expected in (("me", [mine]), (me, [mine]), (ANA, [])):
            listed = await caller.get("portfolios", workspace=WORKSPACE_GID, owner=owner)
            assert [one["gid"] for one in listed] == expected
        assert (await caller.get(f"portfolios/{hers}"))["owner"]["gid"] == ANA
        assert (await caller.client.get("portfolios")).status_code == 400


async def test_a_portfolio_holds_projects_and_portfolios() -> None:
    world = World()
    plans, me = world.site.plans, world.site.store.account["gid"]
    outer, inner = plans.add_portfolio("Outer", me), plans.add_portfolio("Inner", me)
    async with served(world) as caller:
        for item in (BOATS, inner, BOATS):
            await caller.post(f"portfolios/{outer}/addItem", item=item)
        items = await caller.get(f"portfolios/{outer}/items")
        assert [(one["gid"], one["resource_type"]) for one in items] == [(BOATS, "project"), (inner, "portfolio")]
        await caller.post(f"portfolios/{outer}/removeItem", item=BOATS)
        assert [one["gid"] for one in await caller.get(f"portfolios/{outer}/items")] == [inner]


@pytest.mark.parametrize(
    ("metric", "status"),
    [(None, 400), ({}, 200), ({"progress_source": "external"}, 200), ({"progress_source": "subgoal_progress"}, 400)],
)
async def test_a_metric_is_set_where_there_is_one_that_is_not_counted(
    metric: dict[str, Any] | None, status: int
) -> None:
    world = World()
    said = None if metric is None else {"initial_number_value": 10, "target_number_value": 50, **metric}
    goal = world.site.plans.add_goal("Float", ANA, said)
    async with served(world) as caller:
        answer = await caller.send("POST", f"goals/{goal}/setMetricCurrentValue", current_number_value=32.5)
        assert answer.status_code == status
        kept = (await caller.get(f"goals/{goal}"))["metric"]
    if status == 200:
        assert (kept["current_number_value"], kept["current_display_value"]) == (32.5, "32.5")
    elif kept is not None:
        assert kept["current_number_value"] == 10


@pytest.mark.parametrize("value", ["three", None, True])
async def test_a_metric_takes_numbers_only(value: Any) -> None:
    world = World()
    goal = world.site.plans.add_goal("Float", ANA, {})
    async with served(world) as caller:
        answer = await caller.send("POST", f"goals/{goal}/setMetricCurrentValue", current_number_value=value)
    assert answer.status_code == 400


async def test_goals_are_listed_by_workspace_team_period_and_by_what_supports_them() -> None:
    world = World()
    plans, team = world.site.plans, world.site.store.team["gid"]
    period = plans.add_time_period("Q4", "2026-10-01", "2026-12-31")
    top, below = plans.add_goal("Top", ANA, time_period=period), plans.add_goal("Below", ANA, team=team)
    plans.support_goal(top, below, ANA)
    plans.support_goal(below, BOATS, ANA)
    queries: list[tuple[dict[str, str], list[str]]] = [
        ({"workspace": WORKSPACE_GID}, [top, below]),
        ({"workspace": WORKSPACE_GID, "is_workspace_level": "true"}, [top]),
        ({"workspace": WORKSPACE_GID, "time_periods": period}, [top]),
        ({"team": team}, [below]),
        ({"project": BOATS}, [below]),
        ({"project": DOCKS}, []),
    ]
    async with served(world) as caller:
        for query, expected in queries:
            assert [one["gid"] for one in await caller.get("goals", **query)] == expected, query
        assert [one["gid"] for one in await caller.get(f"goals/{below}/parentGoals")] == [top]
        relations = await caller.get("goal_relationships", supported_goal=below)
        assert [one["supporting_resource"]["gid"] for one in relations] == [BOATS]
        assert relations[0]["resource_subtype"] == "supporting_work"
        await caller.send("DELETE", f"goals/{below}")
        assert await caller.get("goal_relationships", supported_goal=top) == []
        assert (await caller.client.get("goals")).status_code == 400


@pytest.mark.parametrize(
    ("kind", "status_type", "status"),
    [
        ("project", "on_track", 201), ("project", "complete", 201), ("project", "achieved", 400),
        ("portfolio", "on_hold", 201), ("goal", "achieved", 201), ("goal", "on_hold", 400), ("goal", "so so", 400),
    ],
)  # fmt: skip
async def test_a_status_must_fit_what_it_is_said_of(kind: str, status_type: str, status: int) -> None:
    world = World()
    parent = {"project": BOATS, "portfolio": world.site.plans.add_portfolio("All", ANA),
              "goal": world.site.plans.add_goal("Float", ANA)}[kind]  # fmt: skip
    async with served(world) as caller:
        answer = await caller.send("POST", "status_updates", parent=parent, text="So", status_type=status_type)
        assert answer.status_code == status
        listed = await caller.get("status_updates", parent=parent, opt_fields="status_type,parent.resource_type")
        current = (await caller.get(f"{kind}s/{parent}"))["current_status_update"]
    assert len(listed) == (status == 201)
    if status == 201:
        assert (listed[0]["status_type"], listed[0]["parent"]["resource_type"]) == (status_type, kind)
        assert current["gid"] == listed[0]["gid"]


async def test_a_custom_field_of_a_project_is_on_all_its_tasks_with_its_value() -> None:
    world = World()
    early = world.task("early")
    field = world.site.plans.add_custom_field("Status", "enum", ANA, ("Open", "Shut"))
    world.site.plans.use_custom_field(BOATS, field, ANA)
    late = world.task("late")
    shut = world.site.store.get("custom_field", field)["enum_options"][1]
    async with served(world) as caller:
        await caller.send("PUT", f"tasks/{late}", custom_fields={field: shut["gid"]})
        values = [(await caller.get(f"tasks/{gid}"))["custom_fields"] for gid in (early, late)]
        refused = await caller.send("PUT", f"tasks/{late}", custom_fields={field: "Ajar"})
        settings = await caller.get(f"projects/{BOATS}/custom_field_settings")
    assert [[one["display_value"] for one in held] for held in values] == [[None], ["Shut"]]
    assert values[1][0]["enum_value"]["name"] == "Shut"
    assert values[0][0]["enum_value"] is None
    assert refused.status_code == 400
    assert settings[0]["custom_field"]["name"] == "Status"


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("text", "words", "words"), ("number", 3, "3"), ("number", 2.5, "2.5"), ("text", None, None),
        ("date", {"date": "2026-12-01"}, "2026-12-01"), ("people", [ANA], "Ana Moor"),
        ("multi_enum", ["A", "B"], "A, B"),
    ],
)  # fmt: skip
async def test_every_kind_of_custom_field_shows_its_value_as_text(kind: str, value: Any, shown: str | None) -> None:
    world = World()
    task = world.task()
    field = world.site.plans.add_custom_field("Field", kind, ANA, ("A", "B"), precision=1)
    world.site.plans.use_custom_field(BOATS, field, ANA)
    async with served(world) as caller:
        await caller.send("PUT", f"tasks/{task}", custom_fields={field: value})
        held = (await caller.get(f"tasks/{task}", opt_fields="custom_fields.display_value"))["custom_fields"]
    assert held == [{"gid": field, "display_value": shown}]


async def test_sections_and_projects_are_made_renamed_and_deleted() -> None:
    world = World()
    async with served(world) as caller:
        project = (await caller.post("projects", name="Oars", workspace=WORKSPACE_GID))["gid"]
        section = (await caller.post(f"projects/{project}/sections", name="Later"))["gid"]
        task = (await caller.post("tasks", name="Carve", projects=[project]))["gid"]
        await caller.post(f"sections/{section}/addTask", task=task)
        assert [one["gid"] for one in await caller.get(f"sections/{section}/tasks")] == [task]
        assert (await caller.send("DELETE", f"sections/{section}")).status_code == 400
        counts = await caller.get(f"projects/{project}/task_counts", opt_fields="num_tasks,num_completed_tasks")
        assert counts == {"num_tasks": 1, "num_completed_tasks": 0}
        assert (await caller.send("DELETE", f"projects/{project}")).status_code == 200
        assert (await caller.client.get(f"projects/{project}")).status_code == 404
        assert (await caller.get(f"tasks/{task}"))["projects"] == []


async def test_people_go_on_in_a_project_that_the_token_does_not_see() -> None:
    world = World()
    plans = world.site.plans
    portfolio = plans.add_portfolio("All", world.site.store.account["gid"])
    world.site.hide(BOATS)
    plans.add_status(BOATS, "Week 1", "Fine", "on_track", ANA)
    async with served(world) as caller:
        assert (await caller.send("POST", f"portfolios/{portfolio}/addItem", item=BOATS)).status_code == 403
        plans.add_item(portfolio, BOATS, ANA)
        assert await caller.get(f"portfolios/{portfolio}/items") == []
        world.site.show(BOATS)
        assert [one["gid"] for one in await caller.get(f"portfolios/{portfolio}/items")] == [BOATS]


async def test_each_membership_of_a_team_has_a_gid_of_its_own() -> None:
    world = World()
    teams = [world.site.plans.add_team(name) for name in ("Sails", "Hulls")]
    async with served(world) as caller:
        found = [one for team in teams for one in await caller.get(f"teams/{team}/team_memberships")]
    assert len({one["gid"] for one in found}) == len(found) == 2 * len(world.site.store.all("user")) > 2
