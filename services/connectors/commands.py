"""What the command line has the connectors do."""

import re
from typing import Final

from schemas.marks import FlowMark, MarkKind
from services.connectors.importing import Importer, ImportReport, ImportRequest, ProgressCallback
from services.connectors.marks import send_mark
from services.runtime.bus import Bus
from services.runtime.database import RoomDatabase
from services.runtime.errors import Misconfigured

_SITE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

__all__ = ["ImportReport", "ImportRequest", "import_export", "send_drain"]


async def import_export(
    database: RoomDatabase, bus: Bus, request: ImportRequest, progress: ProgressCallback | None = None
) -> ImportReport:
    """Import an export and send its mark; `progress` is told (entries done, all entries) after every page.

    A second call on the same database resumes an import that did not come to its end. Raises `Misconfigured` where a
    file is missing, the site's name cannot be part of a ref, or the files are no export.
    """
    _refuse_site(request.site)
    return await Importer(database, bus, request).run(progress)


async def send_drain(database: RoomDatabase, bus: Bus, mark_id: str) -> FlowMark:
    """Send the mark that tells everybody downstream: all that the connectors had to say is before me."""
    mark = FlowMark(id=mark_id, kind=MarkKind.DRAIN, sent_at=bus.clock.wall())
    await send_mark(database, bus, mark)
    return mark


def _refuse_site(site: str) -> None:
    if not _SITE.fullmatch(site):
        raise Misconfigured(
            f"The site's name {site!r} cannot be used; take letters, digits, dots, dashes and underscores."
        )
