"""How many calls go to a site at once: as many as it allows, and one alone after it asked us to slow down.

A site that counts refused calls too would refuse for ever if all who wait came back together.
"""

import asyncio
from types import TracebackType


class Gate:
    """An asynchronous context manager that lets so many through at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._allowed = most
        self._busy = 0
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._busy < self._allowed)
            self._busy += 1

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._busy -= 1
        async with self._changed:
            self._changed.notify_all()

    def narrow(self) -> None:
        """Let one through at a time: the site asked us to slow down."""
        self._allowed = 1

    def widen(self) -> None:
        """Let one more through at once: the site answered."""
        self._allowed = min(self._most, self._allowed + 1)
