"""What the README says to try works as written: the sandbox, `init` for both its sites, and all of it read by `up`."""

import asyncio
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.runtime.embedded import temporary_home
from tests.commands.test_serving import READY_SECONDS, free_port
from tests.commands.typed import Answer, code_blocks, leeway, readme, started
from tests.waiting import eventually

TOKEN = {"LEEWAY_SECRET_TRIAL": "sandbox"}
README_PORTS = ("8001", "8002")


@pytest.fixture
def home() -> Iterator[Path]:
    with temporary_home() as made:
        yield made


def trial(ports: tuple[str, str]) -> list[list[str]]:
    """Return the lines of the README's trial, on ports that are free."""
    (block,) = [block for block in code_blocks("sh") if README_PORTS[0] in block]
    for old, new in zip(README_PORTS, ports, strict=True):
        block = block.replace(old, new)
    lines = [shlex.split(line) for line in block.splitlines()]
    assert lines[0] == ["export", "LEEWAY_SECRET_TRIAL=sandbox"]
    return lines[1:]


def serving(ports: tuple[str, str]) -> list[str]:
    (line,) = re.findall(r"`leeway (sandbox --jira-port[^`]+)`", readme())
    words = shlex.split(line.replace(README_PORTS[0], ports[0]).replace(README_PORTS[1], ports[1]))
    return [*words, "--items", "150"]  # a smaller company than the usual one, which takes its time to be read


async def state(port: str) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        headers = {"authorization": "Bearer sandbox"}
        return dict((await client.get(f"http://127.0.0.1:{port}/__sandbox/state", headers=headers)).json())


async def is_up(port: str) -> bool:
    try:
        return "now" in await state(port)
    except httpx.HTTPError:
        return False


async def typed(*arguments: str | Path, **environment: str) -> Answer:
    return await asyncio.to_thread(leeway, *arguments, **environment)


async def listed(home: Path) -> dict[str, Any]:
    told = await typed("connections", "list", "--format", "json", LEEWAY_HOME=str(home))
    return {row["id"]: row for row in json.loads(told.out)}


async def test_the_trial_of_the_readme_from_nothing_to_both_sites_read(home: Path, example: Path) -> None:
    (example / "strategy.yaml").unlink()
    ports = free_port(), free_port()
    with started(*serving(ports)):
        await eventually(lambda: is_up(ports[1]), within=READY_SECONDS)
        for line in trial(ports):
            told = await typed(*line[1:], **TOKEN)
            assert told.code == 0, told
            assert "This is how I read your items:" in told.out
            assert "strategy.yaml: sound;" in told.out
        assert (await typed("check", "strategy.yaml")).code == 0
        well = await typed("connections", "check", "--format", "json", **TOKEN)
        assert {row["ok"] for row in well.json} == {True}

        where = {"LEEWAY_CONFIGURATION": str(example / "leeway.yaml"), "LEEWAY_HTTP_PORT": free_port()}
        with started("up", LEEWAY_HOME=str(home), **where, **TOKEN):
            there = {"jira": (await state(ports[0]))["issue"], "asana": (await state(ports[1]))["task"]}

            async def both_are_read() -> bool:
                rows = await listed(home) if (home / "postgres").exists() else {}
                assert {name: row["items"] for name, row in rows.items()} == there
                return {row["state"] for row in rows.values()} == {"connected"}

            await eventually(both_are_read, within=READY_SECONDS)
            doctor = (await typed("doctor", "--format", "json", LEEWAY_HOME=str(home), **TOKEN)).out
    found = {row["what"]: row for row in json.loads(doctor)}
    assert found["jira: reading"]["ok"]
    assert found["asana: reading"]["ok"]
    assert "that nothing in the strategy names" in found["goals"]["found"]
    assert "Calls to the help desk" in found["goals"]["found"]
