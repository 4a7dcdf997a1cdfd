"""Whatever a site does wrong for a while, in the end what was read is what the site holds."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from services.connectors.jira.client import build_client
from services.connectors.tracker import Scope
from services.runtime.clock import SystemClock
from services.runtime.connections import JiraKind
from services.runtime.errors import LeewayError, Misconfigured, Transient
from services.sandbox.fault_kinds import Fault, FaultKind
from services.sandbox.faults import Faults
from services.sandbox.jira.app import build_jira
from services.sandbox.jira.site import JiraSite
from services.sandbox.listening import listening
from tests.connectors.jira.scripted import connection
from tests.connectors.jira.standing_in import TODAY, Company, issues

T = TypeVar("T")
LASTING = (
    *(FaultKind.RATE_LIMITED_DATE, FaultKind.SERVER_ERROR, FaultKind.BAD_GATEWAY, FaultKind.UNAVAILABLE),
    *(FaultKind.GATEWAY_TIMEOUT, FaultKind.RESET, FaultKind.HTML, FaultKind.TRUNCATED, FaultKind.WRONG_SHAPE),
    *(FaultKind.TIMEOUT, FaultKind.EXPIRED_TOKEN, FaultKind.RATE_LIMITED),
)


class HastyClock(SystemClock):
    """Waits as long as an event loop turns, and lets that time pass for itself."""

    def __init__(self) -> None:
        self._passed = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self._passed

    async def sleep(self, seconds: float) -> None:
        self._passed += seconds
        await asyncio.sleep(0)


async def at_last(ask: Callable[[], Awaitable[T]], clock: HastyClock, errors: list[LeewayError]) -> T:
    """Ask again as the engine does: later where time may heal it, and where somebody has to change something."""
    for _ in range(200):
        try:
            return await ask()
        except (Transient, Misconfigured) as error:
            errors.append(error)
            await clock.sleep(getattr(error, "retry_after", None) or 1.0)
    raise AssertionError(f"never healed: {errors[-1]}")


@pytest.mark.parametrize(("kind", "seed"), [("cloud", 1), ("cloud", 2), ("datacenter", 1), ("datacenter", 2)])
async def test_a_first_reading_under_all_faults_misses_and_invents_nothing(kind: str, seed: int) -> None:
    clock, errors = HastyClock(), list[LeewayError]()
    site = JiraSite(kind=JiraKind(kind), now=lambda: TODAY)
    for raw in issues():
        site.put(raw)
    faults = Faults(build_jira(site), SystemClock())
    async with listening(faults, 0, "--jira-port") as url:
        site.base_url = url
        client = build_client(connection(url, kind=kind), "sandbox", clock, timeout_seconds=0.2)
        found = Company(site, client)
        faults.switch_on(*(Fault(kind=each, probability=0.02) for each in LASTING), seed=seed)
        try:
            await at_last(client.open, clock, errors)
            read: dict[str, object] = {}
            for scope in await at_last(client.scopes, clock, errors):
                await _read(found, scope, read, clock, errors)
            ids = list(read)[:60]
            fetched = await at_last(lambda: client.fetch(ids), clock, errors)
            assert faults.struck()
            faults.clear()
            assert read == found.truth()
            assert {raw["id"]: found.mapped(raw) for raw in fetched.raws} == found.truth(ids)
            assert all("sandbox" not in str(error).replace(url, "") for error in errors)
        finally:
            await client.close()


async def _read(
    found: Company, scope: Scope, read: dict[str, object], clock: HastyClock, errors: list[LeewayError]
) -> None:
    cursor = None
    while True:
        here = cursor
        page = await at_last(lambda: found.client.backfill_page(scope, here), clock, errors)  # noqa: B023 -- awaited here
        read |= {raw["id"]: found.mapped(raw) for raw in page.raws}
        if page.cursor is None:
            return
        cursor = page.cursor
