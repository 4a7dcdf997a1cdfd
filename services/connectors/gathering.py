"""Pages of a first reading that came while others were being kept: they are kept together, in one commit.

Promise: pages of one scope are kept in their order, and each with its cursor; of an item that is in two of them the
page that was handed over later counts. So a fast site costs few commits, and a slow one is kept page by page.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from services.connectors.fetching import Read
from services.connectors.tracker import RawPage, Scope


@dataclass(slots=True, eq=False)
class Pages:
    """Pages of a scope that follow one another, mapped; `at` is the cursor behind them, none at the scope's end."""

    scope: Scope
    raw: Sequence[RawPage]
    read: Read
    at: str | None
    is_kept: bool = False

    @property
    def items(self) -> int:
        """How many items the pages hold."""
        return sum(len(page.raws) for page in self.raw)


Keep = Callable[[Sequence[Pages]], Awaitable[None]]


class Gathering:
    """Hands pages to `keep`: those of one call at first, and whatever came until it has ended the next time."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._waiting: list[Pages] = []
        self._turn = asyncio.Lock()

    async def keep(self, pages: Pages) -> None:
        """Return once these are kept, by this call or by that of another scope. Raises what `keep` does."""
        self._waiting.append(pages)
        try:
            async with self._turn:
                if not pages.is_kept:
                    await self._keep_all()
        finally:
            if pages in self._waiting:
                self._waiting.remove(pages)

    async def _keep_all(self) -> None:
        some = tuple(self._waiting)
        await self._keep(some)
        for one in some:
            one.is_kept = True
        self._waiting = [one for one in self._waiting if not one.is_kept]


def merged(reads: Sequence[Read]) -> Read:
    """Return what was read as one, in which each item is once."""
    return Read(
        items=list({item.ref: item for read in reads for item in read.items}.values()),
        entries=list({entry.item: entry for read in reads for entry in read.entries}.values()),
        problems=[problem for read in reads for problem in read.problems],
    )
