"""Fetching items by their ids and keeping what comes: where every hint ends, whoever gave it.

Promise: an item that does not come is kept as it was last known, marked as not visible with the reason, and comes back
by itself when it is fetched again. So many at once that it looks like our own fault are left to the census.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.work_items import Absence, Tracker, WorkItem
from services.connectors.desk import Desk, TrackerSaidNo, asked, together
from services.connectors.export.lines import Problem
from services.connectors.ledger import Entry
from services.connectors.mapped import Mapped, SetAside
from services.connectors.pages import MAPPERS, MAX_BODY, Written, excerpt_of, written_of
from services.connectors.states import want_census
from services.connectors.store import bodies_of
from services.connectors.storing import Live, Load, Stored
from services.connectors.tracker import Fetched, Gone, Raw, TrackerClient
from services.runtime.errors import Permanent, RateLimited, Transient

T = TypeVar("T")

CHUNK: Final = 100
MANY_GONE: Final = 10
"""More than so many that do not come in one chunk are not believed: a census counts them."""

Committing = Callable[[AsyncConnection, Sequence[str]], Awaitable[None]]
"""What is committed with a chunk, told the ids that were asked for."""


@dataclass(slots=True)
class Read:
    """What became of whole items as the tracker gave them."""

    items: list[Written] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    taking_older: bool = False


@dataclass(slots=True)
class Came:
    """What came of fetching: what was stored, and what is gone but not marked."""

    stored: Stored = field(default_factory=Stored)
    gone: list[Gone] = field(default_factory=list)


def read_raws(client: TrackerClient, raws: Sequence[Raw]) -> Read:
    """Map whole items; what cannot become one is set aside with its reason. Works long: call it in a thread."""
    found, options = Read(), client.options()
    for raw in raws:
        id_ = client.id_of(raw)
        outcome = MAPPERS[client.tracker](raw, client.site, None, options)
        found.entries.append(Entry(id_, client.version_of(raw)))
        if isinstance(outcome, Mapped):
            written = written_of(client.tracker, outcome)
            if len(written.body) <= MAX_BODY:
                found.items.append(written)
                continue
            outcome = SetAside(f"the item is larger than {MAX_BODY // 1024} KiB")
        reason = outcome.reason if isinstance(outcome, SetAside) else "it lies in the future"
        found.problems.append(Problem(f"{client.tracker}:{client.site}:{id_}", 0, reason, excerpt_of(raw)))
    return found


def parts(of: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Give a sequence in parts of at most `size`."""
    return (of[at : at + size] for at in range(0, len(of), size))


async def fetch_and_store(
    desk: Desk,
    ids: Sequence[str],
    *,
    deleted: frozenset[str] = frozenset(),
    committing: Committing | None = None,
    marking: bool = True,
    taking_older: bool = False,
) -> Came:
    """Fetch items in chunks, as many at once as the tracker likes, and keep what comes.

    Those of `deleted` that do not come are deleted. Without `marking` what does not come is returned, and nothing is
    said of it. What is older than what we have is refused, unless `taking_older`.
    """
    came = Came()
    for wave in parts(list(parts(ids, CHUNK)), max(desk.site.client.parallel, 1)):
        answers = await together(_fetched(desk, chunk) for chunk in wave)
        for chunk, (answer, problems) in zip(wave, answers, strict=True):
            read = await asyncio.to_thread(read_raws, desk.site.client, answer.raws)
            read.problems += problems
            gone = _explained(answer, deleted)
            if not marking:
                came.gone += gone
            read.taking_older = taking_older
            came.stored += await _keep(desk, chunk, read, gone if marking else [], committing)
    return came


async def _fetched(desk: Desk, ids: Sequence[str]) -> tuple[Fetched, list[Problem]]:
    """Fetch a chunk; where the tracker refuses it for good, find the items at fault and set those aside."""
    try:
        return await asked(desk.site.client.fetch(ids)), []
    except TrackerSaidNo as no:
        if not _may_be_an_items(desk, no):
            raise
        if isinstance(no.error, Transient):
            await asked(desk.site.client.scopes())  # raises where it is the site that does not answer
        fetched, problems = await _halved(desk, ids, no)
        if len(problems) == len(ids) > 1:
            # It is no item's fault.
            raise
        return fetched, problems


