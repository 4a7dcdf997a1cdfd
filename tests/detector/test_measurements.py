"""A measurement is kept once for each key result, moment and source; what is none is parked with its reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.measurements import KeyResultMeasured
from services.detector import measurements_store
from services.detector.spreading import spread
from services.runtime.errors import InvalidMessage
from tests.builders import work_item
from tests.detector.made import strategy
from tests.detector.past import kept, on_agenda
from tests.detector.room import STARTED, Room, aligned

MEASURED = KeyResultMeasured(
    key_result="key-result:easy/paid", measured_at=STARTED, source="warehouse", value=0.4, confidence=0.7, by="ana"
)


async def keep(room: Room, **fields: Any) -> None:
    measured = MEASURED.model_copy(update=fields)
    await room.database.run(lambda conn: measurements_store.keep(conn, measured))


async def values(room: Room) -> list[tuple[Any, ...]]:
    return await kept(room.database, "key_result, measured_at, source, value, confidence", "measurements", "2, 3")


async def test_of_the_same_measurement_the_later_record_holds(room: Room) -> None:
    await keep(room)
    await keep(room, value=0.5, confidence=None)
    assert await values(room) == [("key-result:easy/paid", STARTED, "warehouse", 0.5, None)]


async def test_another_moment_or_another_source_is_another_measurement(room: Room) -> None:
    await keep(room)
    await keep(room, source="survey")
    await keep(room, measured_at=STARTED + timedelta(days=7))
    assert len(await values(room)) == 3


async def test_a_measurement_has_its_objective_judged_and_the_same_again_does_not(room: Room) -> None:
    await room.apply(strategy())
    await room.store(aligned(work_item(1)))
    await room.settle()
    await keep(room)
    await room.database.run(spread)
    assert await on_agenda(room.database) == {"objective:easy"}
    await room.settle()
    await keep(room)
    await room.database.run(spread)
    assert await on_agenda(room.database) == set()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"value": float("nan")}, "value"),
        ({"value": float("inf")}, "value"),
        ({"confidence": 1.01}, "confidence"),
        ({"source": "s" * 101}, "source"),
        ({"measured_at": datetime(3000, 1, 1, tzinfo=UTC)}, "measured_at"),
        ({"confidence": -0.01}, "confidence"),
        ({"confidence": float("nan")}, "confidence"),
        ({"key_result": "objective:easy"}, "key_result"),
        ({"key_result": "key-result:easy"}, "key_result"),
        ({"key_result": "key-result:/paid"}, "key_result"),
        ({"key_result": "key-result:easy/"}, "key_result"),
        ({"key_result": "key-result:easy/paid/twice"}, "key_result"),
        ({"key_result": "key-result:jira:easy/paid"}, "key_result"),
        ({"note": "a\0b"}, "no text"),
    ],
)
async def test_what_is_no_measurement_is_refused_with_its_reason(
    room: Room, fields: dict[str, object], says: str
) -> None:
    with pytest.raises(InvalidMessage, match=says):
        await keep(room, **fields)
    assert await values(room) == []
