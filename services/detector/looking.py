"""What there is to do beside spreading, asked all at once: most steps of the judge have one kind of work only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.detector.agenda import Lane
from services.detector.spreading import spread

_LOOK: Final = text(
    """
    SELECT EXISTS (SELECT FROM flows WHERE released AND EXISTS (SELECT FROM dirty WHERE dirty.flow = flows.flow)),
           EXISTS (SELECT FROM waiting_marks),
           ARRAY(SELECT lane FROM unnest(CAST(:lanes AS text[])) AS asked (lane) WHERE EXISTS (
               SELECT FROM agenda WHERE agenda.lane = asked.lane AND agenda.due <= :now OFFSET 0))
    """
)


@dataclass(frozen=True, slots=True)
class Look:
    """How much was spread just now, and what is left to do after that.

    `is_load_left`: a load that may be judged is not spread to its end, so what it touches is not known in full yet.
    `marks_wait`: for judging to be done. `due`: the lanes in which somebody is due, even if a load holds them back.
    """

    spread: int
    is_load_left: bool
    marks_wait: bool
    due: frozenset[Lane]


async def spread_and_look(conn: AsyncConnection, now: datetime) -> Look:
    """Spread what was stored and is not held back, then look what there is to do."""
    spreading = await spread(conn)
    lanes = {"lanes": [lane.value for lane in Lane], "now": now}
    is_load_left, marks_wait, due = (await conn.execute(_LOOK, lanes)).one()
    return Look(spreading, is_load_left, marks_wait, frozenset(map(Lane, due)))
