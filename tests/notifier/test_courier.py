"""A delivery is sent until the receiver says yes, under one id and with one body, or is parked where it can be seen."""

import asyncio
from datetime import timedelta

import pytest

from schemas.findings import Severity
from services.notifier import commands, queries, store
from services.notifier.channels.base import Message
from services.notifier.retries import STANDARD_WAITS
from services.runtime.database import Database
from services.runtime.errors import Transient
from tests.notifier.benches import Bench, MovedClock, numbered, receiver_of
from tests.notifier.findings import opened, resolved, updated
from tests.receiver import Answer, Collector, always, at_first, collecting

DAY = 24 * 3600.0
LONGEST_LEASE = 60.0


async def test_a_delivery_is_marked_after_the_receivers_yes_and_said(bench: Bench, collector: Collector) -> None:
    await bench.hear(opened())
    await bench.carry()
    assert await bench.counts() == (1, 0, 0)
    assert len(collector.effects) == 1
    told = await bench.announced()
    assert [step["state"] for step in told] == ["firing", "delivered"]
    assert told[1]["webhook_id"] in collector.effects
    assert told[1]["revision"] > told[0]["revision"]


async def test_a_receiver_that_fails_for_a_while_gets_the_same_id_and_bytes_each_time(
    bench: Bench, collector: Collector
) -> None:
    collector.script = at_first(3, Answer(500))
    await bench.hear(opened())
    for _ in range(4):
        await bench.carry()
        bench.clock.move(20)
    assert await bench.counts() == (1, 0, 0)
    assert len(collector.deliveries) == 4
    assert len({(delivery.webhook_id, delivery.raw) for delivery in collector.deliveries}) == 1
    assert len(collector.effects) == 1


async def test_an_attempt_is_not_repeated_before_its_time(bench: Bench, collector: Collector) -> None:
    collector.script = always(Answer(503, headers=(("retry-after", "120"),)))
    await bench.hear(opened())
    assert await bench.carry() == 1
    bench.clock.move(110)
    assert await bench.carry() == 0
    bench.clock.move(11)
    assert await bench.carry() == 1


async def test_a_receiver_that_is_down_for_three_days_hears_in_the_end(tables: Database) -> None:
    async with collecting(always(Answer(500))) as collector:
        collector.any_age = True
        bench = Bench(tables, [receiver_of(collector, waits=STANDARD_WAITS)])
        await bench.hear(opened())
        for _ in range(6 * 3):
            await bench.carry_all()
            bench.clock.move(DAY / 6)
        assert await bench.counts() == (0, 0, 1)
        collector.script = always(Answer())
        bench.clock.move(DAY)
        await bench.carry_all()
        assert await bench.counts() == (1, 0, 0)
        assert len(collector.attempts) == 1
        await bench.close()


async def test_when_no_attempt_is_left_it_is_parked_with_its_reason_and_can_be_sent_again(
    tables: Database, collector: Collector
) -> None:
    collector.script = at_first(3, Answer(500))
    bench = Bench(tables, [receiver_of(collector, waits=(0.0, 0.0))])
    await bench.hear(opened())
    await bench.carry_all()
    assert await bench.counts() == (0, 1, 0)
    (parked,) = await queries.parked_deliveries(bench.room)
    assert parked.attempts == 3
    assert parked.failure == "the receiver answered 500"
    last = (await bench.announced())[-1]
    assert (last["state"], last["receiver"]) == ("parked", "deliver-to")
    assert "no attempt is left" in last["reason"]
    assert await commands.retry_parked(bench.room, bench.clock) == 1
    await bench.carry_all()
    assert await bench.counts() == (1, 0, 0)
    assert list(collector.attempts.values()) == [4]
    await bench.close()


async def test_410_switches_the_receiver_off_and_parks_what_waits_for_it(bench: Bench, collector: Collector) -> None:
    collector.script = always(Answer(410))
    await bench.hear(opened(1), updated(2, severity=Severity.HIGH))
    await bench.carry_all()
    assert await bench.counts() == (0, 2, 0)
    assert await queries.switched_off(bench.room) == {"deliver-to": "the receiver answered 410"}
    await bench.hear(numbered(opened(3), 9))
    await bench.carry_all()
    assert await bench.counts() == (0, 3, 0)
    assert len(collector.deliveries) == 1
    assert await commands.retry_parked(bench.room, bench.clock) == 0
    collector.script = always(Answer())
    assert await commands.switch_on(bench.room, bench.clock, "deliver-to") == 3
    await bench.carry_all()
    assert await bench.counts() == (3, 0, 0)
    assert await commands.switch_on(bench.room, bench.clock, "deliver-to") is None


async def test_an_address_that_is_refused_is_parked_at_once(tables: Database, collector: Collector) -> None:
    bench = Bench(tables, [receiver_of(collector, allowed_networks=())])
    await bench.hear(opened())
    await bench.carry_all()
    assert await bench.counts() == (0, 1, 0)
    assert collector.deliveries == []
    await bench.close()


