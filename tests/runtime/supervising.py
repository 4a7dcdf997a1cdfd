"""A process of its own that supervises a home, for tests that kill it: prints its parts as JSON, then waits."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

from services.runtime.embedded import EmbeddedStack

REPOSITORY = Path(__file__).parents[2]


@asynccontextmanager
async def supervisor(home: Path, *, throwaway: bool = False) -> AsyncIterator[tuple[asyncio.subprocess.Process, Any]]:
    """Give the process and what it said: `pids` by name, and `endpoints`. It is killed afterwards if it still lives."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.runtime.supervising", str(home), "throwaway" if throwaway else "lasting",
        stdout=PIPE, stderr=DEVNULL, cwd=REPOSITORY,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process, json.loads(await asyncio.wait_for(process.stdout.readline(), 60))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def supervise(home: Path, *, throwaway: bool) -> None:
    async with EmbeddedStack(home, throwaway=throwaway) as stack:
        print(json.dumps({"pids": stack.pids, "endpoints": asdict(stack.endpoints)}), flush=True)  # noqa: T201
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(supervise(Path(sys.argv[1]), throwaway=sys.argv[2] == "throwaway"))
