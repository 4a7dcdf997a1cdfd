"""The memory of the connectors' process over a first reading: flat, however many items a site has."""

from collections.abc import Sequence
from typing import Any, Final

from services.connectors import app as connectors
from services.runtime.embedded import Endpoints
from tests.bench import reader
from tests.bench.extraction import Race, asana_race, jira_race
from tests.bench.place import site
from tests.bench.reader import Step
from tests.bench.served import served

ITEMS: Final = 300_000
"""Two thirds of them are Jira issues."""
EARLY: Final = 20_000
ASANA_SHARE: Final = 3
"""Asana's company is so much smaller than Jira's."""


async def measure(endpoints: Endpoints, items: int = ITEMS, early: int = EARLY) -> dict[str, Any]:
    """Read both trackers whole; return the memory early and at the end."""
    async with served(items, tls=True) as where:
        jira = await _read(endpoints, jira_race(where), early)
    async with served(items // ASANA_SHARE) as where:
        asana = await _read(endpoints, asana_race(where), early)
    return {"jira": jira, "asana": asana}


async def _read(endpoints: Endpoints, race: Race, early: int) -> dict[str, Any]:
    async with site(endpoints, (connectors.ROOM,)) as place:
        return told(await reader.read(place, race.connection), early)


def told(steps: Sequence[Step], early: int) -> dict[str, Any]:
    """Return what the steps say of memory: at the first one with so many items, and at the last."""
    last = steps[-1]
    first = next((step for step in steps if step.items >= early), last)
    return {
        "items": last.items,
        "seconds": round(last.seconds),
        "items_per_second": round(last.items / last.seconds),
        "rss_mb_early": round(first.rss_mb),
        "early_items": first.items,
        "rss_mb": round(last.rss_mb),
        "rss_mb_most": round(max(step.rss_mb for step in steps)),
        "ratio": round(last.rss_mb / first.rss_mb, 3),
    }
