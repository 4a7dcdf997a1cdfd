"""Waiting for something to become true, with a deadline; no test sleeps for a fixed time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

PAUSE_SECONDS = 0.01


@overload
async def eventually(check: Callable[[], Awaitable[T]], within: float = ...) -> T: ...


@overload
async def eventually(check: Callable[[], T], within: float = ...) -> T: ...


async def eventually(check: Callable[[], T | Awaitable[T]], within: float = 10.0) -> T:
    """Return the first true answer of `check`, or fail with its last answer or error after so many seconds."""
    give_up = time.monotonic() + within
    last: object = None
    while True:
        try:
            answer = check()
            found = await answer if inspect.isawaitable(answer) else answer
            if found:
                return found
            last = found
        except AssertionError as error:
            last = error
        if time.monotonic() > give_up:
            message = f"not true within {within} s; last answer: {last!r}"
            raise AssertionError(message)
        await asyncio.sleep(PAUSE_SECONDS)
