"""What may be read of forecasts from outside: each objective with its newest one, and those that were made before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.detector.facts import Forecast
from services.detector.forecast import store
from services.detector.strategy_copy import Contexts
from services.runtime.database import RoomDatabase


@dataclass(frozen=True, slots=True)
class Foreseen:
    """An objective of the strategy that holds: its present due, and its forecasts as they were made, newest first.

    In a list of all objectives the newest one only; none where it was never forecast. `is_open` tells whether anything
    of it is open now: else the newest forecast is of a day on which something still was.
    """

    objective: str
    title: str
    due: date
    forecasts: tuple[Forecast, ...] = ()
    is_open: bool = True


async def list_forecasts(database: RoomDatabase) -> Sequence[Foreseen]:
    """Return all objectives of the strategy that holds, in its order, each with its newest forecast."""
    async with database.transaction() as conn:
        context = await Contexts().active(conn)
        if context is None:
            return ()
        newest = await store.newest(conn, context.objectives)
        opened = await store.with_open_items(conn, context.objectives)
    return tuple(
        Foreseen(one.id, one.title, one.due, (newest[one.id],) if one.id in newest else (), one.id in opened)
        for one in context.objectives.values()
    )


async def find_forecasts(database: RoomDatabase, objective: str) -> Foreseen | None:
    """Return this objective with all forecasts of it; none if the strategy that holds does not name it."""
    async with database.transaction() as conn:
        context = await Contexts().active(conn)
        known = context.objective(objective) if context else None
        if known is None:
            return None
        opened = await store.with_open_items(conn, (objective,))
        return Foreseen(known.id, known.title, known.due, await store.history(conn, objective), bool(opened))
