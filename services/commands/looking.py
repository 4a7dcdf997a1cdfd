"""A first look at a site: who we are there, what it has, and some of its items, the newest that anybody touched."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from schemas.work_items import StatusCategory, WorkItem
from services.connectors.catalogue import SiteCatalogue
from services.connectors.mapped import Mapped
from services.connectors.pages import MAPPERS
from services.connectors.tracker import Raw, Scope, TrackerClient

SAMPLE: Final = 50
"""So many items show which fields people fill in, in one fetch."""
SPANS: Final = (timedelta(days=14), timedelta(days=180))
MOST_PAGES: Final = 5
SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of the chosen parts of a site."""

    scopes: tuple[Scope, ...]
    catalogue: SiteCatalogue
    raws: tuple[Raw, ...]


async def look(client: TrackerClient, scopes: Sequence[Scope]) -> Seen:
    """Read the catalogue and a sample of items; the client is open."""
    catalogue = await client.catalogue(scopes)
    return Seen(tuple(scopes), catalogue, await sample(client, scopes))


async def sample(client: TrackerClient, scopes: Sequence[Scope]) -> tuple[Raw, ...]:
    """Return items that were touched lately, else the first of each part until there are some."""
    newest = await client.high_water(scopes)
    if newest is None:
        return ()
    for span in SPANS:
        ids = await _changed(client, scopes, client.since_of(newest, span.total_seconds()))
        if len(ids) >= SHOWN:
            return (await client.fetch(ids)).raws
    return await _first(client, scopes)


async def _changed(client: TrackerClient, scopes: Sequence[Scope], since: str) -> list[str]:
    """Return the newest of what changed since; a listing gives the oldest first, so its last pages count."""
    ids: dict[str, None] = {}
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await client.changed_page(scopes, since, cursor)
        for one in page.items:
            ids.pop(one.id, None)
            ids[one.id] = None
        cursor = page.cursor
        if cursor is None:
            break
    return list(ids)[-SAMPLE:]


async def _first(client: TrackerClient, scopes: Sequence[Scope]) -> tuple[Raw, ...]:
    found: list[Raw] = []
    for scope in scopes:
        found += (await client.backfill_page(scope, None)).raws
        if len(found) >= SAMPLE:
            break
    return tuple(found[:SAMPLE])


def items_of(client: TrackerClient, raws: Sequence[Raw]) -> list[WorkItem]:
    """Return the items as the engine would read them; what cannot be read is passed over."""
    read, options = MAPPERS[client.tracker], client.options()
    outcomes = (read(raw, client.site, None, options) for raw in raws)
    return [outcome.item for outcome in outcomes if isinstance(outcome, Mapped)]


def telling(items: Sequence[WorkItem], count: int = SHOWN) -> list[WorkItem]:
    """Return the items that show most of how a site is read, of different standing where there are such."""
    ranked = sorted(items, key=_fullness, reverse=True)
    order = (StatusCategory.IN_PROGRESS, StatusCategory.TODO, StatusCategory.DONE)
    firsts = [next((item for item in ranked if item.status_category is category), None) for category in order]
    chosen = [item for item in firsts if item is not None]
    chosen += [item for item in ranked if item not in chosen]
    return chosen[:count]


def _fullness(item: WorkItem) -> int:
    told = (item.start, item.due, item.estimate, item.flagged, item.dependencies, item.custom_fields)
    waits = any(one.dependent == item.ref for one in item.dependencies)
    return sum(bool(one) for one in told) + waits
