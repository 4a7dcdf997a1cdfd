"""What the command line has the connectors do."""

import re
from typing import Final

from schemas.marks import FlowMark, MarkKind
from services.connectors import states
from services.connectors.importing import Importer, ImportReport, ImportRequest, ProgressCallback
from services.connectors.mapped import Telling
from services.connectors.marks import send_mark
from services.runtime.bus import Bus
from services.runtime.database import RoomDatabase
from services.runtime.errors import Misconfigured

_SITE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

__all__ = [
    "ImportReport",
    "ImportRequest",
    "Telling",
    "ask_for_census",
    "confirm_missing",
    "import_export",
    "send_drain",
]


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


async def ask_for_census(database: RoomDatabase, connection: str) -> None:
    """Have whoever reads the connection take a census soon."""
    async with database.transaction() as conn:
        await states.want_census(conn, connection, "somebody asked for it")


async def confirm_missing(database: RoomDatabase, connection: str) -> int:
    """Confirm that the items which a census missed are really gone: a new one marks them.

    Return how many were held back. Raises `Misconfigured` where none are.
    """
    async with database.transaction() as conn:
        held = await states.confirm_missing(conn, connection)
    if not held:
        raise Misconfigured(f"No items of the connection `{connection}` are held back, so there is nothing to confirm.")
    return held


def _refuse_site(site: str) -> None:
    if not _SITE.fullmatch(site):
        raise Misconfigured(
            f"The site's name {site!r} cannot be used; take letters, digits, dots, dashes and underscores."
        )
