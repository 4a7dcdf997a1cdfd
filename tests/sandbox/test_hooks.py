"""Webhooks go out in order, again after a failure, and as wrongly as a fault has it; nothing is waited for in vain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.runtime.clock import SystemClock
from services.sandbox import hooks
from services.sandbox.fault_kinds import Fault, FaultKind
from services.sandbox.faults import Faults
from services.sandbox.hooks import Deliveries, HookCall, HookPolicy
from services.sandbox.listening import listening

AGAIN = HookPolicy((0.01, 0.01), "X-Retry")


@dataclass
class Receiver:
    """Takes deliveries, and answers each with the next of `statuses`, then with 200."""

    statuses: list[int] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    retries: list[str | None] = field(default_factory=list)
    url: str = ""

    async def take(self, request: Request) -> Response:
        self.bodies.append((await request.body()).decode())
        self.retries.append(request.headers.get("x-retry"))
        return Response(status_code=self.statuses.pop(0) if self.statuses else 200)

    def call(self, body: int, hook: str = "h1") -> HookCall:
        return HookCall(hook, f"{self.url}/{hook}", {"content-type": "application/json"}, str(body).encode())


@asynccontextmanager
async def receiving(*statuses: int) -> AsyncIterator[Receiver]:
    receiver = Receiver(list(statuses))
    app = Starlette(routes=[Route("/{hook}", receiver.take, methods=["POST"])])
    async with listening(app, 0, "--port") as receiver.url:
        yield receiver


@asynccontextmanager
async def delivering(policy: HookPolicy = AGAIN, *faults: Fault) -> AsyncIterator[Deliveries]:
    switched = Faults(Starlette(), SystemClock())
    switched.switch_on(*faults)
    async with Deliveries(SystemClock(), policy, fault=switched.for_hook) as deliveries:
        yield deliveries


async def test_deliveries_of_a_webhook_keep_their_order() -> None:
    async with receiving() as receiver, delivering() as deliveries:
        for number in range(50):
            deliveries(receiver.call(number))
        await deliveries.idle()
        assert receiver.bodies == [str(number) for number in range(50)]
        assert deliveries.counts == {"sent": 50}


async def test_nothing_to_send_is_idle() -> None:
    async with delivering() as deliveries, asyncio.timeout(1):
        await deliveries.idle()


async def test_what_failed_is_sent_again_says_so_and_holds_nobody_up() -> None:
    async with receiving(500, 200, 500) as receiver, delivering() as deliveries:
        deliveries(receiver.call(1))
        deliveries(receiver.call(2))
        await deliveries.idle()
        assert receiver.bodies == ["1", "2", "1", "1"]
        assert receiver.retries == [None, None, "1", "2"]
        assert deliveries.counts == {"sent": 2, "failed": 2}


@pytest.mark.parametrize(
    ("policy", "status", "tries"),
    [
        (AGAIN, 404, 3),
        (HookPolicy((0.01, 0.01), gives_up_on_refusal=True), 404, 1),
        (HookPolicy((0.01, 0.01), gives_up_on_refusal=True), 429, 3),
        (HookPolicy((0.01, 0.01), gives_up_on_refusal=True), 503, 3),
        (HookPolicy(()), 500, 1),
    ],
)
async def test_a_tracker_gives_up_by_its_own_rule(policy: HookPolicy, status: int, tries: int) -> None:
    async with receiving(*[status] * 9) as receiver, delivering(policy) as deliveries:
        deliveries(receiver.call(1))
        await deliveries.idle()
        assert len(receiver.bodies) == tries
        assert deliveries.counts["given-up"] == 1


async def test_an_address_where_nobody_is_does_not_hold_up_another_webhook() -> None:
    told: list[str | None] = []
    async with receiving() as receiver:
        policy = HookPolicy((0.01,), gives_up_on_refusal=True)
        async with Deliveries(SystemClock(), policy, outcome=lambda _call, error: told.append(error)) as deliveries:
            deliveries(HookCall("gone", "http://127.0.0.1:1/", {}, b"x"))
            deliveries(HookCall("odd", "http://x:port/", {}, b"x"))
            deliveries(receiver.call(1))
            await deliveries.idle()
        assert receiver.bodies == ["1"]
        assert (told.count(None), len(told)) == (1, 4)


@pytest.mark.parametrize(
    ("kind", "arrived"),
    [
        (FaultKind.HOOK_DUPLICATE, ["1", "1", "2", "3"]),
        (FaultKind.HOOK_REVERSED, ["2", "1", "3"]),
        (FaultKind.HOOK_DROPPED, ["2", "3"]),
        (FaultKind.HOOK_DELAYED, ["2", "3", "1"]),
    ],
)
async def test_a_fault_has_it_otherwise(kind: FaultKind, arrived: list[str]) -> None:
    fault = Fault(kind=kind, count=1, seconds=0.1)
    async with receiving() as receiver, delivering(AGAIN, fault) as deliveries:
        for number in (1, 2, 3):
            deliveries(receiver.call(number))
        await deliveries.idle()
        assert receiver.bodies == arrived


async def test_a_delivery_that_nothing_follows_goes_out_although_it_was_to_change_places() -> None:
    async with receiving() as receiver, delivering(AGAIN, Fault(kind=FaultKind.HOOK_REVERSED)) as deliveries:
        deliveries(receiver.call(1))
        await deliveries.idle()
        assert receiver.bodies == ["1"]


async def test_faults_of_answers_do_not_strike_webhooks() -> None:
    async with receiving() as receiver, delivering(AGAIN, Fault(kind=FaultKind.SERVER_ERROR)) as deliveries:
        deliveries(receiver.call(1))
        await deliveries.idle()
        assert receiver.bodies == ["1"]


async def test_more_than_may_wait_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "WAITING_MOST", 3)
    async with receiving() as receiver, delivering() as deliveries:
        for number in range(5):
            deliveries(receiver.call(number))
        await deliveries.idle()
        assert receiver.bodies == ["0", "1", "2"]
        assert deliveries.counts["dropped"] == 2


async def test_leaving_stops_at_once_whatever_waits() -> None:
    async with receiving(*[500] * 9) as receiver, asyncio.timeout(5):
        async with delivering(HookPolicy((3600.0,))) as deliveries:
            deliveries(receiver.call(1))
        assert len(receiver.bodies) <= 1
