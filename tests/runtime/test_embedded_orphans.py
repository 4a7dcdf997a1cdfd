"""Nothing that we started outlives us, however we end."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import psycopg
import pytest

from services.runtime.clock import SystemClock
from services.runtime.embedded import EmbeddedStack, attach, temporary_home
from services.runtime.embedded import guard as guard_script
from services.runtime.embedded.processes import PYTHON
from tests.runtime.supervising import supervisor
from tests.waiting import eventually


@pytest.fixture
def home() -> Iterator[Path]:
    with temporary_home() as path:
        yield path


def is_gone(pid: int) -> bool:
    """A zombie counts as gone: it runs nothing, and waits for whoever has become its parent."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


async def all_gone(pids: dict[str, int]) -> None:
    await eventually(lambda: all(is_gone(pid) for pid in pids.values()), within=20)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_the_children_go_with_a_killed_supervisor(home: Path, number: signal.Signals) -> None:
    async with supervisor(home) as (process, said):
        assert not any(is_gone(pid) for pid in said["pids"].values())
        process.send_signal(number)
        await process.wait()
        await all_gone(said["pids"])
    assert await attach(home) is None


def test_the_guard_alone_ends_the_children(home: Path) -> None:
    """As on systems whose kernel sends no death signal. The parent lives here, only its pipe is cut."""
    victim = Popen(("sleep", "600"), stdin=DEVNULL, start_new_session=True)
    guard = Popen((*PYTHON, guard_script.__file__, str(os.getpid())), stdin=PIPE)
    assert guard.stdin is not None
    guard.stdin.write(f"watch {victim.pid} {int(signal.SIGTERM)}\nremove {home}\n".encode())
    guard.stdin.close()
    assert victim.wait(10) == -signal.SIGTERM
    assert guard.wait(10) == 0
    assert not home.exists()


def test_the_guard_lets_go_of_what_it_is_told_to_forget(home: Path) -> None:
    spared = Popen(("sleep", "600"), stdin=DEVNULL)
    guard = Popen((*PYTHON, guard_script.__file__, str(os.getpid())), stdin=PIPE)
    assert guard.stdin is not None
    lines = (f"watch {spared.pid} 9", f"remove {home}", f"forget {spared.pid}", f"keep {home}", "")
    guard.stdin.write("\n".join(lines).encode())
    guard.stdin.close()
    assert guard.wait(10) == 0
    assert spared.poll() is None
    assert home.exists()
    spared.kill()
    spared.wait()


async def test_the_children_go_though_the_guard_was_killed_first(home: Path) -> None:
    """Linux only: there the kernel's death signal does not need the guard."""
    if sys.platform != "linux":
        pytest.skip("no death signal on this system")
    async with supervisor(home) as (process, said):
        os.kill(said["pids"]["guard"], signal.SIGKILL)
        process.kill()
        await process.wait()
        await all_gone(said["pids"])


async def test_a_throwaway_home_goes_with_its_killed_supervisor(home: Path) -> None:
    async with supervisor(home, throwaway=True) as (process, said):
        process.kill()
        await process.wait()
        await all_gone(said["pids"])
    await eventually(lambda: not home.exists())


async def test_what_was_committed_before_the_kill_is_there_after_it(home: Path) -> None:
    async with supervisor(home) as (process, said):
        with psycopg.connect(said["endpoints"]["database_url"]) as connection:
            connection.execute("create table kept as select 7 as value")
        process.kill()
        await process.wait()
        # At once, with no wait for the old server to be gone: the new supervisor has to see to that.
        async with EmbeddedStack(home, broker=False, clock=SystemClock()) as stack:
            assert stack.endpoints.database_url is not None
            with psycopg.connect(stack.endpoints.database_url) as connection:
                assert connection.execute("select value from kept").fetchone() == (7,)
