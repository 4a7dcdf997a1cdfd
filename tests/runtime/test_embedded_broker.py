"""The broker as a child: on loopback only, on a free port, new with each start."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.runtime.clock import SystemClock
from services.runtime.embedded import broker as broker_module
from services.runtime.embedded.broker import HOST, Broker, answers, free_port
from services.runtime.embedded.processes import Guard
from services.runtime.errors import Transient

LISTENING = "0A"


@pytest.fixture
async def guard() -> AsyncIterator[Guard]:
    made = Guard()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def broker(tmp_path: Path, guard: Guard) -> AsyncIterator[Broker]:
    made = Broker(tmp_path / "broker.log", guard, SystemClock(), None)
    yield made
    await made.stop()


def listening_addresses(port: int) -> set[str]:
    """The kernel's own list, so that no tool is needed."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="utf-8").splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, number = local.partition(":")
            if state == LISTENING and int(number, 16) == port:
                found.add(address)
    return found


async def test_it_listens_on_loopback_alone(broker: Broker) -> None:
    await broker.start()
    port = int(broker.bootstrap_servers.partition(":")[2])
    assert listening_addresses(port) == {"0100007F"}


async def test_each_start_has_another_epoch_and_the_same_port(broker: Broker) -> None:
    await broker.start()
    first = (broker.bootstrap_servers, broker.epoch)
    await broker.stop()
    await broker.start()
    assert broker.bootstrap_servers == first[0]
    assert broker.epoch != first[1]


async def test_a_port_taken_in_between_is_given_up_for_another(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        ports = iter([taken.getsockname()[1], free_port()])
        monkeypatch.setattr(broker_module, "free_port", lambda: next(ports))
        monkeypatch.setattr(broker_module, "ANSWER_SECONDS", 0.2)
        await broker.start()
        assert broker.bootstrap_servers != f"{HOST}:{taken.getsockname()[1]}"


async def test_a_broker_that_cannot_start_says_where_its_log_is(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(broker_module, "find_broker", lambda: Path("/bin/false"))
    with pytest.raises(Transient, match=str(tmp_path / "broker.log")):
        await broker.start()


async def test_another_server_is_not_taken_for_a_broker() -> None:
    with socket.socket() as silent:
        silent.bind((HOST, 0))
        assert not await answers(HOST, silent.getsockname()[1])
