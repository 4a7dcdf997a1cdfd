"""What an event costs in a big company, over what it costs in a small one: the same stream of changes through both."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from statistics import median
from time import monotonic, process_time
from typing import Any

from services.runtime.embedded import Endpoints
from tests.bench.company import TEAMS_A_GROUP, Company
from tests.bench.flow import MARK, fill
from tests.bench.multiply import multiply
from tests.bench.place import Site, send, site

FIRST_REVISION = 10_000_000
WARM_ONE_IN = 10
"""So many more events are sent before the clock starts: a process that has just begun compiles the strategy first."""


@dataclass
class Side:
    """One of the two companies, ready for changes, and what streams of them have cost in it, by their kind."""

    place: Site
    company: Company
    preload_seconds: float
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu_seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    streams: int = 0

    async def stream(self, kind: str, events: int, teams: int | None) -> None:
        """Send changes through mapper and detector until all is judged."""
        self.streams += 1
        warm = events // WARM_ONE_IN
        first = FIRST_REVISION + 2 * self.streams * events
        changes = list(self.company.events(events + warm, self.streams, first, teams))
        host, writer, mark = self.place.host(), self.place.writer(), f"drain:changes-{self.streams}"
        try:
            await host.start()
            await send(writer, changes[:warm], f"{mark}:warm")
            await self.place.until_through(f"{mark}:warm", host)
            began, cpu = monotonic(), process_time()
            await send(writer, changes[warm:], mark)
            await self.place.until_through(mark, host)
            self.seconds[kind].append(monotonic() - began)
            self.cpu_seconds[kind].append(process_time() - cpu)
        finally:
            await writer.stop()
            await host.stop()


async def measure(
    endpoints: Endpoints, small: Company, big: Company, events: int = 4_000, repeats: int = 3
) -> dict[str, Any]:
    """Measure both in turns; return the costs and their ratio."""
    kinds = {"same_teams": TEAMS_A_GROUP, "all_teams": None}
    async with AsyncExitStack() as closing:
        sides = [await _prepare(closing.enter_async_context, endpoints, company) for company in (small, big)]
        for kind, teams in (*kinds.items(),) * repeats:
            for side in sides:
                await side.stream(kind, events, teams)
    ratios = {kind: _ratio(*(side.seconds[kind] for side in sides)) for kind in kinds}
    return {
        "items": [side.company.size for side in sides],
        "events": events,
        "repeats": repeats,
        "cost_ratio": ratios["same_teams"],
        "cost_ratio_all_teams": ratios["all_teams"],
        "python_cpu_ratio": _ratio(*(side.cpu_seconds["same_teams"] for side in sides)),
        "ms_an_event": [round(1000 * median(side.seconds["same_teams"]) / events, 3) for side in sides],
        "ms_an_event_all_teams": [round(1000 * median(side.seconds["all_teams"]) / events, 3) for side in sides],
        "preload_seconds": [round(side.preload_seconds, 1) for side in sides],
        "assumed": "1,000 items, one team and one objective grow together; four items in five are done; the first "
        "10,000 items went through the rooms, all others are their rows, copied by COPY with other names, then "
        "VACUUM ANALYZE; two events in five are of open items, no item twice a stream. cost_ratio: the events are of "
        "ten teams in both companies, other ones each time. all_teams: they are of all teams, so that the big company "
        "judges a hundred times as many teams and objectives",
    }


def _ratio(small: list[float], big: list[float]) -> float:
    return round(median(big) / median(small), 3)


async def _prepare(enter: Callable[[Any], Awaitable[Site]], endpoints: Endpoints, company: Company) -> Side:
    place = await enter(site(endpoints))
    began = monotonic()
    await preload(place, company)
    return Side(place, company, monotonic() - began)


async def preload(place: Site, company: Company) -> None:
    """Have the rooms take the first group, by the whole company's strategy, and copy it for the others."""
    await fill(place, replace(company, groups=1))
    await place.apply(company)
    host = place.host()
    try:
        await host.start()
        await place.until_through(MARK, host)
    finally:
        await host.stop()
    multiply(place, company)
