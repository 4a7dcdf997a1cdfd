"""One connection as those see it who work beside the engine: the keeper of webhooks, comments, goals."""

from dataclasses import dataclass

from services.connectors.tracker import TrackerClient
from services.runtime.bus import Bus
from services.runtime.clock import Clock
from services.runtime.connections import AsanaConnection, JiraConnection
from services.runtime.database import RoomDatabase
from services.runtime.secrets import Secret


@dataclass(frozen=True)
class LinkedSite:
    """A connection with its opened client. `hook_secret` is what its webhooks sign with, where the settings name one.

    Whoever works on it holds the connection: in no other process does anybody do the same.
    """

    database: RoomDatabase
    bus: Bus
    settings: JiraConnection | AsanaConnection
    client: TrackerClient
    hook_secret: Secret | None = None

    @property
    def id(self) -> str:
        """The connection's name."""
        return self.settings.id

    @property
    def clock(self) -> Clock:
        """The room's clock."""
        return self.bus.clock
