"""What a broker forgets when it dies is told again: changes as they went out, for as long as a reader may lack them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from schemas.events import type_names
from schemas.marks import FlowMark
from schemas.work_items import WorkItemChange, WorkItemSnapshot
from services.connectors import changes_kept
from services.connectors.changes_kept import KEPT
from services.connectors.commands import ImportRequest, import_export
from services.connectors.seeding import seed
from services.runtime.bus import Outgoing
from services.runtime.clock import HeldClock
from services.runtime.database import RoomDatabase
from services.runtime.settings import BusSettings
from tests.builders import CREATED, asana_person, asana_story, asana_task, jira_comment, jira_issue, jira_person
from tests.connectors.recording import RecordingBus

SNAPSHOT, CHANGE, MARK = (type_names[kind] for kind in (WorkItemSnapshot, WorkItemChange, FlowMark))


@pytest.fixture
def forgetful(bus: RecordingBus) -> RecordingBus:
    """The bus of a broker that forgets all when it dies."""
    bus.settings = BusSettings(epoch="first")
    return bus


def commented(*numbers: int) -> list[object]:
    """Return issues, each commented on three times, and a task with a comment."""
    comments = {
        number: [jira_comment(10 * number + day, f"2026-05-0{day}T10:00", jira_person("bo")) for day in (1, 2, 3)]
        for number in numbers
    }
    story = asana_story(6, "comment_added", "2026-05-01T10:00:00Z", asana_person(2, "Bo"))
    issues: list[object] = [jira_issue(number, comment={"comments": comments[number]}) for number in numbers]
    return [*issues, asana_task(2, stories=[story])]


async def take(room: RoomDatabase, bus: RecordingBus, folder: Path, *numbers: int) -> list[Outgoing]:
    """Import the issues; return what went out."""
    bus.log.clear()
    path = folder / "export.jsonl"
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in commented(*numbers)))
    await import_export(room, bus, ImportRequest((path,)))
    return list(bus.log)


async def told_again(room: RoomDatabase, bus: RecordingBus) -> list[Outgoing]:
    bus.log.clear()
    await seed(room, bus)
    return list(bus.log)


def changes_of(sent: list[Outgoing]) -> list[tuple[object, ...]]:
    return [(one.topic, one.key, one.event.id, one.event.body) for one in sent if one.event.type == CHANGE]


async def test_changes_come_again_as_they_were_after_the_items_and_before_the_marks(
    room: RoomDatabase, forgetful: RecordingBus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes_kept, "PAGE", 3)
    first = await take(room, forgetful, tmp_path, 1, 2, 3)
    assert len(changes_of(first)) == 10
    again = await told_again(room, forgetful)
    assert changes_of(again) == changes_of(first)
    kinds = [one.event.type for one in again if one.event.type in {SNAPSHOT, CHANGE, MARK}]
    assert kinds == sorted(kinds, key=[SNAPSHOT, CHANGE, MARK].index)
    assert changes_of(await told_again(room, forgetful)) == changes_of(first), "however often it dies"


async def test_a_page_that_was_not_committed_is_not_told_twice(
    room: RoomDatabase, forgetful: RecordingBus, tmp_path: Path
) -> None:
    forgetful.refusals = 2
    await take(room, forgetful, tmp_path, 1)
    assert len(changes_of(list(forgetful.log))) > len(changes_of(await told_again(room, forgetful))) == 4


async def test_a_kafka_that_forgets_nothing_has_them_itself(
    room: RoomDatabase, bus: RecordingBus, tmp_path: Path
) -> None:
    assert changes_of(await take(room, bus, tmp_path, 1))
    assert changes_of(await told_again(room, bus)) == []


@pytest.mark.parametrize(("later", "kept"), [(KEPT, {"1", "2"}), (KEPT + timedelta(microseconds=1), {"2"})])
async def test_what_is_a_week_old_is_forgotten_when_more_comes(
    room: RoomDatabase,
    forgetful: RecordingBus,
    tmp_path: Path,
    later: timedelta,
    kept: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment = CREATED
    wall: Callable[[HeldClock], object] = lambda _: moment  # noqa: E731 -- it looks at what `moment` is by then
    monkeypatch.setattr(HeldClock, "wall", wall)
    await take(room, forgetful, tmp_path, 1)
    moment = CREATED + later
    await take(room, forgetful, tmp_path, 2)
    sent = {str(key).rpartition(":")[2] for topic, key, *_ in changes_of(await told_again(room, forgetful))
            if "jira" in str(key)}  # fmt: skip
    assert sent == kept
