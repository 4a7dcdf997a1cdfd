"""Calls to a tracker by those who work beside the engine: whatever goes wrong there comes as one of our errors."""

from collections.abc import Awaitable
from typing import TypeVar

from services.connectors.desk import TrackerSaidNo, asked

T = TypeVar("T")


async def answer_of(call: Awaitable[T]) -> T:
    """Return the tracker's answer, or raise what to do next; a client's bug is `Permanent` and ends nobody's loop."""
    try:
        return await asked(call)
    except TrackerSaidNo as no:
        raise no.error from no
