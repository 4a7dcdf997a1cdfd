"""Webhooks that the sandbox's trackers send: what one delivery is, and who takes it from there.

Promise: deliveries of a webhook go out one after the other in the order in which they came, unless a fault has it
otherwise. One that fails is sent again after a while, and the others do not wait for it. Nothing grows without bound.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import httpx

from services.runtime.clock import Clock
from services.sandbox.fault_kinds import Fault, FaultKind

WAITING_MOST: Final = 10_000
"""Deliveries that may wait for one webhook, or be tried again later; of more the newest are dropped, and counted."""
DELAY_SECONDS: Final = 1.0
HOLD_SECONDS: Final = 0.05
"""How long a delivery that is to change places waits for the one that goes before it."""
JIRA_AGAIN: Final = frozenset({408, 409, 425, 429})


@dataclass(frozen=True, slots=True)
class HookCall:
    """One delivery: POST these bytes there. `hook` is the webhook's id at its tracker."""

    hook: str
    url: str
    headers: Mapping[str, str]
    body: bytes


Deliver = Callable[[HookCall], None]
"""Takes a delivery and returns at once; it is sent in order, again after a failure, as its tracker would."""

Strike = Callable[[str], Fault | None]
"""Says which fault strikes the next delivery to an address."""

Outcome = Callable[[HookCall, str | None], None]
"""Told after each try: none if the receiver said yes, else what went wrong."""


@dataclass(frozen=True, slots=True)
class HookPolicy:
    """How a tracker sends: `pauses` in seconds before each further try, and whether it says which try it is."""

    pauses: tuple[float, ...]
    retry_header: str | None = None
    gives_up_on_refusal: bool = False
    timeout: float = 10.0

    def is_tried_again(self, status: int) -> bool:
        """Say whether a delivery that was answered so is sent again."""
        return not self.gives_up_on_refusal or status in JIRA_AGAIN or status >= 500  # noqa: PLR2004


JIRA_POLICY: Final = HookPolicy((300, 600, 900, 900, 900), "X-Atlassian-Webhook-Retry", gives_up_on_refusal=True)
ASANA_POLICY: Final = HookPolicy(tuple(60.0 * 2**turn for turn in range(10)))


@dataclass(slots=True)
class _Lane:
    """What waits for one webhook, and who sends it."""

    calls: deque[HookCall] = field(default_factory=deque)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Deliveries:
    """Sends the deliveries of one tracker; it is the `Deliver` of its site. Use it as an asynchronous context."""

    def __init__(
        self, clock: Clock, policy: HookPolicy, *, fault: Strike = lambda _url: None,
        outcome: Outcome = lambda _call, _error: None,
    ) -> None:  # fmt: skip
        self._clock = clock
        self._policy = policy
        self.fault = fault
        self.outcome = outcome
        self._lanes: dict[str, _Lane] = {}
        self._later: set[asyncio.Task[None]] = set()
        self._open = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._client = httpx.AsyncClient(timeout=policy.timeout, trust_env=False)
        self.counts: Counter[str] = Counter()
        """`sent`, `failed`, `given-up`, `dropped`, `duplicate`, `reversed`, `delayed`."""

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop at once; what has not gone out never will."""
        tasks = [*self._later, *(lane.task for lane in self._lanes.values() if lane.task)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()

    def __call__(self, call: HookCall) -> None:
        """Take a delivery. Must be called in the event loop that this was made in."""
        lane = self._lanes.setdefault(call.hook, _Lane())
        if len(lane.calls) >= WAITING_MOST:
            self.counts["dropped"] += 1
            return
        self._opened()
        lane.calls.append(call)
        lane.arrived.set()
        if lane.task is None or lane.task.done():
            lane.task = asyncio.get_running_loop().create_task(self._work(lane), name=f"hook-{call.hook}")

    async def idle(self) -> None:
        """Wait until everything is out: answered with a yes, given up, or dropped."""
        await self._idle.wait()

    def _opened(self) -> None:
        self._open += 1
        self._idle.clear()

    def _closed(self) -> None:
        self._open -= 1
        if not self._open:
            self._idle.set()

    async def _work(self, lane: _Lane) -> None:
        """Send what waits, until nothing does."""
        while lane.calls:
            await self._take(lane, lane.calls.popleft())

    async def _send_after_next(self, lane: _Lane, call: HookCall) -> None:
        """Let the next delivery go first, if one comes soon."""
        if not lane.calls:
            await self._wait_shortly(lane)
        if lane.calls:
            await self._send(lane.calls.popleft(), 0)
        await self._send(call, 0)

    @staticmethod
    async def _wait_shortly(lane: _Lane) -> None:
        lane.arrived.clear()
        try:
            async with asyncio.timeout(HOLD_SECONDS):
                await lane.arrived.wait()
        except TimeoutError:
            return

    async def _take(self, lane: _Lane, call: HookCall) -> None:
        """Send a delivery as it is meant, or as the fault has it that strikes it."""
        fault = self.fault(call.url)
        if fault is not None:
            self.counts[fault.kind.removeprefix("hook-")] += 1
        match fault and fault.kind:
            case FaultKind.HOOK_DROPPED:
                self._closed()
            case FaultKind.HOOK_DUPLICATE:
                self._opened()
                await self._send(call, 0)
                await self._send(call, 0)
            case FaultKind.HOOK_REVERSED:
                await self._send_after_next(lane, call)
            case FaultKind.HOOK_DELAYED if fault is not None:
                self._send_later(call, 0, DELAY_SECONDS if fault.seconds is None else fault.seconds)
            case _:
                await self._send(call, 0)

    async def _send(self, call: HookCall, tries: int) -> None:
        again, error = await self._post(call, tries)
        self.outcome(call, error)
        if error is None:
            self.counts["sent"] += 1
            self._closed()
        elif again and tries < len(self._policy.pauses):
            self.counts["failed"] += 1
            self._send_later(call, tries + 1, self._policy.pauses[tries])
        else:
            self.counts["given-up"] += 1
            self._closed()

    async def _post(self, call: HookCall, tries: int) -> tuple[bool, str | None]:
        """Return whether to try again, and what went wrong."""
        headers = dict(call.headers)
        if tries and self._policy.retry_header:
            headers[self._policy.retry_header] = str(tries)
        try:
            answer = await self._client.post(call.url, content=call.body, headers=headers)
        except httpx.HTTPError as error:
            return True, f"{type(error).__name__}: {error}"
        except httpx.InvalidURL as error:
            return False, str(error)
        if answer.is_success:
            return False, None
        return self._policy.is_tried_again(answer.status_code), f"answered {answer.status_code}"

    def _send_later(self, call: HookCall, tries: int, seconds: float) -> None:
        if len(self._later) >= WAITING_MOST:
            self.counts["dropped"] += 1
            self._closed()
            return

        async def send() -> None:
            await self._clock.sleep(seconds)
            await self._send(call, tries)

        task = asyncio.get_running_loop().create_task(send(), name=f"hook-{call.hook}-later")
        self._later.add(task)
        task.add_done_callback(self._later.discard)
