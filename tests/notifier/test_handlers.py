"""Alerts and deliveries are stored before anything is sent, once, and the same in every repeated run."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from schemas.findings import FindingChanged, Severity
from schemas.marks import FlowMark, MarkKind
from services.notifier.handlers import FindingsHandler
from services.runtime.bus import Batch, Record
from services.runtime.database import Database
from services.runtime.embedded import Endpoints
from services.runtime.migrations import schema_differences
from tests.notifier.benches import Bench, batch_of, numbered, receiver_of
from tests.notifier.findings import NOON, opened, resolved, updated
from tests.receiver import Collector
from tests.stack import drop_schemas, fresh_prefix

STORY = (
    opened(1),
    numbered(opened(2), 7),
    updated(3, severity=Severity.HIGH),
    resolved(4, severity=Severity.HIGH),
    numbered(resolved(5), 7),
)


def renumbered(story: tuple[FindingChanged, ...], by: int) -> tuple[FindingChanged, ...]:
    """The same as told by another run, which drew other revisions."""
    return tuple(change.model_copy(update={"revision": change.revision * 3 + by}) for change in story)


async def test_migrations_equal_the_tables(endpoints: Endpoints, database_prefix: str, tables: Database) -> None:
    assert tables is not None
    assert endpoints.database_url is not None
    assert schema_differences(endpoints.database_url, database_prefix, "notifier") == []


async def test_an_alert_and_its_deliveries_are_stored_and_nothing_is_sent(bench: Bench, collector: Collector) -> None:
    await bench.hear(opened())
    assert await bench.counts() == (0, 0, 1)
    assert collector.deliveries == []
    (announcement,) = await bench.announced()
    assert announcement["state"] == "firing"
    assert announcement["reason"] == "first"


async def test_each_receiver_gets_each_notification_under_an_id_of_its_own(
    tables: Database, collector: Collector
) -> None:
    bench = Bench(tables, [receiver_of(collector, name=name) for name in ("one", "two", "three")])
    await bench.hear(opened())
    assert len(set(await bench.webhook_ids())) == 3
    bodies = await bench.rows("SELECT DISTINCT body FROM deliveries")
    assert len(bodies) == 1
    await bench.close()


async def test_a_batch_that_comes_again_stores_nothing_again(bench: Bench) -> None:
    await bench.hear(*STORY)
    before = await bench.webhook_ids()
    for part in (STORY, STORY[:2], STORY[3:], STORY):
        await bench.hear(*part)
    assert await bench.webhook_ids() == before
    assert len(before) == 5


async def test_the_same_content_under_new_revisions_is_not_told_again(bench: Bench) -> None:
    await bench.hear(opened(1))
    await bench.hear(opened(9))
    assert await bench.counts() == (0, 0, 1)


@pytest.fixture
async def another_home(endpoints: Endpoints, collector: Collector) -> AsyncIterator[Bench]:
    """A notifier that starts from nothing, with a database of its own."""
    assert endpoints.database_url is not None
    prefix = fresh_prefix()
    from services.runtime.migrations import migrate  # noqa: PLC0415

    migrate(endpoints.database_url, prefix, ["notifier"])
    database = Database(endpoints.database_url, prefix=prefix)
    bench = Bench(database, [receiver_of(collector)])
    yield bench
    await bench.close()
    await database.close()
    drop_schemas(endpoints.database_url, prefix)


async def test_a_repeated_run_on_a_new_home_gives_the_same_webhook_ids(bench: Bench, another_home: Bench) -> None:
    """Other revisions, other batches, evidence in another order: the same names."""
    await bench.hear(*STORY)
    for change in renumbered(STORY, by=2):
        turned = change.finding.model_copy(update={"evidence": tuple(reversed(change.finding.evidence))})
        await another_home.hear(change.model_copy(update={"finding": turned}))
    assert sorted(await bench.webhook_ids()) == sorted(await another_home.webhook_ids())


async def test_an_opening_that_is_told_twice_at_one_held_time_is_sent_once(bench: Bench) -> None:
    """A run that was killed may open, resolve and open again while domain time stands still."""
    end = resolved(2, as_of=NOON, resolved_at=NOON)
    await bench.hear(opened(1), end, opened(3))
    transitions = await bench.rows("SELECT transition FROM deliveries ORDER BY id")
    assert transitions == [("opened",), ("resolved",)]


async def test_an_end_is_still_told_after_a_restart(tables: Database, bench: Bench, collector: Collector) -> None:
    await bench.hear(opened(1))
    await bench.carry_all()
    await bench.close()
    again = Bench(tables, [receiver_of(collector)])
    await again.hear(resolved(2))
    await again.carry_all()
    assert [delivery.body["type"] for delivery in collector.deliveries] == ["finding.opened", "finding.resolved"]
    await again.close()


async def test_a_finding_that_comes_back_is_another_alert(bench: Bench) -> None:
    later = NOON + timedelta(days=9)
    await bench.hear(opened(1), resolved(2), opened(3, opened_at=later, as_of=later))
    assert len(await bench.rows("SELECT 1 FROM alerts")) == 2
    assert len(set(await bench.webhook_ids())) == 3


async def test_a_mark_is_seen_and_passed_when_it_came_on_all_partitions(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def two(_topic: object) -> int:
        return 2

    monkeypatch.setattr(bench.bus, "partitions", two)
    mark = FlowMark(id="drain-1", kind=MarkKind.DRAIN, sent_at=NOON)
    await bench.hear(opened(), mark)
    assert (await bench.app.progress()).marks == frozenset()
    (record,) = batch_of(mark).records
    other = Record(record.topic, 1, 0, record.key, record.type, record.value, ())
    await bench.app._handler(Batch((other,)))
    assert (await bench.app.progress()).marks == {"drain-1"}


async def test_what_cannot_be_read_is_parked_and_the_rest_is_told(bench: Bench) -> None:
    good, bad = batch_of(opened(), opened()).records
    batch = Batch((Record(bad.topic, 0, 5, "key", bad.type, b'{"finding": 3}', ()), good))
    await bench.app._handler(batch)
    assert await bench.counts() == (0, 0, 1)
    assert len(await bench.rows("SELECT 1 FROM parked")) == 1


async def test_progress_counts_what_is_not_finished(bench: Bench) -> None:
    assert set((await bench.app.progress()).pending.values()) == {0}
    await bench.hear(opened())
    assert (await bench.app.progress()).pending == {"deliveries": 1, "outbox": 1}


async def test_if_the_transaction_fails_nothing_is_stored(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_args: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("services.notifier.handlers.finish_batch", fail)
    handler: FindingsHandler = bench.app._handler
    with pytest.raises(RuntimeError):
        await handler(batch_of(opened()))
    async with bench.room.transaction() as conn:
        for table in ("alerts", "deliveries", "outbox"):
            assert await conn.scalar(text(f"SELECT count(*) FROM {table}")) == 0  # noqa: S608
