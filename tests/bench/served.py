"""The sandbox in a process of its own, near and far: far, an answer takes 20 ms longer, as real trackers' do at least.

As a program it serves until its standard input ends.
"""

import asyncio
import json
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from services.runtime.clock import SystemClock
from services.sandbox.server import Running, SandboxOptions, sandbox

LATENCY_SECONDS: Final = 0.02
PIECE: Final = 1024 * 1024
ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Served:
    """Where the sandbox is and what it holds; `authority` is the file to trust where it speaks TLS."""

    jira: str
    asana: str
    jira_far: str
    asana_far: str
    authority: str | None
    workspace: str
    issues: int
    tasks: int


@asynccontextmanager
async def served(what: int | Path, *, tls: bool = False) -> AsyncIterator[Served]:
    """Serve a company of so many items, or an export, from a process of its own, until the block ends."""
    command = [sys.executable, "-m", "tests.bench.served", str(what), *(["tls"] if tls else [])]
    child = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    assert child.stdout is not None
    assert child.stdin is not None
    try:
        yield Served(**json.loads(await child.stdout.readline()))
    finally:
        child.stdin.close()
        await child.wait()


async def serve(what: str, *, tls: bool) -> None:
    """Serve, say where, and end with the standard input."""
    clock = SystemClock()
    content: dict[str, Any] = {"items": int(what)} if what.isdecimal() else {"load": (Path(what),)}
    options = SandboxOptions(today=clock.wall(), tls=tls, ticks=True, **content)
    async with AsyncExitStack() as closing:
        folder = closing.enter_context(TemporaryDirectory(prefix="leeway-bench-"))
        running = await closing.enter_async_context(sandbox(options, clock))
        jira_far = await closing.enter_async_context(far(running.jira_url))
        asana_far = await closing.enter_async_context(far(running.asana_url))
        told = asdict(_told(running, jira_far, asana_far, Path(folder)))
        sys.stdout.write(f"{json.dumps(told)}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


def _told(running: Running, jira_far: str, asana_far: str, folder: Path) -> Served:
    authority = running.authority.write(folder / "authority.pem") if running.authority else None
    return Served(
        running.jira_url, running.asana_url, jira_far, asana_far, str(authority) if authority else None,
        str(running.asana.store.workspace["gid"]), len(running.jira.issues), running.asana.counts()["task"],
    )  # fmt: skip


@asynccontextmanager
async def far(url: str, seconds: float = LATENCY_SECONDS) -> AsyncIterator[str]:
    """Give another address of the same site, where what is sent arrives so much later; TLS goes through as it is."""
    parts = urlsplit(url)
    link = partial(_link, host=str(parts.hostname), port=int(parts.port or 0), seconds=seconds)
    server = await asyncio.start_server(link, parts.hostname, 0, limit=PIECE)
    try:
        port = server.sockets[0].getsockname()[1]
        yield urlunsplit(parts._replace(netloc=f"{parts.hostname}:{port}"))
    finally:
        server.close()


async def _link(near: StreamReader, back: StreamWriter, *, host: str, port: int, seconds: float) -> None:
    """Carry one connection's bytes, those that go to the site later."""
    answers, forth = await asyncio.open_connection(host, port, limit=PIECE)
    await asyncio.gather(_late(near, forth, seconds), _carry(answers, back))


async def _late(source: StreamReader, target: StreamWriter, seconds: float) -> None:
    """Carry bytes so much later, however many pieces are under way."""
    loop, under_way = asyncio.get_running_loop(), asyncio.Queue[tuple[float, bytes]]()
    letting_go = asyncio.create_task(_let_go(under_way, target))
    with suppress(ConnectionError):
        while piece := await source.read(PIECE):
            under_way.put_nowait((loop.time() + seconds, piece))
    under_way.put_nowait((0.0, b""))
    await letting_go


async def _let_go(under_way: "asyncio.Queue[tuple[float, bytes]]", target: StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):
        while True:
            due, piece = await under_way.get()
            if not piece:
                break
            await asyncio.sleep(max(0.0, due - loop.time()))
            target.write(piece)
    target.close()


async def _carry(source: StreamReader, target: StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await source.read(PIECE):
            target.write(piece)
            await target.drain()
    target.close()


def main(arguments: list[str]) -> None:
    """Be the child."""
    what, *rest = arguments
    asyncio.run(serve(what, tls="tls" in rest))


if __name__ == "__main__":
    main(sys.argv[1:])
