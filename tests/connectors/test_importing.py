"""Rules of an import: published before it is committed, told once, resumed after a crash, closed by a mark."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.base import Contract
from schemas.dead_letters import DeadLetter
from schemas.events import payload_types, type_names
from schemas.marks import FlowMark, MarkKind
from schemas.topics import ASANA_CHANGES, ASANA_WORK_ITEMS, JIRA_CHANGES, JIRA_WORK_ITEMS
from schemas.work_items import ChangeAspect, WorkItemChange, WorkItemSnapshot
from services.connectors import importing, storing
from services.connectors.app import Connectors
from services.connectors.commands import ImportReport, ImportRequest, Telling, import_export
from services.connectors.queries import item_count, set_aside_lines, unfinished_imports
from services.runtime.database import RoomDatabase
from services.runtime.embedded import Endpoints
from services.runtime.errors import Misconfigured
from services.runtime.migrations import schema_differences
from services.runtime.room import RoomContext
from services.runtime.settings import Settings
from tests.builders import (
    CREATED,
    asana_person,
    asana_story,
    asana_task,
    jira_comment,
    jira_history,
    jira_issue,
    jira_person,
)
from tests.connectors.recording import PARTITIONS, RecordingBus

BO = jira_person("bo")
MARKED = (JIRA_CHANGES, ASANA_CHANGES, JIRA_WORK_ITEMS, ASANA_WORK_ITEMS)


class Desk:
    """Where a test puts an export and has it imported."""

    def __init__(self, folder: Path, room: RoomDatabase, bus: RecordingBus) -> None:
        self.folder, self.room, self.bus = folder, room, bus

    async def take(self, *entries: Any, **request: Any) -> ImportReport:
        """Import the entries as one file; the log of the bus begins anew."""
        path = self.folder / "export.jsonl"
        path.write_bytes(b"".join(one if isinstance(one, bytes) else orjson.dumps(one) + b"\n" for one in entries))
        self.bus.log.clear()
        return await import_export(self.room, self.bus, ImportRequest((path,), **request))

    def sent(self, kind: type[Contract]) -> list[Any]:
        """Return the payloads of one type that were published, in order."""
        payloads = [payload_types[one.event.type].model_validate_json(one.event.body) for one in self.bus.log]
        return [payload for payload in payloads if isinstance(payload, kind)]


@pytest.fixture
def desk(tmp_path: Path, room: RoomDatabase, bus: RecordingBus) -> Desk:
    return Desk(tmp_path, room, bus)


async def test_a_parent_or_epic_told_by_an_id_that_the_export_has_not_is_the_one_with_that_key(desk: Desk) -> None:
    told: dict[str, Any] = {"parent": {"id": "0", "key": "APP-1"}, "epic": {"id": 500, "key": "APP-2"}}
    far: dict[str, Any] = {"parent": {"id": "77", "key": "FAR-9"}}
    kept: dict[str, Any] = {"parent": {"id": jira_issue(1)["id"], "key": "APP-2"}}
    await desk.take(
        jira_issue(3, **told), jira_issue(4, customfield_10014="APP-2"), jira_issue(5, **far), jira_issue(6, **kept),
        jira_issue(1), jira_issue(2),
    )  # fmt: skip
    first, second = (f"jira:archive:{jira_issue(number)['id']}" for number in (1, 2))
    above = {one.item.key: (one.item.parent, one.item.epic) for one in desk.sent(WorkItemSnapshot)}
    assert above["APP-3"] == (first, second)
    assert above["APP-4"] == (None, second)
    assert above["APP-5"] == ("jira:archive:77", None)
    assert above["APP-6"] == (first, None)


def titled(number: int, title: str, updated: str = "2026-05-02T00:00:00.000+0000", **fields: Any) -> dict[str, Any]:
    return jira_issue(number, summary=title, updated=updated, **fields)


async def test_items_go_to_their_trackers_topic_and_the_mark_comes_last_on_every_partition(desk: Desk) -> None:
    report = await desk.take(jira_issue(1), asana_task(2), jira_issue(3, category="done"))
    assert (report.items, report.open, report.published) == (3, 2, 3)
    topics = [one.topic for one in desk.bus.log]
    assert topics[:3] == [JIRA_WORK_ITEMS, ASANA_WORK_ITEMS, JIRA_WORK_ITEMS]
    marks = desk.bus.log[3:]
    places = {(one.topic.name, one.partition) for one in marks}
    assert places == {(topic.name, at) for topic in MARKED for at in range(PARTITIONS)}
    first = {one.topic for one in marks[: 2 * PARTITIONS]}
    assert first == {JIRA_CHANGES, ASANA_CHANGES}, "what the items set off further down is never ahead of the changes"
    assert {(mark.id, mark.kind) for mark in desk.sent(FlowMark)} == {(report.flow, MarkKind.IMPORT)}
    snapshots = desk.sent(WorkItemSnapshot)
    assert [one.item.ref for one in snapshots] == ["jira:archive:1", "asana:archive:2", "jira:archive:3"]
    assert {one.flow for one in snapshots} == {report.flow}
    assert [one.revision for one in snapshots] == sorted({one.revision for one in snapshots})
    assert {one.seen_at for one in snapshots} == {CREATED}


async def test_comments_and_stories_go_out_as_changes_once(desk: Desk) -> None:
    comments = [jira_comment(5, "2026-05-01T10:00", BO)]
    story = asana_story(6, "comment_added", "2026-05-01T10:00:00Z", asana_person(2, "Bo"))
    await desk.take(titled(1, "a", comment={"comments": comments}), asana_task(2, stories=[story]))
    assert {(one.topic, one.key) for one in desk.bus.log} >= {
        (JIRA_CHANGES, "jira:archive:1"),
        (ASANA_CHANGES, "asana:archive:2"),
    }
    comments.append(jira_comment(7, "2026-05-03T10:00", BO))
    await desk.take(titled(1, "a", "2026-05-03T10:00:00.000+0000", comment={"comments": comments}))
    assert [change.change_id for change in desk.sent(WorkItemChange)] == ["comment:7"]
    assert (await desk.take(titled(9, "b", comment={"comments": comments}), telling=Telling.NOTHING)).published == 1
    assert desk.sent(WorkItemChange) == []


def put_off(number: int, at: str, before: str | None, after: str) -> dict[str, Any]:
    return jira_history(number, at, BO, {"field": "duedate", "fieldId": "duedate", "from": before, "to": after})


async def test_an_import_as_of_a_time_tells_the_history_up_to_then_and_the_next_one_goes_on(desk: Desk) -> None:
    histories = [
        put_off(1, "2026-05-02T10:00", None, "2026-06-08"),
        put_off(2, "2026-05-12T10:00", "2026-06-08", "2026-06-30"),
    ]
    labels = jira_history(3, "2026-05-03T10:00", BO, {"field": "labels", "fromString": "", "toString": "x"})
    comments = {"comments": [jira_comment(5, "2026-05-03T11:00", BO)]}
    updated = "2026-05-12T10:00:00.000+0000"
    raw = titled(1, "a", updated, duedate="2026-06-30", histories=[*histories, labels], comment=comments)
    told = []
    for day in (10, 20):
        report = await desk.take(raw, as_of=datetime(2026, 5, day, tzinfo=UTC), telling=Telling.MEANINGS)
        [snapshot] = desk.sent(WorkItemSnapshot)
        [change] = desk.sent(WorkItemChange)
        assert (snapshot.flow, change.flow) == (report.flow, report.flow)
        assert change.becomes == snapshot.item.due.isoformat()
        told.append((change.change_id, change.aspect, change.was, change.becomes))
    due = ChangeAspect.DUE
    assert told == [("1:duedate", due, None, "2026-06-08"), ("2:duedate", due, "2026-06-08", "2026-06-30")]


async def test_a_far_end_or_parent_that_a_history_names_by_key_is_the_one_of_the_export(desk: Desk) -> None:
    parted = {"field": "Link", "from": "APP-2", "fromString": "This issue blocks APP-2"}
    unknown = {"field": "Link", "from": "FAR-1", "fromString": "This issue blocks FAR-1"}
    placed = {"field": "Epic Link", "to": "500", "toString": "APP-2"}
    history = jira_history(1, "2026-05-01T10:00", BO, parted, unknown, placed)
    await desk.take(jira_issue(1, histories=[history]), jira_issue(2))
    meant = [(change.aspect, change.was, change.becomes) for change in desk.sent(WorkItemChange)]
    other = "jira:archive:2"
    assert meant == [
        (ChangeAspect.LINK, other, None),
        (ChangeAspect.LINK, None, None),
        (ChangeAspect.PARENT, None, other),
    ]


async def test_an_equal_item_is_a_duplicate_and_an_older_one_is_refused(desk: Desk) -> None:
    await desk.take(titled(1, "same"), titled(2, "newer"))
    report = await desk.take(titled(1, "same"), titled(2, "older", "2026-05-01T00:00:00.000+0000"))
    assert (report.items, report.published, report.duplicates, report.refused) == (2, 0, 1, 1)
    assert desk.sent(WorkItemSnapshot) == []


async def test_a_changed_item_gets_a_higher_revision_even_where_updated_stands_still(desk: Desk) -> None:
    await desk.take(titled(1, "a"))
    [before] = desk.sent(WorkItemSnapshot)
    assert (await desk.take(titled(1, "a", labels=["moved"]))).published == 1
    [after] = desk.sent(WorkItemSnapshot)
    assert after.revision > before.revision


async def test_an_import_as_of_an_earlier_time_looks_at_the_content_only(desk: Desk) -> None:
    raw = titled(1, "a", "2026-05-20T00:00:00.000+0000", category="done", resolutiondate="2026-05-20T00:00:00.000+0000")
    await desk.take(raw)
    report = await desk.take(raw, jira_issue(2, created="2026-06-01"), as_of=datetime(2026, 5, 10, tzinfo=UTC))
    assert (report.published, report.refused, report.not_yet, report.open) == (1, 0, 1, 1)


async def test_of_the_same_id_twice_only_the_newest_is_told(desk: Desk) -> None:
    report = await desk.take(titled(1, "new", "2026-05-03T00:00:00.000+0000"), titled(1, "old"))
    assert (report.entries, report.superseded, report.items) == (2, 1, 1)
    assert [one.item.title for one in desk.sent(WorkItemSnapshot)] == ["new"]


async def test_a_bad_line_is_set_aside_with_its_reason_and_the_others_go_on(desk: Desk) -> None:
    report = await desk.take(jira_issue(1), b"{poison\n", jira_issue(3) | {"key": None}, jira_issue(4), jira_issue(5))
    assert (report.items, report.set_aside) == (3, 2)
    assert [(one.line, one.reason[:10]) for one in report.problems] == [(2, "the line i"), (3, "the issue ")]
    async with desk.room.transaction() as conn:
        assert [one.line for one in await set_aside_lines(conn)] == [2, 3]
    assert [notice.offset for notice in desk.sent(DeadLetter)] == [2, 3]


async def test_a_file_that_is_no_export_stops_the_import_with_one_sentence(desk: Desk) -> None:
    with pytest.raises(Misconfigured, match=r"2 of 2 lines .* the first is export.jsonl, line 1"):
        await desk.take({"a": 1}, {"b": 2})
    assert desk.sent(FlowMark) == []
    with pytest.raises(Misconfigured, match="the file is empty"):
        await desk.take()
    with pytest.raises(Misconfigured, match="site's name"):
        await desk.take(jira_issue(1), site="a:b")


async def test_a_broker_that_says_not_now_is_asked_again_and_nothing_is_counted_twice(desk: Desk) -> None:
    desk.bus.refusals = 3
    report = await desk.take(jira_issue(1), jira_issue(2))
    assert (report.items, report.published) == (2, 2)
    async with desk.room.transaction() as conn:
        assert await item_count(conn) == 2


async def test_an_import_that_broke_off_goes_on_under_its_own_mark(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Crash(Exception):  # noqa: N818
        """The process is gone."""

    def crash(name: str) -> None:
        if name == "connectors.published" and len(desk.bus.log) > 4:
            raise Crash

    monkeypatch.setattr(importing, "PAGE", 4)
    monkeypatch.setattr(storing, "faultpoint", crash)
    issues = [jira_issue(number) for number in range(1, 11)]
    with pytest.raises(Crash):
        await desk.take(*issues)
    seen = {one.item.ref: one.revision for one in desk.sent(WorkItemSnapshot)}
    flows = {one.flow for one in desk.sent(WorkItemSnapshot)}
    async with desk.room.transaction() as conn:
        assert (await item_count(conn), await unfinished_imports(conn)) == (4, 1)
    monkeypatch.setattr(storing, "faultpoint", lambda _: None)
    report = await desk.take(*issues)
    assert (report.items, report.duplicates, report.published) == (10, 4, 6)
    assert {report.flow} == flows, "readers hold what they have of this load until this very mark"
    for one in desk.sent(WorkItemSnapshot):
        assert one.revision > seen.get(one.item.ref, 0), "what was only published goes out with a new revision"
    assert (await desk.take(*issues)).flow != report.flow


async def test_seeding_repeats_every_snapshot_with_its_revision_and_then_the_marks(desk: Desk) -> None:
    app = Connectors(RoomContext(Settings.from_env({}), desk.bus.clock, desk.room, desk.bus))
    report = await desk.take(jira_issue(1), asana_task(2), titled(3, "b"))
    await app.send_drain("drain-1")
    first = desk.sent(WorkItemSnapshot)
    desk.bus.log.clear()
    await app.seed()
    assert sorted(desk.sent(WorkItemSnapshot), key=lambda one: one.revision) == first
    assert list(dict.fromkeys(mark.id for mark in desk.sent(FlowMark))) == [report.flow, "drain-1"]
    marked = [one.topic for one in desk.bus.log if one.event.type == type_names[FlowMark]]
    assert {topic: marked.count(topic) for topic in marked} == dict.fromkeys(MARKED, 2 * PARTITIONS)
    assert desk.sent(WorkItemChange) == [], "a Kafka that forgets nothing has them; only the marks come again"
    progress = await app.progress()
    assert progress.pending == {"imports": 0}
    assert progress.marks == {report.flow, "drain-1"}


async def test_progress_is_told_after_every_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PAGE", 2)
    path = desk.folder / "export.jsonl"
    path.write_bytes(b"".join(orjson.dumps(jira_issue(number)) + b"\n" for number in range(5)))
    told: list[tuple[int, int]] = []
    request = ImportRequest((path,))
    await import_export(desk.room, desk.bus, request, lambda done, total: told.append((done, total)))
    assert told == [(2, 5), (4, 5), (5, 5)]


async def test_the_schema_is_what_the_tables_say(
    room: RoomDatabase, endpoints: Endpoints, database_prefix: str
) -> None:
    assert room.schema == f"{database_prefix}connectors"
    assert endpoints.database_url is not None
    assert await asyncio.to_thread(schema_differences, endpoints.database_url, database_prefix, "connectors") == []
