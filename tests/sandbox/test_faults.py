"""Faults strike as they were ordered, again in the same way with the same seed, and never the admin endpoint."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.runtime.clock import SystemClock
from services.sandbox.fault_kinds import Fault, FaultKind
from services.sandbox.faults import Faults
from services.sandbox.listening import listening
from tests.waiting import eventually

TOKEN = {"authorization": "Bearer sandbox"}


class Site:
    """An application that counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.app = Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "POST", "DELETE"])])

    async def answer(self, request: Request) -> Response:
        self.asked.append(f"{request.method} {request.url.path} {(await request.body()).decode()}".strip())
        if request.method == "DELETE":
            return Response(status_code=204)
        return JSONResponse([1, 2] if request.url.path == "/list" else {"well": "done", "padding": "x" * 100})


@asynccontextmanager
async def served() -> AsyncIterator[tuple[httpx.AsyncClient, Faults, Site]]:
    site = Site()
    faults = Faults(site.app, SystemClock(), state=lambda: {"items": 3})
    async with listening(faults, 0, "--port") as url, httpx.AsyncClient(base_url=url, timeout=5) as client:
        yield client, faults, site


@pytest.mark.parametrize("kind", ["429", "500", "502", "503", "504", "401", "403", "404"])
async def test_a_status_is_answered_in_json_and_the_site_is_not_asked(kind: str) -> None:
    async with served() as (client, faults, site):
        faults.switch_on(Fault(kind=FaultKind(kind)))
        answer = await client.get("/issues")
        assert (answer.status_code, site.asked) == (int(kind), [])
        assert answer.json()["errorMessages"]


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Fault(kind=FaultKind.RATE_LIMITED), "1"),
        (Fault(kind=FaultKind.RATE_LIMITED, seconds=7), "7"),
        (Fault(kind=FaultKind.QUOTA), "1847"),
        (Fault(kind=FaultKind.QUOTA, seconds=0.5), "0.5"),
        (Fault(kind=FaultKind.UNAVAILABLE, seconds=3), "3"),
        (Fault(kind=FaultKind.UNAVAILABLE), None),
    ],
)
async def test_retry_after_says_what_was_ordered(fault: Fault, seconds: str | None) -> None:
    async with served() as (client, faults, _):
        faults.switch_on(fault)
        answer = await client.get("/issues")
        assert answer.headers.get("retry-after") == seconds
        assert ("quota" in answer.headers.get("ratelimit-reason", "")) is (fault.kind is FaultKind.QUOTA)


async def test_retry_after_may_be_a_date_of_http() -> None:
    async with served() as (client, faults, _):
        faults.switch_on(Fault(kind=FaultKind.RATE_LIMITED_DATE, seconds=90))
        answer = await client.get("/issues")
        ahead = parsedate_to_datetime(answer.headers["retry-after"]) - SystemClock().wall()
        assert answer.headers["retry-after"].endswith(" GMT")
        assert 80 < ahead.total_seconds() <= 90


async def test_a_reset_does_what_was_asked_and_closes_the_connection_in_the_body() -> None:
    async with served() as (client, faults, site):
        faults.switch_on(Fault(kind=FaultKind.RESET, count=1))
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/comment", content=b"hello")
        assert site.asked == ["POST /comment hello"]
        assert (await client.get("/issues")).status_code == 200


async def test_html_comes_with_200() -> None:
    async with served() as (client, faults, _):
        faults.switch_on(Fault(kind=FaultKind.HTML))
        answer = await client.get("/issues")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")


async def test_json_may_be_cut_or_of_another_shape() -> None:
    async with served() as (client, faults, _):
        faults.switch_on(Fault(kind=FaultKind.TRUNCATED, count=1), Fault(kind=FaultKind.WRONG_SHAPE, count=2))
        cut = await client.get("/issues")
        assert cut.status_code == 200
        with pytest.raises(json.JSONDecodeError):
            cut.json()
        assert isinstance((await client.get("/issues")).json(), list)
        assert isinstance((await client.get("/list")).json(), dict)
        assert isinstance((await client.get("/issues")).json(), dict)


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.TRUNCATED, FaultKind.WRONG_SHAPE])
async def test_an_answer_without_a_body_can_be_spoilt_as_well(kind: FaultKind) -> None:
    async with served() as (client, faults, site):
        faults.switch_on(Fault(kind=kind, count=1))
        try:
            answer = await client.delete("/issue")
            assert answer.status_code == 200
        except httpx.RemoteProtocolError:
            assert kind is FaultKind.RESET
        assert site.asked == ["DELETE /issue"]