def _may_be_an_items(desk: Desk, no: TrackerSaidNo) -> bool:
    """Tell whether a no may be about one item: said for good, or said again and again to the same question."""
    if isinstance(no.error, Transient):
        return desk.is_stuck and not isinstance(no.error, RateLimited)
    return isinstance(no.error, Permanent)


async def _halved(desk: Desk, ids: Sequence[str], no: TrackerSaidNo) -> tuple[Fetched, list[Problem]]:
    """Fetch the halves of a chunk that was refused, and theirs, down to the items at fault."""
    if len(ids) == 1:
        return Fetched(()), [Problem(f"{desk.site.client.tracker}:{desk.id}:{ids[0]}", 0, str(no.error), b"")]
    halves = (ids[: len(ids) // 2], ids[len(ids) // 2 :])
    answers = [await _perhaps(desk, half) for half in halves]
    refused = [answer for answer in answers if isinstance(answer, TrackerSaidNo)]
    if len(refused) == len(halves) and isinstance(refused[0].error, Transient):
        # A site that has trouble itself is not asked for each item.
        raise refused[0]
    raws, gone, problems = list[Raw](), list[Gone](), list[Problem]()
    for half, answer in zip(halves, answers, strict=True):
        fetched, bad = (answer, []) if isinstance(answer, Fetched) else await _halved(desk, half, answer)
        raws += fetched.raws
        gone += fetched.gone
        problems += bad
    return Fetched(tuple(raws), tuple(gone)), problems


async def _perhaps(desk: Desk, ids: Sequence[str]) -> Fetched | TrackerSaidNo:
    try:
        return await asked(desk.site.client.fetch(ids))
    except TrackerSaidNo as no:
        if not _may_be_an_items(desk, no):
            raise
        return no


def _explained(fetched: Fetched, deleted: frozenset[str]) -> list[Gone]:
    """Return what did not come; who told of a deletion knows more than who cannot find the item."""
    return [
        Gone(one.id, Absence.DELETED) if one.id in deleted and one.absence is Absence.UNREACHABLE else one
        for one in fetched.gone
    ]


async def _keep(
    desk: Desk, ids: Sequence[str], read: Read, gone: Sequence[Gone], committing: Committing | None
) -> Stored:
    absent, newly = await absences(desk, gone)
    many = newly > MANY_GONE

    async def also(conn: AsyncConnection) -> None:
        if many:
            await want_census(conn, desk.id, "many items could not be fetched at once")
        if committing is not None:
            await committing(conn, ids)

    items = read.items if many else [*read.items, *absent]
    live = Live(read.entries, () if many else [one.id for one in gone])
    load = Load(desk.id, items, problems=read.problems, live=live, by_content_only=read.taking_older, also=also)
    return await desk.store(load)


async def absences(desk: Desk, gone: Sequence[Gone]) -> tuple[list[Written], int]:
    """Return the last known items as they are now not visible, and how many of them were visible until now."""
    if not gone:
        return [], 0
    refs = {f"{desk.site.client.tracker}:{desk.id}:{one.id}": one.absence for one in gone}
    async with desk.site.database.transaction() as conn:
        bodies = await bodies_of(conn, list(refs))
    items = {ref: WorkItem.model_validate_json(body) for ref, body in bodies.items()}
    absent = [_absent(desk.site.client.tracker, item, refs[ref]) for ref, item in items.items()]
    return absent, sum(item.visible for item in items.values())


def _absent(tracker: Tracker, item: WorkItem, absence: Absence) -> Written:
    # Once it is known to be deleted, not to find it is no news.
    said = Absence.DELETED if item.absence is Absence.DELETED and absence is Absence.UNREACHABLE else absence
    return written_of(tracker, Mapped(item.model_copy(update={"visible": False, "absence": said})))
