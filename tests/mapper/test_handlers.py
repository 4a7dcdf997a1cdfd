"""A batch: the newest of each ref is aligned, published and stored; bad input is parked; marks wait their turn."""

from datetime import UTC, datetime

import orjson
import pytest
from sqlalchemy import text

from schemas.marks import FlowMark, MarkKind
from schemas.topics import ASANA_WORK_ITEMS
from services.mapper import queries
from services.runtime.bus import Batch
from services.runtime.errors import Transient
from services.runtime.parking import list_parked
from services.runtime.progress import stored_positions
from tests.builders import ref_of, snapshot, work_item
from tests.mapper.harness import Mappers
from tests.mapper.strategies import objective, strategy

PLAN = strategy(
    objective("grow", {"label": "grow"}), teams=({"id": "core", "owns": [{"project": "APP"}]},),
    capacity=[{"id": "new", "share": [0.4, 0.6], "work": [{"label": "grow"}]}],
)  # fmt: skip
MARK = FlowMark(id="load-1", kind=MarkKind.IMPORT, sent_at=datetime(2026, 5, 1, tzinfo=UTC))


async def test_an_item_goes_out_whole_with_its_team_category_and_objective(mappers: Mappers) -> None:
    version = await mappers.apply(PLAN)
    item = work_item(1, labels=("grow",), title='Quotes "and" \\ lines\n')
    await mappers.take(item, flow="load-1")
    (one,) = mappers.published()
    assert one.item == item
    assert (one.team, one.team_selector, one.alignment.objective) == ("core", "{project: APP}", "grow")
    assert one.category == "new"
    assert (one.source_revision, one.strategy_version, one.flow) == (1, version, "load-1")
    assert await queries.item(mappers.database, "APP-1") == one
    assert await queries.counts(mappers.database) == queries.Counts(items=1, aligned=1)


async def test_the_highest_revision_of_a_ref_counts_whatever_the_order(mappers: Mappers) -> None:
    newer, older = work_item(1, title="newer"), work_item(1, title="older")
    records = (mappers.snapshot(newer, 7), mappers.snapshot(older, 5), mappers.snapshot(newer, 7))
    await mappers.first.handle(Batch(records))
    await mappers.first.handle(Batch((mappers.snapshot(older, 6), mappers.snapshot(newer, 7))))
    assert [one.item.title for one in mappers.published()] == ["newer"]


async def test_an_item_that_changed_in_nothing_we_map_by_leaves_nothing_to_do(mappers: Mappers) -> None:
    await mappers.apply(PLAN)
    await mappers.take(work_item(1, labels=("grow",)), work_item(2, parent=ref_of(1)))
    await mappers.first.handle(Batch((mappers.snapshot(work_item(2, parent=ref_of(1), title="new title")),)))
    assert (await mappers.first.pending())["dirty"] == 0
    last = mappers.published()[-1]
    assert (last.item.title, last.alignment.objective, last.alignment.via) == ("new title", "grow", ref_of(1))


async def test_what_was_published_and_not_committed_is_published_again_with_a_new_revision(mappers: Mappers) -> None:
    async def lost() -> None:
        raise Transient("the broker said no")

    batch = Batch((mappers.snapshot(work_item(1)),))
    mappers.first.bus.gate = lost
    with pytest.raises(Transient):
        await mappers.first.handle(batch)
    assert await queries.counts(mappers.database) == queries.Counts(0, 0)
    mappers.first.bus.gate = Mappers(mappers.database).first.bus.gate
    await mappers.first.handle(batch)
    first, second = mappers.published()
    assert first.revision < second.revision


async def test_bad_input_is_parked_with_its_reason_and_blocks_nobody(mappers: Mappers) -> None:
    good = mappers.snapshot(work_item(1))
    one = mappers.outgoing(snapshot(work_item(2)))
    nul = snapshot(work_item(3, parent="jira:archive:\x00"))
    stranger = mappers.outgoing(snapshot(work_item(5)))
    records = [
        mappers.record(one, b"{"),
        mappers.record(one, orjson.dumps({"item": {}, "revision": 1})),
        mappers.record(mappers.outgoing(nul)),
        mappers.record(type(one)(one.topic, "jira:archive:9", one.event)),
        mappers.record(type(one)(ASANA_WORK_ITEMS, stranger.key, stranger.event)),
        mappers.snapshot(work_item(6), 2**70),
        mappers.snapshot(work_item(7, key="A\n-1")),
    ]
    await mappers.first.handle(Batch((*records, good)))
    assert list(mappers.known()) == [ref_of(1)]
    reasons = sorted(parked.reason.partition(":")[0] for parked in await list_parked(mappers.database))
    assert reasons == [
        "invalid-key", "invalid-payload", "invalid-payload", "invalid-revision", "invalid-text", "key-mismatch",
        "wrong-topic",
    ]  # fmt: skip


async def test_a_nul_in_a_title_is_only_text(mappers: Mappers) -> None:
    await mappers.take(work_item(1, title="a\x00b"))
    assert mappers.published()[0].item.title == "a\x00b"


async def test_fields_that_we_do_not_know_travel_on(mappers: Mappers) -> None:
    one = mappers.outgoing(snapshot(work_item(1)))
    newer = orjson.loads(one.event.body)
    newer["item"]["mood"] = "sunny"
    await mappers.first.handle(Batch((mappers.record(one, orjson.dumps(newer)),)))
    assert orjson.loads(mappers.log[0].event.body)["item"]["mood"] == "sunny"


async def test_a_mark_waits_for_all_partitions_and_for_what_is_left_to_look_at(mappers: Mappers) -> None:
    *some, last = mappers.marks(MARK)
    await mappers.first.handle(Batch((mappers.snapshot(work_item(1)), *some)))
    await mappers.first.work()
    assert mappers.passed() == []
    await mappers.first.handle(Batch((mappers.snapshot(work_item(2)), last)))
    assert mappers.passed() == []
    await mappers.first.work()
    assert mappers.passed() == ["load-1"] * 4
    assert await mappers.first.pending() == dict.fromkeys(("dirty", "marks", "outbox", "strategies"), 0)
    await mappers.first.handle(Batch(tuple(mappers.marks(MARK))))
    await mappers.first.work()
    assert mappers.passed() == ["load-1"] * 4


async def test_the_place_to_read_on_is_stored_with_the_items(mappers: Mappers) -> None:
    record = mappers.snapshot(work_item(1))
    await mappers.first.handle(Batch((record,)))
    async with mappers.database.transaction() as conn:
        assert await stored_positions(conn, "") == {(record.topic.name, record.partition): 1}
        assert await conn.scalar(text("SELECT count(*) FROM items")) == 1
