"""The broker that the flow suite runs on can do what Leeway asks of a real Kafka and the embedded one cannot."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from tests.kafka.server import apache_kafka, why_no_kafka


@pytest.fixture(scope="module")
def _kafka_is_here() -> None:
    reason = why_no_kafka()
    if reason is not None:
        pytest.skip(f"Apache Kafka: {reason}")


@pytest.fixture(scope="module")
def bootstrap(_kafka_is_here: None) -> Iterator[str]:
    with apache_kafka() as servers:
        yield servers


async def make_topic(bootstrap: str, name: str, partitions: int = 4) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, 1)])
    finally:
        await admin.close()


async def test_an_idempotent_producer_is_accepted_and_a_group_reads_all_that_it_wrote(bootstrap: str) -> None:
    await make_topic(bootstrap, "items")
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all") as producer:
        await asyncio.gather(*[await producer.send("items", str(n).encode(), key=str(n).encode()) for n in range(1000)])
    options = {"bootstrap_servers": bootstrap, "group_id": "readers", "auto_offset_reset": "earliest"}
    async with AIOKafkaConsumer("items", **options) as one, AIOKafkaConsumer("items", **options) as two:
        seen: set[bytes] = set()
        while len(seen) < 1000:
            for consumer in (one, two):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    seen.update(record.value for record in records if record.value is not None)
        assert one.assignment()
        assert two.assignment()
        assert len(one.assignment() | two.assignment()) == 4


async def test_a_topic_does_not_come_into_being_by_being_named(bootstrap: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, request_timeout_ms=1000) as producer:
        with pytest.raises(UnknownTopicOrPartitionError):
            await producer.send_and_wait("never-made", b"x")


@pytest.mark.usefixtures("_kafka_is_here")
def test_the_broker_dies_with_the_process_that_started_it() -> None:
    script = (
        "import os, signal\n"
        "from tests.kafka.server import apache_kafka\n"
        "with apache_kafka() as servers:\n"
        "    print(servers, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120)
    port = killed.stdout.strip().rpartition(":")[2]
    assert port, killed.stderr
    assert _closes(int(port))


def _closes(port: int) -> bool:
    """Tell whether the port stops answering within some seconds."""

    async def refused() -> None:
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                return
            writer.close()
            await asyncio.sleep(0.05)

    asyncio.run(asyncio.wait_for(refused(), 20))
    return True