async def test_the_end_of_an_alert_waits_for_its_opening(bench: Bench, collector: Collector) -> None:
    collector.script = at_first(1, Answer(500))
    await bench.hear(opened(1), resolved(2))
    await bench.carry()
    assert await bench.carry() == 0, "the end is due, but the opening has not arrived"
    bench.clock.move(20)
    await bench.carry_all()
    told = [(delivery.body["type"], delivery.status) for delivery in collector.deliveries]
    assert told == [("finding.opened", 500), ("finding.opened", 200), ("finding.resolved", 200)]


async def test_a_slow_receiver_holds_up_nobody_else(tables: Database, collector: Collector) -> None:
    async with collecting(always(Answer(holds=True))) as slow:
        bench = Bench(tables, [receiver_of(slow, name="slow"), receiver_of(collector, name="quick")])
        await bench.hear(*(numbered(opened(number), number) for number in range(1, 40)))
        await bench.app.start()
        await collector.wait_for(lambda it: len(it.effects) == 39)
        await slow.wait_for(lambda it: len(it.deliveries) == 16)
        assert slow.most_at_once == 16, "as many as may be under way at once, and no more"
        for courier in bench.app._couriers:
            for task in tuple(courier._sending):
                task.cancel()
        await bench.close()


async def test_three_processes_send_what_one_would_send(tables: Database, collector: Collector) -> None:
    """Each notification goes to the receiver once, whoever sends it."""
    clock = MovedClock()
    benches = [Bench(tables, [receiver_of(collector)], clock) for _ in range(3)]
    stories = [(numbered(opened(1), number), numbered(resolved(2), number)) for number in range(30)]
    for story in stories:
        await benches[0].hear(*story)

    async def carry(bench: Bench) -> None:
        while (await bench.counts())[2]:
            await bench.carry()

    await asyncio.gather(*map(carry, benches))
    assert len(collector.deliveries) == len(collector.effects) == 60
    for bench in benches:
        await bench.close()


async def test_who_was_paused_beyond_the_lease_cannot_mark(tables: Database, collector: Collector) -> None:
    clock = MovedClock()
    paused, other = (Bench(tables, [receiver_of(collector)], clock) for _ in range(2))
    await paused.hear(opened())
    (held,) = await paused.claim()
    assert await other.claim() == [], "leased to another"
    clock.move(LONGEST_LEASE)
    (taken,) = await other.claim()
    async with other.room.transaction() as conn:
        assert not await store.mark_sent(conn, held, clock.wall())
        assert not await store.park(conn, held, "no", clock.wall())
        assert not await store.postpone(conn, held, "no", clock.wall() + timedelta(1), clock.wall())
        assert await store.mark_sent(conn, taken, clock.wall())
    assert await other.counts() == (1, 0, 0)
    for bench in (paused, other):
        await bench.close()


async def test_who_is_alone_frees_what_a_predecessor_died_with(tables: Database, bench: Bench) -> None:
    """Else a replay that was killed and started again would wait for the lease of the dead."""
    await bench.hear(opened())
    await bench.claim()
    again = Bench(tables, bench.receivers, bench.clock)
    await again.app._take_over()
    assert len(await again.claim()) == 1
    await again.close()


async def test_what_waits_for_a_receiver_that_is_no_more_is_parked(tables: Database, bench: Bench) -> None:
    await bench.hear(opened())
    again = Bench(tables, [], bench.clock)
    await again.app._take_over()
    assert await again.counts() == (0, 1, 0)
    assert (await again.announced())[-1]["state"] == "parked"
    await again.close()


async def test_replays_patience_ends_by_parking_what_is_left(bench: Bench) -> None:
    await bench.hear(opened(1), numbered(opened(2), 5))
    assert await commands.park_unfinished(bench.room, bench.bus, "not delivered within 60 s") == 2
    assert await bench.counts() == (0, 2, 0)


async def test_the_mark_is_made_even_if_the_database_is_away_for_a_moment(
    bench: Bench, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.hear(opened())
    (delivery,) = await bench.claim()
    run, left = bench.room.run, [Transient("gone")] * 3

    async def failing(work: object) -> object:
        if left:
            raise left.pop()
        return await run(work)  # type: ignore[arg-type]

    monkeypatch.setattr(type(bench.room), "run", lambda _self, work: failing(work))
    await bench.app._couriers[0].deliver(delivery)
    monkeypatch.undo()
    assert await bench.counts() == (1, 0, 0)
    assert len(collector.deliveries) == 1


async def test_a_bug_in_a_channel_is_a_failed_attempt(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def bug(_message: Message) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(bench.app._couriers[0]._channel, "send", bug)
    await bench.hear(opened())
    await bench.carry()
    assert await bench.counts() == (0, 0, 1)
    assert await bench.rows("SELECT failure FROM deliveries") == [("the channel failed: ZeroDivisionError",)]
