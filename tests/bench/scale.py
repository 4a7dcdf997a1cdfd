"""What an event costs in a big company, over what it costs in a small one: the same stream of changes through both."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from statistics import median
from time import monotonic, process_time
from typing import Any

from services.runtime.embedded import Endpoints
from tests.bench.company import Company
from tests.bench.flow import MARK, fill
from tests.bench.multiply import multiply
from tests.bench.place import Site, send, site

FIRST_REVISION = 10_000_000


@dataclass
class Side:
    """One of the two companies, ready for changes, and what streams of them have cost in it."""

    place: Site
    company: Company
    preload_seconds: float
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)

    async def stream(self, events: int, seed: int) -> None:
        """Send changes through mapper and detector until all is judged."""
        changes = list(self.company.events(events, seed, FIRST_REVISION + seed * events))
        host, writer, mark = self.place.host(), self.place.writer(), f"drain:changes-{seed}"
        try:
            await host.start()
            await writer.connect()
            began, cpu = monotonic(), process_time()
            await send(writer, changes, mark)
            await self.place.until_through(mark, host)
            self.seconds.append(monotonic() - began)
            self.cpu_seconds.append(process_time() - cpu)
        finally:
            await writer.stop()
            await host.stop()


async def measure(
    endpoints: Endpoints, small: Company, big: Company, events: int = 4_000, repeats: int = 3
) -> dict[str, Any]:
    """Measure both in turns; return the costs and their ratio."""
    async with AsyncExitStack() as closing:
        sides = [await _prepare(closing.enter_async_context, endpoints, company) for company in (small, big)]
        for seed in range(1, repeats + 1):
            for side in sides:
                await side.stream(events, seed)
    costs = [median(side.seconds) / events for side in sides]
    cpu = [median(side.cpu_seconds) / events for side in sides]
    return {
        "items": [side.company.size for side in sides],
        "events": events,
        "repeats": repeats,
        "ms_an_event": [round(1000 * cost, 3) for cost in costs],
        "cost_ratio": round(costs[1] / costs[0], 3),
        "python_cpu_ratio": round(cpu[1] / cpu[0], 3),
        "preload_seconds": [round(side.preload_seconds, 1) for side in sides],
        "assumed": "1,000 items, one team and one objective grow together; four items in five are done; the first "
        "10,000 items went through the rooms, all others are their rows, copied by COPY with other names, then "
        "VACUUM ANALYZE; events change items all over the company, no item twice a stream, two in five are open",
    }


async def _prepare(
    enter: Callable[[Any], Awaitable[Site]], endpoints: Endpoints, company: Company
) -> Side:
    """Have the rooms take the first group, by the whole company's strategy, and copy it for the others."""
    place = await enter(site(endpoints))
    began = monotonic()
    await fill(place, replace(company, groups=1))
    await place.apply(company)
    host = place.host()
    try:
        await host.start()
        await place.until_through(MARK, host)
    finally:
        await host.stop()
    multiply(place, company)
    return Side(place, company, monotonic() - began)
