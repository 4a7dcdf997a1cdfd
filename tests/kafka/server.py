"""A single Apache Kafka 4 broker in KRaft mode on loopback, for the length of a test session.

Promise: free ports only, nothing is left behind in files or processes (not even when the tests are killed), and no
topic comes into being by being named. Start-up takes about four seconds on two cores.
"""

import contextlib
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.kafka.jars import NoKafkaError, class_path, java

START_SECONDS: Final = 120
FIND_COORDINATOR: Final = 10  # the number of that request in the Kafka protocol
CLUSTER_ID: Final = "TGVld2F5LXRlc3RzLTAwMQ"  # any 16 bytes in base64 will do
JVM: Final = (
    "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)  # fmt: skip

# The shell holds the read end of our pipe: when we go, in whatever way, the pipe closes, and broker and files go too.
DIES_WITH_US: Final = """
exec 3<&0
home=$1; shift
"$@" </dev/null &
broker=$!
{ read -r _ <&3; kill -9 "$broker"; while kill -0 "$broker"; do sleep 0.1; done; rm -rf "$home"; } 2>/dev/null &
wait "$broker"
"""


def why_no_kafka() -> str | None:
    """Return why Apache Kafka cannot run here, in one sentence, or none where it can."""
    try:
        java()
        class_path()
    except NoKafkaError as missing:
        return str(missing)
    return None


@contextlib.contextmanager
def apache_kafka() -> Iterator[str]:
    """Run a broker; gives its bootstrap servers, as `host:port`."""
    with tempfile.TemporaryDirectory(prefix="leeway-kafka-", ignore_cleanup_errors=True) as home:
        broker_port, controller_port = _free_ports(2)
        properties = Path(home, "server.properties")
        properties.write_text(_properties(home, broker_port, controller_port))
        with contextlib.ExitStack() as running:
            _java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(properties))
            log = running.enter_context(Path(home, "broker.log").open("w+b"))
            broker = _start(properties, log.fileno())
            running.callback(_stop, broker)
            _wait_until_ready(broker, broker_port, Path(home, "broker.log"))
            yield f"127.0.0.1:{broker_port}"


def _properties(home: str, broker_port: int, controller_port: int) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{broker_port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{broker_port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": f"{home}/data",
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1000,
        # One broker holds every copy.
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        # Small: a test machine has two cores, and each test makes topics of its own.
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.num.partitions": 4,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "log.cleaner.dedupe.buffer.size": 8 * 1024 * 1024,
        "log.index.size.max.bytes": 1024 * 1024,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _command(main_class: str, *arguments: str) -> list[str]:
    return [java(), *JVM, "-cp", class_path(), main_class, *arguments]


def _java(main_class: str, *arguments: str) -> None:
    done = subprocess.run(
        _command(main_class, *arguments), capture_output=True, text=True, check=False, timeout=START_SECONDS
    )
    if done.returncode != 0:
        raise RuntimeError(f"{main_class} failed: {(done.stdout + done.stderr)[-2000:]}")


def _start(properties: Path, log: int) -> subprocess.Popen[bytes]:
    command = _command("kafka.Kafka", str(properties))
    return subprocess.Popen(
        ["/bin/sh", "-c", DIES_WITH_US, "sh", str(properties.parent), *command],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
    )


def _stop(broker: subprocess.Popen[bytes]) -> None:
    if broker.stdin is not None:
        broker.stdin.close()
    broker.wait(timeout=30)


def _wait_until_ready(broker: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _is_ready(port):
        if broker.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Apache Kafka did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def _is_ready(port: int) -> bool:
    """Ask who coordinates a group: a broker says so once it serves requests and has made the topic of group offsets.

    Clients that came earlier would wait for that topic in steps of seconds.
    """
    group = b"warm-up"
    request = struct.pack(">hhihh", FIND_COORDINATOR, 0, 1, -1, len(group)) + group
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            _, _, error = struct.unpack(">iih", connection.recv(10))
    except (OSError, struct.error):
        return False
    return bool(error == 0)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
