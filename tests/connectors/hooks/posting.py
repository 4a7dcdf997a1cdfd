"""A receiver in the process's HTTP application, and requests to it."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import httpx
from prometheus_client import CollectorRegistry

from schemas.work_items import Tracker
from services.connectors.receiving import Receiver, Sender
from services.runtime.clock import SystemClock
from services.runtime.database import RoomDatabase
from services.runtime.health import Health
from services.runtime.http import build_http
from services.runtime.metrics import Instruments
from services.runtime.secrets import Secret
from services.runtime.tokens import Tokens
from tests.connectors.fake_site import JIRA_SECRET, FakeSite, signed

JIRA = "/hooks/jira/main"


def body_of(*changed: str, deleted: tuple[str, ...] = ()) -> bytes:
    """Return a delivery as the fake site writes them."""
    return json.dumps({"changed": changed, "deleted": deleted}).encode()


async def chunks_of(body: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """Give a body in pieces, so that its length is not said."""
    for start in range(0, len(body), size):
        yield body[start : start + size]


@dataclass
class Post:
    """Posts to a receiver of one Jira and one Asana connection, and a Jira one without a secret."""

    database: RoomDatabase
    clock: SystemClock = field(default_factory=SystemClock)
    woken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.registry = CollectorRegistry()
        jira, asana = FakeSite(), FakeSite(Tracker.ASANA)
        senders = {
            "main": Sender(jira.client(), Secret(JIRA_SECRET)),
            "marketing": Sender(asana.client()),
            "silent": Sender(jira.client()),
        }
        metrics = Instruments(self.registry).of("connectors")
        receiver = Receiver(self.database, self.clock, metrics, senders, self.woken.append)
        app = build_http(Tokens(self.database, self.clock), self._health, self.registry, [receiver.router()])
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://leeway.example")

    async def __call__(
        self, path: str, body: bytes | AsyncIterator[bytes], headers: Mapping[str, str | bytes] | None = None
    ) -> httpx.Response:
        raw = [(name.encode(), value.encode() if isinstance(value, str) else value)
               for name, value in (headers or {}).items()]  # fmt: skip
        return await self.http.post(path, content=body, headers=raw)

    async def jira(self, body: bytes, **headers: str) -> httpx.Response:
        """Post a delivery that Jira signed."""
        return await self(JIRA, body, {**signed(body), **headers})

    def counted(self, outcome: str) -> float:
        """Return how many deliveries ended so."""
        labels = {"room": "connectors", "outcome": outcome}
        return self.registry.get_sample_value("leeway_hooks_total", labels) or 0.0

    @staticmethod
    async def _health() -> Health:
        return Health()
