"""The sandbox serves what the company holds, lets its time pass, and tells it by webhook."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from schemas.work_items import Tracker
from services.runtime.clock import SystemClock
from services.runtime.connections import JiraKind
from services.runtime.errors import Misconfigured
from services.sandbox.fault_kinds import Fault, FaultKind
from services.sandbox.server import Running, SandboxOptions, sandbox
from tests.sandbox.test_hooks import receiving
from tests.waiting import eventually

TODAY = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
TOKEN = {"authorization": "Bearer sandbox"}


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[Running]:
    async with sandbox(SandboxOptions(TODAY, **options), SystemClock()) as made:
        yield made


async def get(url: str, **options: Any) -> Any:
    async with httpx.AsyncClient(headers=TOKEN, **options) as client:
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def test_it_serves_what_the_company_holds_today() -> None:
    async with running() as made:
        jira, asana = [await get(f"{url}/__sandbox/state") for url in (made.jira_url, made.asana_url)]
        held = made.company.items_at(TODAY)
        assert jira["issue"] == sum(item.tracker is Tracker.JIRA for item in held) == sum(jira["by_project"].values())
        assert asana["task"] == sum(item.tracker is Tracker.ASANA for item in held)
        assert (asana["goal"], asana["portfolio"], asana["project"], asana["user"]) == (4, 1, 3, 25)
        assert asana["status_update"] == len(made.company.status_updates) > 10
        assert {jira["now"], asana["now"]} == {TODAY.isoformat()}
        me = await get(f"{made.jira_url}/rest/api/3/myself")
        assert me["accountId"]


async def test_what_it_holds_after_its_time_passed_is_what_it_would_have_begun_with() -> None:
    async with running(starts="first-day") as grown, running() as begun:
        await grown.time.move_to(TODAY)
        assert grown.time.now() == TODAY
        grown.jira.base_url = begun.jira.base_url
        assert set(grown.jira.issues) == set(begun.jira.issues)
        assert set(grown.asana.tasks) == set(begun.asana.tasks)
        for id_ in grown.jira.issues:
            one, other = grown.jira.raw(id_), begun.jira.raw(id_)
            for name in ("status", "assignee", "duedate", "labels", "parent", "created", "customfield_10020"):
                assert one["fields"].get(name) == other["fields"].get(name), name
            assert [each["created"] for each in one["changelog"]["histories"]] == [
                each["created"] for each in other["changelog"]["histories"]
            ]
        goals = [{gid: goal["metric"]["current_number_value"] for gid, goal in one.asana.store.all("goal").items()}
                 for one in (grown, begun)]  # fmt: skip
        assert goals[0] == goals[1]


async def test_what_happens_as_time_passes_goes_out_by_webhook() -> None:
    async with receiving() as receiver, running(starts="first-day", hook_pauses=(0.01,)) as made:
        body = {"name": "all", "url": f"{receiver.url}/jira", "events": ["jira:issue_updated", "comment_created"]}
        async with httpx.AsyncClient(base_url=made.jira_url, headers=TOKEN) as client:
            assert (await client.post("/rest/webhooks/1.0/webhook", json=body)).status_code == 201
        await made.time.move_to(made.time.now() + timedelta(days=2))
        await made.hooks.idle()
        told = [orjson.loads(body)["webhookEvent"] for body in receiver.bodies]
        assert set(told) == {"jira:issue_updated", "comment_created"}
        assert made.hooks.jira.counts["sent"] == len(told)


async def test_faults_strike_one_site_only_and_webhooks_through_the_same_switch() -> None:
    async with receiving() as receiver, running() as made:
        made.jira_faults.switch_on(Fault(kind=FaultKind.SERVER_ERROR), Fault(kind=FaultKind.HOOK_DROPPED, count=1))
        async with httpx.AsyncClient(headers=TOKEN) as client:
            assert (await client.get(f"{made.jira_url}/rest/api/3/myself")).status_code == 500
            assert (await client.get(f"{made.asana_url}/api/1.0/users/me")).status_code == 200
        for number in (1, 2):
            made.hooks.jira(receiver.call(number))
        await made.hooks.idle()
        assert receiver.bodies == ["2"]


async def test_with_tls_clients_need_the_authority_that_it_writes(tmp_path: Path) -> None:
    async with running(tls=True) as made:
        assert made.jira_url.startswith("https://")
        with pytest.raises(httpx.ConnectError):
            await get(f"{made.jira_url}/rest/api/3/myself")
        assert made.authority
        trusted = ssl.create_default_context(cafile=made.authority.write(tmp_path / "authority.pem"))
        assert await get(f"{made.asana_url}/api/1.0/users/me", verify=trusted)


@pytest.mark.parametrize("port", [-1, 70_000])
async def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(Misconfigured, match="--asana-port"):
        async with running(asana_port=port, items=0):
            pass


async def test_a_port_that_is_taken_is_refused_and_nothing_stays_behind() -> None:
    async with running(items=0) as made:
        port = int(made.jira_url.rpartition(":")[2])
        with pytest.raises(Misconfigured, match="--jira-port a free port"):
            async with running(jira_port=port, items=0):
                pass
    async with running(jira_port=port, items=0):
        pass


async def test_data_center_is_served_as_such() -> None:
    async with running(jira_kind=JiraKind.DATACENTER, items=0) as made:
        assert (await get(f"{made.jira_url}/rest/api/2/serverInfo"))["deploymentType"] == "Server"


async def test_a_request_that_is_held_does_not_hold_up_the_end() -> None:
    async with httpx.AsyncClient(headers=TOKEN, timeout=0.2) as client, running(items=0) as made:
        made.jira_faults.switch_on(Fault(kind=FaultKind.TIMEOUT))
        with pytest.raises(httpx.ReadTimeout):
            await client.get(f"{made.jira_url}/rest/api/3/myself")


async def test_people_go_on_working_once_the_quarter_is_over() -> None:
    async with running(starts="first-day", live=1e-9) as made:
        await made.time.move_to(TODAY - timedelta(days=1))
        assert made.people.done.total() == 0
        await made.time.move_to(TODAY + timedelta(days=7))
        assert made.people.done.total() > 100
        assert made.time.now() >= TODAY + timedelta(days=7)


async def test_a_live_sandbox_moves_its_time_by_itself() -> None:
    async with running(items=0, live=3.0) as made:
        await eventually(lambda: made.people.done.total() > 20)
        assert made.time.now() > TODAY


async def test_time_ticks_where_it_is_to_and_stands_still_elsewhere() -> None:
    async with running(items=0, ticks=True) as ticking, running(items=0) as still:
        await eventually(lambda: ticking.time.now() > TODAY)
        assert still.time.now() == TODAY
        await still.time.move_to(TODAY - timedelta(days=1))
        assert still.time.now() == TODAY
