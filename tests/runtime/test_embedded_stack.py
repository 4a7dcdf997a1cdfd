"""The supervisor: one a home, seen by others, and its parts come back when they die."""

import asyncio
import json
import os
import signal
import stat
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from services.runtime.embedded import EmbeddedStack, Endpoints, attach, borrowed_database, temporary_home
from services.runtime.embedded.broker import answers
from services.runtime.embedded.endpoints import AlreadyRunning
from services.runtime.errors import Misconfigured
from tests.waiting import eventually


@pytest.fixture
def home() -> Iterator[Path]:
    with temporary_home() as path:
        yield path


@pytest.fixture
async def stack(home: Path) -> AsyncIterator[EmbeddedStack]:
    async with EmbeddedStack(home, throwaway=True) as running:
        yield running


def ask(url: str | None, question: str) -> object:
    assert url is not None
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def can_ask(url: str | None) -> bool:
    try:
        return ask(url, "select 1") == 1
    except psycopg.OperationalError:
        return False


async def broker_answers(endpoints: Endpoints) -> bool:
    host, _, port = (endpoints.bootstrap_servers or "").partition(":")
    return await answers(host, int(port))


async def test_a_killed_broker_is_back_on_its_port_with_a_new_epoch(stack: EmbeddedStack, home: Path) -> None:
    before = stack.endpoints
    changes: list[Endpoints] = []

    async def note(endpoints: Endpoints) -> None:
        changes.append(endpoints)

    stack.on_change = note
    os.kill(stack.pids["broker"], signal.SIGKILL)
    await eventually(lambda: changes)
    after = stack.endpoints
    assert changes == [after]
    assert after.bootstrap_servers == before.bootstrap_servers
    assert after.epoch != before.epoch
    assert after.database_url == before.database_url
    assert await broker_answers(after)
    assert await attach(home) == after


async def test_a_broker_may_die_many_times(stack: EmbeddedStack) -> None:
    epochs = {stack.endpoints.epoch}
    for _ in range(5):
        known = stack.endpoints.epoch
        os.kill(stack.pids["broker"], signal.SIGKILL)
        await eventually(lambda known=known: stack.endpoints.epoch != known)  # type: ignore[misc]
        epochs.add(stack.endpoints.epoch)
    assert len(epochs) == 6
    assert await broker_answers(stack.endpoints)


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGKILL])
async def test_a_postgresql_that_died_is_back_with_what_was_committed(home: Path, number: signal.Signals) -> None:
    """SIGQUIT is what `pg_ctl stop -m immediate` sends."""
    async with EmbeddedStack(home, broker=False) as stack:
        url, pid = stack.endpoints.database_url, stack.pids["postgres"]
        assert url is not None
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create table kept as select 7 as value")
        os.kill(pid, number)
        await eventually(lambda: stack.pids.get("postgres", pid) != pid and can_ask(url), within=30)
        assert stack.endpoints.database_url == url
        assert ask(url, "select value from kept") == 7


async def test_a_part_that_cannot_start_again_is_reported(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.runtime.embedded.stack.RESTART_TRIES", 2)
    async with EmbeddedStack(home, broker=False, throwaway=True) as stack:
        failed = asyncio.create_task(stack.failed())
        (home / "postgres" / "data" / "PG_VERSION").write_text("17\n", encoding="utf-8")
        os.kill(stack.pids["postgres"], signal.SIGQUIT)
        assert "made by PostgreSQL 17" in str(await asyncio.wait_for(failed, 30))


async def test_others_see_the_stack_while_it_lives_and_only_then(home: Path) -> None:
    assert await attach(home) is None
    async with EmbeddedStack(home, throwaway=True) as stack:
        assert await attach(home) == stack.endpoints
        file = home / "run" / "endpoints.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert json.loads(file.read_text(encoding="utf-8"))["epoch"] == stack.endpoints.epoch
    assert await attach(home) is None
    assert sorted(path.name for path in (home / "run").iterdir()) == ["lock"]


async def test_endpoints_without_a_living_supervisor_are_not_believed(home: Path) -> None:
    (home / "run").mkdir()
    (home / "run" / "lock").touch()
    text = json.dumps({"database_url": "x", "bootstrap_servers": "y", "epoch": "z", "pid": 1})
    (home / "run" / "endpoints.json").write_text(text, encoding="utf-8")
    assert await attach(home) is None


async def test_a_second_supervisor_is_refused_and_harms_nothing(stack: EmbeddedStack, home: Path) -> None:
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}.*LEEWAY_HOME"):
        async with EmbeddedStack(home):
            pass
    assert await attach(home) == stack.endpoints
    assert can_ask(stack.endpoints.database_url)


async def test_one_call_borrows_the_running_database(stack: EmbeddedStack, home: Path) -> None:
    async with borrowed_database(home) as endpoints:
        assert endpoints == stack.endpoints


async def test_one_call_starts_postgresql_alone_and_two_take_turns(home: Path) -> None:
    at_once = 0

    async def call() -> None:
        nonlocal at_once
        async with borrowed_database(home) as endpoints:
            at_once += 1
            assert at_once == 1
            assert endpoints.bootstrap_servers is None
            assert can_ask(endpoints.database_url)
            at_once -= 1

    await asyncio.gather(call(), call())


async def test_a_failed_start_leaves_nothing_running(home: Path) -> None:
    async with EmbeddedStack(home, broker=False):
        pass
    (home / "postgres" / "data" / "PG_VERSION").write_text("17\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"made by PostgreSQL 17, .* brings PostgreSQL 18.*pg_dump.*LEEWAY_HOME"):
        async with EmbeddedStack(home):
            pass
    seen = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)  # noqa: ASYNC221 -- it ends at once
    assert str(home) not in seen.stdout
    assert await attach(home) is None
