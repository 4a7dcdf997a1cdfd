"""A process that leaves one comment on a site kept in a file: `python -m tests.connectors.comments.process`."""

import asyncio
import json
import sys
from pathlib import Path

from services.connectors.commenting import Commenter
from services.runtime.database import Database
from tests.connectors.comments.asking import ALLOWED, settings_with
from tests.connectors.fake_site import FakeSite, linked
from tests.connectors.recording import RecordingBus


class FileSite(FakeSite):
    """Keeps its comments in a file, and how often one was added."""

    path: Path

    async def comments(self, item: str) -> tuple[tuple[str, str], ...]:
        self.left = json.loads(self.path.read_text(encoding="utf-8"))
        return await super().comments(item)

    async def add_comment(self, item: str, text: str) -> str:
        added = await super().add_comment(item, text)
        self.path.write_text(json.dumps(self.left), encoding="utf-8")
        return added


async def main(url: str, prefix: str, path: str) -> None:
    """Leave what is due, and end."""
    database = Database(url, prefix=prefix)
    room = database.room("connectors")
    site = FileSite()
    site.path = Path(path)
    commenter = Commenter(linked(room, RecordingBus(room), site, settings_with(**ALLOWED)))
    while await commenter.step():
        pass
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
