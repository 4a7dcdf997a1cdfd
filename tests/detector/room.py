"""A detector with its tables and without a bus: batches are made here, and judging goes on until nothing is left."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text

from schemas.aligned_items import Alignment, ItemAligned
from schemas.base import Contract
from schemas.findings import Finding, FindingChanged, FindingState
from schemas.marks import FlowMark, MarkKind
from schemas.strategy import Strategy, StrategyApplied
from schemas.topics import ALIGNED_ITEMS, Topic
from schemas.work_items import WorkItem
from services.detector import queries, strategy_copy
from services.detector.judge import Judge
from services.detector.marks import hold_mark
from services.detector.queries import FindingFilter
from services.detector.rows import newest, rows_of
from services.detector.store import store_items
from services.runtime.bus import Bus, Outgoing
from services.runtime.clock import HeldClock
from services.runtime.database import RoomDatabase
from services.runtime.settings import BusSettings
from tests.detector.brute import Placed

STARTED: Final = datetime.fromisoformat("2026-06-15T12:00:00+00:00")
RESOLVED: Final = FindingFilter(state=FindingState.RESOLVED)


class SilentBus(Bus):
    """Makes events as the bus does, and has nowhere to send them."""

    def __init__(self, clock: HeldClock) -> None:
        super().__init__(BusSettings(bootstrap_servers="nowhere:1"), "detector", clock)
        self.said: list[tuple[Topic, str]] = []

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        self.said += [(one.topic, one.event.id) for one in outgoing]

    async def partitions(self, topic: Topic) -> int:
        return 1 if topic is not ALIGNED_ITEMS else 4


class Room:
    """One detector of possibly several on one database."""

    def __init__(self, database: RoomDatabase, now: datetime = STARTED) -> None:
        self.database = database
        self.clock = HeldClock(now)
        self.bus = SilentBus(self.clock)
        self.judge = Judge(database, self.bus, self.clock, lambda: None)

    async def apply(self, strategy: Strategy, version: int = 1) -> None:
        applied = StrategyApplied(
            version=version, revision=version, author="ana", applied_at=self.clock.now(), strategy=strategy
        )
        await self.database.run(lambda conn: strategy_copy.keep(conn, applied))

    async def store(self, *aligned: ItemAligned) -> int:
        rows = newest([rows_of(one) for one in aligned])
        return await self.database.run(lambda conn: store_items(conn, rows, self.clock.now()))

    async def mark(self, name: str, kind: MarkKind = MarkKind.IMPORT) -> None:
        mark = FlowMark(id=name, kind=kind, sent_at=self.clock.now())
        await self.database.run(lambda conn: hold_mark(conn, mark))

    async def settle(self) -> None:
        await self.judge.finish()

    async def findings(self, wanted: FindingFilter | None = None) -> list[Finding]:
        return await queries.list_findings(self.database, self.clock.now(), wanted or FindingFilter())

    async def rules(self) -> list[str]:
        return [one.rule for one in await self.findings()]

    async def outbox(self) -> list[Contract]:
        """Return what would be published, in order."""
        async with self.database.transaction() as conn:
            rows = await conn.execute(text("SELECT event_type, body FROM outbox ORDER BY id"))
            return [_payload(kind, bytes(body)) for kind, body in rows]

    async def said(self) -> list[str]:
        """Return what would be published, in short."""
        return [
            f"{one.transition} {one.finding.rule}" if isinstance(one, FindingChanged) else f"mark {one.id}"
            for one in await self.outbox()
            if isinstance(one, FindingChanged | FlowMark)
        ]

    async def left(self) -> dict[str, int]:
        async with self.database.transaction() as conn:
            return await queries.pending(conn, self.clock.now())


def aligned(
    item: WorkItem,
    revision: int = 1,
    *,
    team: str = "app",
    objective: str | None = None,
    flow: str | None = None,
    version: int = 1,
) -> ItemAligned:
    """Return the item as the mapper publishes it."""
    return ItemAligned(
        item=item,
        revision=revision,
        source_revision=revision,
        team=team,
        alignment=Alignment(objective=objective),
        strategy_version=version,
        flow=flow,
    )


def aligned_all(placed: Iterable[Placed], *, flow: str | None = None) -> list[ItemAligned]:
    """Return placed items as the mapper publishes them, with rising revisions."""
    return [
        ItemAligned(
            item=one.item,
            revision=number,
            source_revision=number,
            team=one.team,
            alignment=one.alignment,
            strategy_version=1,
            flow=flow,
        )
        for number, one in enumerate(placed, 1)
    ]


def _payload(kind: str, body: bytes) -> Contract:
    payload = FindingChanged if "finding" in kind else FlowMark
    return payload.model_validate_json(body)