async def test_a_time_out_answers_nothing_until_the_client_leaves() -> None:
    async with served() as (client, faults, site):
        faults.switch_on(Fault(kind=FaultKind.TIMEOUT, count=1))
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/issues", timeout=0.1)
        assert site.asked == []
        assert faults.struck() == 1


async def test_what_is_held_is_let_go_when_the_faults_are_cleared() -> None:
    async with served() as (client, faults, _):
        faults.switch_on(Fault(kind=FaultKind.TIMEOUT))
        held = asyncio.create_task(client.get("/issues"))
        await eventually(faults.struck)
        faults.clear()
        assert (await held).status_code == 503


async def test_with_acts_the_site_does_what_it_was_asked_before_the_fault() -> None:
    async with served() as (client, faults, site):
        faults.switch_on(Fault(kind=FaultKind.GATEWAY_TIMEOUT, acts=True))
        assert (await client.post("/comment", content=b"once")).status_code == 504
        assert site.asked == ["POST /comment once"]


async def test_path_method_skip_and_count_choose_what_is_struck() -> None:
    async with served() as (client, faults, _):
        faults.switch_on(Fault(kind=FaultKind.FORBIDDEN, path="^/project/2/", methods=("GET",), skip=1, count=2))
        asked = [("GET", "/project/1/a"), ("POST", "/project/2/a"), *[("GET", "/project/2/a")] * 4]
        assert [(await client.request(*one)).status_code for one in asked] == [200, 200, 200, 403, 403, 200]


async def test_the_same_seed_strikes_the_same_requests_whatever_comes_between() -> None:
    async def struck(seed: int, others: int) -> list[int]:
        async with served() as (client, faults, _):
            faults.switch_on(Fault(kind=FaultKind.SERVER_ERROR, probability=0.4), seed=seed)
            answers = []
            for _number in range(20):
                answers.append((await client.get("/issues")).status_code)
                for _other in range(others):
                    await client.get("/other")
            return answers

    first = await struck(5, 0)
    assert first == await struck(5, 2)
    assert first != await struck(6, 0)
    assert {200, 500} == set(first)


async def test_they_are_ordered_looked_at_and_cleared_by_the_admin_endpoint() -> None:
    async with served() as (client, _, __):
        order = {"seed": 3, "faults": [{"kind": "502", "count": 1}, {"kind": "hook-dropped", "probability": 0.5}]}
        told = (await client.post("/__sandbox/faults", json=order, headers=TOKEN)).json()
        assert [one["struck"] for one in told["faults"]] == [0, 0]
        assert (await client.get("/issues")).status_code == 502
        told = (await client.get("/__sandbox/faults", headers=TOKEN)).json()
        assert (told["seed"], [one["struck"] for one in told["faults"]]) == (3, [1, 0])
        assert (await client.delete("/__sandbox/faults", headers=TOKEN)).json()["faults"] == []
        assert (await client.get("/__sandbox/state", headers=TOKEN)).json() == {"items": 3}


BAD_ORDERS = [
    b"", b"[]", b'{"faults": []}', b'{"faults": [{"kind": "418"}]}', b'{"faults": [{"kind": "500", "chance": 1}]}',
    b'{"faults": [{"kind": "500", "probability": 2}]}', b'{"faults": [{"kind": "500", "path": "("}]}',
    b'{"faults": [{"kind": "500", "count": 0}]}', b'{"faults": [{"kind": "500"}], "more": 1}', b"{" * 200_000,
]  # fmt: skip


@pytest.mark.parametrize("body", BAD_ORDERS, ids=range(len(BAD_ORDERS)))
async def test_a_wrong_order_is_refused_in_one_sentence_and_changes_nothing(body: bytes) -> None:
    async with served() as (client, faults, _):
        answer = await client.post("/__sandbox/faults", content=body, headers=TOKEN)
        assert answer.status_code == 400
        assert len(answer.json()["error"].splitlines()) == 1
        assert faults.told()["faults"] == []


AUTHORIZATIONS: list[tuple[dict[str, str], int]] = [
    ({}, 401),
    ({"authorization": "Bearer wrong"}, 401),
    ({"authorization": "Basic ???"}, 401),
    ({"authorization": "Basic " + base64.b64encode(b"ana@example.com:sandbox").decode()}, 200),
    (TOKEN, 200),
]


@pytest.mark.parametrize(("headers", "status"), AUTHORIZATIONS)
async def test_the_admin_endpoint_needs_the_token_and_no_fault_strikes_it(headers: dict[str, Any], status: int) -> None:
    async with served() as (client, faults, _):
        faults.switch_on(Fault(kind=FaultKind.SERVER_ERROR))
        assert (await client.get("/__sandbox/faults", headers=headers)).status_code == status
        if status == 200:
            assert (await client.put("/__sandbox/faults", headers=headers)).status_code == 404
