"""Keeping what was measured of key results: one value for each key result, moment and source, the last that came."""

from math import isfinite
from typing import Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.base import Identifier
from schemas.measurements import KeyResultMeasured
from services.detector.context import KEY_RESULT_PREFIX, OBJECTIVE_PREFIX
from services.detector.spreading import note_dirty
from services.runtime.errors import InvalidMessage

LONGEST: Final = {"source": 100, "by": 200, "note": 2_000}
"""So many characters its texts may have: the source is part of an index, whose entries cannot be long."""
_LAST_YEAR: Final = 2999
"""Later moments are no moments of a measurement; beyond them no window and no lag can be added up."""

_IDENTIFIER: Final[TypeAdapter[str]] = TypeAdapter(Identifier)
_KEEP: Final = text(
    "INSERT INTO measurements AS known (key_result, measured_at, source, value, confidence, note, by) "
    "VALUES (:key_result, :measured_at, :source, :value, :confidence, :note, :by) "
    "ON CONFLICT (key_result, measured_at, source) DO UPDATE SET value = excluded.value, "
    "confidence = excluded.confidence, note = excluded.note, by = excluded.by "
    "WHERE (known.value, known.confidence, known.note, known.by) "
    "IS DISTINCT FROM (excluded.value, excluded.confidence, excluded.note, excluded.by) RETURNING key_result"
)


async def keep(conn: AsyncConnection, measured: KeyResultMeasured) -> None:
    """Keep a measurement and have its objective judged if it is news; raises `InvalidMessage` for one that is none."""
    objective = objective_of(measured.key_result)
    _refuse_nonsense(measured)
    if (await conn.execute(_KEEP, measured.model_dump())).first() is not None:
        await note_dirty(conn, [(OBJECTIVE_PREFIX + objective, "")])


def objective_of(key_result: str) -> str:
    """Return the objective in a key result's ref; raises `InvalidMessage` if the ref is no `key-result:<o>/<k>`."""
    objective, slash, name = key_result.removeprefix(KEY_RESULT_PREFIX).partition("/")
    if not key_result.startswith(KEY_RESULT_PREFIX) or not slash or not (_is_id(objective) and _is_id(name)):
        raise InvalidMessage("invalid-payload: key_result: a ref is written key-result:<objective>/<key result>")
    return objective


def _is_id(value: str) -> bool:
    try:
        _IDENTIFIER.validate_python(value)
    except ValidationError:
        return False
    return True


def _refuse_nonsense(measured: KeyResultMeasured) -> None:
    if not isfinite(measured.value):
        raise InvalidMessage("invalid-payload: value: a measurement is a finite number")
    if measured.confidence is not None and not 0 <= measured.confidence <= 1:
        raise InvalidMessage("invalid-payload: confidence: from 0 to 1")
    if any("\0" in (words or "") for words in (measured.source, measured.note, measured.by)):
        raise InvalidMessage("invalid-payload: a character that is no text")
    for name, most in LONGEST.items():
        if len(getattr(measured, name) or "") > most:
            raise InvalidMessage(f"invalid-payload: {name}: at most {most} characters")
    if measured.measured_at.year > _LAST_YEAR:
        raise InvalidMessage(f"invalid-payload: measured_at: a moment up to the year {_LAST_YEAR}")
