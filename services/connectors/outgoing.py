"""What the connectors publish, as events of the right topic and key."""

from collections.abc import Iterable, Iterator

from schemas.dead_letters import DeadLetter
from schemas.events import Event, type_names
from schemas.topics import CHANGES, DEAD_LETTERS, WORK_ITEMS
from schemas.work_items import Tracker, WorkItemChange, WorkItemSnapshot
from services.connectors.export.lines import Problem
from services.connectors.pages import change_body, snapshot_body
from services.connectors.store import Row
from services.runtime.bus import Bus, Outgoing

_SNAPSHOT = type_names[WorkItemSnapshot]
_CHANGE = type_names[WorkItemChange]
EXCERPT_CHARACTERS = 500


def snapshots_out(bus: Bus, rows: Iterable[Row]) -> Iterator[Outgoing]:
    """Give the snapshots as they go to their topics; the same row gives the same event, time apart."""
    at, source = bus.clock.wall(), f"leeway/{bus.room}"
    for row in rows:
        body = snapshot_body(row.body.encode(), row.revision, row.connection, row.seen_at, row.flow)
        event = Event(_SNAPSHOT, f"{row.ref}:{row.revision}", source, at, body)
        yield Outgoing(WORK_ITEMS[Tracker(row.ref.partition(":")[0])], row.ref, event)


def changes_out(bus: Bus, changes: Iterable[WorkItemChange], flow: str | None) -> Iterator[Outgoing]:
    """Give changes as they go to their topic; the tracker's own change id tells one from another."""
    at, source = bus.clock.wall(), f"leeway/{bus.room}"
    for change in changes:
        event = Event(_CHANGE, f"{change.ref}:{change.change_id}", source, at, change_body(change, flow))
        yield Outgoing(CHANGES[Tracker(change.ref.partition(":")[0])], change.ref, event)


def problems_out(bus: Bus, flow: str, problems: Iterable[Problem]) -> Iterator[Outgoing]:
    """Give a notice for each line that was set aside; the room's own table is the truth."""
    for one in problems:
        origin = f"{one.source}:{one.line}"
        notice = DeadLetter(
            id=f"{flow}:{origin}", room=bus.room, topic=flow, offset=one.line, origin=origin, reason=one.reason,
            excerpt=one.excerpt.decode("utf-8", "replace")[:EXCERPT_CHARACTERS], parked_at=bus.clock.wall(),
        )  # fmt: skip
        yield Outgoing(DEAD_LETTERS, flow, bus.event(notice, id=f"set-aside:{notice.id}"))
