"""Opening: workspace and projects by gid or name, scopes that are missing, a clock that is off, what is learned."""

from datetime import timedelta

import pytest

from services.connectors.asana.client import build_client
from services.connectors.catalogue import GatheringKind
from services.connectors.refusals import Denied
from services.runtime.errors import Misconfigured
from services.sandbox.fault_kinds import Fault, FaultKind
from tests.connectors.asana.sites import BOT, Answer, QuickClock, refused, said, served, settings, told

ME = said({"gid": "4", "name": "Robin", "workspaces": [{"gid": "1", "name": "Brightmoor"}, {"gid": "2", "name": "Twin"},
                                                       {"gid": "3", "name": "Twin"}]})  # fmt: skip
NO_GOALS = "goals:read"


async def test_an_open_site_tells_who_we_are_and_how_far_our_clock_is_off() -> None:
    async with served("Home") as at:
        at.clock.ahead = timedelta(minutes=7)
        facts = await at.client.open()
        assert (facts.account, facts.kind, facts.missing_scopes) == (BOT, "asana", ())
        assert facts.clock_off_seconds == pytest.approx(420, abs=3)
        assert at.client.options().leeway_account == BOT


async def test_a_wrong_token_is_told_with_its_secret() -> None:
    async with served("Home") as at:
        wrong = build_client(settings(at.url), "sandbox-of-last-year", QuickClock())
        with pytest.raises(Denied, match="into the secret `ops`") as raised:
            await wrong.open()
        assert "last-year" not in str(raised.value)
        await wrong.close()


async def test_a_token_that_expires_later_is_told_too() -> None:
    async with served("Home") as at:
        at.faults.switch_on(Fault(kind=FaultKind.EXPIRED_TOKEN))
        with pytest.raises(Misconfigured, match="does not accept the token"):
            await at.client.scopes()


@pytest.mark.parametrize(
    ("workspace", "words"),
    [
        ("Britemoor", "Nearest: Brightmoor"),
        ("Twin", "write the gid in `workspace`, one of 2, 3"),
        ("Entirely other", "There are Brightmoor, Twin"),
    ],
)
async def test_a_workspace_that_is_not_there_is_told_with_the_nearest(workspace: str, words: str) -> None:
    async with told(ME, workspace=workspace) as (client, _, _):
        with pytest.raises(Misconfigured, match=words):
            await client.open()


async def test_what_is_no_asana_is_told() -> None:
    async with told(Answer(404, b"<html>")) as (client, _, _):
        with pytest.raises(Misconfigured, match="check `url`"):
            await client.open()


async def test_each_missing_scope_is_named_with_what_will_not_work() -> None:
    none, lacking = said([], next_page=None), refused(403, "The token lacks a scope.")
    project, task = (said([{"gid": gid}], next_page=None) for gid in "78")
    hooks = {"webhooks": {"address": "https://leeway.example"}}
    async with told(ME, project, task, lacking, refused(402, "Premium only"), lacking, **hooks) as (client, app, _):
        missing = (await client.open()).missing_scopes
        assert [sentence.split(":read")[0] for sentence in missing] == ["stories", "goals", "webhooks"]
        assert "plan has none" in missing[1]
        assert len(app.asked) == 6
    async with told(ME, lacking, goals=False) as (client, app, _):
        (sentence,) = (await client.open()).missing_scopes
        assert sentence.startswith("projects:read is missing")
    async with told(ME, none, goals=False) as (client, _, _):
        assert (await client.open()).missing_scopes == ()


async def test_a_lost_connection_while_opening_is_no_missing_scope() -> None:
    async with served("Home") as at:
        at.faults.switch_on(Fault(kind=FaultKind.RESET, count=2, path="/goals"))
        assert (await at.client.open()).missing_scopes == ()


async def test_projects_are_found_by_gid_and_by_name_in_the_order_that_was_written() -> None:
    async with served("One", "Two", "Three") as at:
        scopes = {scope.name: scope for scope in await at.client.scopes()}
        wanted = settings(at.url, projects=["three", scopes["One"].id])
        other = build_client(wanted, "sandbox", QuickClock())
        await other.open()
        assert await other.scopes() == (scopes["Three"], scopes["One"])
        await other.close()


@pytest.mark.parametrize(
    ("project", "words"),
    [
        ("Platfrom", r"no project Platfrom\. Nearest: Platform"),
        ("Same", "several projects Same: write the gid"),
        ("99", "Correct `projects`, or share"),
    ],
)
async def test_a_project_that_is_not_there_is_told_with_the_nearest(project: str, words: str) -> None:
    async with served("Platform", "Same", "Same", projects=[project]) as at:
        with pytest.raises(Misconfigured, match=words):
            await at.client.scopes()


async def test_more_projects_than_a_page_are_all_seen_and_archived_ones_only_where_named() -> None:
    async with served(*(f"Project {number}" for number in range(130)), projects=["Project 129"]) as at:
        (last,) = await at.client.scopes()
        at.site.plans.edit_project(last.id, {"archived": True}, at.person)
        assert await at.client.scopes() == (last,)
        everything = build_client(settings(at.url), "sandbox", QuickClock())
        await everything.open()
        assert len(await everything.scopes()) == 129
        await everything.close()


async def test_a_token_that_sees_no_project_is_told() -> None:
    async with served() as at:
        with pytest.raises(Misconfigured, match="share one"):
            await at.client.scopes()


async def test_the_settings_say_how_tasks_are_read() -> None:
    reading = {"estimate": ["4200000000000001"], "custom_fields": ["Squad"], "in_progress_sections": ["Under Way"]}
    async with served("Home", reading=reading, bots=["Butler"], twins="jira") as at:
        options = at.client.options()
        assert options.estimate_fields == {"4200000000000001"}
        assert options.custom_fields == {"Squad"}
        assert options.in_progress_sections == {"under way"}
        assert options.bots == {"Butler"}
        assert (options.twin_site, options.leeway_account) == ("jira", BOT)


async def test_the_catalogue_holds_fields_with_their_choices_sections_once_and_portfolios() -> None:
    async with served("Home", "Other") as at:
        scopes = await at.client.scopes()
        home, other = (scope.id for scope in scopes)
        squad = at.site.plans.add_custom_field("Squad", "enum", options=("Red", "Blue"))
        for project in (home, other):
            at.site.plans.use_custom_field(project, squad, at.person)
            at.site.plans.add_section(project, "Doing")
        portfolio = at.site.plans.add_portfolio("Growth", BOT)
        at.site.plans.add_item(portfolio, other, at.person)
        found = await at.client.catalogue(scopes)
        assert [(each.id, each.name, each.schema, each.choices) for each in found.fields] == [
            (squad, "Squad", "enum", ("Red", "Blue"))
        ]
        names = [each.name for each in found.statuses]
        assert names.count("Doing") == 1
        (gathering,) = found.gatherings
        assert (gathering.kind, gathering.id, gathering.projects) == (GatheringKind.PORTFOLIO, portfolio, ("Other",))


async def test_what_the_token_may_not_see_is_left_out_of_the_catalogue() -> None:
    async with served("Home") as at:
        scopes = await at.client.scopes()
        at.faults.switch_on(Fault(kind=FaultKind.FORBIDDEN))
        found = await at.client.catalogue(scopes)
        assert (found.fields, found.statuses, found.gatherings) == ((), (), ())
