"""Homes for a while: a throwaway one for a replay or a test, and a database lent for one call."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from services.runtime.clock import Clock, SystemClock
from services.runtime.embedded.endpoints import AlreadyRunning, Endpoints, Home, attach
from services.runtime.embedded.places import remove_database
from services.runtime.embedded.stack import EmbeddedStack

BORROW_TRIES: Final = 10


@contextmanager
def temporary_home() -> Iterator[Path]:
    """Give a new home in the temporary folder and remove it afterwards, with its database wherever that lies."""
    # Short, because a socket will be in it; passable, because as root its database belongs to another user.
    home = Path(tempfile.mkdtemp(prefix="leeway-"))
    if os.geteuid() == 0:
        home.chmod(0o711)
    try:
        yield home
    finally:
        remove_home(home)


def remove_home(home: Path) -> None:
    """Remove a home with all its state."""
    remove_database(Home(home.absolute()))
    shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def borrowed_database(home: Path, clock: Clock | None = None) -> AsyncIterator[Endpoints]:
    """Give the endpoints of the home's supervisor, or else start PostgreSQL alone for as long as this lasts.

    Two calls at once take turns: one must not be left without the database that the other started.
    """
    async with AsyncExitStack() as closing:
        yield await _borrow(home, clock or SystemClock(), closing)


async def _borrow(home: Path, clock: Clock, closing: AsyncExitStack) -> Endpoints:
    for left in reversed(range(BORROW_TRIES)):
        found = await attach(home)
        if found is not None and found.bootstrap_servers is not None:
            return found
        try:
            stack = await closing.enter_async_context(EmbeddedStack(home, broker=False, clock=clock))
        except AlreadyRunning:  # which took about a second to say; another call is soon done
            if left == 0:
                raise
        else:
            return stack.endpoints
    raise AssertionError  # pragma: no cover -- the loop returns or raises
