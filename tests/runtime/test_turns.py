"""Partitions are taken from in turns: nobody waits for another's end, and nothing is lost or put out of order."""

from collections.abc import Sequence

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka.subscriber.usecase import BatchSubscriber
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.database import Database
from services.runtime.settings import BusSettings
from services.runtime.turns import ConsumerInTurns, in_turns
from tests.runtime.benches import TOPIC, bench, event
from tests.waiting import eventually


class Stock:
    """Records of each partition that wait to be taken, as numbers."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.waiting = [list(range(size)) for size in sizes]

    async def take(self, place: int, limit: int) -> Sequence[int]:
        found, self.waiting[place] = self.waiting[place][:limit], self.waiting[place][limit:]
        return found


async def test_partitions_that_have_enough_give_equally_much() -> None:
    taken = await in_turns(range(4), 1000, Stock([5000, 300, 5000, 250]).take)
    assert {place: len(found) for place, found in taken.items()} == {0: 250, 1: 250, 2: 250, 3: 250}


async def test_what_one_has_not_is_taken_from_the_others() -> None:
    taken = await in_turns(range(4), 1000, Stock([5000, 0, 5000, 100]).take)
    assert {place: len(found) for place, found in taken.items()} == {0: 450, 2: 450, 3: 100}


async def test_the_last_one_gives_all_that_is_asked_for() -> None:
    taken = await in_turns(range(8), 1000, Stock([0] * 7 + [1000]).take)
    assert {place: len(found) for place, found in taken.items()} == {7: 1000}


@given(st.lists(st.integers(0, 60), max_size=7), st.integers(1, 100))
async def test_as_much_as_there_is_up_to_the_limit_is_taken_in_order(sizes: list[int], limit: int) -> None:
    stock = Stock(sizes)
    taken = await in_turns(range(len(sizes)), limit, stock.take)
    assert sum(map(len, taken.values())) == min(limit, sum(sizes))
    for place, size in enumerate(sizes):
        assert taken.get(place, []) + stock.waiting[place] == list(range(size))


ONE, OTHER = TopicPartition("t", 0), TopicPartition("t", 1)
RECORD = ConsumerRecord("t", 0, 7, 0, 0, b"k", b"v", None, 1, 1, ())


async def test_a_failing_partition_is_told_of_once_the_others_have_given(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: dict[TopicPartition, KafkaError | list[ConsumerRecord[bytes, bytes]]]
    waiting = {ONE: [RECORD], OTHER: KafkaError("not allowed")}

    async def getmany(_: object, *places: TopicPartition, **__: object) -> object:
        found = {place: waiting.pop(place) for place in places if place in waiting}
        for error in found.values():
            if isinstance(error, KafkaError):
                raise error
        return found

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", getmany)
    consumer = ConsumerInTurns()
    assert await consumer.getmany(ONE, OTHER, max_records=10) == {ONE: [RECORD]}
    with pytest.raises(KafkaError, match="not allowed"):
        await consumer.getmany(ONE, OTHER, max_records=10)
    assert await consumer.getmany(ONE, OTHER, max_records=10) == {}


async def test_the_rooms_read_in_turns(database: Database, bus_settings: BusSettings) -> None:
    async with bench(database, bus_settings) as room:
        await room.bus.publish([event(f"jira:a:{n}") for n in range(30)])
        await eventually(lambda: len(room.seen) == 30)
        assert room.bus.broker is not None
        (subscriber,) = room.bus.broker.subscribers
        assert isinstance(subscriber, BatchSubscriber)
        assert isinstance(subscriber.consumer, ConsumerInTurns)
        assert room.seen[0].topic is TOPIC
