"""The connectors, put together: wiring only."""

from fastapi import APIRouter

from services.connectors.commands import ImportReport, ImportRequest, import_export, send_drain
from services.connectors.importing import ProgressCallback
from services.connectors.queries import unfinished_imports
from services.connectors.seeding import seed
from services.runtime.marks import passed_marks
from services.runtime.room import Progress, RoomContext

ROOM = "connectors"


class Connectors:
    """The room between start and stop. It reads no topic: it works when it is given an export."""

    name = ROOM

    def __init__(self, context: RoomContext) -> None:
        self._database = context.database
        self._bus = context.bus

    async def start(self) -> None:
        """Connect to the bus."""
        await self._bus.start()

    async def stop(self) -> None:
        """Nothing runs in the background; an import at hand gets `Transient` and can be resumed."""

    async def seed(self) -> None:
        """Publish the current state again, after the broker has forgotten it."""
        await seed(self._database, self._bus)

    async def progress(self) -> Progress:
        """Say how the room stands, from its tables."""
        async with self._database.transaction() as conn:
            marks = frozenset(mark.id for mark in await passed_marks(conn))
            return Progress({"imports": await unfinished_imports(conn)}, marks)

    def routers(self) -> tuple[APIRouter, ...]:
        """The connectors have no routes yet."""
        return ()

    async def import_export(self, request: ImportRequest, progress: ProgressCallback | None = None) -> ImportReport:
        """Import an export; see `services.connectors.commands`."""
        return await import_export(self._database, self._bus, request, progress)

    async def send_drain(self, mark_id: str) -> None:
        """Send a drain mark; see `services.connectors.commands`."""
        await send_drain(self._database, self._bus, mark_id)


def build_app(context: RoomContext) -> Connectors:
    """Return the room, not yet started."""
    return Connectors(context)
