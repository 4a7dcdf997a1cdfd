"""Importing an export: map a page, compare with what is kept, publish what is new, commit; at last the mark.

Promise: after a crash the same import of the same files goes on where it stood. What was committed is equal and
passes as a duplicate; what was only published goes out again with a new revision; the mark comes once all is out.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.marks import FlowMark, MarkKind
from services.connectors.export.lines import Problem
from services.connectors.export.survey import Survey, entries_of, survey
from services.connectors.mapped import MappingOptions, Telling
from services.connectors.marks import send_mark
from services.connectors.pages import Page, pages_of
from services.connectors.store import (
    begin_import,
    draw_revisions,
    finish_import,
    lock_connection,
    unfinished_import,
)
from services.connectors.storing import Load, Stored, store
from services.runtime.bus import Bus
from services.runtime.database import RoomDatabase
from services.runtime.delivery import pause_seconds
from services.runtime.errors import Misconfigured, Transient

PAGE: Final = 500
TRIES: Final = 20
KEPT_PROBLEMS: Final = 10_000
MANY_PROBLEMS: Final = 100

ProgressCallback = Callable[[int, int], None]


@dataclass(frozen=True)
class ImportRequest:
    """What to import, under which connection's name, and as of when (none: as it stands).

    `telling` says which of the comments and histories in the export go out as changes too.
    """

    paths: tuple[Path, ...]
    site: str = "archive"
    as_of: datetime | None = None
    options: MappingOptions = field(default_factory=MappingOptions)
    telling: Telling = Telling.ALL


@dataclass
class ImportReport:
    """What an import did. `items` existed at the time asked for, `published` of them were new or changed.

    `duplicates` were equal to what was kept, `refused` older than it. `superseded` stand in the export again, newer.
    `problems` are the first ten thousand of the `set_aside` lines.
    """

    flow: str
    entries: int = 0
    superseded: int = 0
    items: int = 0
    open: int = 0
    published: int = 0
    duplicates: int = 0
    refused: int = 0
    not_yet: int = 0
    set_aside: int = 0
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Importer:
    """One import between its first page and its mark."""

    database: RoomDatabase
    bus: Bus
    request: ImportRequest

    async def run(self, progress: ProgressCallback | None = None) -> ImportReport:
        """Import everything and send the mark. Raises `Misconfigured` where a file is missing or no export at all."""
        found = await asyncio.to_thread(survey, self.request.paths)
        report = ImportReport(await self._begin(), found.entries, len(found.superseded))
        done = 0
        async with aclosing(_prefetched(self._pages(found))) as pages:
            async for page in pages:
                await self._patiently(page, report)
                done += page.entries
                if progress is not None:
                    progress(min(done, found.entries), found.entries)
        self._refuse_junk(report, at_end=True)
        await self._finish(report.flow)
        return report

    def _pages(self, found: Survey) -> Iterator[Page]:
        request = self.request
        known = {**found.status_categories, **request.options.status_categories}
        # Both trackers of one export go by the same name.
        twin_site = request.options.twin_site or request.site
        options = replace(request.options, status_categories=known, twin_site=twin_site, telling=request.telling)
        entries = entries_of(request.paths, found)
        return pages_of(entries, PAGE, request.site, request.as_of, options, index=found.index)

    async def _begin(self) -> str:
        """Return the flow of this site's import that never came to its end, else a new one."""
        site = self.request.site
        async with self.database.transaction() as conn:
            await lock_connection(conn, site)
            flow = await unfinished_import(conn, site)
            if flow is None:
                [number] = await draw_revisions(conn, 1)
                flow = f"import:{site}:{number}"
                await begin_import(conn, flow, site, self.bus.clock.wall())
        return flow

    async def _finish(self, flow: str) -> None:
        mark = FlowMark(id=flow, kind=MarkKind.IMPORT, sent_at=self.bus.clock.wall())

        async def finished(conn: AsyncConnection) -> None:
            await finish_import(conn, flow, self.bus.clock.wall())

        await send_mark(self.database, self.bus, mark, finished)

    async def _patiently(self, page: Page, report: ImportReport) -> None:
        """Take a page, again where broker or database say not now: a broker that begins anew must not end an import."""
        for tries in range(1, TRIES + 1):
            try:
                async with self.bus.steady():
                    return await self._take(page, report)
            except Transient as error:
                if tries == TRIES:
                    raise
                await self.bus.clock.sleep(pause_seconds(tries, error.retry_after))
        return None

    async def _take(self, page: Page, report: ImportReport) -> None:
        load = Load(
            self.request.site, page.items, report.flow, page.problems, by_content_only=self.request.as_of is not None
        )
        _count(report, page, await store(self.database, self.bus, load))
        self._refuse_junk(report, at_end=False)

    def _refuse_junk(self, report: ImportReport, *, at_end: bool) -> None:
        """Stop where an export is mostly unusable: it is the wrong file, or in a form that we do not know."""
        used = report.items + report.not_yet
        nothing = at_end and used == 0 and report.set_aside > 0
        if nothing or (report.set_aside >= MANY_PROBLEMS and report.set_aside > used):
            first = report.problems[0]
            raise Misconfigured(
                f"{report.set_aside} of {report.set_aside + used} lines are no Jira issue or Asana task that we can "
                f"use; the first is {first.source}, line {first.line}: {first.reason}."
            )


def _count(report: ImportReport, page: Page, stored: Stored) -> None:
    report.items += len(page.items)
    report.open += sum(item.is_open for item in page.items)
    report.published += stored.published
    report.duplicates += stored.duplicates
    report.refused += stored.refused
    report.not_yet += page.not_yet
    report.set_aside += len(page.problems)
    report.problems += page.problems[: max(0, KEPT_PROBLEMS - len(report.problems))]


async def _prefetched(pages: Iterator[Page]) -> AsyncGenerator[Page]:
    """Give the pages while a thread already makes the next one, so that the loop is free for everybody else."""
    ahead = asyncio.create_task(asyncio.to_thread(next, pages, None))
    try:
        while (page := await ahead) is not None:
            ahead = asyncio.create_task(asyncio.to_thread(next, pages, None))
            yield page
    finally:
        # A thread cannot be cancelled, and the export must not be closed under it.
        await asyncio.wait([ahead])
