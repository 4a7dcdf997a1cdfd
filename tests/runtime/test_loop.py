"""Background work goes on after what time heals, and a bug in it is heard."""

import asyncio

from services.runtime.bus import Bus
from services.runtime.clock import SystemClock
from services.runtime.errors import LeewayError, Permanent, Transient
from services.runtime.loop import BUGS_IN_A_ROW, Loop
from services.runtime.settings import BusSettings
from tests.waiting import eventually


class Impatient(SystemClock):
    """Waits for nothing."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0 * seconds)


class Work:
    """A step that raises these in turn, and then has nothing to do."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.quiet = 0

    async def step(self) -> bool:
        if self.errors:
            raise self.errors.pop(0)
        self.quiet += 1
        return False


def bus() -> Bus:
    return Bus(BusSettings(), "mapper", Impatient())


async def left_to_run(work: Work, over: Bus) -> None:
    loop = Loop("work", over, work.step)
    loop.start()
    try:
        await eventually(lambda: work.quiet > 1 or over.failure is not None)
    finally:
        await loop.stop()


async def test_what_time_heals_is_tried_again() -> None:
    work, over = Work(Transient("not now"), Transient("nor now")), bus()
    await left_to_run(work, over)
    assert work.quiet > 1
    assert over.failure is None


async def test_what_time_does_not_heal_stops_the_room_with_its_reason() -> None:
    work, over = Work(Permanent("never")), bus()
    await left_to_run(work, over)
    assert work.quiet == 0
    assert str(over.failure) == "never"


async def test_a_bug_that_passes_is_survived() -> None:
    work, over = Work(*[KeyError("once")] * (BUGS_IN_A_ROW - 1)), bus()
    await left_to_run(work, over)
    assert work.quiet > 1
    assert over.failure is None


async def test_a_bug_that_stays_stops_the_room_and_is_named() -> None:
    work, over = Work(*[KeyError("always")] * BUGS_IN_A_ROW), bus()
    await left_to_run(work, over)
    assert isinstance(over.failure, LeewayError)
    assert "KeyError" in str(over.failure)
