"""Measurements that people and programs give: checked, kept, and published for whoever else reads them.

Promise: what is accepted is kept before the answer is given; if any of what is given at once is wrong, nothing of it
is kept and each fault is named. The same measurement again (key result, moment, source) replaces what it said before.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from math import isfinite
from typing import Final

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.base import Instant
from schemas.events import Event, type_names
from schemas.measurements import KeyResultMeasured
from schemas.strategy import Strategy
from schemas.topics import MEASUREMENTS
from services.detector import strategy_copy
from services.detector.context import KEY_RESULT_PREFIX
from services.detector.measurements_store import LONGEST, keep
from services.runtime.bus import Outgoing
from services.runtime.clock import Clock
from services.runtime.database import RoomDatabase
from services.runtime.http import Requires
from services.runtime.outbox import add_to_outbox
from services.runtime.tokens import Role

SOURCE: Final = "leeway/detector"
MOST: Final = 1_000
"""So many measurements are taken in one call."""
MOST_BYTES: Final = 1024 * 1024
"""So many bytes are read of one call."""
AHEAD: Final = timedelta(minutes=5)
"""A clock that runs ahead of ours by so much is not refused."""


class Given(BaseModel):
    """A measurement as it is given: `key_result` is `<objective>/<id>`; without `measured_at` it is of now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_result: str
    value: float
    measured_at: Instant | None = None
    source: str = "api"
    confidence: float | None = None
    note: str | None = None
    by: str | None = None


_GIVEN: Final[TypeAdapter[Given | list[Given]]] = TypeAdapter(Given | list[Given])


def key_results_of(strategy: Strategy) -> frozenset[str]:
    """Return `<objective>/<id>` of all key results."""
    return frozenset(f"{one.id}/{key_result.id}" for one in strategy.objectives for key_result in one.key_results)


def faults(given: Given, known: Collection[str], now: datetime) -> Iterator[str]:
    """Yield what is wrong with a measurement, each as a sentence that says what to write instead."""
    if given.key_result not in known:
        close = get_close_matches(given.key_result, sorted(known), n=1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(sorted(known)) or 'none'}"
        yield f"there is no key result {given.key_result!r} in the strategy; {hint}"
    if not isfinite(given.value):
        yield f"value is {given.value}; write a number"
    if given.confidence is not None and not 0 <= given.confidence <= 1:
        yield f"confidence is {given.confidence:g}; write a number from 0 to 1"
    if given.measured_at is not None and given.measured_at > now + AHEAD:
        yield f"measured_at is {given.measured_at.isoformat()}, which is still to come"
    if not given.source.strip():
        yield "source is empty; name where the number comes from"
    if any("\0" in (words or "") for words in (given.source, given.note, given.by)):
        yield "a text holds a character that is none"
    for name, most in LONGEST.items():
        if len(getattr(given, name) or "") > most:
            yield f"{name} is too long; write at most {most:,} characters"


def measured(given: Given, now: datetime) -> KeyResultMeasured:
    """Return a sound measurement as it is kept and published."""
    return KeyResultMeasured(
        key_result=KEY_RESULT_PREFIX + given.key_result,
        measured_at=given.measured_at or now,
        source=given.source.strip(),
        value=given.value,
        confidence=given.confidence,
        note=given.note,
        by=given.by,
    )


async def measure(database: RoomDatabase, taken: Sequence[KeyResultMeasured], clock: Clock) -> None:
    """Keep measurements, have what they touch judged, and have them published, in one transaction."""

    async def kept(conn: AsyncConnection) -> None:
        for one in taken:
            await keep(conn, one)
        await add_to_outbox(conn, [_outgoing(one, clock) for one in taken])

    await database.run(kept)


def _outgoing(one: KeyResultMeasured, clock: Clock) -> Outgoing:
    body = one.model_dump_json(exclude_defaults=True).encode()
    name = f"{one.key_result}@{one.measured_at.isoformat()}@{one.source}"
    return Outgoing(
        MEASUREMENTS, one.key_result, Event(type_names[KeyResultMeasured], name, SOURCE, clock.wall(), body)
    )


def build_router(database: RoomDatabase, clock: Clock, wake: Callable[[], None]) -> APIRouter:
    """Return `POST /measurements`, for editors: one measurement or a list of them; `wake` is called after each call."""
    router = APIRouter(tags=["measurements"], dependencies=[Depends(Requires(Role.EDITOR))])

    @router.post("/measurements", status_code=201)
    async def take(request: Request) -> dict[str, int]:
        """Keep measurements of key results; all of them, or none if any is wrong.

        The body is read here, and so for nobody whose token has not been looked at.
        """
        given = await _read(request)
        wanted = given if isinstance(given, list) else [given]
        if len(wanted) > MOST:
            raise HTTPException(413, f"{len(wanted)} measurements at once; send at most {MOST}")
        now = clock.now()
        known = await _known(database)
        wrong = [f"{place}: {fault}" for place, one in enumerate(wanted) for fault in faults(one, known, now)]
        if wrong:
            raise HTTPException(422, wrong)
        await measure(database, [measured(one, now) for one in wanted], clock)
        wake()
        return {"kept": len(wanted)}

    return router


async def _read(request: Request) -> Given | list[Given]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"the body is too large; send at most {MOST_BYTES:,} bytes")
    try:
        return _GIVEN.validate_json(bytes(body))
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([detail | {"loc": ("body", *detail["loc"])} for detail in told]) from error


async def _known(database: RoomDatabase) -> frozenset[str]:
    async with database.transaction() as conn:
        active = await strategy_copy.active_strategy(conn)
    return key_results_of(active.strategy) if active else frozenset()
