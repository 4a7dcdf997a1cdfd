"""Prism between a client and the sandbox: it holds each request and answer against the vendor's own description."""

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.sandbox.listening import HOST, listening
from tests.peers.environments import HOME, TOLD, Failed, node_program

PRISM: Final = "@stoplight/prism-cli@5.14.2"
SPECS: Final = Path(__file__).resolve().parents[3] / "shared" / "specs"
READY: Final = b"Prism is listening"
START_SECONDS: Final = 90
CALL_SECONDS: Final = 60
VIOLATIONS: Final = "sl-violations"
HOP_BY_HOP: Final = frozenset({"host", "connection", "transfer-encoding", "content-length", "accept-encoding"})
SHOWN: Final = 400
"""So much of violations that are too many to tell is shown, in characters."""

METHODS: Final = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"]


@dataclass(frozen=True, order=True)
class Violation:
    """Something that is not as the vendor describes it: in which call, in its request or answer, where, and what.

    Ids in the path and numbers of a list are shown as `*`, so that the same fault has the same name each time.
    """

    call: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.call}: {self.where}: {self.what}"


@dataclass
class Recorder:
    """Passes calls on to Prism and notes what Prism says of each; the client is told nothing of it."""

    target: str
    calls: int = 0
    kinds: set[str] = field(default_factory=set)
    violations: dict[Violation, int] = field(default_factory=dict)

    async def take(self, request: Request) -> Response:
        """Pass on one call."""
        headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
        async with httpx.AsyncClient(timeout=CALL_SECONDS, trust_env=False) as client:
            answer = await client.request(
                request.method, f"{self.target}{request.url.path}", params=request.url.query,
                headers={**headers, "accept-encoding": "identity"}, content=await request.body(),
            )  # fmt: skip
        self.note(request.method, request.url.path, answer.headers.get(VIOLATIONS))
        kept = {name: value for name, value in answer.headers.items() if name not in {*HOP_BY_HOP, VIOLATIONS}}
        return Response(answer.content, answer.status_code, kept)

    def note(self, method: str, path: str, said: str | None) -> None:
        """Note a call and what Prism said of it, as JSON."""
        self.calls += 1
        call = f"{method} {_general(path)}"
        self.kinds.add(call)
        for where, what in _read(said) if said else ():
            violation = Violation(call, where, what)
            self.violations[violation] = self.violations.get(violation, 0) + 1


def _read(said: str) -> Iterator[tuple[str, str]]:
    """Give where and what of all violations; where they are too many for a header, Prism says that instead."""
    try:
        found = json.loads(said)
    except ValueError:
        yield "all", said[:SHOWN]
        return
    for one in found:
        yield _where(one["location"]), _general_text(one["message"])


def _general(path: str) -> str:
    return "/".join("*" if re.fullmatch(r"\d{4,}|[A-Z]+-\d+", part) else part for part in path.split("/"))


def _general_text(message: str) -> str:
    return re.sub(r"(?<=\.)\d+(?=\.)", "*", message)


def _where(location: list[Any]) -> str:
    return ".".join("*" if str(part).isdecimal() else str(part) for part in location)


@asynccontextmanager
async def proxied(spec: Path, upstream: str) -> AsyncIterator[Recorder]:
    """Serve Prism in front of `upstream`, and a recorder in front of Prism, whose address becomes `target`.

    Without `--errors`: it validates the same and tells it in a header, and what is known does not end the tour.
    """
    port = _free_port()
    process = await asyncio.create_subprocess_exec(
        str(await asyncio.to_thread(node_program, "prism", PRISM)),
        *("proxy", "-h", HOST, "-p", str(port), str(spec), upstream),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout
    printed = process.stdout
    try:
        await _ready(printed)
        # What it prints from now on has to be read by somebody, or it would stand still.
        reading = asyncio.create_task(printed.read())
        yield Recorder(f"http://{HOST}:{port}")
    finally:
        process.terminate()
        await process.wait()
    await reading


async def _ready(printed: asyncio.StreamReader) -> None:
    """Wait until Prism listens."""
    said = b""
    async with asyncio.timeout(START_SECONDS):
        while READY not in said:
            line = await printed.readline()
            if not line:
                raise Failed(f"Prism does not start: {said.decode()[-TOLD:]}")
            said += line


@asynccontextmanager
async def served(recorder: Recorder) -> AsyncIterator[str]:
    """Serve a recorder; gives its address."""
    app = Starlette(routes=[Route("/{path:path}", recorder.take, methods=METHODS)])
    async with listening(app, 0, "--port") as url:
        yield url


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])


def _spec(*parts: str) -> Path:
    """Return a vendor's description of its interface. Raises `Failed` where it is not."""
    path = SPECS.joinpath(*parts)
    if not path.exists():
        raise Failed(f"the vendor's description of its interface is not there: ../{path.relative_to(SPECS.parents[1])}")
    return path


def jira_spec() -> Path:
    """Return Jira's description, of version 3 of Cloud."""
    return _spec("jira", "swagger-v3.v3.json")


def asana_spec() -> Path:
    """Return Asana's description with `/api/1.0` before its paths, as clients call them; Prism puts nothing there."""
    there = HOME / "specs" / "asana.yaml"
    there.parent.mkdir(parents=True, exist_ok=True)
    before, paths, after = _spec("asana", "asana_oas.yaml").read_text().partition("\npaths:\n")
    there.write_text(before + paths + re.sub(r"(?m)^  (['\"]?)/", r"  \1/api/1.0/", after))
    return there
