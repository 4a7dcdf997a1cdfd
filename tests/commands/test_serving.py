"""`leeway up` and `leeway run` as a service: ready, used by other commands meanwhile, ended by SIGTERM."""

import asyncio
import json
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.runtime.embedded import attach, temporary_home
from tests.commands.typed import Answer, ended, leeway, started
from tests.waiting import eventually

READY_SECONDS = 90.0


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def get(port: str, path: str, token: str = "") -> tuple[int, str]:
    """Ask the service; a service that does not answer yet is 0."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 -- our own, on this machine
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


async def until_ready(port: str) -> None:
    await eventually(lambda: asyncio.to_thread(lambda: get(port, "/health/ready")[0] == 200), within=READY_SECONDS)


async def typed(*arguments: str | Path, home: Path) -> Answer:
    """Type a command while the service runs."""
    return await asyncio.to_thread(leeway, *arguments, LEEWAY_HOME=str(home))


@pytest.fixture
def home() -> Iterator[Path]:
    with temporary_home() as made:
        yield made


async def test_a_service_is_ready_takes_a_strategy_and_ends_cleanly(home: Path, example: Path) -> None:
    ports = free_port(), free_port()
    place = {"LEEWAY_HOME": str(home)}
    with started("up", LEEWAY_HTTP_PORT=ports[0], **place) as service:
        await until_ready(ports[0])

        assert "No strategy is applied" in (await typed("findings", home=home)).err
        applied = await typed("apply", example / "strategy.yaml", "--author", "ana", home=home)
        assert applied.out == "Version 1 of the strategy is applied.\n"
        again = await typed("apply", example / "strategy.yaml", "--author", "ana", home=home)
        assert again.out == "Version 1 of the strategy held already.\n"

        assert "already runs on the home" in (await typed("up", home=home)).sentence

        doctor = json.loads((await typed("doctor", "--format", "json", home=home)).out)
        assert {one["what"]: one["ok"] for one in doctor} | {"broker": True, "strategy": True} == {
            one["what"]: one["ok"] for one in doctor
        }

        token = (await typed("token", "create", "--role", "viewer", "--name", "wallboard", home=home)).out.strip()
        assert get(ports[0], "/findings")[0] == 401
        assert get(ports[0], "/findings", token)[0] == 200

        assert (await typed("topics", "--create", home=home)).code == 0
        assert (await typed("reseed", "mapper", home=home)).code == 0

        with started("run", "detector", LEEWAY_HTTP_PORT=ports[1], **place) as room:
            await until_ready(ports[1])
            room.send_signal(signal.SIGTERM)
            assert (await asyncio.to_thread(ended, room)).code == 0

        service.send_signal(signal.SIGTERM)
        assert (await asyncio.to_thread(ended, service)).code == 0
    assert await attach(home) is None
